package db_test

import (
	"context"
	"database/sql"
	"embed"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/pgtest"
	"github.com/portin/portin/internal/store/db"
)

// A database that is closed leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed testdata
var testdata embed.FS

func config(t testing.TB, c db.Config) db.Config {
	t.Helper()
	for engine, files := range map[string]*fs.FS{"sqlite": &c.SQLite, "postgres": &c.Postgres} {
		sub, err := fs.Sub(testdata, "testdata/"+engine)
		if err != nil {
			t.Fatal(err)
		}
		*files = sub
	}
	return c
}

func sqliteConfig(t testing.TB) db.Config {
	t.Helper()
	return config(t, db.Config{SQLitePath: filepath.Join(t.TempDir(), "portin.db")})
}

func postgresConfig(t testing.TB) db.Config {
	t.Helper()
	return config(t, db.Config{PostgresURL: pgtest.URL(t)})
}

// open opens a database and makes its tables.
func open(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d := reopen(t, c)
	err := d.Migrate(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reopen opens a database whose tables are there.
func reopen(t testing.TB, c db.Config) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := d.Close()
		if err != nil {
			t.Error(err)
		}
	})
	return d
}

// engines runs a test on both engines, each with a database of its own.
func engines(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, sqliteConfig(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, open(t, postgresConfig(t)))
	})
}

const insertItem = `INSERT INTO item (name, grp) VALUES ($1, $2)`

// insert returns a function that inserts an item.
func insert(name string) func(*db.Tx) error {
	return func(tx *db.Tx) error {
		_, err := tx.Exec(insertItem, name, 0)
		return err
	}
}

// must runs fn in a transaction that must succeed.
func must(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	err := d.Update(context.Background(), fn)
	if err != nil {
		t.Fatal(err)
	}
}

// names returns the items' names that a transaction sees.
func names(tx *db.Tx) ([]string, error) {
	rows, err := tx.Query(`SELECT name FROM item ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		err = rows.Scan(&name)
		if err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// stored returns the items' names.
func stored(t testing.TB, d *db.DB) []string {
	t.Helper()
	var out []string
	err := d.View(context.Background(), func(tx *db.Tx) error {
		var err error
		out, err = names(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// survives returns the items' names that are there when the process dies now:
// those of a copy of the file and its write-ahead log. On PostgreSQL, what
// others see.
func survives(t testing.TB, d *db.DB, c db.Config) []string {
	t.Helper()
	if d.Postgres() {
		return stored(t, d)
	}
	dir := t.TempDir()
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, filepath.Join(dir, "copy.db"+suffix), c.SQLitePath+suffix)
	}
	c.SQLitePath = filepath.Join(dir, "copy.db")
	copied := reopen(t, c)
	var sound string
	err := copied.View(context.Background(), func(tx *db.Tx) error { return tx.Row(`PRAGMA integrity_check`, nil, &sound) })
	if err != nil || sound != "ok" {
		t.Errorf("the file is not sound: %s, %v", sound, err)
	}
	return stored(t, copied)
}

func copyFile(t testing.TB, to, from string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err != nil {
		t.Fatal(err)
	}
	err = out.Close()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateErrors())
	if diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func wantUnavailable(t testing.TB, what string, err error) {
	t.Helper()
	e, ok := err.(*fault.Error)
	if !ok || e.Kind != fault.Unavailable || e.RetryAfter == 0 || e.Cause == nil {
		t.Errorf("%s: %v; want Unavailable, with its cause and when to come again", what, err)
	}
}

// call is a call of Update.
type call struct {
	ctx context.Context // Background if nil
	fn  func(*db.Tx) error
}

// together makes calls that share a group of SQLite, in this order: they are
// made one after the other while another transaction is open. Then, it calls
// meanwhile. It returns their results, nothing of which is hidden by waiting
// for ever: a call that never returns is a test that never ends.
func together(t testing.TB, d *db.DB, meanwhile func(), calls ...call) []error {
	t.Helper()
	begun, release := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		err := d.Update(context.Background(), func(*db.Tx) error {
			close(begun)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	out := make([]error, len(calls))
	for i, c := range calls {
		if c.ctx == nil {
			c.ctx = context.Background()
		}
		ctx := &queued{Context: c.ctx, in: make(chan struct{})}
		returned := make(chan struct{})
		all.Go(func() {
			defer close(returned)
			out[i] = d.Update(ctx, c.fn)
		})
		select {
		case <-ctx.in:
		case <-returned: // it did not wait
		}
	}
	if meanwhile != nil {
		meanwhile()
	}
	close(release)
	all.Wait()
	return out
}

// queued is a context that tells when a call of Update is in the queue: it
// then asks for the second time whether it shall go on waiting.
type queued struct {
	context.Context
	asked atomic.Int32
	in    chan struct{}
}

func (q *queued) Done() <-chan struct{} {
	if q.asked.Add(1) == 2 {
		close(q.in)
	}
	return q.Context.Done()
}

// exec runs a statement outside of everything, as another process would.
func exec(t testing.TB, d *db.DB, statement string) {
	t.Helper()
	_, err := d.Writer().ExecContext(context.Background(), statement)
	if err != nil {
		t.Fatal(err)
	}
}

// other opens the file of SQLite as another process would.
func other(t testing.TB, c db.Config) *sql.DB {
	t.Helper()
	o, err := sql.Open("sqlite", c.SQLitePath)
	if err != nil {
		t.Fatal(err)
	}
	o.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = o.Close() })
	return o
}
