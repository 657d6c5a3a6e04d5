package worker

import (
	"context"
	"sync"
)

// turns lets the jobs of one order run one after the other in this process: a
// poll that began before a cancellation was sent must not put off the poll for
// the answer to it.
type turns struct {
	mu   sync.Mutex
	busy map[int64]chan struct{} // closed when the order is free again
}

func newTurns() *turns { return &turns{busy: map[int64]chan struct{}{}} }

// enter waits until no other job of the order runs. Returns ctx's error when
// it is cancelled first.
func (t *turns) enter(ctx context.Context, orderID int64) (leave func(), err error) {
	for {
		t.mu.Lock()
		free, busy := t.busy[orderID]
		if !busy {
			mine := make(chan struct{})
			t.busy[orderID] = mine
			t.mu.Unlock()
			return func() {
				t.mu.Lock()
				delete(t.busy, orderID)
				t.mu.Unlock()
				close(mine)
			}, nil
		}
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-free:
		}
	}
}
