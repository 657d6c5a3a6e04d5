package porting_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/audit"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// crowd is how many do the same at the same time.
const crowd = 12

// atOnce runs a call many times at once, and returns what came of each.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// won counts the calls that succeeded, and fails when another one was not
// refused with the code.
func won(t *testing.T, errs []error, refusal fault.Code) int {
	t.Helper()
	n := 0
	for i, err := range errs {
		switch {
		case err == nil:
			n++
		case refusal == "" || !hasCode(err, refusal):
			t.Errorf("call %d: %v; want %s", i, err, refusal)
		}
	}
	return n
}

// TestConfirmedAtOnce: of many different confirmations one is submitted; the
// same one many times is submitted once, and all callers are told so.
func TestConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	errs := atOnce(crowd, func(i int) error {
		f := subscriber()
		f["account_number"] = fmt.Sprint("4711-", i)
		_, err := h.service.Confirm(h.ctx(), ann, id, body(f))
		return err
	})
	same(t, "how many different ones succeed", 1, won(t, errs, fault.CodeAlreadySubmitted))
	winner := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	same(t, "what is sent", fmt.Sprint("4711-", winner), h.take(id).Request.Confirmation.Text("account_number"))

	id = h.draft(did2)
	errs = atOnce(crowd, func(int) error {
		v, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		if err == nil && v.Status != order.Submitted {
			err = fmt.Errorf("the answer says %s", v.Status)
		}
		return err
	})
	same(t, "how many equal ones succeed", crowd, won(t, errs, ""))
	got := h.state(id)
	same(t, "the events", []order.EntryType{order.EntryCreated, order.EntrySubmitted}, got.events(0))
	same(t, "the version of the request", 1, got.Order.PONVersion)
	same(t, "the jobs", 1, h.jobs(id, order.DueSend))
}

// TestTwoAccountsAtOnce: a number belongs to one of those who confirm at the
// same time.
func TestTwoAccountsAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	for round := range 5 {
		n := did1 + nanp.Number(round)
		ids := []int64{h.upload(ann, n)[0], h.upload(bob, n)[0]}
		errs := atOnce(2, func(i int) error {
			_, err := h.service.Confirm(h.ctx(), []porting.Call{ann, bob}[i], ids[i], body(subscriber()))
			return err
		})
		same(t, "how many get it", 1, won(t, errs, fault.CodeNotAvailable))
		same(t, "who has it", ids[slices.Index(errs, nil)], h.claims()[n])
	}
}

// TestTakenAtOnce: of many workers one is given what is to be sent, and of
// many that take over from a dead one as well.
func TestTakenAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	for attempt := range 3 {
		var mu sync.Mutex
		var got []*porting.Sending
		for _, err := range atOnce(crowd, func(int) error {
			w, err := h.service.TakeSend(h.ctx(), id)
			if w != nil {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, w)
			}
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if len(got) != 1 || got[0].Ask != (attempt > 0) {
			t.Fatalf("attempt %d was given to %d workers: %+v", attempt, len(got), got)
		}
		h.wall.pass(lease)
	}
}

// TestSweptAtOnce: what is due is queued once, however many sweep.
func TestSweptAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	h.wall.pass(lease)
	for _, err := range atOnce(crowd, func(int) error {
		_, err := h.service.Sweep(h.ctx())
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	same(t, "the jobs, with that of the confirmation", 2, h.jobs(id, order.DueSend))
}

// TestSaidAtOnce: the same answer that comes in many ways at the same time
// counts once; of different answers none is lost.
func TestSaidAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.FOC, did1)
	before := h.state(id)
	word := h.word(id, order.CarrierEvent{Key: "moved", On: order.FOCSet, FOC: h.date(2026, 12, 8)})
	for _, err := range atOnce(crowd, func(int) error {
		return h.service.CarrierSaid(h.ctx(), id, []order.CarrierEvent{word}, time.Time{})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	same(t, "the events", []order.EntryType{order.EntryFOCChanged}, h.state(id).events(len(before.Entries)))

	words := make([]order.CarrierEvent, crowd)
	for i := range words {
		words[i] = h.word(id, order.CarrierEvent{On: order.FOCSet, FOC: h.date(2026, 12, 9+i)})
	}
	for _, err := range atOnce(crowd, func(i int) error {
		return h.service.CarrierSaid(h.ctx(), id, words[i:i+1], time.Time{})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	after := h.state(id)
	told := map[any]bool{}
	for _, e := range after.Entries[len(before.Entries)+1:] {
		told[e.Data["foc_date"]] = true
	}
	same(t, "how many dates are told", crowd, len(told))
	same(t, "the date that stands", after.Entries[len(after.Entries)-1].Data["foc_date"], any(after.Order.FOC.Date.String()))
}

// TestEverybodyAtOnce: customers, workers and the carrier meet at one order.
// Every success is to be seen afterwards, every refusal has left nothing, and
// each change has counted the version up by one.
func TestEverybodyAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1, did2)
	w := h.take(id)
	before := h.state(id)
	word := func(key string, e order.CarrierEvent) order.CarrierEvent {
		e.Key = key
		return h.word(id, e)
	}
	words := []order.CarrierEvent{
		word("accepted", said(order.Accepted)), word("foc", said(order.FOCSet)), word("moved", order.CarrierEvent{On: order.FOCSet, FOC: h.date(2026, 12, 8)}),
		word("first", ported(did1)), word("reject", rejects("zip_mismatch")), word("refused", said(order.CancelRefused)),
	}
	var mu sync.Mutex
	var changes, comments, files int
	did := func(n *int, err error, refusal fault.Code) error {
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			changes++
			*n++
		}
		if refusal != "" && hasCode(err, refusal) {
			return nil
		}
		return err
	}
	var cancelled, confirmed, said int
	errs := atOnce(6*crowd, func(i int) error {
		j := i / 6
		switch i % 6 {
		case 0:
			_, err := h.service.Comment(h.ctx(), ann, id, fmt.Sprint("comment ", j))
			return did(&comments, err, "")
		case 1:
			_, err := h.service.Tag(h.ctx(), ann, id, fmt.Sprint("tag ", j))
			return err
		case 2:
			_, err := h.service.Cancel(h.ctx(), ann, id, "not wanted any more")
			return did(&cancelled, err, fault.CodeState)
		case 3:
			f := subscriber()
			f["zip"] = fmt.Sprint(27602 + j)
			_, err := h.service.Confirm(h.ctx(), ann, id, body(f))
			return did(&confirmed, err, fault.CodeAlreadySubmitted)
		case 4:
			if j >= len(words) {
				_, err := h.service.Attach(h.ctx(), ann, id, letter())
				return did(&files, err, "")
			}
			return did(&said, h.service.CarrierSaid(h.ctx(), id, words[j:j+1], h.now.Now().Add(time.Minute)), "")
		default:
			err := h.service.Sent(h.ctx(), w, h.now.Now(), h.now.Now().Add(time.Second))
			if errors.Is(err, porting.ErrMoved) {
				return nil
			}
			return err
		}
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("call %d: %v", i, err)
		}
	}
	after := h.state(id)
	same(t, "the version", before.Order.Version+int64(changes), after.Order.Version)
	same(t, "how many comments were taken", crowd, comments)
	same(t, "the comments", comments, len(after.Comments))
	same(t, "the tags", crowd, len(after.Tags))
	same(t, "the files", files, len(after.Files))
	same(t, "what the carrier said", len(words), said)
	types := map[order.EntryType]int{}
	status := before.Order.Status
	for i, e := range after.Entries {
		if i < len(before.Entries) {
			continue
		}
		types[e.Type]++
		from, moved := e.Data["previous_status"].(string)
		if moved && from != string(status) {
			t.Errorf("the event %s says that it was %s; it was %s", e.Type, from, status)
		}
		if moved {
			to, _ := e.Data["status"].(string)
			status = order.Status(to)
		}
	}
	same(t, "the status by its events", after.Order.Status, status)
	same(t, "the cancellations told", cancelled, types[order.EntryCancelPending])
	same(t, "the submissions told", confirmed, types[order.EntrySubmitted])
	same(t, "the comments told", comments, types[order.EntryCommentAdded])
	same(t, "the sendings told", 1, types[order.EntrySent])
	same(t, "the ported number", order.NumberPorted, after.statusOf(did1))
	var sequence int64
	for _, e := range after.Entries {
		if e.Sequence > 0 {
			sequence++
			same(t, "the sequence of "+string(e.Type), sequence, e.Sequence)
		}
	}
	same(t, "the last sequence", sequence, after.Order.Sequence)
	var chain []audit.Entry
	h.must(h.service.Store.View(h.ctx(), func(tx porting.Tx) error {
		var err error
		chain, err = tx.AuditTrail(ann.Principal.AccountID)
		return err
	}))
	bad, err := audit.Verify(h.ring.MAC, chain)
	if bad != 0 || err != nil {
		t.Errorf("the audit does not verify at %d: %v", bad, err)
	}
}
