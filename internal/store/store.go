// Package store keeps everything in SQLite or PostgreSQL: package porting's
// transactions, over the tables that migrations/ makes. What must not be
// readable at rest is sealed here, and nowhere else.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store/db"
)

//go:embed migrations
var migrations embed.FS

// Config says where the data are, with which keys they are sealed and which
// clocks hold.
type Config struct {
	SQLitePath  string // a file; or
	PostgresURL string
	Ring        *seal.Ring
	Business    clock.Clock
	Wall        clock.Clock
}

// Store is an open database with portin's tables. It is safe for concurrent
// use.
type Store struct {
	db       *db.DB
	ring     *seal.Ring
	business clock.Clock
	wall     clock.Clock
}

// Open opens the database, makes it if there is none, and brings its tables up
// to date.
func Open(ctx context.Context, c Config) (*Store, error) {
	sqlite, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	postgres, err := fs.Sub(migrations, "migrations/postgres")
	if err != nil {
		return nil, err
	}
	engine, err := db.Open(ctx, db.Config{SQLitePath: c.SQLitePath, PostgresURL: c.PostgresURL, SQLite: sqlite, Postgres: postgres})
	if err != nil {
		return nil, err
	}
	err = migrate(ctx, engine)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return &Store{db: engine, ring: c.Ring, business: c.Business, wall: c.Wall}, nil
}

// migrateTries is more than there are steps in all migrations together.
const migrateTries = 30

// migrate brings the tables up to date. SQLite has no lock over several
// transactions, so of those that open a new file at once, one fails at a step
// that another has just taken: it goes on from there.
func migrate(ctx context.Context, engine *db.DB) error {
	var err error
	for range migrateTries {
		err = engine.Migrate(ctx)
		if err == nil || engine.Postgres() || ctx.Err() != nil {
			break
		}
	}
	return err
}

// Close waits for the transactions that have begun, and closes.
func (s *Store) Close() error { return s.db.Close() }

// Writer is the database handle of the job queue's worker.
func (s *Store) Writer() *sql.DB { return s.db.Writer() }

// Tx is a transaction. It implements porting.Tx.
type Tx struct {
	*db.Tx
	ring      *seal.Ring
	now, wall time.Time
	postgres  bool
}

var _ porting.Tx = (*Tx)(nil)

// Now returns the business time of the transaction, in whole milliseconds: what
// is stored is what was computed with.
func (t *Tx) Now() time.Time { return t.now }

// Wall returns the wall-clock time of the transaction, in whole milliseconds.
func (t *Tx) Wall() time.Time { return t.wall }

func (s *Store) tx(t *db.Tx) *Tx {
	return &Tx{
		Tx: t, ring: s.ring,
		now:  s.business.Now().UTC().Truncate(time.Millisecond),
		wall: s.wall.Now().UTC().Truncate(time.Millisecond),

		postgres: s.db.Postgres(),
	}
}

// Update runs fn in a write transaction, which happens as a whole or not at
// all. fn may run more than once.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.db.Update(ctx, func(t *db.Tx) error { return fn(s.tx(t)) })
}

// View runs fn on a consistent snapshot.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	return s.db.View(ctx, func(t *db.Tx) error { return fn(s.tx(t)) })
}

// Porting returns the store as the use cases see it.
func (s *Store) Porting() porting.Store { return portingStore{s} }

type portingStore struct{ s *Store }

func (p portingStore) Update(ctx context.Context, fn func(porting.Tx) error) error {
	return p.s.Update(ctx, func(t *Tx) error { return fn(t) })
}

func (p portingStore) View(ctx context.Context, fn func(porting.Tx) error) error {
	return p.s.View(ctx, func(t *Tx) error { return fn(t) })
}

// Recover lets what a killed process was doing go on at once, instead of when
// its leases run out. Only a process that has the database for itself may call
// it; on PostgreSQL, where others may be alive, it does nothing.
func (s *Store) Recover(ctx context.Context) error {
	if s.db.Postgres() {
		return nil
	}
	err := s.db.Recover(ctx)
	if err != nil {
		return fmt.Errorf("recover the job queue: %w", err)
	}
	return s.Update(ctx, func(t *Tx) error {
		_, err := t.Exec(`UPDATE due SET lease = NULL WHERE lease IS NOT NULL`)
		if err != nil {
			return err
		}
		_, err = t.Exec(`UPDATE submission SET lease = NULL WHERE lease IS NOT NULL`)
		return err
	})
}
