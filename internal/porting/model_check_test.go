package porting_test

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// snapshot is all that stands in the database, as it stands there. The row of
// an account has the head of its audit.
type snapshot struct {
	text   string
	orders map[int64]string // what of it belongs to an order
	claims map[nanp.Number]int64
}

func (m *model) snapshot() snapshot {
	m.t.Helper()
	s := snapshot{orders: map[int64]string{}, claims: map[nanp.Number]int64{}}
	var all strings.Builder
	parts := map[int64]*strings.Builder{}
	for _, table := range []struct {
		name string
		of   int // which column has the order's id; -1: none
	}{
		{"account", -1}, {"upload", -1}, {"river_job", -1}, {"answer", -1},
		{"port_order", 0}, {"order_number", 0}, {"due", 0}, {"heard", 0}, {"claim", 1}, {"entry", 1}, {"tag", 1}, {"comment", 1}, {"submission", 1}, {"file", 2},
	} {
		for _, row := range m.rows(`SELECT * FROM ` + table.name + ` ORDER BY 1, 2`) {
			if table.name == "claim" {
				s.claims[nanp.Number(row[0].(int64))] = row[1].(int64)
			}
			line := table.name
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = hex.EncodeToString(b)
				}
				line += fmt.Sprintf(" %v", v)
			}
			line += "\n"
			all.WriteString(line)
			if table.of < 0 {
				continue
			}
			id := row[table.of].(int64)
			if parts[id] == nil {
				parts[id] = &strings.Builder{}
			}
			parts[id].WriteString(line)
		}
	}
	s.text = all.String()
	for id, b := range parts {
		s.orders[id] = b.String()
	}
	return s
}

// check reads what a step has left, and compares it with what was there before
// and with what must hold at any time.
func (m *model) check(what string) {
	m.t.Helper()
	was, now := m.raw, m.snapshot()
	m.raw = now
	if now.text == was.text {
		return
	}
	before := m.orders
	m.orders = map[int64]*state{}
	var changed []int64
	m.must(m.service.Store.View(m.ctx(), func(tx porting.Tx) error {
		for id := range now.orders {
			if before[id] != nil && now.orders[id] == was.orders[id] {
				m.orders[id] = before[id]
				continue
			}
			o, err := tx.AnyOrder(id)
			if fault.Is(err, fault.NotFound) {
				continue // its timeline stays
			}
			if err != nil {
				return err
			}
			changed = append(changed, id)
			m.orders[id], err = stateOf(tx, o)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	slices.Sort(changed)
	for _, id := range changed {
		m.follows(what, before[id], m.orders[id])
		m.holdsTogether(what, m.orders[id])
	}
	for id, o := range before {
		if m.orders[id] == nil && (!m.gone[id] || o.Order.Status != order.Created) {
			m.t.Fatalf("%s: order %d, which was %s, is gone", what, id, o.Order.Status)
		}
	}
	m.numbersAreHeldOnce(what)
}

// follows fails unless an order may have become what it is from what it was.
func (m *model) follows(what string, was, now *state) {
	m.t.Helper()
	o := &now.Order
	bad := func(format string, args ...any) {
		m.t.Helper()
		m.t.Fatalf("%s: order %d: %s", what, o.ID, fmt.Sprintf(format, args...))
	}
	status, known := order.Status(""), 0
	if was == nil {
		if o.Version != 1 || o.Status != order.Created {
			bad("it is new, has version %d, and is %s", o.Version, o.Status)
		}
	} else {
		status, known = was.Order.Status, len(was.Entries)
		switch o.Version {
		case was.Order.Version:
			same(m.t, what+": an order that has the same version", was.Order, *o)
			same(m.t, what+": its numbers", was.Numbers, now.Numbers)
			same(m.t, what+": its files", len(was.Files), len(now.Files))
			same(m.t, what+": its comments", len(was.Comments), len(now.Comments))
		case was.Order.Version + 1:
		case was.Order.Version + 2, was.Order.Version + 3: // each part that a plan takes out counts
			if !strings.HasPrefix(what, "plan order") {
				bad("the version was %d and is %d", was.Order.Version, o.Version)
			}
		default:
			bad("the version was %d and is %d", was.Order.Version, o.Version)
		}
		if o.UID != was.Order.UID || o.AccountID != was.Order.AccountID || !o.Created.Equal(was.Order.Created) {
			bad("it is another order than before")
		}
		if o.PONVersion < was.Order.PONVersion && o.Status != order.CancelPending {
			bad("the version of the request was %d and is %d", was.Order.PONVersion, o.PONVersion)
		}
		for _, n := range was.Numbers {
			if n.Status.Final() && now.statusOf(n.Facts.Number) != n.Status {
				bad("%s was %s and is %q", n.Facts.Number, n.Status, now.statusOf(n.Facts.Number))
			}
		}
		same(m.t, what+": the timeline until then", was.Entries, now.Entries[:known])
	}
	var sequence int64
	for i, e := range now.Entries {
		if e.Sequence > 0 {
			sequence++
			if e.Sequence != sequence {
				bad("the event %s has the sequence %d; want %d", e.Type, e.Sequence, sequence)
			}
		}
		if i < known || e.Sequence == 0 {
			continue
		}
		to, _ := e.Data["status"].(string)
		from, moved := e.Data["previous_status"].(string)
		if !moved {
			if e.Type == order.EntryCreated {
				status = order.Created
			}
			continue
		}
		if from != string(status) {
			bad("the event %s says that it was %s; it was %s", e.Type, from, status)
		}
		if !m.mayMove(status, order.Status(to)) {
			bad("it moved from %s to %s by %s", status, to, m.by)
		}
		status = order.Status(to)
		if e.Type != status.Entered() && (e.Type != order.EntryFOCChanged || from != to) {
			bad("the event of becoming %s is %s", status, e.Type)
		}
	}
	if status != o.Status {
		bad("by its events it is %s, and it is %s", status, o.Status)
	}
	if o.Sequence != sequence {
		bad("it has %d events and counts %d", sequence, o.Sequence)
	}
}

// mayMove reports whether who did the last step can move an order so.
func (m *model) mayMove(from, to order.Status) bool {
	return slices.ContainsFunc(order.Transitions, func(t order.Transition) bool { return t.From == from && t.To == to && t.By == m.by })
}

// holdsTogether fails unless an order fits its numbers, and waits for
// something.
func (m *model) holdsTogether(what string, s *state) {
	m.t.Helper()
	o := &s.Order
	bad := func(format string, args ...any) {
		m.t.Helper()
		m.t.Fatalf("%s: order %d is %s, %s", what, o.ID, o.Status, fmt.Sprintf(format, args...))
	}
	counts := order.Counts{}
	for _, n := range s.Numbers {
		counts[n.Status]++
		if ns, ok := order.NumbersAt(o.Status); ok && !n.Status.Final() && n.Status != ns {
			bad("and %s is %s", n.Facts.Number, n.Status)
		}
	}
	same(m.t, what+": the counts", counts, s.Counts)
	if len(s.Numbers) != o.NumberCount {
		bad("and has %d numbers, not %d", len(s.Numbers), o.NumberCount)
	}
	end, done := counts.Done()
	switch {
	case !o.Status.Final() && done:
		bad("and none of its numbers is on its way: %v", counts)
	case o.Status == order.Completed && (!done || end != order.NumbersDone):
		bad("and its numbers are %v", counts)
	case (o.Status == order.Canceled || o.Status == order.Expired) && (!done || end != order.NonePorted):
		bad("and its numbers are %v", counts)
	}
	if o.Status.Final() != !o.Completed.IsZero() {
		bad("and its end is %v", o.Completed)
	}
	if o.Status == order.Rejected && o.Reject == nil || o.Status == order.FOC && o.FOC == nil {
		bad("and does not say why or when")
	}
	m.waits(what, s)
}

// waits fails unless what must happen to an order is due, and nothing else.
func (m *model) waits(what string, s *state) {
	m.t.Helper()
	o := &s.Order
	var expire time.Time
	switch o.Status {
	case order.Created:
		expire = o.Created.Add(m.service.Limits.Draft)
	case order.Rejected:
		expire = o.Reject.At.Add(m.service.Limits.Answer)
	}
	unsent := func(sub *order.Submission) bool {
		return sub != nil && (sub.State == order.SubmissionReady || sub.State == order.SubmissionSending)
	}
	must := map[order.DueKind]bool{}
	may := map[order.DueKind]bool{}
	must[order.DueExpire] = !expire.IsZero()
	if !o.Status.Final() && o.Carrier.ID != 0 {
		must[order.DueSend] = unsent(s.Request) || unsent(s.Cancel) && o.Status == order.CancelPending
		may[order.DueSend] = unsent(s.Cancel)
		sent := o.PONVersion > 0 && s.Request.State != order.SubmissionReady
		must[order.DuePoll] = sent && !must[order.DueSend] && o.Status != order.Rejected
		may[order.DuePoll] = o.PONVersion > 0
	}
	for _, kind := range []order.DueKind{order.DueExpire, order.DueSend, order.DuePoll} {
		at, due := s.Dues[kind]
		if must[kind] && !due || due && !must[kind] && !may[kind] {
			m.t.Fatalf("%s: order %d is %s, its request is %v, its cancellation %v, and due is %v", what, o.ID, o.Status, s.Request, s.Cancel, s.Dues)
		}
		if kind == order.DueExpire && due && !at.Equal(expire) {
			m.t.Fatalf("%s: order %d is %s until %v; want %v", what, o.ID, o.Status, at, expire)
		}
	}
}

// numbersAreHeldOnce fails unless a number is on its way in one order of an
// account at most, and in one order over all accounts once it is submitted.
func (m *model) numbersAreHeldOnce(what string) {
	m.t.Helper()
	type place struct {
		account int64
		number  nanp.Number
	}
	held := map[place]int64{}
	claims := map[nanp.Number]int64{}
	for id, s := range m.orders {
		for _, n := range s.Numbers {
			p := place{s.Order.AccountID, n.Facts.Number}
			if !n.Status.Final() {
				if held[p] != 0 {
					m.t.Fatalf("%s: %s is in the orders %d and %d", what, n.Facts.Number, held[p], id)
				}
				held[p] = id
			}
			if !s.Order.Status.Final() && s.Order.Status != order.Created && n.Status != order.NumberRemoved {
				claims[n.Facts.Number] = id
			}
		}
	}
	same(m.t, what+": the claims", claims, m.raw.claims)
}
