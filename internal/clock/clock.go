// Package clock tells the time, so that nothing else has to ask the machine.
//
// There are two clocks (architecture.md, Time). Business time dates orders,
// quotes, FOC dates and deadlines; the sandbox can move it forward. Wall time
// dates tokens, idempotency keys and leases, and nobody moves it.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the time, in UTC.
type Clock interface {
	Now() time.Time
}

// Wall is the machine's clock.
type Wall struct{}

// Now returns the machine's time in UTC.
func (Wall) Now() time.Time { return time.Now().UTC() }

// Offset is a clock that runs ahead of another by an amount that only grows.
// It is safe for concurrent use. The zero Offset runs with the machine's clock.
type Offset struct {
	Base  Clock // Wall when nil
	ahead atomic.Int64
}

// Now returns the base clock's time plus the amount that the clock is ahead.
func (o *Offset) Now() time.Time { return o.base().Now().Add(o.Ahead()) }

// Ahead returns by how much the clock is ahead of its base.
func (o *Offset) Ahead() time.Duration { return time.Duration(o.ahead.Load()) }

// SetAhead moves the clock forward so that it is ahead of its base by d. A
// smaller amount than it is ahead already is ignored: time never runs back.
func (o *Offset) SetAhead(d time.Duration) {
	for {
		old := o.ahead.Load()
		if int64(d) <= old || o.ahead.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

func (o *Offset) base() Clock {
	if o.Base == nil {
		return Wall{}
	}
	return o.Base
}
