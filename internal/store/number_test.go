package store_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

func TestNumbersAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		numbers := make([]order.Number, 3)
		n := 0
		for i := range numbers {
			fill(t, reflect.ValueOf(&numbers[i]).Elem(), &n)
			numbers[i].Facts.Number = nanp.Number(9198002002 - i) // not in the order of the DIDs
			numbers[i].Facts.Refusal = ""                         // what is refused is in no order
		}
		var o order.Order
		h.do(func(tx porting.Tx) error {
			u := porting.Upload{AccountID: acct, Accepted: 3, Created: noon}
			err := tx.InsertUpload(&u)
			if err != nil {
				return err
			}
			o = draft(acct, u.ID, 3)
			return tx.InsertOrder(&o, numbers)
		})
		h.see(func(tx porting.Tx) error {
			got, err := tx.Numbers(o.ID)
			same(t, "numbers", got, numbers)
			return err
		})
	})
}

// inARow returns n numbers in a row.
func inARow(n int) []nanp.Number {
	out := make([]nanp.Number, n)
	for i := range out {
		out[i] = nanp.Number(9192000000 + i)
	}
	return out
}

// sameNumbers is same for very many numbers.
func (h *house) sameNumbers(got, want []order.Number) {
	h.t.Helper()
	if len(got) != len(want) {
		h.t.Fatalf("%d numbers; want %d", len(got), len(want))
	}
	for i, w := range want {
		g := got[i]
		if g.Facts != w.Facts || g.Status != w.Status || !g.PortFee.Equal(w.PortFee) || !g.MRC.Equal(w.MRC) {
			h.t.Fatalf("number %d is %+v; want %+v", i, g, w)
		}
	}
}

// bigOrder takes an order of n numbers through everything that is done with
// many at once.
func (h *house) bigOrder(n int) {
	h.t.Helper()
	acct, numbers := h.account(), inARow(n)
	o, rest := h.order(acct, numbers...), h.order(acct)
	h.see(func(tx porting.Tx) error {
		got, err := tx.Numbers(o.ID)
		h.sameNumbers(got, list(numbers...))
		if err != nil {
			return err
		}
		held, err := tx.InOpenOrders(acct, numbers)
		same(h.t, "numbers in open orders", len(held), n)
		return err
	})
	dearer := list(numbers...)
	for i := range dearer {
		dearer[i].PortFee, dearer[i].MRC = pricing.MustParse("7.25"), pricing.MustParse("1.75")
	}
	for range 2 { // the second time it is there already
		h.do(func(tx porting.Tx) error {
			taken, err := tx.Claim(o.ID, numbers)
			same(h.t, "taken", len(taken), 0)
			return err
		})
	}
	h.do(func(tx porting.Tx) error {
		taken, err := tx.Claim(rest.ID, numbers)
		same(h.t, "taken by the first order", len(taken), n)
		return errors.Join(err,
			tx.SetFees(o.ID, dearer),
			tx.SetNumbers(o.ID, order.NumberPending, "", nil),
			tx.SetNumbers(o.ID, order.NumberPorted, "", numbers[1:]),
			tx.MoveNumbers(o.ID, rest.ID, numbers[1:]))
	})
	h.see(func(tx porting.Tx) error {
		got, err := tx.Numbers(rest.ID)
		for i := range dearer {
			dearer[i].Status = order.NumberPorted
		}
		h.sameNumbers(got, dearer[1:])
		if err != nil {
			return err
		}
		owned, err := tx.Owned(acct, numbers)
		same(h.t, "owned", len(owned), n-1)
		return err
	})
	rest.Status = order.Completed
	h.do(func(tx porting.Tx) error { return errors.Join(tx.SaveOrder(rest), tx.DeleteOrder(rest)) })
	if left := h.count(`SELECT COUNT(*) FROM order_number`); left != 1 {
		h.t.Errorf("%d numbers are left; want 1", left)
	}
}

// More numbers than one statement writes, and so many that a query which walks
// all of them for each of them does not come to an end: see BenchmarkBigOrder.
func TestManyNumbers(t *testing.T) {
	t.Parallel()
	engines(t, func(_ *testing.T, h *house) { h.bigOrder(12_000) })
}

func TestANumberIsInOneOpenOrderOfAnAccount(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		one, two := h.account(), h.account()
		first := h.order(one, 9198002000, 9198002001)
		again := func(accountID int64) error {
			return h.try(func(tx porting.Tx) error {
				u := porting.Upload{AccountID: accountID, Accepted: 1, Created: noon}
				err := tx.InsertUpload(&u)
				if err != nil {
					return err
				}
				o := draft(accountID, u.ID, 1)
				return tx.InsertOrder(&o, list(9198002001))
			})
		}
		wantErr(t, "the same account", again(one), porting.ErrTaken)
		wantErr(t, "another account", again(two), nil)
		h.see(func(tx porting.Tx) error {
			held, err := tx.InOpenOrders(one, []nanp.Number{9198002000, 9198002001, 9198002002})
			same(t, "held", held, map[nanp.Number]int64{9198002000: first.ID, 9198002001: first.ID})
			return err
		})
		// A number that is done is held no more; nor are those of an order that is over.
		h.do(func(tx porting.Tx) error {
			return tx.SetNumbers(first.ID, order.NumberRemoved, "", []nanp.Number{9198002001})
		})
		wantErr(t, "after its removal", again(one), nil)
		first.Status = order.Expired
		h.do(func(tx porting.Tx) error { return tx.SaveOrder(first) })
		h.see(func(tx porting.Tx) error {
			held, err := tx.InOpenOrders(one, []nanp.Number{9198002000})
			same(t, "held after the end", held, map[nanp.Number]int64{})
			return err
		})
	})
}

func TestTheSameNumberAtOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		ok := 0
		for _, err := range h.race(8, func(i int, tx porting.Tx) error {
			u := porting.Upload{AccountID: acct, Accepted: 2, Created: noon}
			err := tx.InsertUpload(&u)
			if err != nil {
				return err
			}
			o := draft(acct, u.ID, 2)
			return tx.InsertOrder(&o, list(9198002000, nanp.Number(9198002001+i)))
		}) {
			if err == nil {
				ok++
			} else {
				wantErr(t, "InsertOrder", err, porting.ErrTaken)
			}
		}
		if ok != 1 {
			t.Errorf("%d orders have got the number; want 1", ok)
		}
	})
}

func TestClaimsAreOverAllAccounts(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		a := h.order(h.account(), 9198002000, 9198002001, 9198002002)
		b := h.order(h.account(), 9198002001, 9198002002, 9198002003)
		claim := func(o *order.Order, numbers ...nanp.Number) (taken []nanp.Number) {
			h.do(func(tx porting.Tx) error {
				var err error
				taken, err = tx.Claim(o.ID, numbers)
				return err
			})
			return taken
		}
		same(t, "first", claim(a, 9198002002, 9198002000, 9198002001), []nanp.Number(nil))
		same(t, "again", claim(a, 9198002000, 9198002001, 9198002002), []nanp.Number(nil))
		same(t, "second", claim(b, 9198002003, 9198002002, 9198002001), []nanp.Number{9198002001, 9198002002})
		same(t, "a refused claim leaves nothing behind", claim(a, 9198002003), []nanp.Number(nil))
		same(t, "what was given up", claim(b, 9198002001, 9198002002), []nanp.Number(nil))
		h.do(func(tx porting.Tx) error { return tx.Release(b.ID) })
		same(t, "after the release", claim(a, 9198002001), []nanp.Number(nil))
	})
}

func TestClaimsRace(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		var orders []*order.Order
		numbers := []nanp.Number{9198002000, 9198002001, 9198002002, 9198002003}
		for range 6 {
			orders = append(orders, h.order(h.account(), numbers...))
		}
		won := make([]bool, len(orders))
		for _, err := range h.race(len(orders), func(i int, tx porting.Tx) error {
			mine := slices.Clone(numbers)
			if i%2 == 1 {
				slices.Reverse(mine)
			}
			taken, err := tx.Claim(orders[i].ID, mine)
			won[i] = len(taken) == 0
			return err
		}) {
			wantErr(t, "Claim", err, nil)
		}
		n := trues(won)
		if n != 1 {
			t.Errorf("%d orders have the numbers; want 1", n)
		}
	})
}

func TestNumbersMoveOn(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000, 9198002001, 9198002002), h.order(acct, 9198002009)
		h.do(func(tx porting.Tx) error {
			return errors.Join(
				tx.SetNumbers(a.ID, order.NumberPending, "wait", nil),
				tx.SetNumbers(a.ID, order.NumberPorted, "", []nanp.Number{9198002001}),
				tx.SetNumbers(a.ID, order.NumberFOC, "", nil), // not the one that is ported
				tx.SetNumbers(a.ID, order.NumberFailed, "line disconnected", []nanp.Number{9198002002}),
				tx.MoveNumbers(a.ID, b.ID, []nanp.Number{9198002000}),
				tx.SetFees(b.ID, []order.Number{{Facts: numbering.Facts{Number: 9198002000}, PortFee: pricing.MustParse("7.5"), MRC: pricing.MustParse("1")}}),
			)
		})
		h.see(func(tx porting.Tx) error {
			counts, err := tx.Counts(a.ID)
			same(t, "counts", counts, order.Counts{order.NumberPorted: 1, order.NumberFailed: 1})
			if err != nil {
				return err
			}
			left, err := tx.Numbers(a.ID)
			if err != nil {
				return err
			}
			if left[1].Message != "line disconnected" {
				t.Errorf("message is %q", left[1].Message)
			}
			moved, err := tx.Numbers(b.ID)
			if err != nil {
				return err
			}
			want := list(9198002000, 9198002009)
			want[0].Status, want[0].PortFee, want[0].MRC = order.NumberFOC, pricing.MustParse("7.5"), pricing.MustParse("1")
			same(t, "moved", moved, want)
			owned, err := tx.Owned(acct, []nanp.Number{9198002000, 9198002001})
			same(t, "owned", owned, map[nanp.Number]bool{9198002001: true})
			return err
		})
	})
}

// No numbers are no numbers: not all of them, and not one without digits.
func TestNoNumbers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		for name, none := range map[string][]nanp.Number{"nil": nil, "empty": {}} {
			h.do(func(tx porting.Tx) error {
				taken, err := tx.Claim(a.ID, []nanp.Number{9198002000})
				if err != nil {
					return err
				}
				same(t, name+": taken", taken, []nanp.Number(nil))
				held, err := tx.InOpenOrders(acct, none)
				same(t, name+": InOpenOrders", held, map[nanp.Number]int64{})
				if err != nil {
					return err
				}
				owned, err := tx.Owned(acct, none)
				same(t, name+": Owned", owned, map[nanp.Number]bool{})
				if err != nil {
					return err
				}
				taken, err = tx.Claim(a.ID, none)
				same(t, name+": Claim", taken, []nanp.Number(nil))
				return errors.Join(err, tx.MoveNumbers(a.ID, b.ID, none), tx.SetFees(a.ID, nil))
			})
			if n := h.count(`SELECT COUNT(*) FROM claim`); n != 0 {
				t.Errorf("%s: %d claims are left", name, n)
			}
		}
		h.do(func(tx porting.Tx) error { return tx.SetNumbers(a.ID, order.NumberFailed, "no", []nanp.Number{}) })
		h.see(func(tx porting.Tx) error {
			numbers, err := tx.Numbers(a.ID)
			same(t, "numbers", numbers, list(9198002000))
			if err != nil {
				return err
			}
			_, err = tx.Numbers(99)
			wantMissing(t, "numbers of no order", err)
			counts, err := tx.Counts(99)
			same(t, "counts of no order", counts, order.Counts{})
			return err
		})
		wantMissing(t, "SetNumbers of no order", h.try(func(tx porting.Tx) error { return tx.SetNumbers(99, order.NumberFailed, "no", nil) }))
	})
}

func TestNumbersOfAnUploadKeepTheirOrder(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		numbers := []nanp.Number{9198002005, 9198002001, 9198002009, 9198002003}
		a, b := h.order(acct, numbers...), h.order(acct, 9198002020)
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.MoveNumbers(b.ID, a.ID, []nanp.Number{9198002020}), tx.MoveNumbers(a.ID, b.ID, numbers[:3]))
		})
		read := func(o *order.Order) []nanp.Number {
			var out []nanp.Number
			h.see(func(tx porting.Tx) error {
				all, err := tx.Numbers(o.ID)
				for _, n := range all {
					out = append(out, n.Facts.Number)
				}
				return err
			})
			return out
		}
		same(t, "moved", read(b), numbers[:3])
		same(t, "left", read(a), []nanp.Number{9198002020, 9198002003})
	})
}

// Words about a number are bound to the order about which they were said.
func TestMessagesStayBehind(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000, 9198002001), h.order(acct)
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.SetNumbers(a.ID, order.NumberRejected, "wrong PIN", nil), tx.MoveNumbers(a.ID, b.ID, []nanp.Number{9198002001}))
		})
		h.see(func(tx porting.Tx) error {
			for o, want := range map[*order.Order]string{a: "wrong PIN", b: ""} {
				numbers, err := tx.Numbers(o.ID)
				if err != nil {
					return err
				}
				if len(numbers) != 1 || numbers[0].Message != want {
					t.Errorf("order %d has %+v; want the message %q", o.ID, numbers, want)
				}
			}
			return nil
		})
	})
}
