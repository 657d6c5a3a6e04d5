package store

import (
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/seal"
)

func fileColumns(f *order.File, ring *seal.Ring) columns {
	return columns{
		{"uid", fixed{f.UID[:]}}, {"order_id", &f.OrderID}, {"kind", &f.Kind},
		{"name_sealed", sealed{ring, "file", "name_sealed", &f.UID, &f.Name}},
		{"content_type", &f.ContentType}, {"size", &f.Size}, {"sha256", fixed{f.SHA256[:]}}, {"blob_key", &f.BlobKey},
		{"warnings", jsonList[string]{&f.Warnings}}, {"document_date", text{&f.DocumentDate}},
		{"uploaded", instant{&f.Uploaded}}, {"replaced", instant{&f.Replaced}}, {"removed", instant{&f.Removed}},
	}
}

func files(t *Tx, where string, args ...any) ([]order.File, error) {
	return all(t, `SELECT id, `+fileColumns(&order.File{}, nil).names()+` FROM file WHERE `+where, args, func(f *order.File) []any {
		return append([]any{&f.ID}, fileColumns(f, t.ring).values()...)
	})
}

// InsertFile implements porting.Tx.
func (t *Tx) InsertFile(f *order.File) error { return fileColumns(f, t.ring).insert(t, "file", &f.ID) }

// Files implements porting.Tx.
func (t *Tx) Files(orderID int64) ([]order.File, error) {
	return files(t, `order_id = $1 ORDER BY id`, orderID)
}

// File implements porting.Tx.
func (t *Tx) File(orderID, id int64) (*order.File, error) {
	return one(files(t, `order_id = $1 AND id = $2`, orderID, id))
}

// SaveFile implements porting.Tx.
func (t *Tx) SaveFile(f *order.File) error {
	res, err := t.Exec(`UPDATE file SET replaced = $3, removed = $4 WHERE order_id = $1 AND id = $2`, f.OrderID, f.ID, at(f.Replaced), at(f.Removed))
	return changed(res, err, fault.Missing())
}
