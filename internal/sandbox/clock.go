package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// settingAhead is the setting that keeps by how much the sandbox's business
// time is ahead of the machine's, as a Go duration.
const settingAhead = "sandbox_clock_ahead"

// quietWithin is how long an advance waits, at each instant, while something is
// due and nothing happens; quietEvery is how often it looks.
const (
	quietWithin = 10 * time.Second
	quietEvery  = 5 * time.Millisecond
)

// happenedMax is how many entries of the timelines a Report tells.
const happenedMax = 10_000

// RestoreClock moves a clock to where it was when the sandbox was stopped. It
// must be called before anything asks for the time.
func RestoreClock(ctx context.Context, store porting.Store, business *clock.Offset) error {
	var text string
	err := store.View(ctx, func(tx porting.Tx) error {
		var err error
		text, err = tx.Setting(settingAhead)
		return err
	})
	if err != nil || text == "" {
		return err
	}
	ahead, err := time.ParseDuration(text)
	if err != nil {
		return fault.Wrap(err, "read the setting "+settingAhead)
	}
	business.SetAhead(ahead)
	return nil
}

// Porting is what the clock needs of *porting.Service.
type Porting interface {
	Sweep(ctx context.Context) (int, error)
	NextDue(ctx context.Context) (at time.Time, ok bool, err error)
	LastEntry(ctx context.Context) (int64, error)
	EntriesSince(ctx context.Context, after int64, limit int) ([]order.Entry, error)
}

// Clock is the sandbox's business clock. It runs with the machine's and can be
// moved forward.
type Clock struct {
	business *clock.Offset
	store    porting.Store
	porting  Porting
	turn     chan struct{} // holds one token: one advance at a time
}

// NewClock returns a clock that moves business.
func NewClock(business *clock.Offset, store porting.Store, use Porting) *Clock {
	turn := make(chan struct{}, 1)
	turn <- struct{}{}
	return &Clock{business: business, store: store, porting: use, turn: turn}
}

// Report says what moving the clock has done.
type Report struct {
	From, To time.Time
	Steps    int // instants at which something was due
	// Quiet says that everything that was due has been done. It is false when
	// something took too long; it goes on by itself.
	Quiet    bool
	Happened []order.Entry // on the timelines of all orders, the oldest first
}

// Now returns the sandbox's time in UTC.
func (c *Clock) Now() time.Time { return c.business.Now() }

// Advance moves the clock to an instant and stops on the way wherever
// something is due, until that is done. Time goes on flowing meanwhile.
// Returns Invalid for an instant that is not in the future. An error later on
// leaves the clock somewhere between.
func (c *Clock) Advance(ctx context.Context, to time.Time) (Report, error) {
	select {
	case <-ctx.Done():
		return Report{}, ctx.Err()
	case <-c.turn:
	}
	defer func() { c.turn <- struct{}{} }()

	report := Report{From: c.Now(), Quiet: true}
	if !to.After(report.From) {
		return Report{}, fault.OneField("to", fault.CodeClockBackward, "ask for a later instant", "the clock is at %s already and only moves forward", report.From.Format(time.RFC3339))
	}
	last, err := c.porting.LastEntry(ctx)
	if err != nil {
		return Report{}, err
	}
	for report.Quiet {
		at, ok, err := c.porting.NextDue(ctx)
		if err != nil {
			return Report{}, err
		}
		if !ok || at.After(to) {
			break
		}
		err = c.stop(ctx, at, &report)
		if err != nil {
			return Report{}, err
		}
		report.Steps++
	}
	err = c.stop(ctx, to, &report)
	if err != nil {
		return Report{}, err
	}
	report.To = c.Now()
	report.Happened, err = c.porting.EntriesSince(ctx, last, happenedMax)
	return report, err
}

// stop moves the clock to an instant, unless it is there already, and waits
// until everything that is due by then is done.
func (c *Clock) stop(ctx context.Context, at time.Time, report *Report) error {
	err := c.move(ctx, at)
	if err != nil {
		return err
	}
	quiet, err := c.settle(ctx)
	report.Quiet = report.Quiet && quiet
	return err
}

// move sets the clock to an instant. What is stored is never behind what the
// clock has shown, so that time does not run back after a restart.
func (c *Clock) move(ctx context.Context, to time.Time) error {
	wait := to.Sub(c.Now())
	if wait <= 0 {
		return nil
	}
	ahead := c.business.Ahead() + wait
	err := c.store.Update(ctx, func(tx porting.Tx) error { return tx.SetSetting(settingAhead, ahead.String()) })
	if err != nil {
		return fmt.Errorf("store the clock: %w", err)
	}
	c.business.SetAhead(ahead)
	return nil
}

// settle waits until nothing is due. quiet is false when something is, and for
// too long nothing has happened on any timeline.
func (c *Clock) settle(ctx context.Context) (quiet bool, err error) {
	tick := time.NewTicker(quietEvery)
	defer tick.Stop()
	patience := time.NewTimer(quietWithin)
	defer patience.Stop()
	var seen int64
	for {
		at, ok, err := c.porting.NextDue(ctx)
		if err != nil || !ok || at.After(c.Now()) {
			return err == nil, err
		}
		_, err = c.porting.Sweep(ctx)
		if err != nil {
			return false, err
		}
		last, err := c.porting.LastEntry(ctx)
		if err != nil {
			return false, err
		}
		if last != seen {
			seen = last
			patience.Reset(quietWithin)
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-patience.C:
			return false, nil
		case <-tick.C:
		}
	}
}
