package porting_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

// said makes a carrier's word.
func said(on order.Event) order.CarrierEvent { return order.CarrierEvent{On: on} }

func rejects(why lnp.RejectCode) order.CarrierEvent {
	return order.CarrierEvent{On: order.CarrierReject, Reject: why, CarrierCode: "6A", CarrierText: "ACCT NBR INV"}
}

func ported(numbers ...nanp.Number) order.CarrierEvent {
	return order.CarrierEvent{On: order.NumbersDone, Ported: numbers}
}

func failed(numbers ...nanp.Number) order.CarrierEvent {
	return order.CarrierEvent{On: order.NumbersDone, Failed: numbers, CarrierText: "TN NOT PORTABLE"}
}

var allPorted = order.CarrierEvent{On: order.NumbersDone, AllPorted: true}

// TestEveryWordInEveryStatus says every word of a carrier in every status: it
// does what the table of transitions says, with the order's numbers and one
// public event; or it stays on the timeline and changes nothing.
func TestEveryWordInEveryStatus(t *testing.T) {
	t.Parallel()
	for _, status := range order.Statuses {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			for i, on := range []order.Event{
				order.Accepted, order.CarrierReject, order.FOCSet, order.Activation, order.CancelDone, order.CancelRefused, order.NumbersDone, order.NonePorted,
			} {
				n := did1 + nanp.Number(i)
				id := h.at(status, n)
				before := h.state(id)
				e := order.CarrierEvent{On: on}
				switch on {
				case order.NumbersDone:
					e = ported(n)
				case order.NonePorted:
					e = failed(n)
				case order.CancelRefused:
					if before.Order.FOC != nil {
						on = order.CancelTooLate
					}
				}
				h.says(id, e)
				to, fits := order.Next(status, on)
				after := h.state(id)
				if after.Order.Status != to {
					t.Errorf("%s: the order is %s; want %s", on, after.Order.Status, to)
				}
				if !fits {
					delete(before.Dues, order.DuePoll) // the carrier has nothing more to say
					same(t, string(on)+": a word that does not fit", []order.EntryType{order.EntryLate}, after.events(len(before.Entries)))
					same(t, string(on)+": the numbers", before.Counts, after.Counts)
					same(t, string(on)+": what is due", before.Dues, after.Dues)
					if status != order.CancelPending {
						same(t, string(on)+": the date", before.Order.FOC, after.Order.FOC)
					}
					continue
				}
				want := []order.EntryType{to.Entered()}
				switch {
				case on == order.NumbersDone:
					want = []order.EntryType{order.EntryNumberPorted, order.EntryCompleted}
				case on == order.NonePorted:
					want = []order.EntryType{order.EntryNumberFailed, order.EntryCanceled}
				case on == order.FOCSet && status == order.FOC:
					want = []order.EntryType{order.EntryFOCChanged}
				}
				same(t, string(on)+": the events", want, after.events(len(before.Entries)))
				number := before.Numbers[0].Status
				if ns, ok := order.NumbersAt(to); ok {
					number = ns
				}
				switch on {
				case order.NumbersDone:
					number = order.NumberPorted
				case order.NonePorted:
					number = order.NumberFailed
				}
				same(t, string(on)+": the number", number, after.Numbers[0].Status)
				if to.Final() {
					same(t, string(on)+": what is due of an order that is over", map[order.DueKind]time.Time{}, after.Dues)
					if _, claimed := h.claims()[n]; claimed {
						t.Errorf("%s: the order is over and claims its number", on)
					}
				}
			}
		})
	}
}

// TestTheSameAnswerCountsOnce: an answer is known by its key, however often and
// however late it comes, and whatever came between.
func TestTheSameAnswerCountsOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Pending, did1)
	foc := h.word(id, order.CarrierEvent{Key: "foc", On: order.FOCSet})
	h.says(id, foc, foc)
	once := h.state(id)
	same(t, "the events", []order.EntryType{order.EntryFOCSet}, once.events(len(once.Entries)-1))
	before := h.everything()
	h.says(id, foc)
	same(t, "the same answer again", before, h.everything())
	h.says(id, said(order.Activation), foc, allPorted)
	before = h.everything()
	h.says(id, foc, order.CarrierEvent{Key: "foc", On: order.CancelDone})
	same(t, "the same answer after the end", before, h.everything())
	h.is(id, order.Completed)
	// Another order's carrier may use the same key.
	other := h.at(order.Pending, did2)
	h.says(other, order.CarrierEvent{Key: "foc", On: order.FOCSet})
	h.is(other, order.FOC)
}

// TestAnswersInOneBreath: what a carrier has said since it was asked last is
// applied in its order, in one step.
func TestAnswersInOneBreath(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Submitted, did1, did2)
	before := h.state(id)
	h.says(id, said(order.Accepted), said(order.FOCSet), said(order.Activation), allPorted)
	after := h.state(id)
	same(t, "the events", []order.EntryType{
		order.EntryPending, order.EntryFOCSet, order.EntryActivating, order.EntryNumberPorted, order.EntryCompleted,
	}, after.events(len(before.Entries)))
	same(t, "the version", before.Order.Version+1, after.Order.Version)
	same(t, "the last sequence", before.Order.Sequence+5, after.Order.Sequence)
	same(t, "the numbers", order.Counts{order.NumberPorted: 2}, after.Counts)
	same(t, "the end", h.now.Now(), after.Order.Completed)
}

// TestAnswersToAnEarlierVersion: once a correction was submitted, what the
// carrier says of the request before it stays on the timeline. But what has
// happened to numbers has happened, and a purchase order that the carrier has
// cancelled is cancelled in all its versions.
func TestAnswersToAnEarlierVersion(t *testing.T) {
	t.Parallel()
	cases := []struct {
		word order.CarrierEvent
		want order.Status
	}{
		{said(order.Accepted), order.Submitted},
		{rejects(lnp.RejectZIP), order.Submitted},
		{said(order.FOCSet), order.Submitted},
		{said(order.Activation), order.Submitted},
		{said(order.CancelRefused), order.Submitted},
		{said(order.CancelDone), order.Canceled},
		{allPorted, order.Completed},
		{failed(did1), order.Canceled},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.word.On, c.word.AllPorted), func(t *testing.T) {
			t.Parallel()
			for _, sent := range []bool{false, true} {
				h := open(t)
				id := h.at(order.Rejected, did1)
				h.confirm(ann, id, fields{"account_number": "4711-0816"})
				if sent {
					h.send(id)
				}
				before := h.state(id)
				if before.Order.PONVersion != 2 {
					t.Fatalf("the correction has version %d", before.Order.PONVersion)
				}
				c.word.Version, c.word.Key = 1, "late"
				h.says(id, c.word)
				after := h.state(id)
				same(t, "the status", c.want, after.Order.Status)
				if c.want != order.Submitted {
					same(t, "what is due", map[order.DueKind]time.Time{}, after.Dues)
					continue
				}
				same(t, "the events", []order.EntryType{order.EntryLate}, after.events(len(before.Entries)))
				same(t, "the numbers", before.Numbers, after.Numbers)
				if after.Order.FOC != nil || after.Order.Reject != nil || !after.Order.AnswerDue.Equal(before.Order.AnswerDue) {
					t.Errorf("the late word left its traces: %+v", after.Order)
				}
				if sent {
					continue
				}
				// The correction is sent all the same.
				same(t, "what is sent", 2, h.take(id).Request.Version)
			}
		})
	}
}

// TestCancellationsCross: a cancellation is on its way while the carrier goes
// on. Each story begins after the cancellation was sent.
func TestCancellationsCross(t *testing.T) {
	t.Parallel()
	first, other := order.Pending, order.FOC
	moved := func(h *house) order.CarrierEvent {
		return order.CarrierEvent{On: order.FOCSet, FOC: h.date(2026, 12, 8)}
	}
	cases := []struct {
		name  string
		since order.Status // in which the customer cancels
		words func(h *house) []order.CarrierEvent
		want  order.Status
		foc   string // the date that stands
		told  []order.EntryType
	}{
		{"agreed", first, func(*house) []order.CarrierEvent { return []order.CarrierEvent{said(order.CancelDone)} },
			order.Canceled, "", []order.EntryType{order.EntryCanceled}},
		{"refused, there is no date", first, func(*house) []order.CarrierEvent { return []order.CarrierEvent{said(order.CancelRefused)} },
			order.Pending, "", []order.EntryType{order.EntryPending}},
		{"refused, there is a date", other, func(*house) []order.CarrierEvent { return []order.CarrierEvent{said(order.CancelRefused)} },
			order.FOC, "2026-12-01", []order.EntryType{order.EntryFOCSet}},
		{"a date, then refused", first, func(h *house) []order.CarrierEvent {
			return []order.CarrierEvent{moved(h), said(order.CancelRefused)}
		}, order.FOC, "2026-12-08", []order.EntryType{order.EntryLate, order.EntryFOCSet}},
		{"another date, then refused", other, func(h *house) []order.CarrierEvent {
			return []order.CarrierEvent{moved(h), said(order.CancelRefused)}
		}, order.FOC, "2026-12-08", []order.EntryType{order.EntryLate, order.EntryFOCSet}},
		{"a date, then agreed", first, func(h *house) []order.CarrierEvent {
			return []order.CarrierEvent{moved(h), said(order.CancelDone)}
		}, order.Canceled, "2026-12-08", []order.EntryType{order.EntryLate, order.EntryCanceled}},
		{"a reject, then agreed", first, func(*house) []order.CarrierEvent {
			return []order.CarrierEvent{rejects(lnp.RejectPIN), said(order.CancelDone)}
		}, order.Canceled, "", []order.EntryType{order.EntryLate, order.EntryCanceled}},
		{"ported", other, func(*house) []order.CarrierEvent { return []order.CarrierEvent{allPorted} },
			order.Completed, "2026-12-01", []order.EntryType{order.EntryNumberPorted, order.EntryCompleted}},
		{"moving, refused, ported", other, func(*house) []order.CarrierEvent {
			return []order.CarrierEvent{said(order.Activation), said(order.CancelRefused), allPorted}
		}, order.Completed, "2026-12-01", []order.EntryType{order.EntryActivating, order.EntryLate, order.EntryNumberPorted, order.EntryCompleted}},
		{"moving, and yet cancelled", other, func(*house) []order.CarrierEvent {
			return []order.CarrierEvent{said(order.Activation), said(order.CancelDone)}
		}, order.Canceled, "2026-12-01", []order.EntryType{order.EntryActivating, order.EntryCanceled}},
		{"one ported, the rest cancelled", other, func(*house) []order.CarrierEvent {
			return []order.CarrierEvent{ported(did1), said(order.CancelDone)}
		}, order.Completed, "2026-12-01", []order.EntryType{order.EntryNumberPorted, order.EntryCompleted}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.at(c.since, did1, did2)
			h.cancel(id)
			h.send(id)
			before := h.state(id)
			for _, w := range c.words(h) {
				h.says(id, w)
			}
			after := h.state(id)
			same(t, "the status", c.want, after.Order.Status)
			same(t, "the events", c.told, after.events(len(before.Entries)))
			date := ""
			if after.Order.FOC != nil {
				date = after.Order.FOC.Date.String()
			}
			same(t, "the date", c.foc, date)
			if last := after.Entries[len(after.Entries)-1]; c.want == order.FOC && last.Data["foc_date"] != c.foc {
				t.Errorf("the event tells the date %v", last.Data["foc_date"])
			}
			if ns, ok := order.NumbersAt(c.want); ok {
				same(t, "the numbers", order.Counts{ns: 2}, after.Counts)
			}
		})
	}
}

// TestEndsOfNumbers: an order is over when its last number is; it is completed
// when one of them is ported.
func TestEndsOfNumbers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		words []order.CarrierEvent
		want  order.Status
		ends  order.Counts
	}{
		{"one by one", []order.CarrierEvent{ported(did1), ported(did2), ported(did3)}, order.Completed, order.Counts{order.NumberPorted: 3}},
		{"not all yet", []order.CarrierEvent{ported(did1), failed(did2)}, order.Activating, order.Counts{order.NumberPorted: 1, order.NumberFailed: 1, order.NumberFOC: 1}},
		{"some failed", []order.CarrierEvent{failed(did1), ported(did2, did3)}, order.Completed, order.Counts{order.NumberPorted: 2, order.NumberFailed: 1}},
		{"the rest is ported", []order.CarrierEvent{failed(did1), allPorted}, order.Completed, order.Counts{order.NumberPorted: 2, order.NumberFailed: 1}},
		{"all failed", []order.CarrierEvent{failed(did1, did2, did3)}, order.Canceled, order.Counts{order.NumberFailed: 3}},
		{"all failed, one by one", []order.CarrierEvent{failed(did1), failed(did2), failed(did3)}, order.Canceled, order.Counts{order.NumberFailed: 3}},
		{"both in one word", []order.CarrierEvent{{On: order.NumbersDone, Ported: []nanp.Number{did1}, Failed: []nanp.Number{did2, did3}, CarrierText: "TN NOT PORTABLE"}}, order.Completed, order.Counts{order.NumberPorted: 1, order.NumberFailed: 2}},
		{"a stranger's number", []order.CarrierEvent{ported(2125552000)}, order.Activating, order.Counts{order.NumberFOC: 3}},
		{"one ported, the rest rejected", []order.CarrierEvent{ported(did1), rejects(lnp.RejectZIP)}, order.Rejected, order.Counts{order.NumberPorted: 1, order.NumberRejected: 2}},
		{"one ported, the rest rejected, and ported all the same", []order.CarrierEvent{ported(did1), rejects(lnp.RejectZIP), ported(did2, did3)}, order.Completed, order.Counts{order.NumberPorted: 3}},
		{"one ported, the rest cancelled by the carrier", []order.CarrierEvent{ported(did1), said(order.CancelDone)}, order.Completed, order.Counts{order.NumberPorted: 1, order.NumberRemoved: 2}},
		{"one failed, the rest cancelled by the carrier", []order.CarrierEvent{failed(did1), said(order.CancelDone)}, order.Canceled, order.Counts{order.NumberFailed: 1, order.NumberRemoved: 2}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.at(order.Activating, did1, did2, did3)
			for _, w := range c.words {
				h.says(id, w)
			}
			got := h.state(id)
			same(t, "the status", c.want, got.Order.Status)
			same(t, "the numbers", c.ends, got.Counts)
			for _, n := range got.Numbers {
				if (n.Status == order.NumberFailed) != (n.Message == "TN NOT PORTABLE") {
					t.Errorf("%s is %s with the message %q", n.Facts.Number, n.Status, n.Message)
				}
			}
		})
	}
}

// TestAnEndTellsItsReason: an order of which every number failed says why.
func TestAnEndTellsItsReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Activating, did1)
	h.says(id, failed(did1))
	got := h.state(id)
	same(t, "the reason", "TN NOT PORTABLE", got.Order.CancelReason)
	last := got.Entries[len(got.Entries)-1]
	same(t, "the event", map[string]any{"status": "canceled", "previous_status": "activating", "ported": 0.0, "failed": 1.0}, plain(t, last.Data))
}

// TestNumbersAreToldOnce: the timeline tells of a number's end when it ends,
// and not again when the carrier repeats itself in other words.
func TestNumbersAreToldOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Activating, did1, did2)
	h.says(id, ported(did1))
	before := h.state(id)
	h.says(id, ported(did1), failed(did1), ported(2125552000))
	after := h.state(id)
	same(t, "the events", []order.EntryType{order.EntryLate, order.EntryLate, order.EntryLate}, after.events(len(before.Entries)))
	same(t, "the numbers", before.Numbers, after.Numbers)
	h.says(id, ported(did1, did2))
	last := h.state(id).Entries
	same(t, "what is told", map[string]any{"all": false, "count": 1.0, "dids": []any{"9198002001", "9198002002"}}, plain(t, last[len(last)-2].Data))
}

// TestTheDateMoves: another date is told as a change, and the order stays where
// it is.
func TestTheDateMoves(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.FOC, did1)
	before := h.state(id)
	same(t, "the first date", "2026-12-01", before.Order.FOC.Date.String())
	h.says(id, order.CarrierEvent{On: order.FOCSet, FOC: h.date(2026, 12, 8)})
	after := h.state(id)
	same(t, "the new date", "2026-12-08", after.Order.FOC.Date.String())
	same(t, "the status", order.FOC, after.Order.Status)
	same(t, "the date asked for", before.Order.RequestedFOC.String(), after.Order.RequestedFOC.String())
	same(t, "the events", []order.EntryType{order.EntryFOCChanged}, after.events(len(before.Entries)))
	last := plain(t, after.Entries[len(after.Entries)-1].Data)
	same(t, "the date told", "2026-12-08", last["foc_date"])
	same(t, "the instant told", "2026-12-08T05:00:00Z", last["activation_time"])
	same(t, "the deadline", after.Order.FOC.ActivationTime, after.Order.Next(h.service.Limits).By)
}

// TestAfterTheEnd: when an order is over, a carrier's word changes nothing but
// its timeline, and what it says of numbers does not come back to life.
func TestAfterTheEnd(t *testing.T) {
	t.Parallel()
	for _, end := range []order.Status{order.Completed, order.Canceled} {
		t.Run(string(end), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.at(end, did1)
			before := h.state(id)
			h.now.pass(time.Hour)
			h.must(h.service.CarrierSaid(h.ctx(), id, []order.CarrierEvent{h.word(id, allPorted), h.word(id, failed(did1))}, h.now.Now().Add(time.Hour)))
			after := h.state(id)
			same(t, "the events", []order.EntryType{order.EntryLate, order.EntryLate}, after.events(len(before.Entries)))
			same(t, "what the first one was", map[string]any{"event": "numbers_done", "pon_version": 1.0, "status": string(end)}, plain(t, after.Entries[len(before.Entries)].Data))
			same(t, "the numbers", before.Numbers, after.Numbers)
			same(t, "what is due", map[order.DueKind]time.Time{}, after.Dues)
			same(t, "the end", before.Order.Completed, after.Order.Completed)
			same(t, "the last sequence", before.Order.Sequence, after.Order.Sequence)
		})
	}
}

// TestPolls: a carrier is asked again when it says so, until the order is over.
func TestPolls(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.confirmed(did1)
	asks := func(want bool) {
		t.Helper()
		talk, err := h.service.Conversation(h.ctx(), id)
		h.must(err)
		if (talk != nil) != want {
			t.Errorf("a worker asks the carrier: %v", talk)
		}
	}
	asks(false)
	h.send(id)
	asks(false)
	h.now.pass(time.Second)
	asks(true)
	talk, err := h.service.Conversation(h.ctx(), id)
	h.must(err)
	same(t, "whom it asks", fmt.Sprintf("{%d sim PI%08d 1}", id, id), fmt.Sprint(*talk))
	h.must(h.service.CarrierSaid(h.ctx(), id, []order.CarrierEvent{h.word(id, said(order.Accepted))}, h.now.Now().Add(time.Minute)))
	asks(false)
	h.now.pass(time.Minute - time.Millisecond)
	asks(false)
	h.now.pass(time.Millisecond)
	asks(true)
	h.says(id, rejects(lnp.RejectZIP))
	asks(false)
}

// plain is an entry's data as JSON has them.
func plain(t *testing.T, data map[string]any) map[string]any {
	t.Helper()
	out := maps.Clone(data)
	for k, v := range out {
		if n, ok := v.(interface{ Float64() (float64, error) }); ok {
			f, err := n.Float64()
			if err != nil {
				t.Fatal(err)
			}
			out[k] = f
		}
	}
	return out
}
