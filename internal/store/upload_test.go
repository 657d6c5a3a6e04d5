package store_test

import (
	"testing"

	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func TestUploads(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		print := [32]byte{1, 2, 3}
		rejected := []intake.Rejected{{DID: "919555", Place: intake.Place{Line: 12, Column: 1}, Code: "not_a_number", Message: "6 digits", Fix: "mend it", OrderID: 3}}
		u := porting.Upload{AccountID: acct, Fingerprint: print, Accepted: 2, Rejected: rejected, Created: noon}
		var o order.Order
		h.do(func(tx porting.Tx) error {
			err := tx.InsertUpload(&u)
			if err != nil {
				return err
			}
			o = draft(acct, u.ID, 2)
			return tx.InsertOrder(&o, list(9198002000, 9198002001))
		})
		h.see(func(tx porting.Tx) error {
			got, err := tx.Repeated(acct, print)
			if err != nil {
				return err
			}
			want := u
			want.Rejected = nil
			same(t, "Repeated", *got, want)
			bad, err := tx.Rejected(u.ID)
			same(t, "Rejected", bad, rejected)
			_, other := tx.Repeated(acct, [32]byte{9})
			wantMissing(t, "another set of numbers", other)
			_, other = tx.Repeated(acct+1, print)
			wantMissing(t, "another account", other)
			return err
		})
		again := u
		again.ID = 0
		h.do(func(tx porting.Tx) error { return tx.InsertUpload(&again) }) // none of its numbers is in an order
		h.see(func(tx porting.Tx) error {
			got, err := tx.Repeated(acct, print)
			if got == nil || got.ID != u.ID {
				t.Errorf("Repeated finds %+v", got)
			}
			return err
		})
		o.Status = order.Submitted
		h.do(func(tx porting.Tx) error { return tx.SaveOrder(&o) })
		h.see(func(tx porting.Tx) error {
			_, err := tx.Repeated(acct, print)
			wantMissing(t, "after an order went on", err)
			return nil
		})
	})
}

func TestAnUploadOfWhichEverythingIsRefused(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		u := porting.Upload{AccountID: acct, Created: noon}
		h.do(func(tx porting.Tx) error { return tx.InsertUpload(&u) })
		h.see(func(tx porting.Tx) error {
			got, err := tx.Upload(acct, u.ID)
			if err != nil {
				return err
			}
			same(t, "Upload", *got, u)
			bad, err := tx.Rejected(u.ID)
			same(t, "Rejected", bad, []intake.Rejected(nil))
			_, errNone := tx.Rejected(99)
			wantMissing(t, "what no upload refused", errNone)
			_, errNone = tx.Upload(acct, 99)
			wantMissing(t, "no upload", errNone)
			return err
		})
	})
}
