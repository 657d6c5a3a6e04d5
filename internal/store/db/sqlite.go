package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readers is how many snapshots of SQLite are read at once.
const readers = 16

// openSQLite opens the one connection that writes, and those that read.
func openSQLite(path string, g *guard) (writer, reader *sql.DB, err error) {
	write, err := sqlite.NewConnector(dsn(path, "_txlock=immediate&_pragma=cache_size(-32000)"))
	if err != nil {
		return nil, nil, err
	}
	read, err := sqlite.NewConnector(dsn(path, "_pragma=cache_size(-8000)&_pragma=query_only(1)"))
	if err != nil {
		return nil, nil, err
	}
	writer = sql.OpenDB(guarded{write, g})
	writer.SetMaxOpenConns(1)
	reader = sql.OpenDB(read)
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return writer, reader, nil
}

// dsn names an SQLite file. busy_timeout comes first, so that the pragmas
// after it wait for a lock. FULL: what is committed survives a power failure;
// group commit makes up for its cost.
func dsn(path, more string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=journal_size_limit(67108864)&_pragma=temp_store(MEMORY)&" + more
}

// guard knows from SQLite itself when a transaction has gone. An error can
// undo a whole transaction, and not only the statement that it befalls
// (SQLITE_FULL, an I/O error, RAISE(ROLLBACK), ...); every statement after it
// would be committed on its own.
type guard struct {
	on   atomic.Bool // there is a transaction, and it is not to be committed yet
	gone atomic.Bool // it has been undone
}

func (g *guard) begin() {
	g.gone.Store(false)
	g.on.Store(true)
}

func (g *guard) end() { g.on.Store(false) }

// commits is asked before SQLite commits; anything but zero forbids it.
func (g *guard) commits() int32 {
	if g.on.Load() {
		return 1
	}
	return 0
}

// rolledBack is told when SQLite has rolled back a whole transaction.
func (g *guard) rolledBack() {
	if g.on.Load() {
		g.gone.Store(true)
	}
}

// guarded opens connections that a guard watches.
type guarded struct {
	driver.Connector
	guard *guard
}

// Connect implements driver.Connector.
func (g guarded) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := g.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	hooks, ok := conn.(sqlite.HookRegisterer)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of %T has no hooks", conn), conn.Close())
	}
	hooks.RegisterCommitHook(g.guard.commits)
	hooks.RegisterRollbackHook(g.guard.rolledBack)
	return conn, nil
}

// exhausted reports whether SQLite failed for the machine's sake, or another
// process's, and not for the statement's.
func exhausted(e *sqlite.Error) bool {
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR,
		sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}
