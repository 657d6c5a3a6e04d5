package porting

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"log/slog"
	"slices"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/document"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/loa"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/seal"
)

// AttachIn is a document to be added to an order.
type AttachIn struct {
	Kind         lnp.DocumentKind
	Name         string
	ContentType  string
	Data         []byte
	DocumentDate bizday.Date // zero: not said
}

// Attach adds a document; it replaces the current one of its kind, which stays
// in the history. The content is stored, encrypted, before the order knows of
// it: an order never names a file that is not there.
func (s *Service) Attach(ctx context.Context, c Call, id int64, in AttachIn) ([]order.File, error) {
	info, err := document.Check(in.Name, in.ContentType, in.Data)
	if err != nil {
		return nil, err
	}
	_, err = read(ctx, s, c, id, func(_ Tx, o *order.Order) (struct{}, error) {
		if !o.Status.Allows(order.DoFiles) {
			return struct{}{}, wrongState(o, order.DoFiles)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return nil, err
	}
	f := order.File{
		UID: seal.NewUID(), OrderID: id, Kind: in.Kind, Name: document.CleanName(in.Name), ContentType: info.ContentType,
		Size: int64(len(in.Data)), SHA256: sha256.Sum256(in.Data), Warnings: info.Warnings, DocumentDate: in.DocumentDate,
	}
	f.BlobKey = "orders/" + target(id) + "/" + rand.Text()
	err = s.Blobs.Put(ctx, f.BlobKey, bytes.NewReader(s.Ring.Seal(contentOf(f), in.Data)))
	if err != nil {
		return nil, err
	}
	files, err := do(ctx, s, c, func(tx Tx) ([]order.File, error) { return s.attach(tx, c, f) })
	if err != nil {
		s.drop(ctx, f.BlobKey)
	}
	return files, err
}

func (s *Service) attach(tx Tx, c Call, f order.File) ([]order.File, error) {
	o, err := open(tx, c, f.OrderID, order.DoFiles)
	if err != nil {
		return nil, err
	}
	if f.DocumentDate.After(bizday.DateOf(tx.Now(), nil).AddDays(1)) {
		return nil, fault.OneField("document_date", fault.CodeInvalidValue, "", "document_date %s is in the future", f.DocumentDate)
	}
	old, err := tx.Files(o.ID)
	if err != nil {
		return nil, err
	}
	for _, g := range old {
		if g.Kind == f.Kind && g.Current() && f.Kind != lnp.Other {
			g.Replaced = tx.Now()
			err = tx.SaveFile(&g)
			if err != nil {
				return nil, err
			}
		}
	}
	f.Uploaded = tx.Now()
	err = tx.InsertFile(&f)
	if err != nil {
		return nil, err
	}
	err = s.fileChanged(tx, c, o, order.EntryFile, f)
	if err != nil {
		return nil, err
	}
	return tx.Files(o.ID)
}

func (s *Service) fileChanged(tx Tx, c Call, o *order.Order, what order.EntryType, f order.File) error {
	data := map[string]any{"file_id": f.ID, "document": f.Kind, "size": f.Size}
	err := note(tx, o.ID, what, c.by(), data)
	if err != nil {
		return err
	}
	err = s.audit(tx, c.act(), string(what), "order/"+target(o.ID), data)
	if err != nil {
		return err
	}
	return save(tx, o)
}

// contentOf is where a file's content is encrypted for.
func contentOf(f order.File) seal.Place {
	return seal.Place{Table: "file", Column: "content", UID: f.UID}
}

// drop removes a blob that no order names.
func (s *Service) drop(ctx context.Context, key string) {
	err := s.Blobs.Delete(context.WithoutCancel(ctx), key)
	if err != nil {
		s.Log.Warn("an unused document could not be removed", slog.String("key", key), slog.Any("error", err))
	}
}

// Files lists an order's documents with their history, the oldest first.
func (s *Service) Files(ctx context.Context, c Call, id int64) ([]order.File, error) {
	return read(ctx, s, c, id, func(tx Tx, o *order.Order) ([]order.File, error) { return tx.Files(o.ID) })
}

// File returns a document with its content. The reading of it is audited.
func (s *Service) File(ctx context.Context, c Call, id, fileID int64) (order.File, []byte, error) {
	var f *order.File
	err := s.Store.Update(ctx, func(tx Tx) error {
		o, err := tx.Order(c.Principal.AccountID, id)
		if err != nil {
			return err
		}
		f, err = tx.File(o.ID, fileID)
		if err != nil {
			return err
		}
		if !f.Removed.IsZero() {
			return fault.Missing()
		}
		return s.audit(tx, c.act(), "file_read", "order/"+target(o.ID), map[string]any{"file_id": f.ID})
	})
	if err != nil {
		return order.File{}, nil, err
	}
	r, err := s.Blobs.Open(ctx, f.BlobKey)
	if err != nil {
		return *f, nil, err
	}
	defer r.Close()
	sealed, err := io.ReadAll(r)
	if err != nil {
		return *f, nil, fault.Wrap(err, "read a document")
	}
	data, err := s.Ring.Open(contentOf(*f), sealed)
	return *f, data, err
}

// RemoveFile takes a document away while no carrier has it. Its content goes,
// its mention stays in the history.
func (s *Service) RemoveFile(ctx context.Context, c Call, id, fileID int64) ([]order.File, error) {
	var key string
	files, err := do(ctx, s, c, func(tx Tx) ([]order.File, error) {
		o, err := open(tx, c, id, order.DoFiles)
		if err != nil {
			return nil, err
		}
		if o.Status != order.Created && o.Status != order.Rejected {
			return nil, wrongState(o, "removing a file")
		}
		f, err := tx.File(o.ID, fileID)
		if err != nil {
			return nil, err
		}
		if !f.Removed.IsZero() {
			return nil, fault.Missing()
		}
		key = f.BlobKey
		f.Removed = tx.Now()
		err = tx.SaveFile(f)
		if err != nil {
			return nil, err
		}
		err = s.fileChanged(tx, c, o, order.EntryFileGone, *f)
		if err != nil {
			return nil, err
		}
		return tx.Files(o.ID)
	})
	if err == nil {
		s.drop(ctx, key)
	}
	return files, err
}

// LOA makes the letter of authorization for the order as a PDF, ready to be
// signed, with what is known so far.
func (s *Service) LOA(ctx context.Context, c Call, id int64) ([]byte, error) {
	letter, err := read(ctx, s, c, id, func(tx Tx, o *order.Order) (loa.Letter, error) {
		numbers, err := tx.Numbers(o.ID)
		if err != nil {
			return loa.Letter{}, err
		}
		return letterOf(o, numbers, bizday.DateOf(tx.Now(), nil)), nil
	})
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = loa.PDF(&out, letter)
	return out.Bytes(), err
}

func letterOf(o *order.Order, numbers []order.Number, today bizday.Date) loa.Letter {
	f := o.Confirmation
	l := loa.Letter{
		Customer: f.Text("business_name"), AuthorizedName: f.Text("authorized_name"), BTN: f.Text("btn"),
		AccountNumber: f.Text("account_number"), LosingCarrier: o.Losing.Name, NewCarrier: o.Carrier.Name,
		OrderID: o.ID, Made: today.String(),
	}
	if l.Customer == "" {
		l.Customer = joinWords(f.Text("first_name"), f.Text("last_name"))
	}
	if !o.RequestedFOC.IsZero() {
		l.RequestedDate = o.RequestedFOC.String()
	}
	for _, line := range []string{
		joinWords(f.Text("address"), f.Text("address2")),
		joinWords(f.Text("city"), f.Text("state"), f.Text("zip")),
		f.Text("country"),
	} {
		if line != "" {
			l.ServiceAddress = append(l.ServiceAddress, line)
		}
	}
	for _, n := range numbers {
		if n.Status != order.NumberRemoved {
			l.Numbers = append(l.Numbers, n.Facts.Number)
		}
	}
	slices.SortFunc(l.Numbers, func(a, b nanp.Number) int { return int(int64(a) - int64(b)) })
	return l
}
