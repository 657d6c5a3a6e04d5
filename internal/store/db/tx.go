package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"runtime/debug"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portin/portin/internal/fault"
)

// Tx is a transaction. Its statements take no context: a statement that is
// interrupted would take the whole transaction with it, others' parts too. It
// is for one goroutine, until the function that got it returns.
type Tx struct {
	db    *DB
	tx    *sql.Tx
	ctx   context.Context
	guard *guard // of a group's transaction
	over  error  // why nothing may follow
}

var (
	errGone = errors.New("SQLite has undone the whole transaction")
	errOver = errors.New("the transaction is over for this function")
)

// lost returns an error when the whole transaction has gone, or may have.
func (t *Tx) lost() error {
	if t.over == nil && t.guard != nil && t.guard.gone.Load() {
		t.over = errGone
	}
	return t.over
}

// Exec runs a statement with $n parameters.
func (t *Tx) Exec(query string, args ...any) (sql.Result, error) {
	err := t.lost()
	if err != nil {
		return nil, err
	}
	return t.tx.ExecContext(t.ctx, t.db.spell(query), args...)
}

// ExecEach runs a statement for each list of arguments. It is for SQLite, which
// compiles the statement once then; PostgreSQL would be asked for each.
func (t *Tx) ExecEach(query string, args iter.Seq[[]any]) (err error) {
	err = t.lost()
	if err != nil {
		return err
	}
	statement, err := t.tx.PrepareContext(t.ctx, t.db.spell(query))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, statement.Close()) }()
	for a := range args {
		_, err = statement.ExecContext(t.ctx, a...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Query runs a query with $n parameters.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	err := t.lost()
	if err != nil {
		return nil, err
	}
	return t.tx.QueryContext(t.ctx, t.db.spell(query), args...)
}

// Row runs a query with $n parameters and scans its one row. Returns
// sql.ErrNoRows when there is none.
func (t *Tx) Row(query string, args []any, into ...any) error {
	err := t.lost()
	if err != nil {
		return err
	}
	return t.tx.QueryRowContext(t.ctx, t.db.spell(query), args...).Scan(into...)
}

// Enqueue inserts a job, which becomes visible with the transaction.
func (t *Tx) Enqueue(args river.JobArgs, opts *river.InsertOpts) error {
	err := t.lost()
	if err != nil {
		return err
	}
	_, err = t.db.jobs.InsertTx(t.ctx, t.tx, args, opts)
	return err
}

// Nested runs fn, and undoes what it did when it returns an error, or panics.
func (t *Tx) Nested(fn func() error) error {
	err := t.savepoint(fn)
	lost := t.lost()
	if lost != nil {
		return errors.Join(lost, err)
	}
	return err
}

// savepoint runs fn between a savepoint and its release, or its undoing when
// fn fails. The name means the innermost.
func (t *Tx) savepoint(fn func() error) error {
	_, err := t.Exec("SAVEPOINT s")
	if err != nil {
		return err
	}
	failed := true
	defer func() {
		if failed {
			t.must("ROLLBACK TO SAVEPOINT s")
		}
		t.must("RELEASE SAVEPOINT s")
	}()
	err = fn()
	failed = err != nil
	return err
}

// call runs a function, and makes an error of its panic: the callers that share
// the transaction have not deserved it.
func call(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		p := recover()
		if p != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "a transaction panicked")
		}
	}()
	return fn(tx)
}

// must runs a statement without which the transaction is not what it should
// be.
func (t *Tx) must(statement string) {
	_, err := t.Exec(statement)
	if err != nil && t.over == nil {
		t.over = err
	}
}

// spell spells a query for the engine: SQLite's ?1 means what PostgreSQL's $1
// does.
func (db *DB) spell(query string) string {
	if db.pg || !strings.Contains(query, "$") {
		return query
	}
	b := []byte(query)
	for i := range len(b) - 1 {
		if b[i] == '$' && '0' <= b[i+1] && b[i+1] <= '9' {
			b[i] = '?'
		}
	}
	return string(b)
}

// SkipLocked is what makes a SELECT FOR UPDATE pass over what others hold.
func (t *Tx) SkipLocked() string {
	if t.db.pg {
		return "FOR UPDATE SKIP LOCKED"
	}
	return ""
}

// ForShare is what makes a SELECT hold its rows until the transaction ends:
// others may read them but not change them.
func (t *Tx) ForShare() string {
	if t.db.pg {
		return "FOR SHARE"
	}
	return ""
}

// Objects is the FROM clause that makes rows of a parameter which is a JSON
// array of objects: CAST(r.value->>'did' AS BIGINT).
func (t *Tx) Objects(param string) string {
	if t.db.pg {
		return "jsonb_array_elements(" + param + "::jsonb) AS r(value)"
	}
	return "json_each(" + param + ") AS r"
}

// Values is the FROM clause that makes rows of a parameter which is a JSON
// array of numbers or texts: CAST(r.value AS BIGINT).
func (t *Tx) Values(param string) string {
	if t.db.pg {
		return "jsonb_array_elements_text(" + param + "::jsonb) AS r(value)"
	}
	return "json_each(" + param + ") AS r"
}

// UniqueViolation reports whether err says that a row with these columns, in
// the order of the index, is there already.
func UniqueViolation(err error, table string, columns ...string) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		// "Key (grp, name)=(1, x) already exists.", in the server's language
		key, _, _ := strings.Cut(e.Detail, "=(")
		return e.Code == "23505" && e.TableName == table && strings.HasSuffix(key, "("+strings.Join(columns, ", ")+")")
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || (e.Code() != sqlite3.SQLITE_CONSTRAINT_UNIQUE && e.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return false
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = table + "." + c
	}
	return strings.Contains(e.Error(), "UNIQUE constraint failed: "+strings.Join(names, ", ")+" (")
}
