// Package db gives portin two database engines with one face: SQLite, with one
// writer whose transactions are committed in groups, and PostgreSQL. SQL is
// written once, in PostgreSQL's $n spelling.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver sqlite

	"github.com/portin/portin/internal/fault"
)

// Config says which engine, and which schema.
type Config struct {
	SQLitePath  string // a file; or
	PostgresURL string
	SQLite      fs.FS // goose migrations, one file system an engine
	Postgres    fs.FS
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	cfg    Config
	pg     bool
	writer *sql.DB // SQLite: one connection
	reader *sql.DB
	jobs   *river.Client[*sql.Tx] // inserts only
	group  *group                 // SQLite
}

// Open opens the database. It changes nothing in it; Migrate does.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{cfg: cfg, pg: cfg.PostgresURL != ""}
	var err error
	if db.pg {
		db.writer, err = sql.Open("pgx", cfg.PostgresURL)
		db.reader = db.writer
	} else {
		db.writer, err = sql.Open("sqlite", dsn(cfg.SQLitePath, "_txlock=immediate"))
		if err == nil {
			db.writer.SetMaxOpenConns(1)
			db.reader, err = sql.Open("sqlite", dsn(cfg.SQLitePath, "_pragma=query_only(1)"))
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	err = db.writer.PingContext(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.closeHandles())
	}
	db.jobs, err = river.NewClient(db.Driver(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the job queue: %w", err), db.closeHandles())
	}
	if !db.pg {
		db.group = startGroup(db)
	}
	return db, nil
}

// dsn names an SQLite file. busy_timeout comes first, so that the pragmas
// after it wait for a lock. FULL: what is committed survives a power failure;
// group commit makes up for its cost.
func dsn(path, more string) string {
	return "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=journal_size_limit(67108864)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-32000)&" + more
}

// Postgres reports whether the engine is PostgreSQL.
func (db *DB) Postgres() bool { return db.pg }

// Writer is the handle that may write, for the job queue's worker. On SQLite
// it has one connection, which it shares with Update.
func (db *DB) Writer() *sql.DB { return db.writer }

// Driver is River's driver for the engine.
func (db *DB) Driver() riverdriver.Driver[*sql.Tx] {
	if db.pg {
		return riverdatabasesql.New(db.writer)
	}
	return riversqlite.New(db.writer)
}

// Migrate brings the schema up to date, ours and the job queue's. Several
// instances may do so at once.
func (db *DB) Migrate(ctx context.Context) error {
	dialect, files := goose.DialectSQLite3, db.cfg.SQLite
	var options []goose.ProviderOption
	if db.pg {
		dialect, files = goose.DialectPostgres, db.cfg.Postgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.writer, files, options...)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	_, err = provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	queue, err := rivermigrate.New(db.Driver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	_, err = queue.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return fmt.Errorf("migrate the job queue: %w", err)
	}
	return nil
}

// Recover undoes what a killed process has left in the job queue: its running
// jobs are available again at once, and there is no leader. Only a process
// that has the database for itself may call it; on PostgreSQL it does
// nothing, since other instances may be alive.
func (db *DB) Recover(ctx context.Context) error {
	if db.pg {
		return nil
	}
	return db.Update(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`UPDATE river_job SET state = 'available' WHERE state = 'running'`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM river_leader`)
		return err
	})
}

// tries is how often a transaction of PostgreSQL is run when it collides with
// others.
const tries = 10

// Update runs fn in a write transaction. fn may run more than once, and it may
// share its transaction on the disk with others', but either all of it is
// there when Update returns nil, or nothing of it when it returns an error.
// Cancelling ctx stops the waiting for a turn, and nothing else. Returns
// Unavailable when the database could not take it.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if !db.pg {
		return db.group.run(ctx, fn)
	}
	var err error
	for range tries {
		err = db.updatePostgres(ctx, fn)
		if !retryable(err) {
			return err
		}
	}
	return busy(err)
}

func (db *DB) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	sqlTx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return busy(err)
	}
	err = fn(&Tx{db: db, tx: sqlTx, ctx: ctx})
	if err != nil {
		return errors.Join(err, ignoreDone(sqlTx.Rollback()))
	}
	return sqlTx.Commit()
}

// View runs fn on one consistent snapshot, which it cannot change.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if db.pg {
		options.Isolation = sql.LevelRepeatableRead
	}
	sqlTx, err := db.reader.BeginTx(ctx, options)
	if err != nil {
		return busy(err)
	}
	err = fn(&Tx{db: db, tx: sqlTx, ctx: ctx})
	return errors.Join(err, ignoreDone(sqlTx.Rollback()))
}

// Close waits for the transactions that have begun, and closes.
func (db *DB) Close() error {
	if db.group != nil {
		db.group.stop()
	}
	return db.closeHandles()
}

func (db *DB) closeHandles() error {
	var err error
	if db.reader != nil && db.reader != db.writer {
		err = db.reader.Close()
	}
	return errors.Join(err, db.writer.Close())
}

// busy is what a caller is told when the database could not take its
// transaction.
func busy(cause error) error {
	return &fault.Error{Kind: fault.Unavailable, Code: fault.CodeBusy, Message: "the database could not take it; try again", RetryAfter: time.Second, Cause: cause}
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
