package sandbox_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
)

var start = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

// stopped is a base clock that stands still.
type stopped struct{}

func (stopped) Now() time.Time { return start }

// world is a database with settings and due times only. What is due is done
// by Sweep, at once.
type world struct {
	mu       sync.Mutex
	settings map[string]string
	due      []time.Time
	done     []order.Entry
	business *clock.Offset
	broken   bool // nothing that is due is ever done
	fail     error
	// follow returns what becomes due when something was done.
	follow func(at time.Time) []time.Time
	// behind is how often the stored clock was behind the one that runs.
	behind int
}

func newWorld(due ...time.Time) *world {
	return &world{settings: map[string]string{}, due: due, business: &clock.Offset{Base: stopped{}}}
}

// tx is a transaction that knows settings only.
type tx struct {
	porting.Tx
	w *world
}

func (t tx) Setting(key string) (string, error) { return t.w.settings[key], t.w.fail }
func (t tx) SetSetting(key, value string) error {
	if t.w.fail != nil {
		return t.w.fail
	}
	t.w.settings[key] = value
	return nil
}

func (w *world) Update(_ context.Context, fn func(porting.Tx) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fn(tx{w: w})
}

func (w *world) View(ctx context.Context, fn func(porting.Tx) error) error { return w.Update(ctx, fn) }

func (w *world) NextDue(context.Context) (time.Time, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.due) == 0 {
		return time.Time{}, false, nil
	}
	return slices.MinFunc(w.due, time.Time.Compare), true, nil
}

func (w *world) Sweep(context.Context) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	stored, err := time.ParseDuration("0" + w.settings["sandbox_clock_ahead"])
	if err != nil || stored < w.business.Ahead() {
		w.behind++
	}
	if w.broken {
		return 0, nil
	}
	now := w.business.Now()
	var left []time.Time
	for _, at := range w.due {
		if at.After(now) {
			left = append(left, at)
			continue
		}
		w.done = append(w.done, order.Entry{ID: int64(len(w.done) + 1), At: now})
		if w.follow != nil {
			left = append(left, w.follow(at)...)
		}
	}
	w.due = left
	return 0, nil
}

func (w *world) LastEntry(context.Context) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int64(len(w.done)), nil
}

func (w *world) EntriesSince(_ context.Context, after int64, limit int) ([]order.Entry, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.done[after:min(len(w.done), int(after)+limit)]), nil
}

func (w *world) clock() *sandbox.Clock { return sandbox.NewClock(w.business, w, w) }

func TestAdvanceStopsWhereSomethingIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld(start.Add(3*time.Hour), start.Add(time.Hour), start.Add(48*time.Hour))
	r, err := w.clock().Advance(t.Context(), start.Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if !r.From.Equal(start) || !r.To.Equal(start.Add(24*time.Hour)) || r.Steps != 2 || !r.Quiet {
		t.Errorf("the report is %+v", r)
	}
	var at []time.Duration
	for _, e := range r.Happened {
		at = append(at, e.At.Sub(start))
	}
	if !slices.Equal(at, []time.Duration{time.Hour, 3 * time.Hour}) {
		t.Errorf("things happened at %v", at)
	}
	if len(w.due) != 1 {
		t.Errorf("what is due later was touched: %v", w.due)
	}
	if w.behind > 0 {
		t.Errorf("the clock showed a time %d times before it was stored", w.behind)
	}
}

// TestAdvanceInOrder: whatever becomes due on the way happens, each thing at
// its time and none before another.
func TestAdvanceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { advanceInOrder(t, rt) })
}

func advanceInOrder(outer *testing.T, t *rapid.T) {
	hours := rapid.SliceOfN(rapid.IntRange(-2, 100), 0, 10).Draw(t, "due")
	every := rapid.IntRange(1, 30).Draw(t, "every")
	var due []time.Time
	for _, h := range hours {
		due = append(due, start.Add(time.Duration(h)*time.Hour))
	}
	w := newWorld(due...)
	w.follow = func(at time.Time) []time.Time {
		if at.Before(start.Add(80 * time.Hour)) {
			return []time.Time{at.Add(time.Duration(every) * time.Hour)}
		}
		return nil
	}
	to := start.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "to")) * time.Hour)
	var r sandbox.Report
	var err error
	synctest.Test(outer, func(b *testing.T) { r, err = w.clock().Advance(b.Context(), to) })
	if err != nil {
		t.Fatal(err)
	}
	if !r.Quiet || !w.business.Now().Equal(to) {
		t.Fatalf("the report is %+v, the clock at %v", r, w.business.Now())
	}
	for i, e := range r.Happened {
		if e.At.After(to) || i > 0 && e.At.Before(r.Happened[i-1].At) {
			t.Fatalf("things happened at %v", r.Happened)
		}
	}
	for _, at := range w.due {
		if !at.After(to) {
			t.Fatalf("what was due at %v was not done", at)
		}
	}
}

func TestAdvanceOnlyForward(t *testing.T) {
	t.Parallel()
	w := newWorld()
	c := w.clock()
	for _, to := range []time.Time{start, start.Add(-time.Hour), {}} {
		_, err := c.Advance(t.Context(), to)
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Kind != fault.Invalid || e.Fields[0].Code != fault.CodeClockBackward {
			t.Errorf("Advance(%v): %v", to, err)
		}
	}
	if len(w.settings) > 0 || !c.Now().Equal(start) {
		t.Error("a refused advance has moved the clock")
	}
	_, err := c.Advance(t.Context(), start.Add(time.Second)) // and it can be used still
	if err != nil {
		t.Error(err)
	}
}

func TestRestoreClock(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, err := w.clock().Advance(t.Context(), start.Add(72*time.Hour+time.Nanosecond))
	if err != nil {
		t.Fatal(err)
	}
	again := &clock.Offset{Base: stopped{}}
	err = sandbox.RestoreClock(t.Context(), w, again)
	if err != nil || !again.Now().Equal(w.business.Now()) {
		t.Errorf("after a restart the clock is at %v, %v; want %v", again.Now(), err, w.business.Now())
	}
	fresh := &clock.Offset{Base: stopped{}}
	err = sandbox.RestoreClock(t.Context(), newWorld(), fresh)
	if err != nil || !fresh.Now().Equal(start) {
		t.Errorf("a new sandbox begins at %v, %v", fresh.Now(), err)
	}
	w.settings["sandbox_clock_ahead"] = "soon"
	err = sandbox.RestoreClock(t.Context(), w, fresh)
	if err == nil {
		t.Error("a damaged setting is taken")
	}
}

// TestAdvanceThatCannotBeStored leaves the clock where it was.
func TestAdvanceThatCannotBeStored(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.fail = errors.New("the disk is full")
	c := w.clock()
	_, err := c.Advance(t.Context(), start.Add(time.Hour))
	if !errors.Is(err, w.fail) || !c.Now().Equal(start) {
		t.Errorf("Advance: %v, the clock at %v", err, c.Now())
	}
}

// TestAdvanceIsBrokenOff: a caller who goes away ends the waiting, and gives
// the clock free for the next one.
func TestAdvanceIsBrokenOff(t *testing.T) {
	t.Parallel()
	w := newWorld(start.Add(time.Hour))
	w.broken = true
	c := w.clock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := c.Advance(ctx, start.Add(2*time.Hour))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Advance: %v", err)
	}
	w.mu.Lock()
	w.broken = false
	w.mu.Unlock()
	r, err := c.Advance(t.Context(), start.Add(3*time.Hour))
	if err != nil || !r.Quiet || len(r.Happened) != 1 {
		t.Errorf("the next Advance: %+v, %v", r, err)
	}
}

// TestOneAdvanceAtATime: the second waits for the first, and gives up when its
// caller does.
func TestOneAdvanceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(start.Add(time.Hour))
		w.broken = true
		c := w.clock()
		ctx, cancel := context.WithCancel(t.Context())
		first := make(chan error, 1)
		go func() {
			_, err := c.Advance(ctx, start.Add(2*time.Hour))
			first <- err
		}()
		synctest.Wait()
		brief, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		_, err := c.Advance(brief, start.Add(5*time.Hour))
		if !errors.Is(err, context.DeadlineExceeded) || !c.Now().Equal(start.Add(time.Hour)) {
			t.Errorf("the second Advance: %v, the clock at %v", err, c.Now())
		}
		cancel()
		err = <-first
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the first Advance: %v", err)
		}
	})
}

// TestAdvanceDoesNotHang: what cannot be done holds nothing up for ever.
func TestAdvanceDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(start.Add(time.Hour))
		w.broken = true
		r, err := w.clock().Advance(t.Context(), start.Add(2*time.Hour))
		if err != nil || r.Quiet || !r.To.Equal(start.Add(2*time.Hour)) {
			t.Errorf("Advance: %+v, %v", r, err)
		}
	})
}

// TestAdvanceIsPatient: much that is due at once takes long, and is waited for
// as long as it goes on.
func TestAdvanceIsPatient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(start.Add(time.Hour))
		n := 0
		w.follow = func(at time.Time) []time.Time {
			<-time.After(5 * time.Second) // of the bubble's time: how long one thing takes
			n++
			if n == 10 {
				return nil
			}
			return []time.Time{at}
		}
		r, err := w.clock().Advance(t.Context(), start.Add(2*time.Hour))
		if err != nil || !r.Quiet || len(r.Happened) != 10 {
			t.Errorf("Advance: quiet %v, %d things happened, %v", r.Quiet, len(r.Happened), err)
		}
	})
}
