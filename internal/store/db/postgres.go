package db

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/portin/portin/internal/fault"
)

// connections is how many an instance has to PostgreSQL: several instances
// share its default limit of a hundred.
const connections = 20

// openPostgres makes the pool of connections. A statement waits for a lock as
// long as it does on SQLite, unless the URL says otherwise: Update does not
// stop it when its caller goes.
func openPostgres(url string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, err
	}
	var options []stdlib.OptionOpenDB
	if cfg.RuntimeParams["lock_timeout"] == "" {
		options = append(options, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "SET lock_timeout = '10s'")
			return err
		}))
	}
	pool := stdlib.OpenDB(*cfg, options...)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	return pool, nil
}

// collided reports whether a transaction of PostgreSQL failed only since it
// collided with another one: 40001 serialization_failure, 40P01
// deadlock_detected.
func collided(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// unavailable makes Unavailable of what the database cannot take now, and
// leaves every other error as it is.
func unavailable(err error) error {
	if err == nil || fault.Is(err, fault.Unavailable) {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok && exhausted(e) {
		return busy(err)
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && refused(e) {
		return busy(err)
	}
	return err
}

// refused reports whether PostgreSQL failed for its own sake, and not for the
// statement's: classes 08 connection, 53 resources, 57 intervention (a
// restart), 25006 read-only (a standby), 55P03 a lock that stayed taken.
func refused(e *pgconn.PgError) bool {
	switch e.Code {
	case "25006", "55P03":
		return true
	}
	return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53") || strings.HasPrefix(e.Code, "57")
}
