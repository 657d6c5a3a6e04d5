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
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

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

	mu     sync.Mutex // guards closed, and inside against growing after it
	closed bool
	inside sync.WaitGroup // the calls of Update and View
}

// Open opens the database. It changes nothing in it; Migrate does.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{cfg: cfg, pg: cfg.PostgresURL != ""}
	err := db.open(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.closeHandles())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context) error {
	var g guard
	var err error
	if db.pg {
		db.writer, err = openPostgres(db.cfg.PostgresURL)
		db.reader = db.writer
	} else {
		db.writer, db.reader, err = openSQLite(db.cfg.SQLitePath, &g)
	}
	if err != nil {
		return err
	}
	err = db.writer.PingContext(ctx)
	if err != nil {
		return err
	}
	db.jobs, err = river.NewClient(db.Driver(), &river.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("the job queue: %w", err)
	}
	if !db.pg {
		db.group = startGroup(db, &g)
	}
	return nil
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
	migrate := db.migrate
	if db.pg {
		migrate = db.migrateAlone
	}
	err := migrate(ctx)
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// migrateAlone migrates while no other instance of PostgreSQL does. Waiting
// instances look every second, for five minutes.
func (db *DB) migrateAlone(ctx context.Context) error {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
	if err != nil {
		return err
	}
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = locker.SessionLock(ctx, conn)
	if err != nil {
		return err
	}
	return errors.Join(db.migrate(ctx), locker.SessionUnlock(context.WithoutCancel(ctx), conn))
}

func (db *DB) migrate(ctx context.Context) error {
	dialect, files := goose.DialectSQLite3, db.cfg.SQLite
	if db.pg {
		dialect, files = goose.DialectPostgres, db.cfg.Postgres
	}
	provider, err := goose.NewProvider(dialect, db.writer, files)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	if err != nil {
		return err
	}
	queue, err := rivermigrate.New(db.Driver(), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("the job queue: %w", err)
	}
	_, err = queue.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return fmt.Errorf("the job queue: %w", err)
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
// there when Update returns nil, or nothing of it when it returns an error. A
// panic of fn is an error. Cancelling ctx stops the waiting for a turn, and
// nothing else. fn must not call Update: it would wait for itself.
//
// Returns Unavailable when the database could not take it. In one case that
// leaves open whether it is there: when the connection to PostgreSQL breaks
// during the COMMIT.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	leave, err := db.enter()
	if err != nil {
		return err
	}
	defer leave()
	if !db.pg {
		return unavailable(db.group.run(ctx, fn))
	}
	for try := range tries {
		err = db.updatePostgres(ctx, fn)
		if !collided(err) {
			return unavailable(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(time.Millisecond << try)):
		}
	}
	return busy(err)
}

func (db *DB) updatePostgres(ctx context.Context, fn func(*Tx) error) error {
	// The pool ties a transaction to the context that it was waited for with.
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stayed := context.AfterFunc(ctx, cancel)
	sqlTx, err := db.writer.BeginTx(own, nil)
	if !stayed() {
		return ctx.Err() // and the transaction, if there is one, goes with own
	}
	if err != nil {
		return busy(err)
	}
	err = run(sqlTx, fn, &Tx{db: db, tx: sqlTx, ctx: context.WithoutCancel(ctx)})
	if err != nil {
		return err
	}
	err = sqlTx.Commit()
	_, answered := errors.AsType[*pgconn.PgError](err)
	if err == nil || answered || errors.Is(err, pgx.ErrTxCommitRollback) {
		return err
	}
	return busy(err) // the connection broke
}

// View runs fn on one consistent snapshot, which it cannot change. Cancelling
// ctx stops it. A panic of fn is an error.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	leave, err := db.enter()
	if err != nil {
		return err
	}
	defer leave()
	options := &sql.TxOptions{ReadOnly: true}
	if db.pg {
		options.Isolation = sql.LevelRepeatableRead
	}
	sqlTx, err := db.reader.BeginTx(ctx, options)
	if ctx.Err() != nil {
		return ctx.Err() // and the transaction, if there is one, goes with ctx
	}
	if err != nil {
		return busy(err)
	}
	err = run(sqlTx, fn, &Tx{db: db, tx: sqlTx, ctx: ctx})
	if err != nil {
		return unavailable(err)
	}
	return ignoreDone(sqlTx.Rollback())
}

// run runs fn, and rolls its transaction back unless it returns nil: also when
// it ends its goroutine.
func run(sqlTx *sql.Tx, fn func(*Tx) error, tx *Tx) (err error) {
	ok := false
	defer func() {
		if ok {
			return
		}
		broken := ignoreDone(sqlTx.Rollback())
		if broken != nil { // so is the connection, which is the reason of all
			err = busy(errors.Join(err, broken))
		}
	}()
	err = call(fn, tx)
	ok = err == nil
	return err
}

// enter begins a call, unless the database is closed.
func (db *DB) enter() (leave func(), err error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.closed {
		return nil, busy(errors.New("the database is closed"))
	}
	db.inside.Add(1)
	return db.inside.Done, nil
}

// Close waits for the calls of Update and View that have begun, and closes.
func (db *DB) Close() error {
	db.mu.Lock()
	was := db.closed
	db.closed = true
	db.mu.Unlock()
	db.inside.Wait()
	if was {
		return nil
	}
	if db.group != nil {
		db.group.stop()
	}
	return db.closeHandles()
}

// closeHandles closes the writer last: SQLite then moves what is in the
// write-ahead log to the file.
func (db *DB) closeHandles() error {
	var err error
	if db.reader != nil && db.reader != db.writer {
		err = db.reader.Close()
	}
	if db.writer != nil {
		err = errors.Join(err, db.writer.Close())
	}
	return err
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
