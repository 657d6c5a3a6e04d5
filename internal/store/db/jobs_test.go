package db_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/riverqueue/river"

	"github.com/portin/portin/internal/store/db"
)

type jobArgs struct {
	N int `json:"n"`
}

// Kind implements river.JobArgs.
func (jobArgs) Kind() string { return "test" }

func jobs(t *testing.T, d *db.DB, state string) int {
	t.Helper()
	var n int
	err := d.View(context.Background(), func(tx *db.Tx) error {
		return tx.Row(`SELECT count(*) FROM river_job WHERE state = $1`, []any{state}, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A job is there if and only if what it was enqueued with is.
func TestEnqueue(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		enqueue := func(err error) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				broken := tx.Enqueue(jobArgs{N: 1}, nil)
				if broken != nil {
					return broken
				}
				return err
			}
		}
		errs := together(t, d, nil, call{fn: enqueue(nil)}, call{fn: enqueue(errOwn)}, call{fn: func(tx *db.Tx) error {
			_ = tx.Nested(func() error { return enqueue(errOwn)(tx) })
			return enqueue(nil)(tx)
		}})
		same(t, "told", errs, []error{nil, errOwn, nil})
		if n := jobs(t, d, "available"); n != 2 {
			t.Errorf("%d jobs, want 2", n)
		}
	})
}

// What a killed process was doing is available again on SQLite, which nobody
// else has open, and stays another instance's on PostgreSQL.
func TestRecover(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, d *db.DB) {
		must(t, d, func(tx *db.Tx) error {
			err := tx.Enqueue(jobArgs{}, &river.InsertOpts{})
			if err != nil {
				return err
			}
			_, err = tx.Exec(`UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at`)
			if err != nil {
				return err
			}
			_, err = tx.Exec(`INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES (CURRENT_TIMESTAMP, '2999-01-01', 'killed', 'default')`)
			return err
		})
		err := d.Recover(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		var leaders int
		err = d.View(context.Background(), func(tx *db.Tx) error { return tx.Row(`SELECT count(*) FROM river_leader`, nil, &leaders) })
		if err != nil {
			t.Fatal(err)
		}
		got := []int{jobs(t, d, "available"), jobs(t, d, "running"), leaders}
		want := []int{1, 0, 0}
		if d.Postgres() {
			want = []int{0, 1, 1}
		}
		same(t, "available, running, leaders", got, want)
	})
}

// Instances that start at once bring the schema up to date together, and one
// that starts later changes nothing.
func TestMigrate(t *testing.T) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := postgresConfig(t)
		const instances = 4
		errs := make(chan error)
		for range instances {
			d, err := db.Open(context.Background(), c)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			go func() { errs <- d.Migrate(context.Background()) }()
		}
		for range instances {
			err := <-errs
			if err != nil {
				t.Error(err)
			}
		}
		must(t, open(t, c), insert("a"))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := sqliteConfig(t)
		must(t, open(t, c), insert("a"))
		same(t, "stored", stored(t, open(t, c)), []string{"a"})
	})
	t.Run("a migration that fails", func(t *testing.T) {
		t.Parallel()
		c := sqliteConfig(t)
		c.SQLite = fstest.MapFS{"00001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABLE x (y INTEGER);\nCREATE NONSENSE;\n")}}
		d, err := db.Open(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		err = d.Migrate(context.Background())
		if err == nil {
			t.Error("told that all is well")
		}
		var tables int
		err = d.View(context.Background(), func(tx *db.Tx) error {
			return tx.Row(`SELECT count(*) FROM sqlite_schema WHERE name = 'x'`, nil, &tables)
		})
		if err != nil || tables != 0 {
			t.Errorf("half of it is there: %d, %v", tables, err)
		}
	})
}
