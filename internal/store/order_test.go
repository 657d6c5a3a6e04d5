package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

// fill sets every field that it can reach to something that is not zero, so
// that a field which is added to a type and not to its table is found.
func fill(t testing.TB, v reflect.Value, n *int) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = noon.Add(time.Duration(*n) * time.Second)
		return
	case *bizday.Date:
		*x = bizday.NewDate(2026, 12, 1+*n%28)
		return
	case *pricing.Money:
		*x = pricing.MustParse(fmt.Sprintf("%d.25", *n))
		return
	case *nanp.Number:
		*x = nanp.Number(9198002000 + *n)
		return
	case *carrier.Coverage:
		*x = carrier.Cover(carrier.Area{Type: lnp.Local, State: fmt.Sprint(*n)}, carrier.Area{NPANXX: "919800", LATA: "426", Country: lnp.US, RateCentre: "RALEIGH"})
		return
	case *order.Confirmation:
		*x = order.Confirmation{
			Fields:  map[string]any{"pin": "1234", "partial_port": true, "remaining_numbers": []any{"9198002009"}, "lines_on_account": 3.0},
			Numbers: map[nanp.Number]map[string]any{9198002000: {"pin": "77"}},
			Extra:   map[string]json.RawMessage{"po_box": json.RawMessage(`{"a":[1]}`)},
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d é", *n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(uint64(*n % 200))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0), n)
		fill(t, v.Index(1), n)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, n)
		fill(t, value, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("fill does not know %s", v.Type())
	}
}

func TestAnOrderIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		full := *o
		n := 0
		fill(t, reflect.ValueOf(&full).Elem(), &n)
		full.ID, full.UID, full.AccountID, full.UploadID, full.Version = o.ID, o.UID, o.AccountID, o.UploadID, o.Version
		h.do(func(tx porting.Tx) error { return tx.SaveOrder(&full) })
		h.see(func(tx porting.Tx) error {
			got, err := tx.Order(o.AccountID, o.ID)
			if err != nil {
				return err
			}
			same(t, "order", *got, full)
			return nil
		})
		// And back to nothing: what is cleared does not stay.
		bare := *o
		bare.Version = full.Version
		h.do(func(tx porting.Tx) error { return tx.SaveOrder(&bare) })
		h.see(func(tx porting.Tx) error {
			got, err := tx.AnyOrder(o.ID)
			if err != nil {
				return err
			}
			same(t, "bare order", *got, bare)
			return nil
		})
	})
}

func TestOnlyOneChangesAVersion(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		ok := 0
		for _, err := range h.race(8, func(i int, tx porting.Tx) error {
			mine := *o
			mine.Reference = fmt.Sprint(i)
			return tx.SaveOrder(&mine)
		}) {
			if err == nil {
				ok++
			} else {
				wantErr(t, "SaveOrder", err, porting.ErrMoved)
			}
		}
		if ok != 1 {
			t.Errorf("%d have changed version 1; want 1", ok)
		}
		h.see(func(tx porting.Tx) error {
			got, err := tx.AnyOrder(o.ID)
			if got.Version != 2 {
				t.Errorf("version is %d; want 2", got.Version)
			}
			return err
		})
		stale := *o
		wantErr(t, "DeleteOrder", h.try(func(tx porting.Tx) error { return tx.DeleteOrder(&stale) }), porting.ErrMoved)
	})
}

func TestADeletedOrderLeavesItsTimeline(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o := h.order(acct, 9198002000)
		h.do(func(tx porting.Tx) error {
			_, err := tx.AddTag(o.ID, "vip", noon)
			return errors.Join(err,
				tx.AddEntry(&order.Entry{OrderID: o.ID, Sequence: 1, At: noon, Type: order.EntryCreated, By: "customer:x", Data: map[string]any{}}),
				tx.SetDue(order.Due{OrderID: o.ID, Kind: order.DueExpire, At: noon}),
				tx.DeleteOrder(o))
		})
		h.see(func(tx porting.Tx) error {
			_, err := tx.AnyOrder(o.ID)
			wantMissing(t, "the order", err)
			_, ok, err := tx.NextDue()
			if ok || err != nil {
				t.Errorf("something is due still (%v)", err)
			}
			entries, err := tx.Entries(o.ID, 0, 10)
			if len(entries) != 1 {
				t.Errorf("%d entries; want 1", len(entries))
			}
			return err
		})
		if next := h.order(acct, 9198002000); next.ID <= o.ID {
			t.Errorf("the id %d of a deleted order was given again", next.ID)
		}
	})
}

func TestOrdersAreTheirAccounts(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		mine, other := h.account(), h.account()
		if mine != 10001 || other != 10002 {
			t.Errorf("the accounts are %d and %d; they begin at 10001", mine, other)
		}
		o := h.order(mine, 9198002000)
		h.see(func(tx porting.Tx) error {
			_, err := tx.Order(other, o.ID)
			wantMissing(t, "Order", err)
			_, err = tx.Upload(other, o.UploadID)
			wantMissing(t, "Upload", err)
			orders, err := tx.UploadOrders(other, o.UploadID)
			if len(orders) != 0 {
				t.Error("UploadOrders shows another account's orders")
			}
			return err
		})
	})
}

func TestListOrders(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		h.order(h.account(), 9198002000, 9198002001)
		var ids []int64
		for i := range 6 {
			o := h.order(acct, nanp.Number(9198002000+10*i))
			ids = append(ids, o.ID)
			o.Created = noon.AddDate(0, 0, i)
			o.Reference = fmt.Sprintf("PO_%d%% ünter", i)
			o.PON = order.PONOf(o.ID)
			switch i {
			case 1:
				o.Status, o.Carrier.ID = order.Pending, 7
			case 2:
				o.Status, o.Losing.ID, o.NumberType = order.Rejected, "verizon-wireless", lnp.TollFree
			case 3:
				o.Status, o.FOC = order.FOC, &order.FOCDate{Date: bizday.NewDate(2026, 12, 3)}
			}
			h.do(func(tx porting.Tx) error { return tx.SaveOrder(o) })
		}
		for _, c := range []struct {
			name   string
			filter porting.Filter
			want   []int // indexes into ids
			more   bool
		}{
			{"all", porting.Filter{Rows: 10}, []int{5, 4, 3, 2, 1, 0}, false},
			{"a page", porting.Filter{Rows: 2}, []int{5, 4}, true},
			{"exactly a page", porting.Filter{Rows: 6}, []int{5, 4, 3, 2, 1, 0}, false},
			{"the next page", porting.Filter{Rows: 2, Before: ids[4]}, []int{3, 2}, true},
			{"the last page", porting.Filter{Rows: 4, Skip: 4}, []int{1, 0}, false},
			{"status", porting.Filter{Rows: 10, Statuses: []order.Status{order.Pending, order.FOC}}, []int{3, 1}, false},
			{"needs action", porting.Filter{Rows: 10, NeedsAction: true}, []int{5, 4, 2, 0}, false},
			{"number", porting.Filter{Rows: 10, Number: 9198002000}, []int{0}, false},
			{"carrier", porting.Filter{Rows: 10, CarrierID: 7}, []int{1}, false},
			{"losing", porting.Filter{Rows: 10, LosingID: "verizon-wireless"}, []int{2}, false},
			{"type", porting.Filter{Rows: 10, NumberType: string(lnp.TollFree)}, []int{2}, false},
			{"reference", porting.Filter{Rows: 10, Reference: "PO_4% ünter"}, []int{4}, false},
			{"foc from", porting.Filter{Rows: 10, FOCFrom: "2026-12-03"}, []int{3}, false},
			{"foc to", porting.Filter{Rows: 10, FOCTo: "2026-12-02"}, nil, false},
			{"created", porting.Filter{Rows: 10, CreatedFrom: noon.AddDate(0, 0, 1), CreatedTo: noon.AddDate(0, 0, 3)}, []int{2, 1}, false},
			{"q: part of a DID", porting.Filter{Rows: 10, Query: "800-2040"}, []int{4}, false},
			{"q: a DID with its country code", porting.Filter{Rows: 10, Query: "+1 (919) 800-2010"}, []int{1}, false},
			{"q: a DID of another account only", porting.Filter{Rows: 10, Query: "9198002001"}, nil, false},
			{"q: a whole DID", porting.Filter{Rows: 10, Query: "919.800.2020"}, []int{2}, false},
			{"q: a DID with more digits", porting.Filter{Rows: 10, Query: "29198002010"}, nil, false},
			{"q: two digits are too few", porting.Filter{Rows: 10, Query: "98"}, nil, false},
			{"q: words", porting.Filter{Rows: 10, Query: "9198002010 or so"}, nil, false},
			{"q: id", porting.Filter{Rows: 10, Query: fmt.Sprint(ids[5])}, []int{5}, false},
			{"q: PON", porting.Filter{Rows: 10, Query: "pi" + order.PONOf(ids[2])[2:]}, []int{2}, false},
			{"q: reference", porting.Filter{Rows: 10, Query: "po_3%"}, []int{3}, false},
			{"q: reference in other letters", porting.Filter{Rows: 10, Query: "4% ÜNT"}, []int{4}, false},
			{"q: a pattern is text", porting.Filter{Rows: 10, Query: "P%3"}, nil, false},
			{"two filters", porting.Filter{Rows: 10, NeedsAction: true, Statuses: []order.Status{order.Rejected, order.FOC}}, []int{2}, false},
		} {
			c.filter.AccountID = acct
			h.see(func(tx porting.Tx) error {
				page, more, err := tx.ListOrders(c.filter)
				var got []int
				for _, o := range page {
					got = append(got, slices.Index(ids, o.ID))
				}
				same(t, c.name, got, c.want)
				if more != c.more {
					t.Errorf("%s: more is %v", c.name, more)
				}
				return err
			})
		}
		h.see(func(tx porting.Tx) error {
			for name, f := range map[string]porting.Filter{
				"number": {Number: 9198002000}, "q": {Query: "9198002000"}, "created on the first day": {CreatedTo: noon.Add(time.Second)},
			} {
				f.Rows = 10
				page, _, err := tx.ListOrders(f)
				if err != nil {
					return err
				}
				if len(page) != 2 {
					t.Errorf("%s: the desk sees %d orders; want one of each account", name, len(page))
				}
			}
			page, _, err := tx.ListOrders(porting.Filter{Rows: 10, Query: "po_3%"})
			if len(page) != 1 {
				t.Errorf("the desk finds %d orders by their reference; want 1", len(page))
			}
			return err
		})
	})
}
