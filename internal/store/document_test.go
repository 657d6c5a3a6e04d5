package store_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/seal"
)

// file adds a document to an order.
func (h *house) file(o *order.Order, f order.File) order.File {
	h.t.Helper()
	f.ID, f.UID, f.OrderID = 0, seal.NewUID(), o.ID
	h.do(func(tx porting.Tx) error { return tx.InsertFile(&f) })
	return f
}

func TestFiles(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		var full order.File
		n := 0
		fill(t, reflect.ValueOf(&full).Elem(), &n)
		first := h.file(a, full)
		bare := h.file(a, order.File{Kind: lnp.LOA, Name: "letter.pdf", Uploaded: noon}) // no warnings, no date
		theirs := h.file(b, full)
		h.see(func(tx porting.Tx) error {
			files, err := tx.Files(a.ID)
			same(t, "Files", files, []order.File{first, bare})
			if err != nil {
				return err
			}
			one, err := tx.File(a.ID, bare.ID)
			if err != nil {
				return err
			}
			same(t, "File", *one, bare)
			_, err = tx.File(a.ID, theirs.ID)
			wantMissing(t, "another order's file", err)
			_, err = tx.File(a.ID, 99)
			wantMissing(t, "an unknown file", err)
			none, err := tx.Files(99)
			same(t, "files of no order", none, []order.File(nil))
			return err
		})
	})
}

func TestSaveFileStoresWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		f := h.file(a, order.File{Kind: lnp.LOA, Name: "letter.pdf", Uploaded: noon})
		beside := h.file(a, order.File{Kind: lnp.LOA, Name: "other.pdf", Uploaded: noon})
		changed := f
		changed.Replaced, changed.Removed = noon.Add(time.Hour), noon.Add(2*time.Hour)
		asked := changed
		asked.Name, asked.BlobKey, asked.Size = "renamed.pdf", "elsewhere", 7 // what a file is never changes
		h.do(func(tx porting.Tx) error { return tx.SaveFile(&asked) })
		h.see(func(tx porting.Tx) error {
			files, err := tx.Files(a.ID)
			same(t, "files", files, []order.File{changed, beside})
			return err
		})
		wrong := f
		wrong.OrderID = b.ID
		wantMissing(t, "a file of another order", h.try(func(tx porting.Tx) error { return tx.SaveFile(&wrong) }))
		h.do(func(tx porting.Tx) error { return tx.SaveFile(&f) })
		h.see(func(tx porting.Tx) error {
			got, err := tx.File(a.ID, f.ID)
			if err != nil {
				return err
			}
			same(t, "put back", *got, f)
			return nil
		})
		h.do(func(tx porting.Tx) error { return tx.DeleteOrder(a) })
		h.see(func(tx porting.Tx) error {
			_, errFile := tx.File(a.ID, f.ID)
			wantMissing(t, "a file of a deleted order", errFile)
			left, err := tx.Files(a.ID)
			same(t, "files of a deleted order", left, []order.File(nil))
			return err
		})
	})
}
