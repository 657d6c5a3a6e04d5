package db_test

import (
	"context"
	"strings"
	"testing"

	"github.com/portin/portin/internal/store/db"
)

// A statement that makes SQLite undo the whole transaction: all who took part
// in the group are told so, and none has a row, whatever the function makes of
// it. Those behind it get another transaction.
func TestWholeTransactionGone(t *testing.T) {
	t.Parallel()
	run := func(statement string) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			_, err := tx.Exec(statement)
			return err
		}
	}
	for name, c := range map[string]struct {
		before string // run on the connection beforehand
		gone   func(*db.Tx) error
	}{
		"raise": {
			before: `CREATE TRIGGER away BEFORE INSERT ON item WHEN new.name = 'away' BEGIN SELECT raise(ROLLBACK, 'away'); END`,
			gone:   insert("away"),
		},
		"conflict clause": {gone: run(`INSERT OR ROLLBACK INTO item (name, grp) VALUES ('twice', 0), ('twice', 0)`)},
		"disk full": {
			before: `PRAGMA max_page_count = 1`, // as many as there are
			gone:   run(`INSERT INTO item (name) VALUES (hex(randomblob(1000000)))`),
		},
		"rollback by hand": {gone: run(`ROLLBACK`)},
		"commit by hand":   {gone: run(`COMMIT`)},
		"release by hand":  {gone: run(`RELEASE s`)},
	} {
		for hidden, more := range map[string]func(*db.Tx, error) error{
			"told":   func(_ *db.Tx, err error) error { return err },
			"hidden": func(*db.Tx, error) error { return nil },
			"followed": func(tx *db.Tx, _ error) error {
				_ = insert("follows")(tx)
				_ = tx.Nested(func() error { return insert("nested")(tx) })
				_, _ = names(tx)
				return nil
			},
			"rebuilt": func(tx *db.Tx, _ error) error {
				_, err := tx.Exec(`BEGIN`)
				if err == nil { // it looks as before, without the others' part
					_, _ = tx.Exec(`SAVEPOINT s`)
					_ = insert("hides")(tx)
				}
				return nil
			},
		} {
			t.Run(name+", "+hidden, func(t *testing.T) {
				t.Parallel()
				config := sqliteConfig(t)
				d := open(t, config)
				if c.before != "" {
					exec(t, d, c.before)
				}
				left, leave := context.WithCancel(context.Background())
				defer leave()
				errs := together(t, d, leave,
					call{fn: insert("before")},
					call{fn: func(tx *db.Tx) error { return more(tx, c.gone(tx)) }},
					call{ctx: left, fn: insert("left")},
					call{fn: insert("behind")},
					call{ctx: left, fn: insert("left")})
				wantUnavailable(t, "the one before", errs[0])
				wantUnavailable(t, "the one who did it", errs[1])
				same(t, "told to those behind it", errs[2:], []error{context.Canceled, nil, context.Canceled})
				same(t, "stored", survives(t, d, config), []string{"behind"})
				must(t, d, insert("after"))
			})
		}
	}
}

// A disk that is full, and a statement that SQLite can undo alone: it counts as
// any other that fails, but its caller may come again.
func TestStatementGone(t *testing.T) {
	t.Parallel()
	config := sqliteConfig(t)
	d := open(t, config)
	exec(t, d, `PRAGMA max_page_count = 1`) // as many as there are
	errs := together(t, d, nil,
		call{fn: insert("before")},
		call{fn: func(tx *db.Tx) error {
			_, err := tx.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
				INSERT INTO item (name, grp) SELECT hex(randomblob(4000)), i FROM n`)
			return err
		}},
		call{fn: insert("behind")})
	wantUnavailable(t, "the one whose disk is full", errs[1])
	same(t, "told to the others", []error{errs[0], errs[2]}, []error{nil, nil})
	same(t, "stored", survives(t, d, config), []string{"before", "behind"})
}

// A COMMIT that fails: all are told so, none has a row, and the database goes
// on.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		must(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`CREATE TABLE part (id BIGINT PRIMARY KEY, item BIGINT REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED)`)
			return err
		})
		orphan := func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO part (id, item) VALUES (1, 12345)`)
			return err
		}
		if d.Postgres() {
			err := d.Update(context.Background(), func(tx *db.Tx) error {
				err := insert("mine")(tx)
				if err != nil {
					return err
				}
				return orphan(tx)
			})
			if err == nil {
				t.Error("told yes")
			}
		} else {
			errs := together(t, d, nil, call{fn: insert("before")}, call{fn: orphan}, call{fn: insert("behind")})
			for _, err := range errs {
				wantUnavailable(t, "a failed COMMIT", err)
			}
		}
		same(t, "stored", stored(t, d), []string{})
		must(t, d, insert("after"))
		same(t, "stored", stored(t, d), []string{"after"})
	})
}

// What one function returns when all is lost is its own: the others' errors
// must not be taken for it.
func TestGoneIsNobodysError(t *testing.T) {
	t.Parallel()
	d := open(t, sqliteConfig(t))
	errs := together(t, d, nil,
		call{fn: func(*db.Tx) error { return errOwn }},
		call{fn: insert("before")},
		call{fn: func(tx *db.Tx) error {
			_, _ = tx.Exec(`ROLLBACK`)
			return errOther
		}})
	for i, err := range errs {
		wantUnavailable(t, "all is lost", err)
		same(t, "mistaken for its own", []bool{is(err, errOwn), is(err, errOther)}, []bool{false, false})
		if !strings.Contains(err.Error(), errOther.Error()) {
			t.Errorf("call %d: %v; want what made it so", i, err)
		}
	}
}

// Without a transaction to be had, all are told so, once SQLite has waited.
// Somebody else's lock is no reason to lose a row afterwards.
func TestLocked(t *testing.T) {
	t.Parallel()
	config := sqliteConfig(t)
	d := open(t, config)
	exec(t, d, `PRAGMA busy_timeout = 1`)
	o := other(t, config)
	_, err := o.Exec(`BEGIN IMMEDIATE`)
	if err != nil {
		t.Fatal(err)
	}
	ran := false
	for range 3 {
		wantUnavailable(t, "a locked file", d.Update(context.Background(), func(*db.Tx) error {
			ran = true
			return nil
		}))
	}
	if ran {
		t.Error("a function ran without a transaction")
	}
	same(t, "stored", stored(t, d), []string{})
	_, err = o.Exec(`ROLLBACK`)
	if err != nil {
		t.Fatal(err)
	}
	must(t, d, insert("after"))
	same(t, "stored", survives(t, d, config), []string{"after"})
}
