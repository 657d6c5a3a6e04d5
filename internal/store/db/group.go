package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
)

// group commits the transactions of many callers together: SQLite has one
// writer, and its price is the one fsync of a COMMIT. Each caller's function
// runs between savepoints of its own, so that its failure undoes its part
// only. Nobody is answered before the COMMIT.
type group struct {
	db    *DB
	guard *guard
	queue chan *turn
	next  []*turn // taken from the queue, and without a transaction yet
	done  chan struct{}
}

// groupMax is how many callers share a COMMIT at most.
const groupMax = 64

// turn is one caller's function, waiting or running.
type turn struct {
	ctx     context.Context
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

// take reports whether the turn is to be had. It leaves one whose caller is
// about to go.
func (t *turn) take() bool {
	return t.ctx.Err() == nil && t.state.CompareAndSwap(waiting, taken)
}

func startGroup(db *DB, g *guard) *group {
	group := &group{db: db, guard: g, queue: make(chan *turn, 4*groupMax), done: make(chan struct{})}
	go group.serve()
	return group
}

// run waits for a turn, and then for its end. A caller whose context ends
// before its turn has begun leaves; once it has begun, only the COMMIT can
// tell whether it is there.
func (g *group) run(ctx context.Context, fn func(*Tx) error) error {
	t := &turn{ctx: ctx, fn: fn, settled: make(chan struct{})}
	select {
	case g.queue <- t:
	case <-ctx.Done():
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

// stop serves those that wait, and returns. Nobody may come any more.
func (g *group) stop() {
	close(g.queue)
	<-g.done
}

func (g *group) serve() {
	ended := false
	defer func() {
		if ended {
			close(g.done)
		} else {
			go g.serve() // a function ended this goroutine
		}
	}()
	for {
		if len(g.next) == 0 {
			t, ok := <-g.queue
			if !ok {
				ended = true
				return
			}
			g.next = g.gather(t)
		}
		g.commit()
	}
}

// gather adds those that are waiting already.
func (g *group) gather(first *turn) []*turn {
	batch := []*turn{first}
	for len(batch) < groupMax {
		select {
		case t, ok := <-g.queue:
			if !ok {
				return batch
			}
			batch = append(batch, t)
		default:
			return batch
		}
	}
	return batch
}

var errExit = errors.New("a function has ended its goroutine")

// commit runs those who are next in one transaction. When SQLite throws the
// transaction away, no part of it is there, and all who took part are told so;
// the others stay next.
func (g *group) commit() {
	ctx := context.Background()
	sqlTx, err := g.db.writer.BeginTx(ctx, nil)
	if err != nil {
		settle(slices.DeleteFunc(g.next, func(t *turn) bool { return !t.take() }), err)
		g.next = nil
		return
	}
	g.guard.begin()
	var ran []*turn
	lost := errExit
	defer func() {
		g.guard.end()
		if lost == nil {
			lost = sqlTx.Commit()
		} else {
			_ = sqlTx.Rollback() // an error when SQLite has done it
		}
		settle(ran, lost)
	}()
	for len(g.next) > 0 {
		t := g.next[0]
		g.next = g.next[1:]
		if !t.take() {
			continue
		}
		ran = append(ran, t)
		tx := &Tx{db: g.db, tx: sqlTx, ctx: ctx, guard: g.guard}
		t.err = tx.savepoint(func() error { return call(t.fn, tx) })
		gone := tx.lost()
		if gone != nil {
			lost = gone
			if t.err != nil {
				// %v: the others shall not take it for theirs.
				lost = fmt.Errorf("%w, after: %v", gone, t.err)
			}
			return
		}
		tx.over = errOver
	}
	lost = nil
}

// settle tells all who took part. What a function saw of a lost transaction
// has never been, so its own error does not count then.
func settle(turns []*turn, lost error) {
	for _, t := range turns {
		if lost != nil {
			t.err = busy(lost)
		}
		close(t.settled)
	}
}
