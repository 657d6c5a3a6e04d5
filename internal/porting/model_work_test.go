package porting_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// sendable tells whether something is to be sent of an order.
func (m *model) sendable(o *state) bool {
	return slices.ContainsFunc([]*order.Submission{o.Request, o.Cancel}, func(s *order.Submission) bool { return s != nil && waits(s, m.wall.Now()) })
}

// take lets a worker take what is to be sent of an order.
func (m *model) take(t *rapid.T) {
	id, o, _, _ := m.any(t, m.sendable)
	var w *porting.Sending
	what := fmt.Sprintf("take what is to be sent of order %d", id)
	m.step(order.System, what, func() error {
		var err error
		w, err = m.service.TakeSend(m.ctx(), id)
		return err
	})
	request := o.Request != nil && waits(o.Request, m.wall.Now())
	leased := o.Request != nil && o.Request.State == order.SubmissionSending && !request
	cancel := !leased && o.Cancel != nil && waits(o.Cancel, m.wall.Now()) && o.Order.Status == order.CancelPending
	_, due := o.Dues[order.DueSend]
	m.expects(what, due && (request || cancel), w != nil)
	if w == nil {
		return
	}
	sub := o.Cancel
	if request {
		sub = o.Request
	}
	same(t, what+": what", sub.Kind, w.Kind)
	same(t, what+": the version", sub.Version, w.Request.Version)
	same(t, what+": whether to ask", sub.Attempts > 0, w.Ask)
	if w.Kind == order.SendRequest {
		same(t, what+": the numbers", o.moving(), w.Request.Numbers)
		m.given[id] = w.Request.Version
	} else if w.Request.Version > m.given[id] {
		t.Fatalf("%s: version %d is cancelled, which the carrier never got", what, w.Request.Version)
	}
	m.hands = append(m.hands, w)
}

// waits tells whether a submission waits for a worker.
func waits(s *order.Submission, wall time.Time) bool {
	return s.State == order.SubmissionReady || s.State == order.SubmissionSending && !s.Lease.After(wall)
}

// record lets a worker record what came of what it took, perhaps long after.
func (m *model) record(t *rapid.T) {
	if len(m.hands) == 0 {
		return
	}
	i := uniform(len(m.hands)).Draw(t, "worker")
	w := m.hands[i]
	if !chance(t, "again", 5) {
		m.hands = slices.Delete(m.hands, i, i+1)
	}
	what := fmt.Sprintf("record the sending for order %d", w.Request.OrderID)
	m.step(order.System, what, func() error {
		if chance(t, "failed", 4) {
			return m.service.SendFailed(m.ctx(), w, errors.New("no route"))
		}
		return m.service.Sent(m.ctx(), w, m.now.Now(), m.now.Now().Add(time.Second))
	})
}

// say lets a carrier say anything about a version that it may have got, or
// repeat something that it said before.
func (m *model) say(t *rapid.T) {
	if len(m.given) == 0 {
		return
	}
	if len(m.words) > 0 && chance(t, "again", 8) {
		i := uniform(len(m.words)).Draw(t, "word")
		m.hear(m.about[i], m.words[i])
		return
	}
	ids := slices.Sorted(maps.Keys(m.given))
	if !chance(t, "any status", 10) {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return m.orders[id].Order.Status.Final() })
	}
	if len(ids) == 0 {
		return
	}
	id := one(t, "order", ids...)
	o := m.orders[id]
	e := order.CarrierEvent{At: m.now.Now(), Version: m.given[id], CarrierText: "the carrier's words"}
	if chance(t, "old", 6) {
		e.Version = 1 + uniform(m.given[id]).Draw(t, "version")
	}
	e.On = one(t, "word", order.Accepted, order.Accepted, order.CarrierReject, order.CarrierReject, order.CarrierReject, order.FOCSet, order.FOCSet,
		order.Activation, order.Activation, order.CancelDone, order.CancelRefused, order.CancelRefused, order.CancelRefused, order.NumbersDone)
	switch e.On {
	case order.CarrierReject:
		e.Reject = one(t, "reason", lnp.RejectAccountNumber, lnp.RejectLOA, lnp.RejectFreeze, lnp.RejectOther)
	case order.FOCSet:
		e.FOC = m.date(2026, 12, 1+uniform(28).Draw(t, "day"))
	case order.NumbersDone:
		e.AllPorted = chance(t, "all", 5)
		if !e.AllPorted && chance(t, "ported", 2) {
			e.Ported = m.some(t, "which", numbersOf(o.Numbers))
		} else if !e.AllPorted {
			e.Failed = m.some(t, "which", numbersOf(o.Numbers))
		}
	}
	m.n++
	e.Key = fmt.Sprintf("word-%d", m.n)
	m.words, m.about = append(m.words, e), append(m.about, id)
	m.hear(id, e)
}

// hear takes in a word. The carrier has more to say as long as somebody waits
// for it.
func (m *model) hear(id int64, e order.CarrierEvent) {
	m.t.Helper()
	o := m.orders[id]
	next := m.now.Now().Add(time.Minute)
	if e.On == order.CarrierReject && e.Version == o.Order.PONVersion && o.Order.Status != order.CancelPending && !m.heard[e.Key] {
		next = time.Time{}
	}
	what := fmt.Sprintf("the carrier says %s of version %d of order %d", e.On, e.Version, id)
	m.step(order.Carrier, what, func() error {
		return m.service.CarrierSaid(m.ctx(), id, []order.CarrierEvent{e}, next)
	})
	now := m.orders[id]
	if m.heard[e.Key] {
		same(m.t, what+" again: the order", o.Order, now.Order)
		same(m.t, what+" again: the timeline", len(o.Entries), len(now.Entries))
	}
	m.heard[e.Key] = true
}

func (m *model) pass(t *rapid.T) {
	m.now.pass(one(t, "business", time.Minute, time.Hour, time.Hour, 25*time.Hour, 8*24*time.Hour, 15*24*time.Hour, 31*24*time.Hour))
	m.wall.pass(one(t, "wall", 0, time.Minute, 3*time.Minute))
}

func (m *model) expire(t *rapid.T) {
	id, o, _, _ := m.any(t, has(order.DueExpire))
	what := fmt.Sprintf("the time of order %d", id)
	was := m.raw.text
	m.step(order.System, what, func() error { return m.service.Expire(m.ctx(), id) })
	at, due := o.Dues[order.DueExpire]
	if !due || at.After(m.now.Now()) {
		same(t, what+" has not come: what changed", was, m.raw.text)
		return
	}
	want := map[order.Status]order.Status{order.Created: order.Expired, order.Rejected: order.CancelPending}[o.Order.Status]
	same(t, what+" has come", want, m.orders[id].Order.Status)
}

func (m *model) sweep(t *rapid.T) {
	var n int
	sweep := func() error {
		var err error
		n, err = m.service.Sweep(m.ctx())
		return err
	}
	m.step(order.System, "sweep", sweep)
	was := m.raw.text
	m.step(order.System, "sweep again", sweep)
	same(t, "what the second sweep queued", 0, n)
	same(t, "what the second sweep changed", was, m.raw.text)
}

// finish lets the workers and the carriers do their work, and the time pass,
// until every order is over: whatever had happened before, nothing is stuck.
func (m *model) finish() {
	m.t.Helper()
	for range 8 {
		open := 0
		for _, id := range slices.Sorted(maps.Keys(m.orders)) {
			if o := m.orders[id]; !o.Order.Status.Final() {
				open++
				m.advance(id, o)
			}
		}
		if open == 0 {
			m.wall.pass(lease)
			m.now.pass(1000 * 24 * time.Hour)
			n, err := m.service.Sweep(m.ctx())
			m.must(err)
			same(m.t, "what is due when all is over", 0, n)
			m.verify()
			same(m.t, "the claims when all is over", map[nanp.Number]int64{}, m.claims())
			same(m.t, "the numbers that are held when all is over", int64(0), m.rows(`SELECT COUNT(*) FROM order_number WHERE held`)[0][0].(int64))
			return
		}
	}
	for id, o := range m.orders {
		if !o.Order.Status.Final() {
			m.t.Errorf("order %d is still %s", id, o.Order.Status)
		}
	}
	m.t.Fatal("not every order comes to an end")
}

// verify checks the audits. A chain that was ever broken stays so.
func (m *model) verify() {
	m.t.Helper()
	for _, c := range []porting.Call{ann, bob} {
		var chain []audit.Entry
		m.must(m.service.Store.View(m.ctx(), func(tx porting.Tx) error {
			var err error
			chain, err = tx.AuditTrail(c.Principal.AccountID)
			return err
		}))
		bad, err := audit.Verify(m.ring.MAC, chain)
		m.must(err)
		if bad != 0 || len(chain) == 0 {
			m.t.Fatalf("the audit of %s has %d entries and does not verify at %d", c.Principal.Username, len(chain), bad)
		}
	}
}

// advance does the next thing that must happen to an order.
func (m *model) advance(id int64, o *state) {
	m.t.Helper()
	_, send := o.Dues[order.DueSend]
	end, expires := o.Dues[order.DueExpire]
	switch {
	case send:
		m.wall.pass(lease)
		var w *porting.Sending
		m.step(order.System, fmt.Sprintf("at last take order %d", id), func() error {
			var err error
			w, err = m.service.TakeSend(m.ctx(), id)
			return err
		})
		if w != nil {
			m.given[id] = max(m.given[id], w.Request.Version)
			m.step(order.System, fmt.Sprintf("at last send order %d", id), func() error {
				return m.service.Sent(m.ctx(), w, m.now.Now(), m.now.Now().Add(time.Second))
			})
		}
	case expires:
		if end.After(m.now.Now()) {
			m.now.set(end)
		}
		m.step(order.System, fmt.Sprintf("at last end order %d", id), func() error { return m.service.Expire(m.ctx(), id) })
	case o.Order.Carrier.ID == 0:
		c := ann
		if o.Order.AccountID == bob.Principal.AccountID {
			c = bob
		}
		m.step(order.Customer, fmt.Sprintf("at last cancel order %d", id), func() error {
			_, err := m.service.Cancel(m.ctx(), c, id, "")
			return err
		})
	default:
		on := order.CarrierEvent{On: order.NumbersDone, AllPorted: true}
		if o.Order.Status == order.CancelPending {
			on = order.CarrierEvent{On: order.CancelDone}
		}
		m.n++
		on.Key, on.Version, on.At = fmt.Sprintf("word-%d", m.n), o.Order.PONVersion, m.now.Now()
		m.hear(id, on)
	}
}
