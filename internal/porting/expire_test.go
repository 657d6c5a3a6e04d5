package porting_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func (h *house) expire(id int64) {
	h.t.Helper()
	h.must(h.service.Expire(h.ctx(), id))
}

// TestADraftExpires at its limit, and not a moment before.
func TestADraftExpires(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1, did2)
	before := h.state(id)
	end := h.now.Now().Add(30 * 24 * time.Hour)
	same(t, "what is due", map[order.DueKind]time.Time{order.DueExpire: end}, before.Dues)
	same(t, "the deadline", end, before.Order.Next(h.service.Limits).By)

	h.now.set(end.Add(-time.Millisecond))
	h.wall.pass(1000 * time.Hour)
	untouched := h.everything()
	h.expire(id)
	same(t, "what a moment too early changes", untouched, h.everything())

	h.now.set(end)
	h.expire(id)
	got := h.state(id)
	same(t, "the status", order.Expired, got.Order.Status)
	same(t, "the events", []order.EntryType{order.EntryExpired}, got.events(len(before.Entries)))
	same(t, "who did it", "portin", got.Entries[len(got.Entries)-1].By)
	same(t, "the numbers", order.Counts{order.NumberRemoved: 2}, got.Counts)
	same(t, "what is due then", map[order.DueKind]time.Time{}, got.Dues)
	same(t, "the end", end, got.Order.Completed)

	untouched = h.everything()
	h.expire(id)
	same(t, "what the job does that comes twice", untouched, h.everything())
	h.refused("confirm", fault.CodeState, func() error {
		_, err := h.service.Confirm(h.ctx(), ann, id, body(subscriber()))
		return err
	})
}

// TestADraftIsConfirmedLate: as long as nobody has noticed that the time is
// over, the order is there.
func TestADraftIsConfirmedLate(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.now.pass(h.service.Limits.Draft)
	h.confirm(ann, id, subscriber())
	h.expire(id)
	h.is(id, order.Submitted)
}

// TestAnUncorrectedReject is cancelled with the carrier when its time is over.
func TestAnUncorrectedReject(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1)
	before := h.state(id)
	h.now.pass(14*24*time.Hour - time.Millisecond)
	untouched := h.everything()
	h.expire(id)
	same(t, "what a moment too early changes", untouched, h.everything())
	h.now.pass(time.Millisecond)
	h.expire(id)
	got := h.state(id)
	same(t, "the status", order.CancelPending, got.Order.Status)
	same(t, "the events", []order.EntryType{order.EntryCancelPending}, got.events(len(before.Entries)))
	same(t, "the reason", "the reject was not corrected in time", got.Order.CancelReason)
	same(t, "what is due", []order.DueKind{order.DueSend}, got.dues())
	same(t, "the claim", id, h.claims()[did1])
	untouched = h.everything()
	h.expire(id)
	same(t, "what the job does that comes twice", untouched, h.everything())
	w := h.take(id)
	if w.Kind != order.SendCancel || w.Reason != "the reject was not corrected in time" {
		t.Errorf("the carrier is sent the %s, since %q", w.Kind, w.Reason)
	}
	h.sent(w)
	h.says(id, said(order.CancelDone))
	h.is(id, order.Canceled)
}

// TestACorrectionEndsTheWait: the time of a reject is that of this reject only.
func TestACorrectionEndsTheWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.at(order.Rejected, did1)
	h.now.pass(13 * 24 * time.Hour)
	h.confirm(ann, id, fields{"account_number": "4711-0816"})
	same(t, "what is due", []order.DueKind{order.DueSend}, h.state(id).dues())
	h.send(id)
	h.says(id, rejects("zip_mismatch"))
	h.now.pass(13 * 24 * time.Hour)
	h.expire(id)
	h.is(id, order.Rejected)
	h.now.pass(24 * time.Hour)
	h.expire(id)
	h.is(id, order.CancelPending)
}

// TestWhatIsConfirmedDoesNotExpire: no order that somebody works on is ended by
// the time, nor one that is over.
func TestWhatIsConfirmedDoesNotExpire(t *testing.T) {
	t.Parallel()
	for _, s := range []order.Status{
		order.Submitted, order.Pending, order.FOC, order.Activating, order.CancelPending, order.Completed, order.Canceled, order.Expired,
	} {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := h.at(s, did1)
			h.now.pass(1000 * 24 * time.Hour)
			before := h.everything()
			h.expire(id)
			same(t, "what the time changes", before, h.everything())
		})
	}
}

// TestEachHalfHasItsTime: what a split makes is a new order, with a time of its
// own.
func TestEachHalfHasItsTime(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1, did2)
	h.now.pass(24 * time.Hour)
	halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did2})
	h.must(err)
	h.now.pass(29 * 24 * time.Hour)
	h.expire(id)
	h.expire(halves.Made.ID)
	h.is(id, order.Expired)
	h.is(halves.Made.ID, order.Created)
	h.now.pass(24 * time.Hour)
	h.expire(halves.Made.ID)
	h.is(halves.Made.ID, order.Expired)
}

// TestADeletedOrder is gone: for its customer, for the worker, and with its
// documents. Its timeline and its audit stay, its id is not used again.
func TestADeletedOrder(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1)
	h.attach(ann, id, letter())
	before := h.state(id)
	h.must(h.service.Delete(h.ctx(), ann, id))
	for _, table := range []string{"port_order", "order_number", "due", "file", "claim"} {
		if rows := h.rows(`SELECT * FROM ` + table); len(rows) > 0 {
			t.Errorf("%s has %v", table, rows)
		}
	}
	if n := documents(t, h); n != 0 {
		t.Errorf("%d documents are left", n)
	}
	entries, err := h.service.EntriesSince(h.ctx(), 0, 100)
	h.must(err)
	last := entries[len(entries)-1]
	same(t, "the last event", []any{order.EntryDeleted, id, before.Order.Sequence + 1, "customer:ann"}, []any{last.Type, last.OrderID, last.Sequence, last.By})

	h.now.pass(h.service.Limits.Draft)
	untouched := h.everything()
	h.expire(id)
	h.nothing(id, "the order is deleted")
	talk, err := h.service.Conversation(h.ctx(), id)
	if talk != nil || err != nil {
		t.Errorf("a conversation about a deleted order: %v, %v", talk, err)
	}
	same(t, "what the worker changed", untouched, h.everything())
	for what, call := range actions(h, id) {
		h.refused(what, fault.CodeNotFound, func() error { return call(ann) })
	}
	if again := h.draft(did1); again <= id {
		t.Errorf("the order %d was deleted, and the next one is %d", id, again)
	}
}

// documents counts what the folder of documents holds.
func documents(t *testing.T, h *house) int {
	t.Helper()
	n := 0
	h.must(filepath.WalkDir(h.files, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			n++
		}
		return err
	}))
	return n
}

// actions are all calls that change an order, each valid for an order that is
// created.
func actions(h *house, id int64) map[string]func(c porting.Call) error {
	return map[string]func(c porting.Call) error{
		"confirm": func(c porting.Call) error {
			b := body(subscriber())
			b.Version = c.Version
			_, err := h.service.Confirm(h.ctx(), c, id, b)
			return err
		},
		"cancel": func(c porting.Call) error {
			_, err := h.service.Cancel(h.ctx(), c, id, "")
			return err
		},
		"choose a carrier": func(c porting.Call) error {
			_, err := h.service.ChooseCarrier(h.ctx(), c, id, 7)
			return err
		},
		"split": func(c porting.Call) error {
			_, err := h.service.Split(h.ctx(), c, id, []nanp.Number{did1})
			return err
		},
		"delete": func(c porting.Call) error { return h.service.Delete(h.ctx(), c, id) },
		"attach": func(c porting.Call) error {
			_, err := h.service.Attach(h.ctx(), c, id, letter())
			return err
		},
		"comment": func(c porting.Call) error {
			_, err := h.service.Comment(h.ctx(), c, id, "hello")
			return err
		},
		"tag": func(c porting.Call) error {
			_, err := h.service.Tag(h.ctx(), c, id, "hello")
			return err
		},
	}
}

// TestStrangersAndStaleReaders: another account finds nothing, and who has read
// an earlier version changes nothing, whatever the call.
func TestStrangersAndStaleReaders(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.draft(did1, did2)
	h.must(actions(h, id)["comment"](ann))
	stale := ann
	stale.Version = h.state(id).Order.Version - 1
	for what, call := range actions(h, id) {
		h.refused("a stranger's "+what, fault.CodeNotFound, func() error { return call(bob) })
		h.refused("a stale "+what, fault.CodeVersion, func() error { return call(stale) })
	}
	if n := documents(t, h); n != 0 {
		t.Errorf("the refused calls left %d documents", n)
	}
}

// TestActionsOfEveryStatus: each status allows what it says that it allows, and
// refuses everything else without a trace.
func TestActionsOfEveryStatus(t *testing.T) {
	t.Parallel()
	of := map[string]order.Action{
		"confirm": order.DoConfirm, "cancel": order.DoCancel, "choose a carrier": order.DoChooseCarrier, "split": order.DoSplit, "delete": order.DoDelete,
		"attach": order.DoFiles, "comment": order.DoComment, "tag": order.DoNote,
	}
	for _, s := range order.Statuses {
		t.Run(string(s), func(t *testing.T) {
			t.Parallel()
			for what, action := range of {
				h := open(t)
				id := h.at(s, did1, did2)
				call := actions(h, id)[what]
				if !s.Allows(action) {
					code := fault.CodeState
					if action == order.DoConfirm && s != order.Expired {
						code = fault.CodeAlreadySubmitted
					}
					if action == order.DoConfirm && (s == order.Submitted || s == order.Pending || s == order.FOC || s == order.Activating || s == order.Completed) {
						// The same details again are no other confirmation.
						before := h.everything()
						h.must(call(ann))
						same(t, what, before, h.everything())
						continue
					}
					h.refused(what, code, func() error { return call(ann) })
					continue
				}
				if s == order.Rejected && action == order.DoConfirm {
					h.refused(what, fault.CodeUnchanged, func() error { return call(ann) })
					continue
				}
				err := call(ann)
				if err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// TestNumbersComeBack: what became of an order says whether its numbers can be
// uploaded again.
func TestNumbersComeBack(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		end  func(h *house) int64
		want fault.Code // "" when the numbers are taken
	}{
		{"expired", func(h *house) int64 { return h.at(order.Expired, did1) }, ""},
		{"canceled", func(h *house) int64 { return h.at(order.Canceled, did1) }, ""},
		{"canceled before it was sent", func(h *house) int64 {
			id := h.confirmed(did1)
			h.cancel(id)
			return id
		}, ""},
		{"deleted", func(h *house) int64 {
			id := h.draft(did1)
			h.must(h.service.Delete(h.ctx(), ann, id))
			return id
		}, ""},
		{"failed", func(h *house) int64 {
			id := h.at(order.Activating, did1)
			h.says(id, failed(did1))
			return id
		}, ""},
		{"failed in an order that goes on", func(h *house) int64 {
			id := h.at(order.Activating, did1, did2)
			h.says(id, failed(did1))
			return id
		}, ""},
		{"removed", func(h *house) int64 {
			id := h.draft(did1, did2)
			details := subscriber()
			details["tns"] = []fields{{"did": did1.String(), "remove": true}}
			h.confirm(ann, id, details)
			return id
		}, ""},
		{"ported", func(h *house) int64 { return h.at(order.Completed, did1) }, fault.CodeAlreadyYours},
		{"ported in an order that goes on", func(h *house) int64 {
			id := h.at(order.Activating, did1, did2)
			h.says(id, ported(did1))
			return id
		}, fault.CodeAlreadyYours},
		{"split off", func(h *house) int64 {
			id := h.draft(did1, did2)
			halves, err := h.service.Split(h.ctx(), ann, id, []nanp.Number{did1})
			h.must(err)
			return halves.Made.ID
		}, fault.CodeAlreadyInOrder},
		{"rejected", func(h *house) int64 { return h.at(order.Rejected, did1) }, fault.CodeAlreadyInOrder},
		{"asked to be canceled", func(h *house) int64 { return h.at(order.CancelPending, did1) }, fault.CodeAlreadyInOrder},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			id := c.end(h)
			out, err := h.service.Upload(h.ctx(), ann, porting.UploadIn{Numbers: list(did1, did3)})
			h.must(err)
			if c.want == "" {
				if len(out.Rejected) > 0 {
					t.Errorf("rejected: %+v", out.Rejected)
				}
				return
			}
			if len(out.Rejected) != 1 || out.Rejected[0].Code != c.want {
				t.Fatalf("rejected: %+v; want %s", out.Rejected, c.want)
			}
			if c.want == fault.CodeAlreadyInOrder {
				same(t, "the order that it is in", id, out.Rejected[0].OrderID)
			}
			// Another account's uploads have nothing to do with it.
			h.upload(bob, did1, did3)
		})
	}
}
