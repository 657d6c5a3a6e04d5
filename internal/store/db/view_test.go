package db_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/store/db"
)

// A reader sees one moment, whatever is committed meanwhile, and a later
// reader a later one.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		must(t, d, insert("a"))
		err := d.View(context.Background(), func(tx *db.Tx) error {
			first, err := names(tx)
			if err != nil {
				return err
			}
			must(t, d, insert("b"))
			same(t, "others' view", stored(t, d), []string{"a", "b"})
			second, err := names(tx)
			same(t, "seen", [][]string{first, second}, [][]string{{"a"}, {"a"}})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// A reader never sees a part of a transaction, and neither of a group one that
// is not committed: sums stay what they are while money goes to and fro.
func TestNoHalves(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		must(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO item (id, name, grp) VALUES (1, 'a', 100), (2, 'b', 0)`)
			return err
		})
		var writers, viewers sync.WaitGroup
		over := make(chan struct{})
		for range 4 {
			writers.Go(func() {
				for range 50 {
					must(t, d, func(tx *db.Tx) error {
						_, err := tx.Exec(`UPDATE item SET grp = grp - 1 WHERE id = 1`)
						if err != nil {
							return err
						}
						_, err = tx.Exec(`UPDATE item SET grp = grp + 1 WHERE id = 2`)
						return err
					})
				}
			})
			viewers.Go(func() {
				for {
					var a, b int
					err := d.View(context.Background(), func(tx *db.Tx) error {
						err := tx.Row(`SELECT grp FROM item WHERE id = 1`, nil, &a)
						if err != nil {
							return err
						}
						return tx.Row(`SELECT grp FROM item WHERE id = 2`, nil, &b)
					})
					if err != nil || a+b != 100 {
						t.Errorf("%d and %d, %v", a, b, err)
						return
					}
					select {
					case <-over:
						return
					default:
					}
				}
			})
		}
		writers.Wait()
		close(over)
		viewers.Wait()
		var a int
		err := d.View(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT grp FROM item WHERE id = 1`, nil, &a) })
		if err != nil || a != -100 {
			t.Errorf("after 200 payments: %d, %v", a, err)
		}
	})
}

func TestViewOnlyReads(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		err := d.View(context.Background(), insert("a"))
		if err == nil {
			t.Error("a view has written")
		}
		same(t, "stored", stored(t, d), []string{})
	})
}

// However a view ends, its connection is free again: a snapshot that is kept
// would let SQLite's write-ahead log grow for ever.
func TestViewEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fn   func(context.CancelFunc, *db.Tx) error
		want func(error) bool
	}{
		"error": {
			func(context.CancelFunc, *db.Tx) error { return errOwn },
			func(err error) bool { return err == errOwn },
		},
		"panic": {
			func(context.CancelFunc, *db.Tx) error { panic("as asked") },
			func(err error) bool { return fault.Is(err, fault.Internal) },
		},
		"open rows": {
			func(_ context.CancelFunc, tx *db.Tx) error {
				rows, err := tx.Query(`SELECT name FROM item`)
				if err != nil {
					return err
				}
				rows.Next()
				return nil
			},
			func(err error) bool { return err == nil },
		},
		"cancelled": {
			func(cancel context.CancelFunc, tx *db.Tx) error {
				cancel()
				_, err := names(tx)
				return err
			},
			func(err error) bool { return is(err, context.Canceled) },
		},
		"cancelled afterwards": {
			func(cancel context.CancelFunc, tx *db.Tx) error {
				_, err := names(tx)
				cancel()
				return err
			},
			func(err error) bool { return err == nil },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			engines(t, func(t *testing.T, d *db.DB) {
				must(t, d, insert("a"))
				must(t, d, insert("b"))
				for range 30 { // more than there are connections
					ctx, cancel := context.WithCancel(context.Background())
					err := d.View(ctx, func(tx *db.Tx) error { return c.fn(cancel, tx) })
					cancel()
					if !c.want(err) {
						t.Fatalf("told: %v", err)
					}
				}
				same(t, "stored", stored(t, d), []string{"a", "b"})
			})
		})
	}
}

// Nobody begins whose context has ended.
func TestBegunByNobody(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		fn := func(*db.Tx) error {
			t.Error("it ran")
			return nil
		}
		wantErr(t, "View", d.View(ctx, fn), context.Canceled)
		wantErr(t, "Update", d.Update(ctx, fn), context.Canceled)
	})
}

// Every connection has the settings that the promises rest on, and any path
// is the name of one file.
func TestSettings(t *testing.T) {
	t.Parallel()
	c := sqliteConfig(t)
	c.SQLitePath = filepath.Join(filepath.Dir(c.SQLitePath), "a b?c#d%41&_pragma=synchronous(0).db")
	d := open(t, c)
	check := func(what string, readOnly int) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			var mode string
			var sync, keys, wait, only int
			for pragma, into := range map[string]any{
				"journal_mode": &mode, "synchronous": &sync, "foreign_keys": &keys, "busy_timeout": &wait, "query_only": &only,
			} {
				err := tx.Row("PRAGMA "+pragma, nil, into)
				if err != nil {
					return err
				}
			}
			same(t, what, []any{mode, sync, keys, wait, only}, []any{"wal", 2, 1, 10000, readOnly})
			return nil
		}
	}
	must(t, d, check("the writer", 0))
	same(t, "connections that write", d.Writer().Stats().MaxOpenConnections, 1)
	must(t, d, insert("a"))
	var all, in sync.WaitGroup
	for range 5 {
		in.Add(1)
		all.Go(func() {
			err := d.View(context.Background(), func(tx *db.Tx) error {
				err := check("a reader", 1)(tx)
				in.Done()
				in.Wait() // so that each has a connection of its own
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	err := d.Close()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(c.SQLitePath), "*"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "files, when the log is empty", files, []string{c.SQLitePath})
	same(t, "stored", stored(t, reopen(t, c)), []string{"a"})
}

// An open that fails says so, and leaves nothing open.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]db.Config{
		"a folder":       {SQLitePath: t.TempDir()},
		"no folder":      {SQLitePath: filepath.Join(t.TempDir(), "no", "folder.db")},
		"no server":      {PostgresURL: "postgres:///portin?host=" + t.TempDir()},
		"a URL unlike":   {PostgresURL: "postgres://%zz"},
		"a bad setting":  {PostgresURL: "postgres:///portin?sslmode=perhaps"},
		"an unknown one": {PostgresURL: "postgres:///portin?port=none"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := db.Open(context.Background(), c)
			if err == nil || d != nil {
				t.Errorf("%v, %v", d, err)
			}
		})
	}
}
