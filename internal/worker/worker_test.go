package worker_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/worker"
)

// TestMain fails when a worker leaves anything running behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is how long a test waits for what must happen.
const limit = 30 * time.Second

// desk stands for porting: it says what is to be done, and notes what is told.
type desk struct {
	mu      sync.Mutex
	sending *porting.Sending
	talk    *porting.Talk
	sentErr error
	told    []string
	notes   chan string
}

func newDesk() *desk { return &desk{notes: make(chan string, 100)} }

func (d *desk) note(s string) {
	d.mu.Lock()
	d.told = append(d.told, s)
	d.mu.Unlock()
	d.notes <- s
}

func (d *desk) TakeSend(context.Context, int64) (*porting.Sending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sending, nil
}

func (d *desk) Sent(_ context.Context, _ *porting.Sending, at, next time.Time) error {
	d.note("sent " + at.Format(time.TimeOnly) + " " + next.Format(time.TimeOnly))
	return d.sentErr
}

func (d *desk) SendFailed(ctx context.Context, _ *porting.Sending, cause error) error {
	d.note("failed " + string(fault.KindOf(cause)))
	return ctx.Err()
}

func (d *desk) Conversation(context.Context, int64) (*porting.Talk, error) { return d.talk, nil }

func (d *desk) CarrierSaid(_ context.Context, _ int64, events []order.CarrierEvent, next time.Time) error {
	d.note("said " + events[0].Key + " " + next.Format(time.TimeOnly))
	return nil
}

func (d *desk) Expire(context.Context, int64) error {
	d.note("expired")
	return nil
}

func (d *desk) Replan(context.Context, int64) error {
	d.note("repland")
	return nil
}

func (d *desk) Sweep(context.Context) (int, error) { return 0, nil }

func (d *desk) Forget(context.Context) error { return nil }

// line is a gateway made of functions; what it does not have it must not be
// asked.
type line struct {
	submit func(context.Context, order.Request) (gateway.Receipt, error)
	find   func() (gateway.Receipt, bool, error)
	poll   func(context.Context) ([]order.CarrierEvent, time.Time, error)
	cancel func(reason string) (gateway.Receipt, error)
}

func (l line) Submit(ctx context.Context, r order.Request) (gateway.Receipt, error) {
	return l.submit(ctx, r)
}
func (l line) Find(context.Context, string, int) (gateway.Receipt, bool, error) { return l.find() }
func (l line) Poll(ctx context.Context, _ string, _ int) ([]order.CarrierEvent, time.Time, error) {
	return l.poll(ctx)
}
func (l line) Cancel(_ context.Context, _ string, _ int, reason string) (gateway.Receipt, error) {
	return l.cancel(reason)
}

var (
	noon    = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	receipt = gateway.Receipt{At: noon, Next: noon.Add(time.Second)}
)

// bench is a worker on a queue of its own.
type bench struct {
	db    *sql.DB
	queue *river.Client[*sql.Tx]
	log   *lockedBuffer
	stop  func()
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func start(t *testing.T, use worker.Porting, l line) *bench {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "queue.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	driver := riversqlite.New(db)
	migrator, err := rivermigrate.New(driver, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	if err != nil {
		t.Fatal(err)
	}
	queue, err := river.NewClient(driver, &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{db: db, queue: queue, log: &lockedBuffer{}}
	w, err := worker.New(worker.Config{
		Driver: driver, Porting: use, Gateways: gateway.Set{"line": l},
		Log: slog.New(slog.NewTextHandler(b.log, nil)), SweepEvery: 10 * time.Millisecond, StopWithin: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	b.stop = sync.OnceFunc(func() {
		cancel()
		err := <-done
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		b.stop()
		err := db.Close()
		if err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bench) insert(t *testing.T, what order.DueKind) {
	t.Helper()
	_, err := b.queue.Insert(t.Context(), porting.Job{OrderID: 7, What: what}, nil)
	if err != nil {
		t.Fatal(err)
	}
}

// next waits for the next thing that porting is told.
func (d *desk) next(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	select {
	case s := <-d.notes:
		return s
	case <-ctx.Done():
		t.Fatalf("nothing happens; so far %v", d.told)
		return ""
	}
}

func want(t *testing.T, d *desk, all ...string) {
	t.Helper()
	for _, w := range all {
		got := d.next(t)
		if got != w {
			t.Fatalf("porting was told %q; want %q", got, w)
		}
	}
}

func request() *porting.Sending {
	return &porting.Sending{Gateway: "line", Kind: order.SendRequest, Request: order.Request{OrderID: 7, PON: "PI00000007", Version: 1}}
}

func TestSend(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending = request()
	b := start(t, d, line{submit: func(_ context.Context, r order.Request) (gateway.Receipt, error) {
		d.note("submitted " + r.PON)
		return receipt, nil
	}})
	b.insert(t, order.DueSend)
	want(t, d, "submitted PI00000007", "sent 12:00:00 12:00:01")
}

// TestAsk: what may have reached the carrier is asked for and not sent again.
func TestAsk(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		d := newDesk()
		d.sending = request()
		d.sending.Ask = true
		b := start(t, d, line{
			find: func() (gateway.Receipt, bool, error) {
				d.note("asked")
				return receipt, known, nil
			},
			submit: func(context.Context, order.Request) (gateway.Receipt, error) {
				d.note("submitted")
				return receipt, nil
			},
		})
		b.insert(t, order.DueSend)
		if known {
			want(t, d, "asked", "sent 12:00:00 12:00:01")
		} else {
			want(t, d, "asked", "submitted", "sent 12:00:00 12:00:01")
		}
	}
}

// TestAskFails: who does not get an answer to the question sends nothing.
func TestAskFails(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending = request()
	d.sending.Ask = true
	b := start(t, d, line{find: func() (gateway.Receipt, bool, error) { return gateway.Receipt{}, false, errors.New("no route") }})
	b.insert(t, order.DueSend)
	want(t, d, "failed internal", "failed internal") // and again
}

func TestSendCancel(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending = request()
	d.sending.Kind, d.sending.Reason, d.sending.Ask = order.SendCancel, "moved away", true
	b := start(t, d, line{cancel: func(reason string) (gateway.Receipt, error) {
		d.note("cancelled: " + reason)
		return receipt, nil
	}})
	b.insert(t, order.DueSend)
	want(t, d, "cancelled: moved away", "sent 12:00:00 12:00:01")
}

func TestPoll(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.talk = &porting.Talk{OrderID: 7, Gateway: "line", PON: "PI00000007", Version: 1}
	b := start(t, d, line{poll: func(context.Context) ([]order.CarrierEvent, time.Time, error) {
		return []order.CarrierEvent{{Key: "k", On: order.Accepted}}, noon, nil
	}})
	b.insert(t, order.DuePoll)
	want(t, d, "said k 12:00:00")
}

func TestExpire(t *testing.T) {
	t.Parallel()
	d := newDesk()
	b := start(t, d, line{})
	b.insert(t, order.DueExpire)
	want(t, d, "expired")
}

// TestNothingToDo: a job that comes after its work was done calls nobody.
func TestNothingToDo(t *testing.T) {
	t.Parallel()
	d := newDesk()
	b := start(t, d, line{})
	done, end := subscribe(t, b)
	defer end()
	b.insert(t, order.DueSend)
	b.insert(t, order.DuePoll)
	for range 2 {
		wait(t, done)
	}
	b.stop()
	if len(d.told) > 0 {
		t.Errorf("porting was told %v", d.told)
	}
	if jobs := states(t, b); !slices.Equal(jobs, []string{"completed", "completed"}) {
		t.Errorf("the jobs are %v", jobs)
	}
}

// secretText stands for something personal in an error or a panic.
const secretText = "Ada Sample, PIN 9753"

func TestFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		gateway string
		submit  func() (gateway.Receipt, error)
		told    string
	}{
		"error": {"line", func() (gateway.Receipt, error) { return gateway.Receipt{}, errors.New("no route") }, "failed internal"},
		"unavailable": {"line", func() (gateway.Receipt, error) {
			return gateway.Receipt{}, fault.New(fault.Unavailable, fault.CodeBusy, "later")
		}, "failed unavailable"},
		"panic":            {"line", func() (gateway.Receipt, error) { panic(secretText) }, "failed internal"},
		"unknown gateway":  {"nobody", nil, "failed unavailable"},
		"nil in the chain": {"line", nil, "failed internal"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk()
			d.sending = request()
			d.sending.Gateway = test.gateway
			failing := true
			b := start(t, d, line{submit: func(context.Context, order.Request) (gateway.Receipt, error) {
				if failing {
					failing = false
					return test.submit()
				}
				return receipt, nil
			}})
			b.insert(t, order.DueSend)
			want(t, d, test.told)
			if test.gateway == "line" {
				want(t, d, "sent 12:00:00 12:00:01")
			}
			b.stop()
			if strings.Contains(b.log.String(), secretText) {
				t.Error("the log shows what the gateway panicked with")
			}
			var stored string
			err := b.db.QueryRow("SELECT coalesce(CAST(errors AS TEXT), '') FROM river_job").Scan(&stored)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(stored, secretText) || strings.Contains(stored, "no route") {
				t.Errorf("the queue keeps %s", stored)
			}
		})
	}
}

// TestRecordedByAnother: somebody else has recorded the sending already.
func TestRecordedByAnother(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending, d.sentErr = request(), porting.ErrMoved
	b := start(t, d, line{submit: func(context.Context, order.Request) (gateway.Receipt, error) { return receipt, nil }})
	done, end := subscribe(t, b)
	defer end()
	b.insert(t, order.DueSend)
	want(t, d, "sent 12:00:00 12:00:01")
	wait(t, done)
	if jobs := states(t, b); !slices.Equal(jobs, []string{"completed"}) {
		t.Errorf("the jobs are %v", jobs)
	}
}

// TestOneJobAnOrder: two jobs of one order never run at the same time.
func TestOneJobAnOrder(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.talk = &porting.Talk{OrderID: 7, Gateway: "line"}
	var mu sync.Mutex
	inside, most := 0, 0
	b := start(t, d, line{poll: func(ctx context.Context) ([]order.CarrierEvent, time.Time, error) {
		mu.Lock()
		inside++
		most = max(most, inside)
		mu.Unlock()
		select { // long enough for another job to come in
		case <-time.After(30 * time.Millisecond):
		case <-ctx.Done():
		}
		mu.Lock()
		inside--
		mu.Unlock()
		return []order.CarrierEvent{{Key: "k"}}, noon, nil
	}})
	for range 5 {
		b.insert(t, order.DuePoll)
	}
	for range 5 {
		want(t, d, "said k 12:00:00")
	}
	if most != 1 {
		t.Errorf("%d jobs of one order ran at the same time", most)
	}
}

// TestStopWaits: what a carrier was told while the worker stops is recorded.
func TestStopWaits(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending = request()
	began, finish := make(chan struct{}), make(chan struct{})
	b := start(t, d, line{submit: func(context.Context, order.Request) (gateway.Receipt, error) {
		close(began)
		<-finish
		return receipt, nil
	}})
	b.insert(t, order.DueSend)
	wait(t, began)
	stopped := make(chan struct{})
	go func() {
		b.stop()
		close(stopped)
	}()
	select {
	case <-stopped:
		t.Error("the worker stopped while a carrier was being called")
	case <-time.After(100 * time.Millisecond):
	}
	close(finish)
	wait(t, stopped)
	want(t, d, "sent 12:00:00 12:00:01")
}

// TestStopCancels: a call that does not end is broken off, and its outcome is
// recorded as unknown.
func TestStopCancels(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.sending = request()
	began := make(chan struct{})
	b := start(t, d, line{submit: func(ctx context.Context, _ order.Request) (gateway.Receipt, error) {
		close(began)
		<-ctx.Done()
		return gateway.Receipt{}, ctx.Err()
	}})
	b.insert(t, order.DueSend)
	wait(t, began)
	b.stop()
	want(t, d, "failed internal")
}

// sweeps counts how often what is due was queued, and fails at first.
type sweeps struct {
	*desk
	n int
}

func (s *sweeps) Sweep(context.Context) (int, error) {
	s.n++
	if s.n <= 5 {
		return 0, errors.New("the database is locked")
	}
	s.note("swept")
	return 0, nil
}

func TestSweeperGoesOn(t *testing.T) {
	t.Parallel()
	s := &sweeps{desk: newDesk()}
	b := start(t, s, line{})
	want(t, s.desk, "swept", "swept")
	b.stop()
	if n := strings.Count(b.log.String(), "queueing what is due fails"); n != 1 {
		t.Errorf("five failures in a row are logged %d times; want once", n)
	}
	if !strings.Contains(b.log.String(), "works again") {
		t.Error("the end of the failures is not logged")
	}
}

func subscribe(t *testing.T, b *bench) (done <-chan struct{}, end func()) {
	t.Helper()
	out := make(chan struct{}, 100)
	stop := make(chan struct{})
	tick := time.NewTicker(10 * time.Millisecond)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer tick.Stop()
		seen := 0
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			var n int
			err := b.db.QueryRow("SELECT count(*) FROM river_job WHERE state = 'completed'").Scan(&n)
			if err != nil {
				return
			}
			for ; seen < n; seen++ {
				out <- struct{}{}
			}
		}
	})
	return out, func() {
		close(stop)
		wg.Wait()
	}
}

func wait(t *testing.T, c <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	select {
	case <-c:
	case <-ctx.Done():
		t.Fatal("nothing happens")
	}
}

func states(t *testing.T, b *bench) []string {
	t.Helper()
	rows, err := b.db.Query("SELECT state FROM river_job ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		err = rows.Scan(&s)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}
