package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func note(orderID int64, i int) order.Entry {
	return order.Entry{
		OrderID: orderID, At: noon.Add(time.Duration(i) * time.Millisecond), Type: order.EntryNote, By: "customer:alice",
		Data: map[string]any{"characters": json.Number(fmt.Sprint(i)), "big": json.Number("9007199254740993"), "list": []any{"ü", true, nil}},
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		h.see(func(tx porting.Tx) error {
			id, err := tx.LastEntry()
			if id != 0 {
				t.Errorf("LastEntry of no entries is %d", id)
			}
			return err
		})
		var ofA, ofB, all []order.Entry
		for i := range 7 {
			ea, eb := note(a.ID, i), note(b.ID, i)
			ea.Sequence = int64(i) // 0 is none; the rest are the caller's to number
			h.do(func(tx porting.Tx) error { return errors.Join(tx.AddEntry(&ea), tx.AddEntry(&eb)) })
			ofA, ofB, all = append(ofA, ea), append(ofB, eb), append(all, ea, eb)
		}
		if !slices.IsSortedFunc(all, func(x, y order.Entry) int { return int(x.ID - y.ID) }) || all[0].ID < 1 {
			t.Error("the ids do not grow")
		}
		h.see(func(tx porting.Tx) error {
			for _, c := range []struct {
				name         string
				order, after int64
				limit        int
				want         []order.Entry
			}{
				{"a whole timeline", a.ID, 0, 100, ofA},
				{"another", b.ID, 0, 100, ofB},
				{"the first page", a.ID, 0, 3, ofA[:3]},
				{"the next page", a.ID, ofA[2].ID, 3, ofA[3:6]},
				{"the last page", a.ID, ofA[5].ID, 3, ofA[6:]},
				{"after an entry of another order", a.ID, ofB[5].ID, 3, ofA[6:]},
				{"nothing after the last one", a.ID, ofA[6].ID, 3, nil},
				{"no such order", 99, 0, 3, nil},
			} {
				got, err := tx.Entries(c.order, c.after, c.limit)
				same(t, c.name, got, c.want)
				if err != nil {
					return err
				}
			}
			got, err := tx.AllEntries(ofA[2].ID, 5)
			same(t, "all orders'", got, all[5:10])
			if err != nil {
				return err
			}
			id, err := tx.LastEntry()
			if id != ofB[6].ID {
				t.Errorf("LastEntry is %d; want %d", id, ofB[6].ID)
			}
			return err
		})
	})
}

func TestASequenceStandsOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		add := func(orderID, sequence int64) error {
			return h.try(func(tx porting.Tx) error {
				e := note(orderID, 0)
				e.Sequence = sequence
				return tx.AddEntry(&e)
			})
		}
		wantErr(t, "the first", add(a.ID, 1), nil)
		wantErr(t, "another order's", add(b.ID, 1), nil)
		wantErr(t, "not public", add(a.ID, 0), nil)
		wantErr(t, "not public either", add(a.ID, 0), nil)
		err := add(a.ID, 1)
		if err == nil {
			t.Error("two public events of an order have one sequence")
		}
	})
}

// A reader that goes on after the last entry it has seen must see them all,
// whoever writes at the same time.
func TestAReaderOfATimelineMissesNothing(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o := h.order(acct, 9198002000)
		const writers, each = 8, 20
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for i := range each {
					err := h.try(func(tx porting.Tx) error {
						e := note(o.ID, i)
						err := tx.AddEntry(&e)
						if err != nil {
							return err
						}
						return tx.SetSetting(fmt.Sprint(e.ID), "") // what takes a while before the COMMIT
					})
					if err != nil {
						t.Errorf("AddEntry: %v", err)
					}
				}
			})
		}
		done := make(chan struct{})
		go func() {
			wg.Wait()
			close(done)
		}()
		seen := 0
		var after int64
		for last := false; ; {
			select {
			case <-done:
				last = true
			default:
			}
			var page []order.Entry
			h.see(func(tx porting.Tx) error {
				var err error
				page, err = tx.Entries(o.ID, after, 7)
				return err
			})
			seen += len(page)
			if len(page) > 0 {
				after = page[len(page)-1].ID
			} else if last {
				break
			}
		}
		if seen != writers*each {
			t.Errorf("the reader has seen %d entries of %d", seen, writers*each)
		}
	})
}

func TestTagsStandOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		add := func(o *order.Order, text string) (added bool) {
			h.do(func(tx porting.Tx) error {
				var err error
				added, err = tx.AddTag(o.ID, text, noon)
				return err
			})
			return added
		}
		for _, c := range []struct {
			order *order.Order
			text  string
			want  bool
		}{
			{a, "vip", true}, {a, "urgent ü", true}, {a, "vip", false}, {b, "vip", true}, {a, "VIP", true}, {a, "urgent ü", false},
		} {
			if got := add(c.order, c.text); got != c.want {
				t.Errorf("adding %q to order %d says %v; want %v", c.text, c.order.ID, got, c.want)
			}
		}
		h.see(func(tx porting.Tx) error {
			ofA, err := tx.Tags(a.ID)
			same(t, "tags", ofA, []string{"vip", "urgent ü", "VIP"})
			if err != nil {
				return err
			}
			ofB, err := tx.Tags(b.ID)
			same(t, "the other order's tags", ofB, []string{"vip"})
			return err
		})
		added := make([]bool, 8)
		for _, err := range h.race(len(added), func(i int, tx porting.Tx) error {
			var err error
			added[i], err = tx.AddTag(a.ID, "at once", noon)
			return err
		}) {
			wantErr(t, "AddTag", err, nil)
		}
		if n := trues(added); n != 1 {
			t.Errorf("%d have added the same tag; want 1", n)
		}
	})
}

func trues(bs []bool) int {
	n := 0
	for _, b := range bs {
		if b {
			n++
		}
	}
	return n
}

func TestComments(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		var want []order.Comment
		for i, text := range []string{"please hurry", "line one\nline two ü \x00", "please hurry"} {
			c := order.Comment{OrderID: a.ID, By: "customer:alice", Text: text, At: noon.Add(time.Duration(i) * time.Second)}
			other := order.Comment{OrderID: b.ID, By: "desk", Text: "of the other order", At: noon}
			h.do(func(tx porting.Tx) error { return errors.Join(tx.AddComment(&c), tx.AddComment(&other)) })
			want = append(want, c)
		}
		h.see(func(tx porting.Tx) error {
			got, err := tx.Comments(a.ID)
			same(t, "comments", got, want)
			if err != nil {
				return err
			}
			none, err := tx.Comments(b.ID + 1)
			same(t, "comments of no order", none, []order.Comment(nil))
			return err
		})
	})
}

func TestNothingIsSaidOfAnOrderThatIsNotThere(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		h.account()
		for name, write := range map[string]func(tx porting.Tx) error{
			"tag": func(tx porting.Tx) error {
				_, err := tx.AddTag(99, "vip", noon)
				return err
			},
			"comment": func(tx porting.Tx) error { return tx.AddComment(&order.Comment{OrderID: 99, Text: "x", At: noon}) },
			"file":    func(tx porting.Tx) error { return tx.InsertFile(&order.File{OrderID: 99, Name: "x", Uploaded: noon}) },
			"due":     func(tx porting.Tx) error { return tx.SetDue(order.Due{OrderID: 99, Kind: order.DueSend, At: noon}) },
			"submission": func(tx porting.Tx) error {
				return tx.InsertSubmission(&order.Submission{OrderID: 99, Kind: order.SendRequest, Created: noon})
			},
			"answer": func(tx porting.Tx) error { return tx.SaveAnswer(99, "k", porting.Answer{At: noon}) },
			"token": func(tx porting.Tx) error {
				k := tokenOf(99)
				return tx.InsertToken(&k)
			},
		} {
			err := h.try(write)
			if err == nil {
				t.Errorf("a %s of nobody was stored", name)
			}
		}
	})
}
