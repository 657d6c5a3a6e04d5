package db_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/store/db"
)

// during holds what a test wants to happen while SQLite runs a statement that
// calls the SQL function happen(key).
var during sync.Map

func init() {
	sqlite.MustRegisterScalarFunction("happen", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		f, ok := during.Load(args[0])
		if !ok {
			return nil, errors.New("nothing shall happen")
		}
		f.(func())()
		return int64(1), nil
	})
}

// The store's first promise: whoever was told yes has a row, and whoever was
// told no has none, whenever the context of one of them ends, and the others
// of the group do not feel it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	const (
		never = "never"
		yes   = "yes"
		no    = "no"
	)
	for name, c := range map[string]struct {
		// moment is when the second caller's context ends, and how that ends.
		moment string
		want   string
	}{
		"not at all":                          {never, yes},
		"before it calls":                     {"before", no},
		"while it waits":                      {"waits", no},
		"while the one before it runs":        {"previous", no},
		"in its function, before a statement": {"begin", yes},
		"while its statement runs":            {"statement", yes},
		"in its function, after a statement":  {"end", yes},
		"while the one behind it runs":        {"next", yes},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := sqliteConfig(t)
			d := open(t, config)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			during.Store(t.Name(), func() {
				if c.moment == "statement" {
					cancel()
				}
			})
			at := func(moment string) {
				if c.moment == moment {
					cancel()
				}
			}
			ran := false
			at("before")
			errs := together(t, d, func() { at("waits") },
				call{fn: func(tx *db.Tx) error {
					at("previous")
					return insert("first")(tx)
				}},
				call{ctx, func(tx *db.Tx) error {
					ran = true
					at("begin")
					_, err := tx.Exec(`INSERT INTO item (name) SELECT 'second' WHERE happen($1)`, t.Name())
					at("end")
					return err
				}},
				call{fn: func(tx *db.Tx) error {
					at("next")
					seen, err := names(tx)
					if err != nil {
						return err
					}
					// If not, the three did not share a transaction, and the test
					// says nothing.
					if !slices.Contains(seen, "first") || slices.Contains(stored(t, d), "first") {
						t.Errorf("the last of the group sees %v, others %v", seen, stored(t, d))
					}
					return insert("third")(tx)
				}})
			wantRows, wantErrs := []string{"first", "second", "third"}, []error{nil, nil, nil}
			if c.want == no {
				wantRows, wantErrs = []string{"first", "third"}, []error{nil, context.Canceled, nil}
			}
			same(t, "told", errs, wantErrs)
			same(t, "stored", survives(t, d, config), wantRows)
			if ran != (c.want == yes) {
				t.Errorf("its function ran: %t", ran)
			}
		})
	}
}

// step is what one call of the storm does.
type step struct {
	Name   string
	Cancel string // when its context ends
	Do     string
	Around bool // it inserts a second row, in a savepoint
}

var errOwn = errors.New("its own error")

// Many callers, random cancellations, errors, panics and rollbacks of the
// whole transaction: those told yes are those who have a row.
func TestStorm(t *testing.T) {
	t.Parallel()
	for engine, config := range map[string]func(testing.TB) db.Config{"sqlite": sqliteConfig, "postgres": postgresConfig} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			d, err := db.Open(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			err = d.Migrate(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if engine == "sqlite" {
				exec(t, d, `CREATE TRIGGER away BEFORE INSERT ON item WHEN new.grp = 9 BEGIN SELECT raise(ROLLBACK, 'away'); END`)
			}
			var told []string
			seen := map[string]int{}
			round := 0
			rapid.Check(t, func(r *rapid.T) {
				round++
				steps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
					return step{
						Cancel: rapid.SampledFrom([]string{"", "", "before", "soon", "begin", "end"}).Draw(r, "cancel"),
						Do:     rapid.SampledFrom([]string{"", "", "", "", "fail", "panic", "twice", "away", "hidden"}).Draw(r, "do"),
						Around: rapid.Bool().Draw(r, "around"),
					}
				}), 1, 100).Draw(r, "steps")
				for i := range steps {
					steps[i].Name = fmt.Sprintf("%d.%d", round, i)
				}
				callers := rapid.IntRange(1, 64).Draw(r, "callers")
				for name, err := range storm(d, steps, callers) {
					seen[kind(err)]++
					if err == nil {
						told = append(told, name)
					}
				}
			})
			slices.Sort(told)
			same(t, "stored", survives(t, d, c), told)
			err = d.Close()
			if err != nil {
				t.Error(err)
			}
			same(t, "stored, after a restart", stored(t, reopen(t, c)), told)
			for _, k := range []string{"yes", "own", "cancelled", "panic"} {
				if seen[k] == 0 {
					t.Errorf("nobody's end was %q: %v", k, seen)
				}
			}
			if engine == "sqlite" && seen["unavailable"] == 0 {
				t.Errorf("nobody was hit by another's rollback: %v", seen)
			}
		})
	}
}

func kind(err error) string {
	switch {
	case err == nil:
		return "yes"
	case errors.Is(err, errOwn):
		return "own"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case fault.Is(err, fault.Unavailable):
		return "unavailable"
	case fault.Is(err, fault.Internal):
		return "panic"
	}
	return err.Error()
}

// storm lets callers take the steps, and returns what each was told.
func storm(d *db.DB, steps []step, callers int) map[string]error {
	work := make(chan step, len(steps))
	for _, s := range steps {
		work <- s
	}
	close(work)
	told := map[string]error{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for s := range work {
				err := s.take(d)
				mu.Lock()
				told[s.Name] = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return told
}

func (s step) take(d *db.DB) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	switch s.Cancel {
	case "before":
		cancel()
	case "soon":
		go cancel()
	}
	return d.Update(ctx, func(tx *db.Tx) error {
		if s.Cancel == "begin" {
			cancel()
		}
		if s.Around {
			err := tx.Nested(func() error {
				err := insert("undone " + s.Name)(tx)
				if err != nil {
					return err
				}
				return errOwn
			})
			if !errors.Is(err, errOwn) {
				return err
			}
		}
		err := insert(s.Name)(tx)
		if err != nil {
			return err
		}
		if s.Cancel == "end" {
			cancel()
		}
		return s.do(tx)
	})
}

func (s step) do(tx *db.Tx) error {
	switch s.Do {
	case "fail":
		return errOwn
	case "panic":
		panic("as asked")
	case "twice": // a row that is there; PostgreSQL's transaction is broken
		err := insert(s.Name)(tx)
		if !db.UniqueViolation(err, "item", "grp", "name") {
			return fmt.Errorf("the name is there: %w", err)
		}
		return errOwn
	case "away", "hidden": // SQLite undoes the whole transaction, as asked
		_, err := tx.Exec(insertItem, "away", 9)
		if s.Do == "away" || err == nil {
			return errors.Join(errOwn, err)
		}
		_ = tx.Nested(func() error { return insert("lost " + s.Name)(tx) })
	}
	return nil
}
