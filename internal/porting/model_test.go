package porting_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
)

// pool are the numbers that two accounts fight for: three of one exchange, one
// that two carriers could take, one that needs a letter, and one that no
// carrier takes.
var pool = []nanp.Number{did1, did2, did3, 4152002000, tollFree, 4162002000}

// model is a house in which everybody does anything at any time: two
// customers, workers that are slow or die, carriers that repeat and contradict
// themselves, and the time. It knows what is stored after each step, and what
// may follow.
type model struct {
	*house
	orders map[int64]*state // as they were read after the last step
	raw    snapshot
	by     order.Actor // of the step that was done last
	gone   map[int64]bool
	hands  []*porting.Sending // taken, and not recorded yet
	given  map[int64]int      // the version that the carrier may have seen last
	words  []order.CarrierEvent
	about  []int64 // the orders of words
	n      int     // makes texts that were never used
	heard  map[string]bool
	off    int64 // a carrier that is switched off, beside Maple and Dormant
}

// TestMain walks less far than rapid would by itself: a walk is long, and
// -rapid.checks makes it more of them.
func TestMain(m *testing.M) {
	err := flag.Set("rapid.checks", "20")
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestAnyOrderOfThings lets random things happen, and checks after each what
// the store has. In the end everything must come to an end.
func TestAnyOrderOfThings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(folder, "")
		if err != nil {
			t.Fatal(err)
		}
		h, end := openIn(t, dir)
		defer os.RemoveAll(dir)
		defer end()
		m := &model{house: h, orders: map[int64]*state{}, gone: map[int64]bool{}, given: map[int64]int{}, heard: map[string]bool{}}
		m.must(m.service.Store.Update(m.ctx(), func(tx porting.Tx) error {
			c := sandbox.Carriers()[2]
			c.On = false
			return tx.SaveCarrier(c)
		}))
		m.raw = m.snapshot()
		m.start(ann, did1, did2, tollFree)
		m.start(bob, did2, did3, 4152002000)
		acts := weighted(map[string]int{
			"upload": 2, "confirm": 10, "cancel": 2, "split": 2, "delete": 1, "comment": 1, "tag": 1, "attach": 1, "choose": 1,
			"take": 9, "record": 8, "say": 14, "pass": 3, "expire": 2, "sweep": 1, "turn": 1,
		})
		for range steps {
			m.act(t, acts[uniform(len(acts)).Draw(t, "act")])
		}
		m.finish()
	})
}

// steps is how many things happen before everything must come to an end.
const steps = 40

// weighted lists each name as often as it weighs.
func weighted(weights map[string]int) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(weights)) {
		out = append(out, slices.Repeat([]string{name}, weights[name])...)
	}
	return out
}

// uniform draws from 0 to n-1, each as likely as the other: rapid's own
// generators prefer what is small, and would try the first few only.
func uniform(n int) *rapid.Generator[int] {
	return rapid.Custom(func(t *rapid.T) int {
		i := 0
		for range 12 {
			i *= 2
			if rapid.Bool().Draw(t, "bit") {
				i++
			}
		}
		return i % n
	})
}

// one draws one of several.
func one[T any](t *rapid.T, label string, of ...T) T {
	return of[uniform(len(of)).Draw(t, label)]
}

// chance draws whether something happens that does so once in n times.
func chance(t *rapid.T, label string, n int) bool { return uniform(n).Draw(t, label) == n-1 }

func (m *model) act(t *rapid.T, name string) {
	map[string]func(*rapid.T){
		"upload": m.upload, "confirm": m.confirm, "cancel": m.doCancel, "split": m.split, "delete": m.delete, "comment": m.comment, "tag": m.tag,
		"attach": m.attach, "choose": m.choose, "take": m.take, "record": m.record, "say": m.say, "pass": m.pass, "expire": m.expire, "sweep": m.sweep, "turn": m.turn,
	}[name](t)
}

// start makes the orders of an upload, submits those that can be, and gives
// them to the carriers.
func (m *model) start(c porting.Call, numbers ...nanp.Number) {
	m.t.Helper()
	ids := m.house.upload(c, numbers...)
	m.check("upload")
	for _, id := range ids {
		done := m.step(order.Customer, "confirm", func() error {
			_, err := m.service.Confirm(m.ctx(), c, id, body(subscriber()))
			return err
		})
		if !done {
			continue
		}
		m.step(order.System, "send", func() error {
			m.send(id)
			return nil
		})
		m.given[id] = 1
	}
}

// step runs what somebody does, and checks what came of it. A refusal must be
// one that the caller can act on, and must leave everything as it is.
func (m *model) step(by order.Actor, what string, do func() error) (done bool) {
	m.t.Helper()
	m.by = by
	err := do()
	if err == nil {
		m.check(what)
		return true
	}
	switch {
	case errors.Is(err, porting.ErrMoved) && by == order.System:
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict), fault.Is(err, fault.Invalid):
	default:
		m.t.Fatalf("%s: %v", what, err)
	}
	after := m.snapshot()
	if after.text != m.raw.text {
		m.t.Fatalf("%s was refused (%v), and changed something\nbefore:\n%s\nafter:\n%s", what, err, m.raw.text, after.text)
	}
	return false
}

// expects fails when a call was refused that should have been done, or the
// other way round.
func (m *model) expects(what string, want, done bool) {
	m.t.Helper()
	if want != done {
		m.t.Fatalf("%s: done is %v; want %v", what, done, want)
	}
}

// any draws an order and who calls: mostly one for which the call makes sense,
// mostly by its owner, and mostly with no version or with the right one. right
// says that who calls is not the obstacle.
func (m *model) any(t *rapid.T, sense func(*state) bool) (id int64, o *state, c porting.Call, right bool) {
	if len(m.gone) > 0 && chance(t, "deleted", 50) {
		id = one(t, "order", slices.Sorted(maps.Keys(m.gone))...)
		return id, &state{}, ann, false
	}
	ids := slices.Sorted(maps.Keys(m.orders))
	if !chance(t, "senseless", 6) {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return !sense(m.orders[id]) })
	}
	if len(ids) == 0 {
		return 0, &state{}, ann, false
	}
	id = one(t, "order", ids...)
	o = m.orders[id]
	c, other := ann, bob
	if o.Order.AccountID == bob.Principal.AccountID {
		c, other = bob, ann
	}
	switch uniform(20).Draw(t, "caller") {
	case 19:
		return id, o, other, false
	case 18:
		c.Version = o.Order.Version - 1
		return id, o, c, c.Version == 0
	case 17, 16, 15:
		c.Version = o.Order.Version
	}
	return id, o, c, true
}

// allows tells of an order whether its customer can do that.
func allows(a order.Action) func(*state) bool {
	return func(o *state) bool { return o.Order.Status.Allows(a) }
}

// isOpen tells whether an order is not over.
func isOpen(o *state) bool { return !o.Order.Status.Final() }

// has tells of an order whether something of the kind is due, ever.
func has(kind order.DueKind) func(*state) bool {
	return func(o *state) bool { return !o.Dues[kind].IsZero() }
}

func (m *model) upload(t *rapid.T) {
	c := one(t, "account", ann, bob)
	numbers := m.some(t, "numbers", pool)
	var free []nanp.Number
	for _, n := range numbers {
		if !m.holds(c.Principal.AccountID, n) {
			free = append(free, n)
		}
	}
	dry := chance(t, "dry", 8)
	before := maps.Clone(m.orders)
	was := m.raw.text
	var out porting.UploadOut
	what := fmt.Sprintf("upload of %v by %s", numbers, c.Principal.Username)
	done := m.step(order.Customer, what, func() error {
		var err error
		out, err = m.service.Upload(m.ctx(), c, porting.UploadIn{Numbers: list(numbers...), DryRun: dry})
		return err
	})
	repeated := len(out.Orders) > 0 && before[out.Orders[0].ID] != nil
	if !repeated {
		m.expects(what, len(free) > 0, done)
	}
	if dry || repeated {
		same(t, what+": what it changed", was, m.raw.text)
	}
	if !done || dry {
		return
	}
	var got []nanp.Number
	for _, o := range out.Orders {
		if (before[o.ID] != nil) != repeated || o.UploadID != out.UploadID {
			t.Fatalf("%s: order %d is of upload %d, and is new: %v", what, o.ID, o.UploadID, before[o.ID] == nil)
		}
		if o.Status != order.Created {
			t.Fatalf("%s: order %d is %s", what, o.ID, o.Status)
		}
		got = append(got, numbersOf(m.orders[o.ID].Numbers)...)
	}
	if repeated {
		// The answer that was given then, whatever has become free since.
		same(t, what+" again: how many are taken", out.Accepted, len(got))
		return
	}
	want := free
	slices.Sort(got)
	slices.Sort(want)
	same(t, what+": the numbers", want, got)
}

// some draws some of the numbers, one at least.
func (m *model) some(t *rapid.T, label string, of []nanp.Number) []nanp.Number {
	out := slices.DeleteFunc(slices.Clone(of), func(nanp.Number) bool { return chance(t, label, 2) })
	if len(out) == 0 {
		return of[:1]
	}
	return out
}

// holds tells whether an account has a number in an open order, or as its own.
func (m *model) holds(accountID int64, n nanp.Number) bool {
	for _, o := range m.orders {
		if s := o.statusOf(n); o.Order.AccountID == accountID && (s == order.NumberPorted || s != "" && !s.Final()) {
			return true
		}
	}
	return false
}

func numbersOf(numbers []order.Number) []nanp.Number {
	out := make([]nanp.Number, len(numbers))
	for i, n := range numbers {
		out[i] = n.Facts.Number
	}
	return out
}

// moving lists the numbers of an order that are on their way.
func (s *state) moving() []nanp.Number {
	out := []nanp.Number{}
	for _, n := range s.Numbers {
		if !n.Status.Final() {
			out = append(out, n.Facts.Number)
		}
	}
	return out
}

// confirmable tells whether an order can be confirmed, and nothing but its
// details may stand in the way.
func (m *model) confirmable(o *state) bool {
	for _, n := range o.moving() {
		other, taken := m.raw.claims[n]
		if taken && other != o.Order.ID || n == tollFree && len(o.Files) == 0 {
			return false
		}
	}
	return o.Order.Status.Allows(order.DoConfirm)
}

func (m *model) confirm(t *rapid.T) {
	id, o, c, right := m.any(t, m.confirmable)
	m.n++
	f := subscriber()
	valid := true
	gone := []nanp.Number{}
	switch kind := one(t, "body", "whole", "new account", "new account", "new account", "nothing", "no address", "bad zip", "remove", "remove all", "date", "no date"); kind {
	case "new account":
		f["account_number"] = fmt.Sprintf("4711-%d", m.n)
	case "nothing":
		f = fields{}
		valid = o.Order.PONVersion > 0
	case "no address":
		f = fields{"address": nil, "account_number": nil, "city": nil, "pin": nil}
		valid = false
	case "bad zip":
		f["zip"] = "x"
		valid = false
	case "remove", "remove all":
		all := o.moving()
		if kind == "remove" && len(all) > 0 {
			all = all[:uniform(len(all)).Draw(t, "gone")]
		}
		tns := []fields{}
		for _, n := range all {
			tns = append(tns, fields{"did": n.String(), "remove": true})
		}
		f["tns"], gone = tns, all
		valid = len(gone) < len(o.moving())
	case "date":
		f["requested_foc_date"] = bizday.DateOf(m.now.Now().AddDate(0, 0, uniform(100).Draw(t, "days")-2), time.UTC).String()
	case "no date":
		f["requested_foc_date"] = nil
	}
	in := body(f)
	in.Version = c.Version
	in.DryRun = chance(t, "dry", 10)
	for _, n := range o.moving() {
		other, taken := m.raw.claims[n]
		if taken && other != id && !slices.Contains(gone, n) {
			valid = false
		}
	}
	what := fmt.Sprintf("confirm order %d", id)
	was := m.raw.text
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.Confirm(m.ctx(), c, id, in)
		return err
	})
	if !done {
		return
	}
	if o.Order.Status.Allows(order.DoConfirm) && (!right || !valid) {
		t.Fatalf("%s is not valid, and was done", what)
	}
	if in.DryRun || !o.Order.Status.Allows(order.DoConfirm) {
		same(t, what+": what it changed", was, m.raw.text)
		return
	}
	now := m.orders[id]
	same(t, what+": the status", order.Submitted, now.Order.Status)
	same(t, what+": the version of the request", o.Order.PONVersion+1, now.Order.PONVersion)
	same(t, what+": the PON", order.PONOf(id), now.Order.PON)
	same(t, what+": the request", order.SubmissionReady, now.Request.State)
	for _, n := range gone {
		same(t, what+": a number that was taken out", order.NumberRemoved, now.statusOf(n))
	}
}

func (m *model) doCancel(t *rapid.T) {
	id, o, c, right := m.any(t, allows(order.DoCancel))
	what := fmt.Sprintf("cancel order %d", id)
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.Cancel(m.ctx(), c, id, "not wanted any more")
		return err
	})
	m.expects(what, right && o.Order.Status.Allows(order.DoCancel), done)
	if !done {
		return
	}
	want := order.CancelPending
	if o.Request.State == order.SubmissionReady && o.Order.PONVersion == 1 {
		want = order.Canceled
	}
	same(t, what, want, m.orders[id].Order.Status)
}

func (m *model) split(t *rapid.T) {
	id, o, c, right := m.any(t, func(o *state) bool { return o.Order.Status.Allows(order.DoSplit) && len(o.moving()) > 1 })
	moving := o.moving()
	numbers := moving[:uniform(len(moving)+1).Draw(t, "how many")]
	if chance(t, "any", 4) {
		numbers = m.some(t, "numbers", pool)
	}
	good := right && o.Order.Status.Allows(order.DoSplit) && len(numbers) > 0 && len(numbers) < len(moving)
	for _, n := range numbers {
		good = good && slices.Contains(moving, n)
	}
	var halves porting.Halves
	what := fmt.Sprintf("split %v off order %d", numbers, id)
	done := m.step(order.Customer, what, func() error {
		var err error
		halves, err = m.service.Split(m.ctx(), c, id, numbers)
		return err
	})
	m.expects(what, good, done)
	if !done {
		return
	}
	made := m.orders[halves.Made.ID]
	want := slices.Sorted(slices.Values(numbers))
	same(t, what+": the new order", want, slices.Sorted(slices.Values(numbersOf(made.Numbers))))
	same(t, what+": its status", order.Created, made.Order.Status)
	same(t, what+": the status of the other", o.Order.Status, m.orders[id].Order.Status)
	same(t, what+": how many are left", len(o.Numbers)-len(numbers), len(m.orders[id].Numbers))
}

func (m *model) delete(t *rapid.T) {
	id, o, c, right := m.any(t, allows(order.DoDelete))
	what := fmt.Sprintf("delete order %d", id)
	m.gone[id] = m.gone[id] || right && o.Order.Status == order.Created
	done := m.step(order.Customer, what, func() error { return m.service.Delete(m.ctx(), c, id) })
	m.expects(what, right && o.Order.Status == order.Created, done)
	if !m.gone[id] {
		delete(m.gone, id)
	}
}

func (m *model) comment(t *rapid.T) {
	id, o, c, right := m.any(t, isOpen)
	what := fmt.Sprintf("comment on order %d", id)
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.Comment(m.ctx(), c, id, "hello")
		return err
	})
	m.expects(what, right && o.Order.Status.Allows(order.DoComment), done)
	if done {
		same(t, what, len(o.Comments)+1, len(m.orders[id].Comments))
	}
}

func (m *model) tag(t *rapid.T) {
	id, o, c, right := m.any(t, isOpen)
	text := one(t, "text", "urgent", "later")
	what := fmt.Sprintf("tag order %d", id)
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.Tag(m.ctx(), c, id, text)
		return err
	})
	m.expects(what, right, done)
	if done {
		want := o.Tags
		if !slices.Contains(want, text) {
			want = append(slices.Clone(want), text)
		}
		same(t, what, want, m.orders[id].Tags)
		same(t, what+": the version", o.Order.Version, m.orders[id].Order.Version)
	}
}

func (m *model) attach(t *rapid.T) {
	id, o, c, right := m.any(t, isOpen)
	in := letter()
	in.DocumentDate = bizday.DateOf(m.now.Now(), time.UTC)
	what := fmt.Sprintf("attach a letter to order %d", id)
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.Attach(m.ctx(), c, id, in)
		return err
	})
	m.expects(what, right && o.Order.Status.Allows(order.DoFiles), done)
	if done {
		current := 0
		for _, f := range m.orders[id].Files {
			if f.Current() {
				current++
			}
		}
		same(t, what+": the letters that count", 1, current)
		same(t, what+": all letters", len(o.Files)+1, len(m.orders[id].Files))
	}
}

func (m *model) choose(t *rapid.T) {
	id, o, c, right := m.any(t, allows(order.DoChooseCarrier))
	to := one(t, "carrier", int64(7), 8, 9, 10, 11, 99)
	what := fmt.Sprintf("move order %d to carrier %d", id, to)
	done := m.step(order.Customer, what, func() error {
		_, err := m.service.ChooseCarrier(m.ctx(), c, id, to)
		return err
	})
	if done && (!right || o.Order.Status != order.Created || to == 9 || to > 10 || to == m.off) {
		t.Fatalf("%s was done", what)
	}
	if done {
		same(t, what, to, m.orders[id].Order.Carrier.ID)
	}
}

// turn switches one of the two carriers off that the numbers can go to, or both
// on. The drafts are planned again then: no number is lost, doubled, or left with
// a carrier that is off.
func (m *model) turn(t *rapid.T) {
	off := one(t, "carrier", int64(0), 7, 8)
	for _, id := range []int64{7, 8} {
		what := fmt.Sprintf("switch carrier %d, off is %d", id, off)
		m.step(order.Desk, what, func() error {
			_, err := m.service.ChangeCarrier(m.ctx(), porting.Operator, id, func(g *carrier.Gaining) error {
				g.On, g.OffReason = id != off, "for a test"
				return nil
			})
			return err
		})
	}
	m.off = off
	drafts := func() map[nanp.Number]int {
		out := map[nanp.Number]int{}
		for _, o := range m.orders {
			if o.Order.Status == order.Created {
				for _, n := range o.moving() {
					out[n]++
				}
			}
		}
		return out
	}
	before := drafts()
	for _, id := range slices.Sorted(maps.Keys(m.orders)) {
		m.step(order.System, fmt.Sprintf("plan order %d again", id), func() error { return m.service.Replan(m.ctx(), id) })
	}
	same(t, "the numbers of drafts", before, drafts())
	for id, o := range m.orders {
		if o.Order.Status == order.Created && off != 0 && o.Order.Carrier.ID == off {
			t.Fatalf("order %d stays with carrier %d, which is off", id, off)
		}
	}
}
