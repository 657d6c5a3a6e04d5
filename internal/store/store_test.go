package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pgtest"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store"
)

// noon is when the tests take place: by the business clock, and an hour later
// by the wall clock, so that the two are not mixed up unseen.
var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

type fixedClock time.Time

func (c fixedClock) Now() time.Time { return time.Time(c) }

// house is an open store of one engine.
type house struct {
	*store.Store
	t      testing.TB
	config store.Config
}

func open(t testing.TB, c store.Config) *house {
	t.Helper()
	s, err := store.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &house{Store: s, t: t, config: c}
}

func config(t testing.TB, c store.Config) store.Config {
	ring, err := seal.New(seal.Generate())
	if err != nil {
		t.Fatal(err)
	}
	c.Ring, c.Business, c.Wall = ring, fixedClock(noon), fixedClock(noon.Add(time.Hour))
	return c
}

// engines runs a test on every engine, each with an empty database.
func engines(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, config(t, store.Config{SQLitePath: filepath.Join(t.TempDir(), "portin.db")})))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, config(t, store.Config{PostgresURL: pgtest.URL(t)})))
	})
}

// do runs fn in a write transaction that must succeed.
func (h *house) do(fn func(tx porting.Tx) error) {
	h.t.Helper()
	err := h.Porting().Update(context.Background(), fn)
	if err != nil {
		h.t.Fatal(err)
	}
}

// see runs fn on a snapshot.
func (h *house) see(fn func(tx porting.Tx) error) {
	h.t.Helper()
	err := h.Porting().View(context.Background(), fn)
	if err != nil {
		h.t.Fatal(err)
	}
}

// account makes an account and returns its id.
func (h *house) account() int64 {
	h.t.Helper()
	a := account.Account{Name: "Example Voice", Created: noon}
	h.do(func(tx porting.Tx) error { return tx.InsertAccount(&a) })
	return a.ID
}

// order makes a created order of the numbers in an upload of its own.
func (h *house) order(accountID int64, numbers ...nanp.Number) *order.Order {
	h.t.Helper()
	var o order.Order
	h.do(func(tx porting.Tx) error {
		u := porting.Upload{AccountID: accountID, Accepted: len(numbers), Created: noon}
		err := tx.InsertUpload(&u)
		if err != nil {
			return err
		}
		o = draft(accountID, u.ID, len(numbers))
		return tx.InsertOrder(&o, list(numbers...))
	})
	return &o
}

func draft(accountID, uploadID int64, n int) order.Order {
	return order.Order{
		UID: seal.NewUID(), AccountID: accountID, UploadID: uploadID, Status: order.Created, Country: lnp.US, NumberType: lnp.Local,
		NumberCount: n, Created: noon, Updated: noon, Quote: pricing.Quote{ID: "q_1", Currency: "USD", Expires: noon.AddDate(0, 0, 7)},
	}
}

func list(numbers ...nanp.Number) []order.Number {
	out := make([]order.Number, len(numbers))
	for i, n := range numbers {
		out[i] = order.Number{
			Facts:  numbering.Facts{Number: n, Type: lnp.Local, Country: lnp.US, State: "NC", Zone: "America/New_York"},
			Status: order.NumberCreated, PortFee: pricing.MustParse("5.0"), MRC: pricing.MustParse("0.5"),
		}
	}
	return out
}

// same compares what was read with what was written.
func same(t testing.TB, what string, got, want any) {
	t.Helper()
	diff := cmp.Diff(want, got,
		cmp.Comparer(func(a, b pricing.Money) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b bizday.Date) bool { return a == b }),
		cmpopts.EquateEmpty())
	if diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantErr(t testing.TB, what string, err error, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v; want %v", what, err, want)
	}
}

func wantMissing(t testing.TB, what string, err error) {
	t.Helper()
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("%s: %v; want NotFound", what, err)
	}
}

// try runs fn in a write transaction and returns what came of it.
func (h *house) try(fn func(tx porting.Tx) error) error {
	return h.Porting().Update(context.Background(), fn)
}

// race runs fn in n write transactions at the same time, and returns what came
// of each.
func (h *house) race(n int, fn func(i int, tx porting.Tx) error) []error {
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range errs {
		wg.Go(func() { errs[i] = h.try(func(tx porting.Tx) error { return fn(i, tx) }) })
	}
	wg.Wait()
	return errs
}

// at opens the same database with other clocks.
func (h *house) at(business, wall time.Time) *house {
	h.t.Helper()
	c := h.config
	c.Business, c.Wall = fixedClock(business), fixedClock(wall)
	return open(h.t, c)
}

// exec runs a statement past the store.
func (h *house) exec(statement string) error {
	_, err := h.Writer().ExecContext(context.Background(), statement)
	return err
}

// must runs a statement past the store that must succeed.
func (h *house) must(statement string) {
	h.t.Helper()
	err := h.exec(statement)
	if err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}

// ask runs a query past the store, and returns the values of its rows.
func (h *house) ask(query string) [][]any {
	h.t.Helper()
	rows, err := h.Writer().QueryContext(context.Background(), query)
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	var out [][]any
	for rows.Next() {
		row, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			into[i] = &row[i]
		}
		err = rows.Scan(into...)
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, row)
	}
	err = rows.Err()
	if err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return out
}

// count is the number that a query returns.
func (h *house) count(query string) int64 {
	h.t.Helper()
	n, ok := h.ask(query)[0][0].(int64)
	if !ok {
		h.t.Fatalf("%s returns no number", query)
	}
	return n
}

func (h *house) postgres() bool { return h.config.PostgresURL != "" }

func TestTransactionsKnowBothClocks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		h.see(func(tx porting.Tx) error {
			same(t, "business", tx.Now(), noon)
			same(t, "wall", tx.Wall(), noon.Add(time.Hour))
			return nil
		})
	})
}

func TestAnErrorUndoesATransaction(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		no := errors.New("no")
		err := h.Porting().Update(context.Background(), func(tx porting.Tx) error {
			err := tx.SetSetting("a", "1")
			if err != nil {
				return err
			}
			return no
		})
		wantErr(t, "Update", err, no)
		h.do(func(tx porting.Tx) error {
			err := tx.SetSetting("b", "2")
			if err != nil {
				return err
			}
			wantErr(t, "Nested", tx.Nested(func() error {
				err := tx.SetSetting("c", "3")
				if err != nil {
					return err
				}
				return no
			}), no)
			return nil
		})
		h.see(func(tx porting.Tx) error {
			for key, want := range map[string]string{"a": "", "b": "2", "c": ""} {
				got, err := tx.Setting(key)
				if err != nil || got != want {
					t.Errorf("setting %s is %q (%v); want %q", key, got, err, want)
				}
			}
			return nil
		})
	})
}

func TestAPanicUndoesATransaction(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		func() {
			defer func() { _ = recover() }() // who stops a panic is the engine's own business
			_ = h.try(func(tx porting.Tx) error {
				err := tx.SetSetting("key", "half")
				if err != nil {
					t.Error(err)
				}
				panic("no")
			})
		}()
		h.do(func(tx porting.Tx) error {
			got, err := tx.Setting("key")
			if got != "" {
				t.Errorf("the setting is %q", got)
			}
			return errors.Join(err, tx.SetSetting("key", "whole"))
		})
	})
}

func TestAViewIsASnapshot(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o := h.order(acct, 9198002000)
		h.see(func(tx porting.Tx) error {
			before, err := tx.AnyOrder(o.ID)
			if err != nil {
				return err
			}
			o.Reference = "changed meanwhile"
			h.do(func(tx porting.Tx) error {
				return errors.Join(
					tx.SaveOrder(o),
					tx.SetSetting("key", "value"),
					tx.SetNumbers(o.ID, order.NumberPending, "", nil),
				)
			})
			h.order(acct, 9198002001)
			after, err := tx.AnyOrder(o.ID)
			if err != nil {
				return err
			}
			same(t, "the order", *after, *before)
			numbers, err := tx.Numbers(o.ID)
			if err != nil {
				return err
			}
			same(t, "its numbers", numbers, list(9198002000))
			page, _, err := tx.ListOrders(porting.Filter{Rows: 10})
			if len(page) != 1 {
				t.Errorf("%d orders; want 1", len(page))
			}
			value, errSetting := tx.Setting("key")
			if value != "" {
				t.Errorf("the setting is %q already", value)
			}
			return errors.Join(err, errSetting)
		})
		h.see(func(tx porting.Tx) error {
			got, err := tx.AnyOrder(o.ID)
			if err != nil {
				return err
			}
			same(t, "the order afterwards", *got, *o)
			return nil
		})
	})
}

func TestAViewChangesNothing(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		for name, write := range map[string]func(tx porting.Tx) error{
			"insert": func(tx porting.Tx) error { return tx.SetSetting("key", "value") },
			"update": func(tx porting.Tx) error {
				mine := *o
				return tx.SaveOrder(&mine)
			},
			"delete": func(tx porting.Tx) error { return tx.DeleteOrder(o) },
		} {
			err := h.Porting().View(context.Background(), write)
			if err == nil || errors.Is(err, porting.ErrMoved) {
				t.Errorf("%s in a View: %v; want the database's refusal", name, err)
			}
		}
		h.see(func(tx porting.Tx) error {
			got, err := tx.AnyOrder(o.ID)
			if err != nil {
				return err
			}
			same(t, "the order", *got, *o)
			value, err := tx.Setting("key")
			if value != "" {
				t.Errorf("the setting is %q", value)
			}
			return err
		})
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		for _, value := range []string{"first", "", "ünter \"quotes\" 'and' $1 ?1"} {
			h.do(func(tx porting.Tx) error { return tx.SetSetting("key", value) })
			h.see(func(tx porting.Tx) error {
				got, err := tx.Setting("key")
				if got != value {
					t.Errorf("the setting is %q; want %q", got, value)
				}
				none, errNone := tx.Setting("KEY")
				if none != "" {
					t.Errorf("a key that was never set has %q", none)
				}
				return errors.Join(err, errNone)
			})
		}
	})
}
