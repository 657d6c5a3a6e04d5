package porting

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/portin/portin/internal/fault"
)

// Once makes a call that is sent several times with one idempotency key take
// effect once (api.md, Idempotency). The answer is stored in the transaction
// of the effect, so there is never one without the other.
type Once struct {
	Key         string
	Fingerprint [32]byte // of the operation, the path, the canonical fields and the files' hashes
	// Render makes the answer that the caller will be sent, from what the use
	// case returned. What it makes is stored, so it holds no secret that is
	// shown once only.
	Render func(result any, err error) (status int, body []byte)

	stored bool // with the effect
}

// Replayed is returned instead of a result when the key has been used for the
// same call before: its stored answer.
type Replayed struct {
	Status int
	Body   []byte
}

func (*Replayed) Error() string { return "replayed" }

// AnswersKept is how long an answer can be replayed, by the wall clock.
const AnswersKept = 24 * time.Hour

// attempts is how often a use case is tried when somebody else changes what
// it works on at the same time.
const attempts = 10

// do runs a use case in one write transaction, for a caller. A refusal undoes
// everything but, with an idempotency key, its own answer. When an order moved
// under the use case it runs again, on what is there now.
func do[T any](ctx context.Context, s *Service, c Call, fn func(tx Tx) (T, error)) (T, error) {
	var out T
	var refused error
	var err error
	for range attempts {
		err = s.Store.Update(ctx, func(tx Tx) error {
			refused = nil
			replay, err := c.replay(tx)
			if err != nil {
				return err
			}
			if replay != nil {
				return replay
			}
			err = tx.Nested(func() error {
				var err error
				out, err = fn(tx)
				return err
			})
			if c.Once == nil || (err != nil && !kept(err)) {
				return err
			}
			refused = err
			status, body := c.Once.Render(out, err)
			return tx.SaveAnswer(c.Principal.AccountID, c.Once.Key, Answer{Fingerprint: c.Once.Fingerprint, Status: status, Body: body, At: tx.Wall()})
		})
		if !errors.Is(err, ErrMoved) {
			break
		}
	}
	if errors.Is(err, ErrMoved) {
		return out, &fault.Error{Kind: fault.Unavailable, Code: fault.CodeBusy, Message: "the order is being changed by others; try again", RetryAfter: time.Second}
	}
	if err != nil {
		return out, err
	}
	if c.Once != nil {
		c.Once.stored = true
	}
	return out, refused
}

// Keep stores the answer of a call with an idempotency key unless it was stored
// with its effect: that of a look-up, of a rehearsal, of moving the sandbox's
// clock, and a refusal before anything was written. Returns *Replayed when
// another call with the key was answered meanwhile.
func (s *Service) Keep(ctx context.Context, c Call, result any, refused error) error {
	if c.Once == nil || c.Once.stored || refused != nil && !kept(refused) {
		return nil
	}
	status, body := c.Once.Render(result, refused)
	return s.work(ctx, func(tx Tx) error {
		replay, err := c.replay(tx)
		if err != nil {
			return err
		}
		if replay != nil {
			return replay
		}
		return tx.SaveAnswer(c.Principal.AccountID, c.Once.Key, Answer{Fingerprint: c.Once.Fingerprint, Status: status, Body: body, At: tx.Wall()})
	})
}

// replay looks the key up.
func (c Call) replay(tx Tx) (*Replayed, error) {
	if c.Once == nil {
		return nil, nil
	}
	a, err := tx.Answer(c.Principal.AccountID, c.Once.Key)
	if err != nil || a == nil {
		return nil, err
	}
	if a.Fingerprint != c.Once.Fingerprint {
		return nil, fault.New(fault.Invalid, fault.CodeKeyReused, "the Idempotency-Key was used for another call")
	}
	return &Replayed{Status: a.Status, Body: a.Body}, nil
}

// kept reports whether a refusal is an answer that a repetition gets again:
// what the rules say is, what the moment brings is not.
func kept(err error) bool {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return false
	}
	switch e.Kind {
	case fault.NotFound, fault.Conflict, fault.Invalid:
		return e.Code != fault.CodeKeyReused && e.RetryAfter == 0
	}
	return false
}

// Forget removes the answers that are not repeated any more.
func (s *Service) Forget(ctx context.Context) error {
	return s.Store.Update(ctx, func(tx Tx) error { return tx.ForgetAnswers(tx.Wall().Add(-AnswersKept)) })
}

// running are the keys of the calls that this process is working on. Another
// instance waits on the database's unique index instead.
type running struct {
	mu   sync.Mutex
	keys map[runningKey]bool
}

type runningKey struct {
	account int64
	key     string
}

// Begin starts a call that was sent with an idempotency key: until end is
// called, no other call of the account with the key begins. Returns *Replayed
// when the call was answered before, Invalid when the key was used for another
// one, and Conflict with a RetryAfter while one with the key is running.
func (s *Service) Begin(ctx context.Context, c Call) (end func(), err error) {
	if c.Once == nil {
		return func() {}, nil
	}
	k := runningKey{c.Principal.AccountID, c.Once.Key}
	if !s.running.enter(k) {
		return nil, &fault.Error{Kind: fault.Conflict, Code: fault.CodeKeyRunning, Message: "a call with this Idempotency-Key is running", RetryAfter: time.Second}
	}
	end = func() { s.running.leave(k) }
	var replay *Replayed
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		replay, err = c.replay(tx)
		return err
	})
	if err == nil && replay != nil {
		err = replay
	}
	if err != nil {
		end()
		return nil, err
	}
	return end, nil
}

func (r *running) enter(k runningKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys[k] {
		return false
	}
	if r.keys == nil {
		r.keys = map[runningKey]bool{}
	}
	r.keys[k] = true
	return true
}

func (r *running) leave(k runningKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.keys, k)
}
