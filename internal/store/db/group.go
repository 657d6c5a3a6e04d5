package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/portin/portin/internal/fault"
)

// group commits the transactions of many callers together: SQLite has one
// writer, and its price is the one fsync of a COMMIT. Each caller's function
// runs between savepoints of its own, so that its failure undoes its part
// only. Nobody is answered before the COMMIT.
type group struct {
	db    *DB
	queue chan *turn

	mu     sync.RWMutex // guards closed against senders
	closed bool
	done   chan struct{}
}

// groupMax is how many callers share a COMMIT at most.
const groupMax = 64

// turn is one caller's function, waiting or running.
type turn struct {
	fn      func(*Tx) error
	state   atomic.Int32
	err     error
	settled chan struct{}
}

const (
	waiting int32 = iota
	taken         // it runs, or ran: the caller must wait for how it ends
	left          // the caller has gone; it will not run
)

func startGroup(db *DB) *group {
	g := &group{db: db, queue: make(chan *turn, 4*groupMax), done: make(chan struct{})}
	go g.serve()
	return g
}

// run waits for a turn, and then for its end. A caller whose context ends
// before its turn has begun leaves; once it has begun, only the COMMIT can
// tell whether it is there.
func (g *group) run(ctx context.Context, fn func(*Tx) error) error {
	t := &turn{fn: fn, settled: make(chan struct{})}
	g.mu.RLock()
	if g.closed {
		g.mu.RUnlock()
		return busy(errors.New("the database is closed"))
	}
	select {
	case g.queue <- t:
		g.mu.RUnlock()
	case <-ctx.Done():
		g.mu.RUnlock()
		return ctx.Err()
	}
	select {
	case <-t.settled:
	case <-ctx.Done():
		if t.state.CompareAndSwap(waiting, left) {
			return ctx.Err()
		}
		<-t.settled
	}
	return t.err
}

// stop refuses new callers, serves those that wait, and returns.
func (g *group) stop() {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.queue)
	}
	g.mu.Unlock()
	<-g.done
}

func (g *group) serve() {
	defer close(g.done)
	for first := range g.queue {
		batch := []*turn{first}
	gather:
		for len(batch) < groupMax {
			select {
			case t, ok := <-g.queue:
				if !ok {
					break gather
				}
				batch = append(batch, t)
			default:
				break gather
			}
		}
		g.commit(batch)
	}
}

// commit runs a batch. When SQLite has thrown the whole transaction away (it
// does so when a statement is interrupted, the disk is full or fails, or
// memory runs out), no part of it is there, and every caller is told so.
func (g *group) commit(batch []*turn) {
	var ran []*turn
	err := g.transact(batch, &ran)
	for _, t := range ran {
		if err != nil {
			t.err = busy(err)
		}
		close(t.settled)
	}
	// Those behind the one that broke the transaction have not run: they get
	// a transaction of their own.
	if rest := batch[len(batch)-g.unserved(batch):]; len(rest) > 0 {
		g.commit(rest)
	}
}

// unserved counts the turns at the end of a batch that nobody has taken yet.
func (g *group) unserved(batch []*turn) int {
	n := 0
	for i := len(batch) - 1; i >= 0 && batch[i].state.Load() == waiting; i-- {
		n++
	}
	return n
}

func (g *group) transact(batch []*turn, ran *[]*turn) error {
	ctx := context.Background()
	sqlTx, err := g.db.writer.BeginTx(ctx, nil)
	if err != nil {
		for _, t := range batch {
			if t.state.CompareAndSwap(waiting, taken) {
				*ran = append(*ran, t)
			}
		}
		return err
	}
	for _, t := range batch {
		if !t.state.CompareAndSwap(waiting, taken) {
			continue
		}
		*ran = append(*ran, t)
		tx := &Tx{db: g.db, tx: sqlTx, ctx: ctx}
		gone := tx.savepoint(func() error {
			t.err = guard(t.fn, tx)
			return t.err
		})
		if gone != nil {
			return errors.Join(gone, ignoreDone(sqlTx.Rollback()))
		}
	}
	return sqlTx.Commit()
}

// guard runs a caller's function, and makes an error of its panic: the
// callers that share the transaction have not deserved it.
func guard(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "a transaction panicked")
		}
	}()
	return fn(tx)
}
