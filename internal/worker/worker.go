// Package worker does what has become due: it takes River's jobs and turns
// each into one call of a gateway and one or two of porting.
//
// A job may run twice, at the same time in two processes, or not to its end.
// So a job carries nothing but the order's id: what is to be done is read when
// it is done, and porting records it in one transaction.
package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// Porting is what the worker needs of *porting.Service.
type Porting interface {
	TakeSend(ctx context.Context, orderID int64) (*porting.Sending, error)
	Sent(ctx context.Context, s *porting.Sending, at, next time.Time) error
	SendFailed(ctx context.Context, s *porting.Sending, cause error) error
	Conversation(ctx context.Context, orderID int64) (*porting.Talk, error)
	CarrierSaid(ctx context.Context, orderID int64, events []order.CarrierEvent, next time.Time) error
	Expire(ctx context.Context, orderID int64) error
	Replan(ctx context.Context, orderID int64) error
	Sweep(ctx context.Context) (int, error)
	Forget(ctx context.Context) error
}

// Config says what a worker works with.
type Config struct {
	Driver     riverdriver.Driver[*sql.Tx] // on the store's writer
	Porting    Porting
	Gateways   gateway.Set
	Log        *slog.Logger
	SweepEvery time.Duration // how often what is due is queued, wall clock
	StopWithin time.Duration // how long jobs may go on when the worker stops
}

const (
	jobs = 32 // at the same time
	// jobTimeout is shorter than the time for which porting leases what a job
	// is to do.
	jobTimeout = time.Minute
	// An order is answered within two seconds, so a job starts soon after it
	// is inserted: River is told of it, and looks by itself every pollEvery.
	fetchCooldown = 20 * time.Millisecond
	pollEvery     = 500 * time.Millisecond
	forgetEvery   = time.Hour
)

// Worker runs jobs until it is stopped.
type Worker struct {
	config Config
	due    *dueWorker
}

// New makes a worker; Run starts it.
func New(c Config) (*Worker, error) {
	w := &Worker{config: c, due: &dueWorker{Config: c, turns: newTurns()}}
	_, err := w.client() // tells now what is wrong with the configuration
	return w, err
}

func (w *Worker) client() (*river.Client[*sql.Tx], error) {
	c := w.config
	workers := river.NewWorkers()
	err := river.AddWorkerSafely(workers, w.due)
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	client, err := river.NewClient(c.Driver, &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: jobs}},
		Workers:              workers,
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    pollEvery,
		JobTimeout:           jobTimeout,
		RescueStuckJobsAfter: jobTimeout + 30*time.Second,
		SoftStopTimeout:      c.StopWithin,
		RetryPolicy:          retries{},
		Logger:               slog.New(warnings{c.Log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	return client, nil
}

// starts is how often the job queue is started before it is given up: its
// parts wait five seconds for each other, which a machine that is very busy
// with something else can take away from them.
const starts = 5

// start starts the job queue. Returns nil when ctx ends first.
func (w *Worker) start(ctx context.Context) (*river.Client[*sql.Tx], error) {
	var err error
	for range starts {
		var client *river.Client[*sql.Tx]
		client, err = w.client()
		if err != nil {
			return nil, err
		}
		err = client.Start(ctx)
		switch {
		case err == nil:
			return client, nil
		case ctx.Err() != nil:
			return nil, nil // stopped before it had begun
		}
		w.config.Log.Warn("the job queue does not start; trying again", slog.Any("error", err))
	}
	return nil, fmt.Errorf("worker: %w", err)
}

// Run works until ctx is cancelled; then it takes no more jobs, gives those
// that run StopWithin to finish, cancels what still runs, and returns.
func (w *Worker) Run(ctx context.Context) error {
	client, err := w.start(ctx)
	if client == nil {
		return err
	}
	var loops sync.WaitGroup
	loops.Go(func() {
		w.every(ctx, w.config.SweepEvery, "queueing what is due", func(ctx context.Context) error {
			_, err := w.config.Porting.Sweep(ctx)
			return err
		})
	})
	loops.Go(func() { w.every(ctx, forgetEvery, "forgetting old answers", w.config.Porting.Forget) })
	loops.Wait()
	<-client.Stopped()
	return nil
}

// every does something again and again until ctx is cancelled. It logs when
// it begins to fail and when it works again, not every time.
func (w *Worker) every(ctx context.Context, pause time.Duration, doing string, do func(context.Context) error) {
	tick := time.NewTicker(pause)
	defer tick.Stop()
	failing := false
	for {
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			w.config.Log.Error(doing+" fails", slog.Any("error", err))
		case err == nil && failing:
			w.config.Log.Info(doing + " works again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// dueWorker does what is due for one order.
type dueWorker struct {
	river.WorkerDefaults[porting.Job]
	Config
	turns *turns
}

// Work implements river.Worker.
func (w *dueWorker) Work(ctx context.Context, job *river.Job[porting.Job]) error {
	leave, err := w.turns.enter(ctx, job.Args.OrderID)
	if err != nil {
		return failed(job, err)
	}
	defer leave()
	err = w.do(ctx, job.Args)
	if err == nil {
		return nil
	}
	w.Log.Warn("what was due could not be done; it is tried again",
		slog.Int64("order", job.Args.OrderID), slog.String("what", string(job.Args.What)), slog.Int("attempt", job.Attempt), slog.Any("error", err))
	return failed(job, err)
}

func (w *dueWorker) do(ctx context.Context, job porting.Job) error {
	switch job.What {
	case order.DueSend:
		return w.send(ctx, job.OrderID)
	case order.DuePoll:
		return w.poll(ctx, job.OrderID)
	case order.DueExpire:
		return w.Porting.Expire(ctx, job.OrderID)
	case order.DueReplan:
		return w.Porting.Replan(ctx, job.OrderID)
	}
	return fmt.Errorf("a job of the unknown kind %q", job.What)
}

// send hands what is to be sent to the carrier. Once the carrier was called,
// what came of it is recorded even when the job's time is up.
func (w *dueWorker) send(ctx context.Context, orderID int64) error {
	s, err := w.Porting.TakeSend(ctx, orderID)
	if err != nil || s == nil {
		return err
	}
	var receipt gateway.Receipt
	err = w.guard(func() error {
		var err error
		receipt, err = w.hand(ctx, s)
		return err
	})
	record := context.WithoutCancel(ctx)
	if err != nil {
		return errors.Join(err, unlessMoved(w.Porting.SendFailed(record, s, err)))
	}
	return unlessMoved(w.Porting.Sent(record, s, receipt.At, receipt.Next))
}

// hand gives the carrier what it does not have yet.
func (w *dueWorker) hand(ctx context.Context, s *porting.Sending) (gateway.Receipt, error) {
	g, err := w.Gateways.Named(s.Gateway)
	if err != nil {
		return gateway.Receipt{}, err
	}
	if s.Kind == order.SendCancel {
		return g.Cancel(ctx, s.Request.PON, s.Request.Version, s.Reason)
	}
	if s.Ask {
		receipt, found, err := g.Find(ctx, s.Request.PON, s.Request.Version)
		if err != nil || found {
			return receipt, err
		}
	}
	return g.Submit(ctx, s.Request)
}

// unlessMoved takes it for done when somebody else has recorded it already.
func unlessMoved(err error) error {
	if errors.Is(err, porting.ErrMoved) {
		return nil
	}
	return err
}

// poll asks the carrier what it has to say.
func (w *dueWorker) poll(ctx context.Context, orderID int64) error {
	talk, err := w.Porting.Conversation(ctx, orderID)
	if err != nil || talk == nil {
		return err
	}
	var events []order.CarrierEvent
	var next time.Time
	err = w.guard(func() error {
		g, err := w.Gateways.Named(talk.Gateway)
		if err != nil {
			return err
		}
		events, next, err = g.Poll(ctx, talk.PON, talk.Version)
		return err
	})
	if err != nil {
		return err
	}
	return w.Porting.CarrierSaid(context.WithoutCancel(ctx), orderID, events, next)
}

// guard turns the panic of a gateway into an error. The value of a panic may
// hold anything, so only the runtime's own are logged.
func (w *dueWorker) guard(call func() error) (err error) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		text := "not shown"
		if r, ok := v.(runtime.Error); ok {
			text = r.Error()
		}
		w.Log.Error("a gateway panicked", slog.String("panic", text), slog.String("stack", string(debug.Stack())))
		err = fault.New(fault.Internal, fault.CodeInternal, "the gateway panicked")
	}()
	return call()
}
