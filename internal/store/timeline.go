package store

import (
	"time"

	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/seal"
)

func entryColumns(e *order.Entry) columns {
	return columns{
		{"order_id", &e.OrderID}, {"sequence", &e.Sequence}, {"at", instant{&e.At}}, {"type", &e.Type}, {"by_whom", &e.By}, {"data", object{&e.Data}},
	}
}

// AddEntry implements porting.Tx. An order's entries must become visible in the
// order of their ids, or a reader that goes on after the last one it has seen
// would miss one. SQLite has one writer; on PostgreSQL those who add to the same
// timeline wait for one another.
func (t *Tx) AddEntry(e *order.Entry) error {
	if t.postgres {
		_, err := t.Exec(`SELECT pg_advisory_xact_lock($1)`, e.OrderID)
		if err != nil {
			return err
		}
	}
	return entryColumns(e).insert(t, "entry", &e.ID)
}

func entries(t *Tx, where string, args ...any) ([]order.Entry, error) {
	return all(t, `SELECT id, `+entryColumns(&order.Entry{}).names()+` FROM entry WHERE `+where, args, func(e *order.Entry) []any {
		return append([]any{&e.ID}, entryColumns(e).values()...)
	})
}

// Entries implements porting.Tx.
func (t *Tx) Entries(orderID, after int64, limit int) ([]order.Entry, error) {
	return entries(t, `order_id = $1 AND id > $2 ORDER BY id LIMIT $3`, orderID, after, limit)
}

// AllEntries implements porting.Tx.
func (t *Tx) AllEntries(after int64, limit int) ([]order.Entry, error) {
	return entries(t, `id > $1 ORDER BY id LIMIT $2`, after, limit)
}

// LastEntry implements porting.Tx.
func (t *Tx) LastEntry() (id int64, err error) {
	err = t.Row(`SELECT COALESCE(MAX(id), 0) FROM entry`, nil, &id)
	return id, err
}

// AddTag implements porting.Tx. Equal texts are found by a keyed hash, since
// the texts themselves are sealed.
func (t *Tx) AddTag(orderID int64, text string, when time.Time) (added bool, err error) {
	uid := seal.NewUID()
	mac := t.ring.MAC("tag", []byte(text))
	res, err := t.Exec(`
		INSERT INTO tag (order_id, uid, text_mac, text_sealed, at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (order_id, text_mac) DO NOTHING`,
		orderID, uid[:], mac[:], sealed{t.ring, "tag", "text_sealed", &uid, text}, at(when))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Tags implements porting.Tx.
func (t *Tx) Tags(orderID int64) ([]string, error) {
	var uid seal.UID
	return all(t, `SELECT uid, text_sealed FROM tag WHERE order_id = $1 ORDER BY id`, []any{orderID}, func(text *string) []any {
		return []any{fixed{uid[:]}, sealed{t.ring, "tag", "text_sealed", &uid, text}}
	})
}

// AddComment implements porting.Tx.
func (t *Tx) AddComment(c *order.Comment) error {
	uid := seal.NewUID()
	return columns{
		{"order_id", c.OrderID}, {"uid", uid[:]}, {"by_whom", c.By}, {"text_sealed", sealed{t.ring, "comment", "text_sealed", &uid, c.Text}}, {"at", at(c.At)},
	}.insert(t, "comment", &c.ID)
}

// Comments implements porting.Tx.
func (t *Tx) Comments(orderID int64) ([]order.Comment, error) {
	var uid seal.UID
	return all(t, `SELECT id, order_id, uid, by_whom, text_sealed, at FROM comment WHERE order_id = $1 ORDER BY id`, []any{orderID},
		func(c *order.Comment) []any {
			return []any{&c.ID, &c.OrderID, fixed{uid[:]}, &c.By, sealed{t.ring, "comment", "text_sealed", &uid, &c.Text}, instant{&c.At}}
		})
}
