package db_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/store/db"
)

var errOther = errors.New("another's error")

func is(err, target error) bool { return errors.Is(err, target) }

// A function that fails loses its own rows, and nobody else's.
func TestFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail func(*db.Tx) error
		want func(error) bool
	}{
		"error": {
			func(tx *db.Tx) error { return errors.Join(insert("mine")(tx), errOwn) },
			func(err error) bool { return errors.Is(err, errOwn) },
		},
		"statement": {
			func(tx *db.Tx) error { return errors.Join(insert("mine")(tx), insert("mine")(tx)) },
			func(err error) bool { return db.UniqueViolation(err, "item", "grp", "name") },
		},
		"panic": {
			func(tx *db.Tx) error {
				_ = insert("mine")(tx)
				panic("as asked")
			},
			func(err error) bool {
				e, ok := errors.AsType[*fault.Error](err)
				return ok && e.Kind == fault.Internal && strings.Contains(e.Cause.Error(), "panic: as asked") && strings.Contains(e.Cause.Error(), "update_test.go")
			},
		},
		"panic in a savepoint": {
			func(tx *db.Tx) error {
				return tx.Nested(func() error {
					_ = insert("mine")(tx)
					panic(errOwn)
				})
			},
			func(err error) bool { return fault.Is(err, fault.Internal) },
		},
		"open rows": {
			func(tx *db.Tx) error {
				err := errors.Join(insert("mine")(tx), insert("mine too")(tx))
				if err != nil {
					return err
				}
				rows, err := tx.Query(`SELECT name FROM item`) // never closed
				if err != nil {
					return err
				}
				rows.Next()
				return errOwn
			},
			func(err error) bool { return errors.Is(err, errOwn) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, d *db.DB) {
				if d.Postgres() && name == "open rows" {
					return // its connection is busy with them: an error of its own
				}
				errs := together(t, d, nil, call{fn: insert("before")}, call{fn: c.fail}, call{fn: insert("behind")})
				if !c.want(errs[1]) {
					t.Errorf("told: %v", errs[1])
				}
				same(t, "told to the others", []error{errs[0], errs[2]}, []error{nil, nil})
				same(t, "stored", stored(t, d), []string{"before", "behind"})
			})
		})
	}
}

// A function that ends its goroutine, as a failing test does, stops nobody.
func TestEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		var all sync.WaitGroup
		all.Go(func() {
			err := d.Update(context.Background(), func(tx *db.Tx) error {
				_ = insert("mine")(tx)
				runtime.Goexit()
				return nil
			})
			wantUnavailable(t, "a function that never returned", err)
		})
		all.Wait()
		must(t, d, insert("after"))
		same(t, "stored", stored(t, d), []string{"after"})
	})
}

// Savepoints undo what is theirs, to any depth, and a panic of one that the
// function survives undoes it, too.
func TestNested(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		must(t, d, func(tx *db.Tx) error {
			err := tx.Nested(func() error { return insert("a")(tx) })
			if err != nil {
				return err
			}
			err = tx.Nested(func() error {
				return errors.Join(insert("b")(tx), tx.Nested(func() error { return insert("b2")(tx) }), errOwn)
			})
			if !errors.Is(err, errOwn) {
				return fmt.Errorf("of the savepoint: %w", err)
			}
			err = tx.Nested(func() error {
				err := tx.Nested(func() error { return errors.Join(insert("c2")(tx), insert("a")(tx)) })
				if !db.UniqueViolation(err, "item", "grp", "name") {
					return fmt.Errorf("of the inner savepoint: %w", err)
				}
				return insert("c")(tx)
			})
			if err != nil {
				return err
			}
			func() {
				defer func() { _ = recover() }()
				_ = tx.Nested(func() error {
					_ = insert("d")(tx)
					panic("as asked")
				})
			}()
			return tx.Nested(func() error { return insert("e")(tx) })
		})
		same(t, "stored", stored(t, d), []string{"a", "c", "e"})
	})
}

// A savepoint that cannot be kept is no success, even if nobody minded what
// broke it.
func TestNestedLost(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		err := d.Update(context.Background(), func(tx *db.Tx) error {
			err := tx.Nested(func() error {
				if d.Postgres() {
					_ = errors.Join(insert("a")(tx), insert("a")(tx))
				} else {
					_, _ = tx.Exec(`ROLLBACK`)
				}
				return nil
			})
			if err == nil {
				t.Error("the savepoint: told yes")
			}
			return nil
		})
		if err == nil {
			t.Error("the transaction: told yes")
		}
		same(t, "stored", stored(t, d), []string{})
	})
}

// A transaction that a function has kept is of no use to it afterwards: on
// SQLite it may have become another's.
func TestKept(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		var kept *db.Tx
		use := func(*db.Tx) error {
			var n int
			for what, err := range map[string]error{
				"Exec":    insert("late")(kept),
				"Row":     kept.Row(`SELECT count(*) FROM item`, nil, &n),
				"Nested":  kept.Nested(func() error { return nil }),
				"Enqueue": kept.Enqueue(jobArgs{}, nil),
			} {
				if err == nil {
					t.Errorf("%s works in a transaction that is over", what)
				}
			}
			_, err := names(kept)
			if err == nil {
				t.Error("Query works in a transaction that is over")
			}
			return nil
		}
		errs := together(t, d, nil, call{fn: func(tx *db.Tx) error {
			kept = tx
			return nil
		}}, call{fn: use})
		same(t, "told", errs, []error{nil, nil})
		same(t, "stored", stored(t, d), []string{})
	})
}

// Somebody who has gone before it is their turn is not kept, although the
// transaction before them goes on.
func TestLeaves(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		begun, release := make(chan struct{}), make(chan struct{})
		var holders sync.WaitGroup
		holding := 1
		if d.Postgres() {
			holding = d.Writer().Stats().MaxOpenConnections
		}
		for range holding {
			holders.Go(func() {
				err := d.Update(context.Background(), func(*db.Tx) error {
					begun <- struct{}{}
					<-release
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		for range holding {
			<-begun
		}
		gone := make(chan error)
		waited := d.Writer().Stats().WaitCount
		waits := &queued{Context: ctx, in: make(chan struct{})}
		go func() {
			gone <- d.Update(waits, func(*db.Tx) error {
				t.Error("its function ran")
				return nil
			})
		}()
		if d.Postgres() {
			for d.Writer().Stats().WaitCount == waited {
				runtime.Gosched()
			}
		} else {
			<-waits.in
		}
		cancel()
		wantErr(t, "the one who has gone", <-gone, context.Canceled)
		close(release)
		holders.Wait()
		must(t, d, insert("after"))
	})
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

// Close waits for who is inside, serves who waits, refuses who comes, and
// leaves nobody hanging.
func TestClose(t *testing.T) {
	t.Parallel()
	for engine, config := range map[string]func(testing.TB) db.Config{"sqlite": sqliteConfig, "postgres": postgresConfig} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			d := open(t, c)
			var closing sync.WaitGroup
			var order []string
			var mu sync.Mutex
			done := func(what string) {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, what)
			}
			viewing, viewed := make(chan struct{}), make(chan struct{})
			closing.Go(func() {
				err := d.View(context.Background(), func(tx *db.Tx) error {
					close(viewing)
					<-viewed
					_, err := names(tx)
					done("view")
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			<-viewing
			calls := make([]call, 100)
			want := make([]string, len(calls))
			for i := range calls {
				want[i] = fmt.Sprintf("%03d", i)
				calls[i].fn = insert(want[i])
			}
			errs := together(t, d, func() {
				closing.Go(func() {
					err := d.Close()
					if err != nil {
						t.Error(err)
					}
					done("close")
				})
				closed := errors.New("not closed")
				for !fault.Is(closed, fault.Unavailable) { // until Close has begun
					runtime.Gosched()
					closed = d.View(context.Background(), func(*db.Tx) error { return nil })
				}
				wantUnavailable(t, "Update after Close", d.Update(context.Background(), insert("late")))
			}, calls...)
			same(t, "told to those who waited", errs, make([]error, len(calls)))
			close(viewed)
			closing.Wait()
			same(t, "order", order, []string{"view", "close"})
			err := d.Close()
			if err != nil {
				t.Errorf("Close, again: %v", err)
			}
			same(t, "stored", stored(t, reopen(t, c)), want)
		})
	}
}

// A parameter may be used twice, and a $ that is none is left alone.
func TestParameters(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		err := d.View(context.Background(), func(tx *db.Tx) error {
			var sum int
			var text string
			err := tx.Row(`SELECT CAST($2 AS BIGINT) - CAST($1 AS BIGINT) + CAST($2 AS BIGINT), '$.a' || CAST($3 AS TEXT)`, []any{1, 10, "$1"}, &sum, &text)
			same(t, "got", []any{sum, text}, []any{19, "$.a$1"})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
