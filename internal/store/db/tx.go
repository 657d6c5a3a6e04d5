package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Tx is a transaction. Its statements take no context: a statement that is
// interrupted would take the whole transaction with it, others' parts too.
type Tx struct {
	db    *DB
	tx    *sql.Tx
	ctx   context.Context
	depth int
	dead  error // SQLite has thrown the transaction away; nothing may follow
}

// Exec runs a statement with $n parameters.
func (t *Tx) Exec(query string, args ...any) (sql.Result, error) {
	if t.dead != nil {
		return nil, t.dead
	}
	res, err := t.tx.ExecContext(t.ctx, t.db.q(query), args...)
	return res, t.watch(err)
}

// Query runs a query with $n parameters.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	if t.dead != nil {
		return nil, t.dead
	}
	rows, err := t.tx.QueryContext(t.ctx, t.db.q(query), args...)
	return rows, t.watch(err)
}

// Row runs a query with $n parameters and scans its one row. Returns
// sql.ErrNoRows when there is none.
func (t *Tx) Row(query string, args []any, into ...any) error {
	if t.dead != nil {
		return t.dead
	}
	return t.watch(t.tx.QueryRowContext(t.ctx, t.db.q(query), args...).Scan(into...))
}

// Enqueue inserts a job, which becomes visible with the transaction.
func (t *Tx) Enqueue(args river.JobArgs, opts *river.InsertOpts) error {
	if t.dead != nil {
		return t.dead
	}
	_, err := t.db.jobs.InsertTx(t.ctx, t.tx, args, opts)
	return t.watch(err)
}

// Nested runs fn, and undoes what it did when it returns an error.
func (t *Tx) Nested(fn func() error) error {
	var err error
	gone := t.savepoint(func() error {
		err = fn()
		return err
	})
	if gone != nil {
		return errors.Join(gone, err)
	}
	return err
}

// savepoint runs fn between a savepoint and its release, or its undoing when
// fn fails. It returns an error only when the savepoint has vanished under fn,
// with the transaction.
func (t *Tx) savepoint(fn func() error) (gone error) {
	t.depth++
	defer func() { t.depth-- }()
	name := fmt.Sprintf("s%d", t.depth)
	_, gone = t.Exec("SAVEPOINT " + name)
	if gone != nil {
		return gone
	}
	if fn() != nil {
		_, gone = t.tx.ExecContext(t.ctx, "ROLLBACK TO SAVEPOINT "+name)
		if gone != nil {
			t.dead = gone
			return gone
		}
	}
	_, gone = t.tx.ExecContext(t.ctx, "RELEASE SAVEPOINT "+name)
	if gone != nil {
		t.dead = gone
	}
	return gone
}

// watch stops a transaction that SQLite has thrown away: a statement after it
// would be committed by itself.
func (t *Tx) watch(err error) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_CORRUPT:
			t.dead = err
		}
	}
	return err
}

// q spells a query for the engine: SQLite's ?1 means what PostgreSQL's $1
// does.
func (db *DB) q(query string) string {
	if db.pg {
		return query
	}
	return strings.ReplaceAll(query, "$", "?")
}

// SkipLocked is what makes a SELECT FOR UPDATE pass over what others hold.
func (t *Tx) SkipLocked() string {
	if t.db.pg {
		return "FOR UPDATE SKIP LOCKED"
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
		return e.Code == "23505" && e.TableName == table && strings.HasPrefix(e.Detail, "Key ("+strings.Join(columns, ", ")+")=")
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

// retryable reports whether a transaction of PostgreSQL failed only since it
// collided with another one.
func retryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
