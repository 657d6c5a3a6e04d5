package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/portin/portin/internal/pgtest"
	"github.com/portin/portin/internal/store/db"
)

// Two transactions that lock each other out are both done in the end: the one
// that PostgreSQL picks is run again.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	d := open(t, postgresConfig(t))
	must(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO item (id, name) VALUES (1, 'a'), (2, 'b')`)
		return err
	})
	var runs atomic.Int32
	var both, all sync.WaitGroup
	both.Add(2)
	for _, ids := range [][]int{{1, 2}, {2, 1}} {
		met := false
		all.Go(func() {
			must(t, d, func(tx *db.Tx) error {
				runs.Add(1)
				for _, id := range ids {
					_, err := tx.Exec(`UPDATE item SET grp = grp + 1 WHERE id = $1`, id)
					if err != nil {
						return err
					}
					if !met {
						met = true
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
		})
	}
	all.Wait()
	var sum int
	err := d.View(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT sum(grp) FROM item`, nil, &sum) })
	if err != nil || sum != 4 {
		t.Errorf("each was done %d/2 times, %v", sum, err)
	}
	if runs.Load() < 3 {
		t.Errorf("%d runs: they have not met", runs.Load())
	}
}

// A collision that does not end is given up, with nothing done.
func TestCollision(t *testing.T) {
	t.Parallel()
	d := open(t, postgresConfig(t))
	must(t, d, insert("a"))
	runs := 0
	err := d.Update(context.Background(), func(tx *db.Tx) error {
		runs++
		_, err := tx.Exec(`SET TRANSACTION ISOLATION LEVEL SERIALIZABLE`)
		if err != nil {
			return err
		}
		_, err = names(tx)
		if err != nil {
			return err
		}
		must(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE item SET grp = grp + 1`)
			return err
		})
		_, err = tx.Exec(`UPDATE item SET name = 'b'`)
		return err
	})
	wantUnavailable(t, "a collision each time", err)
	if runs < 2 {
		t.Errorf("%d runs", runs)
	}
	same(t, "stored", stored(t, d), []string{"a"})
}

// A statement whose failure a function has hidden has broken its transaction:
// PostgreSQL rolls it back on COMMIT, and does not call that an error.
func TestHidden(t *testing.T) {
	t.Parallel()
	d := open(t, postgresConfig(t))
	err := d.Update(context.Background(), func(tx *db.Tx) error {
		err := insert("a")(tx)
		if err != nil {
			return err
		}
		_ = insert("a")(tx)
		return nil
	})
	if err == nil {
		t.Error("told yes")
	}
	same(t, "stored", stored(t, d), []string{})
}

// A lock that somebody holds is waited for, but not for ever, although the
// caller's context does not stop it.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	holder := open(t, config(t, db.Config{PostgresURL: url}))
	d := open(t, config(t, db.Config{PostgresURL: url + "&lock_timeout=1"}))
	for d, want := range map[*db.DB]string{holder: "10s", d: "1ms"} {
		var timeout string
		err := d.View(context.Background(), func(tx *db.Tx) error { return tx.Row(`SHOW lock_timeout`, nil, &timeout) })
		if err != nil || timeout != want {
			t.Errorf("a lock is waited for %s, %v; want %s", timeout, err, want)
		}
	}
	must(t, holder, insert("a"))
	change := func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE item SET grp = grp + 1`)
		return err
	}
	must(t, holder, func(tx *db.Tx) error {
		err := change(tx)
		wantUnavailable(t, "a lock that is held", d.Update(context.Background(), change))
		return err
	})
	must(t, d, change)
}

// A connection that breaks is nobody's fault but the database's, whatever the
// function makes of it, and the next caller gets another one.
func TestConnectionBreaks(t *testing.T) {
	t.Parallel()
	d := open(t, postgresConfig(t))
	end := func(tx *db.Tx) error {
		_, err := tx.Exec(`SELECT pg_terminate_backend(pg_backend_pid())`)
		return err
	}
	for name, fn := range map[string]func(*db.Tx) error{
		"passed on":         func(tx *db.Tx) error { return errors.Join(insert("a")(tx), end(tx)) },
		"hidden":            func(tx *db.Tx) error { _ = end(tx); return nil },
		"taken for another": func(tx *db.Tx) error { _ = end(tx); return errOwn },
		"in a savepoint": func(tx *db.Tx) error {
			_ = tx.Nested(func() error { return end(tx) })
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			wantUnavailable(t, "a broken connection", d.Update(context.Background(), fn))
		})
	}
	// A restart breaks all of them at once, and those who come next do not
	// notice.
	must(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		return err
	})
	for i := range 30 {
		must(t, d, insert(fmt.Sprintf("%02d", i)))
	}
	same(t, "stored", len(stored(t, d)), 30)
}

func TestUniqueViolation(t *testing.T) {
	t.Parallel()
	type asked struct {
		table   string
		columns []string
	}
	yes := asked{"item", []string{"grp", "name"}}
	no := []asked{
		{"item", []string{"name"}}, {"item", []string{"name", "grp"}}, {"item", []string{"grp"}}, {"item", []string{"id"}},
		{"items", []string{"grp", "name"}}, {"item", nil},
	}
	check := func(t *testing.T, err error, yes asked, no ...asked) {
		t.Helper()
		for _, a := range append(no, yes) {
			want := a.table == yes.table && strings.Join(a.columns, ",") == strings.Join(yes.columns, ",")
			if db.UniqueViolation(err, a.table, a.columns...) != want {
				t.Errorf("%v violates %v: want %t", err, a, want)
			}
		}
	}
	engines(t, func(t *testing.T, d *db.DB) {
		tricky := "x (name)=(y), UNIQUE constraint failed: item.id ("
		try := func(statement string, args ...any) error {
			return d.Update(context.Background(), func(tx *db.Tx) error {
				_, err := tx.Exec(statement, args...)
				return err
			})
		}
		must(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO item (id, name) VALUES (77, $1)`, tricky)
			return err
		})
		check(t, try(`INSERT INTO item (name) VALUES ($1)`, tricky), yes, no...)
		check(t, try(`INSERT INTO item (id, name) VALUES (77, 'other')`), asked{"item", []string{"id"}}, yes)
		for _, err := range []error{nil, errOwn, try(`INSERT INTO item (name) VALUES (NULL)`), try(`INSERT INTO nowhere (name) VALUES ('x')`)} {
			if db.UniqueViolation(err, "item", "grp", "name") {
				t.Errorf("%v is no violation of an index", err)
			}
		}
	})
	// A server speaks the language that it was set up in.
	check(t, &pgconn.PgError{Code: "23505", TableName: "item", Detail: "Schlüssel »(grp, name)=(0, a)« existiert bereits."}, yes, no...)
}
