package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func dueOf(o *order.Order, kind order.DueKind, at time.Time) order.Due {
	return order.Due{OrderID: o.ID, Kind: kind, At: at, Reason: "because of " + string(kind)}
}

// dues reads what is due for an order.
func (h *house) dues(o *order.Order) []order.Due {
	h.t.Helper()
	var out []order.Due
	h.see(func(tx porting.Tx) error {
		var err error
		out, err = tx.Dues(o.ID)
		return err
	})
	return out
}

// unqueued reads what is due by an instant and has no job.
func (h *house) unqueued(now time.Time, limit int) []order.Due {
	h.t.Helper()
	var out []order.Due
	h.see(func(tx porting.Tx) error {
		var err error
		out, err = tx.Unqueued(now, limit)
		return err
	})
	return out
}

func TestDuesAreSetMovedAndCleared(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		a, b := h.order(acct, 9198002000), h.order(acct, 9198002001)
		h.see(func(tx porting.Tx) error {
			_, ok, err := tx.NextDue()
			if ok {
				t.Error("something is due in an empty house")
			}
			return err
		})
		expire, send, theirs := dueOf(a, order.DueExpire, noon.AddDate(0, 0, 30)), dueOf(a, order.DueSend, noon), dueOf(b, order.DueSend, noon.Add(time.Minute))
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.SetDue(expire), tx.SetDue(send), tx.SetDue(theirs))
		})
		same(t, "dues", h.dues(a), []order.Due{send, expire})
		moved := send
		moved.At, moved.Reason = noon.AddDate(1, 0, 0), "not yet"
		h.do(func(tx porting.Tx) error { return tx.SetDue(moved) })
		same(t, "moved", h.dues(a), []order.Due{expire, moved})
		h.see(func(tx porting.Tx) error {
			at, ok, err := tx.NextDue()
			if !ok || !at.Equal(theirs.At) {
				t.Errorf("next is %v (%v); want %v", at, ok, theirs.At)
			}
			if err != nil {
				return err
			}
			one, err := tx.Due(a.ID, order.DueSend)
			same(t, "Due", one, &moved)
			if err != nil {
				return err
			}
			none, err := tx.Due(a.ID, order.DuePoll)
			if none != nil {
				t.Errorf("%+v is due", none)
			}
			return err
		})
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.ClearDue(a.ID, order.DueSend), tx.ClearDue(a.ID, order.DuePoll)) // the second one is not there
		})
		same(t, "cleared", h.dues(a), []order.Due{expire})
		same(t, "the other order's", h.dues(b), []order.Due{theirs})
	})
}

func TestUnqueuedIsTheEarliestFirst(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		var want []order.Due
		for i := range 6 {
			o := h.order(acct, nanp.Number(9198002000+i))
			d := dueOf(o, order.DueSend, noon.Add(-time.Duration(i)*time.Minute))
			h.do(func(tx porting.Tx) error { return tx.SetDue(d) })
			want = append([]order.Due{d}, want...)
		}
		last := want[5]
		same(t, "by noon", h.unqueued(noon, 10), want)
		same(t, "a millisecond before", h.unqueued(noon.Add(-time.Millisecond), 10), want[:5])
		same(t, "three", h.unqueued(noon, 3), want[:3])
		same(t, "none", h.unqueued(noon.Add(-time.Hour), 10), []order.Due(nil))
		// At the same instant they come in one order, so that two who queue them
		// do not wait for each other.
		for i := range want {
			want[i].At = last.At
			h.do(func(tx porting.Tx) error { return tx.SetDue(want[i]) })
		}
		got := h.unqueued(noon, 10)
		for i := 1; i < len(got); i++ {
			if got[i-1].OrderID >= got[i].OrderID {
				t.Errorf("order %d comes before %d", got[i-1].OrderID, got[i].OrderID)
			}
		}
	})
}

// jobs reads what the queue holds.
func (h *house) jobs() []porting.Job {
	h.t.Helper()
	args := "json(args)" // SQLite's binary JSON
	if h.postgres() {
		args = "args::text"
	}
	var out []porting.Job
	for _, row := range h.ask(`SELECT ` + args + `, kind, max_attempts FROM river_job WHERE state = 'available' ORDER BY id`) {
		var job porting.Job
		err := json.Unmarshal(fmt.Append(nil, row[0]), &job)
		if err != nil {
			h.t.Fatal(err)
		}
		if row[1] != job.Kind() || row[2] == int64(0) {
			h.t.Errorf("the job %+v is of the kind %v, and is tried %v times", job, row[1], row[2])
		}
		out = append(out, job)
	}
	return out
}

// queue sets a due and queues it.
func queue(tx porting.Tx, d order.Due, until time.Time) error {
	return errors.Join(tx.SetDue(d), tx.Enqueue(d, until))
}

func TestAJobIsThereWithItsTransaction(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		d, no := dueOf(o, order.DueSend, noon), errors.New("no")
		until := wall.Add(time.Minute)
		wantErr(t, "Update", h.try(func(tx porting.Tx) error { return errors.Join(queue(tx, d, until), no) }), no)
		h.do(func(tx porting.Tx) error {
			return unless(no, tx.Nested(func() error { return errors.Join(queue(tx, d, until), no) }))
		})
		same(t, "jobs of what was undone", h.jobs(), []porting.Job(nil))
		same(t, "dues of what was undone", h.dues(o), []order.Due(nil))
		h.do(func(tx porting.Tx) error { return queue(tx, d, until) })
		same(t, "jobs", h.jobs(), []porting.Job{{OrderID: o.ID, What: order.DueSend}})
		same(t, "what is due stays", h.dues(o), []order.Due{d})
	})
}

// A lease runs by the wall clock: however far the sandbox moves its own, a job
// that is alive is not queued again.
func TestALeaseRunsByTheWallClock(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o, beside := h.order(acct, 9198002000), h.order(acct, 9198002001)
		d, other := dueOf(o, order.DueSend, noon), dueOf(beside, order.DueSend, noon)
		until := wall.Add(time.Minute)
		h.do(func(tx porting.Tx) error {
			return errors.Join(tx.SetDue(other), tx.SetDue(dueOf(o, order.DueExpire, noon.AddDate(0, 0, 1))), queue(tx, d, until))
		})
		year := noon.AddDate(1, 0, 0)
		same(t, "while it runs", h.unqueued(noon, 10), []order.Due{other})
		early, late := h.at(year, until.Add(-time.Millisecond)), h.at(noon, until)
		same(t, "a year on, a millisecond before its end", early.unqueued(noon, 10), []order.Due{other})
		same(t, "at its end", late.unqueued(noon, 10), []order.Due{d, other})
		// Who comes too late to queue it makes no second job.
		early.do(func(tx porting.Tx) error { return tx.Enqueue(d, year) })
		if n := len(h.jobs()); n != 1 {
			t.Errorf("%d jobs; want 1", n)
		}
		late.do(func(tx porting.Tx) error { return tx.Enqueue(d, until.Add(time.Minute)) })
		if n := len(h.jobs()); n != 2 {
			t.Errorf("%d jobs; want another one", n)
		}
		same(t, "leased again", late.unqueued(noon, 10), []order.Due{other})
		// What is set anew has no job, whatever the old one's lease.
		late.do(func(tx porting.Tx) error { return tx.SetDue(d) })
		same(t, "set anew", late.unqueued(noon, 10), []order.Due{d, other})
		late.do(func(tx porting.Tx) error { return errors.Join(tx.ClearDue(o.ID, order.DueSend), tx.Enqueue(d, year)) })
		if n := len(h.jobs()); n != 2 {
			t.Errorf("%d jobs; what is not due gets none", n)
		}
	})
}

func TestTwoSweepsMakeOneJob(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		const n = 20
		for i := range n {
			o := h.order(acct, nanp.Number(9198002000+i))
			h.do(func(tx porting.Tx) error { return tx.SetDue(dueOf(o, order.DueSend, noon)) })
		}
		found := h.unqueued(noon, n) // by all of them, before any has queued it
		for _, err := range h.race(4, func(_ int, tx porting.Tx) error {
			for _, d := range found {
				err := tx.Enqueue(d, wall.Add(time.Minute))
				if err != nil {
					return err
				}
			}
			return nil
		}) {
			wantErr(t, "Enqueue", err, nil)
		}
		if got := len(h.jobs()); got != n {
			t.Errorf("%d jobs for %d things that are due", got, n)
		}
	})
}

func TestRecover(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o, done := h.order(acct, 9198002000), h.order(acct, 9198002001)
		d := dueOf(o, order.DueSend, noon)
		sub := order.Submission{OrderID: o.ID, Kind: order.SendRequest, Version: 1, State: order.SubmissionSending, Attempts: 1, Lease: wall.Add(time.Hour), Created: noon}
		h.do(func(tx porting.Tx) error {
			return errors.Join(queue(tx, dueOf(done, order.DueSend, noon), wall.Add(time.Hour)), queue(tx, d, wall.Add(time.Hour)), tx.InsertSubmission(&sub))
		})
		h.must(`UPDATE river_job SET state = 'completed', finalized_at = scheduled_at WHERE id = (SELECT MIN(id) FROM river_job)`)
		h.must(`UPDATE river_job SET state = 'running', attempt = 1 WHERE state = 'available'`)
		h.must(`INSERT INTO river_leader (elected_at, expires_at, leader_id, name) VALUES ('2026-12-01 12:00:00', '2126-12-01 12:00:00', 'dead', 'default')`)

		err := h.Recover(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if h.postgres() { // others may be alive there, and hold all this
			same(t, "leaders", h.count(`SELECT COUNT(*) FROM river_leader`), int64(1))
			same(t, "jobs", h.jobs(), []porting.Job(nil))
			same(t, "what has no job", h.unqueued(noon, 10), []order.Due(nil))
			return
		}
		same(t, "leaders", h.count(`SELECT COUNT(*) FROM river_leader`), int64(0))
		same(t, "jobs", h.jobs(), []porting.Job{{OrderID: o.ID, What: order.DueSend}}) // and not the one that is done
		same(t, "what has no job", len(h.unqueued(noon, 10)), 2)
		h.see(func(tx porting.Tx) error {
			got, err := tx.LastSubmission(o.ID, order.SendRequest)
			want := sub
			want.Lease = time.Time{}
			same(t, "submission", got, &want)
			return err
		})
	})
}

func TestSubmissions(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o, other := h.order(acct, 9198002000), h.order(acct, 9198002001)
		first := filled[order.Submission](t, 0)
		first.OrderID, first.Kind, first.Version, first.State = o.ID, order.SendRequest, 1, order.SubmissionSent
		second := order.Submission{OrderID: o.ID, Kind: order.SendRequest, Version: 2, State: order.SubmissionReady, Created: noon}
		stop := order.Submission{OrderID: o.ID, Kind: order.SendCancel, Version: 2, State: order.SubmissionReady, Created: noon}
		last := func(kind order.SubmissionKind, want *order.Submission) {
			t.Helper()
			h.see(func(tx porting.Tx) error {
				got, err := tx.LastSubmission(o.ID, kind)
				same(t, "the last "+string(kind), got, want)
				return err
			})
		}
		last(order.SendRequest, nil)
		h.do(func(tx porting.Tx) error { return tx.InsertSubmission(&first) })
		last(order.SendRequest, &first)
		last(order.SendCancel, nil)
		h.do(func(tx porting.Tx) error {
			theirs := second
			theirs.OrderID = other.ID
			return errors.Join(tx.InsertSubmission(&second), tx.InsertSubmission(&stop), tx.InsertSubmission(&theirs))
		})
		last(order.SendRequest, &second)
		last(order.SendCancel, &stop)

		// A version of a request is written once. A cancellation that the carrier
		// refused may be asked for again, of the same version.
		twice := second
		err := h.try(func(tx porting.Tx) error { return tx.InsertSubmission(&twice) })
		if err == nil {
			t.Error("a version of a request stands twice")
		}
		again := stop
		h.do(func(tx porting.Tx) error { return tx.InsertSubmission(&again) })
		last(order.SendCancel, &again)
	})
}

func TestASubmissionIsTakenOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		sub := order.Submission{OrderID: o.ID, Kind: order.SendRequest, Version: 1, State: order.SubmissionReady, Created: noon}
		h.do(func(tx porting.Tx) error { return tx.InsertSubmission(&sub) })
		// take is what a sender does with what it has read.
		take := func(was order.Submission) (order.Submission, int) {
			t.Helper()
			mine := was
			mine.State, mine.Attempts, mine.Lease = order.SubmissionSending, was.Attempts+1, wall.Add(time.Minute)
			took := 0
			for _, err := range h.race(6, func(_ int, tx porting.Tx) error {
				s := mine
				return tx.SaveSubmission(&s, was.State)
			}) {
				if err == nil {
					took++
				} else {
					wantErr(t, "SaveSubmission", err, porting.ErrMoved)
				}
			}
			return mine, took
		}
		first, n := take(sub)
		if n != 1 {
			t.Errorf("%d senders have taken what was ready; want 1", n)
		}
		// The first sender is taken for dead, and others want to take over.
		second, n := take(first)
		if n != 1 {
			t.Errorf("%d senders have taken over; want 1", n)
		}
		// It was not dead. What it says now is of no meaning.
		late := first
		late.State, late.Sent, late.Lease = order.SubmissionSent, noon, time.Time{}
		wantErr(t, "the first sender's success", h.try(func(tx porting.Tx) error { return tx.SaveSubmission(&late, order.SubmissionSending) }), porting.ErrMoved)
		late.State, late.Sent = order.SubmissionSending, time.Time{}
		wantErr(t, "the first sender's failure", h.try(func(tx porting.Tx) error { return tx.SaveSubmission(&late, order.SubmissionSending) }), porting.ErrMoved)
		h.see(func(tx porting.Tx) error {
			got, err := tx.LastSubmission(o.ID, order.SendRequest)
			same(t, "stored", got, &second)
			return err
		})
		// The second one gives it back, takes it again and is through.
		second.Lease = time.Time{}
		h.do(func(tx porting.Tx) error { return tx.SaveSubmission(&second, order.SubmissionSending) })
		second.Attempts++
		second.Lease = wall.Add(time.Hour)
		h.do(func(tx porting.Tx) error { return tx.SaveSubmission(&second, order.SubmissionSending) })
		second.State, second.Sent, second.Lease = order.SubmissionSent, noon, time.Time{}
		h.do(func(tx porting.Tx) error { return tx.SaveSubmission(&second, order.SubmissionSending) })
		wantErr(t, "once more", h.try(func(tx porting.Tx) error { return tx.SaveSubmission(&second, order.SubmissionSending) }), porting.ErrMoved)
		h.see(func(tx porting.Tx) error {
			got, err := tx.LastSubmission(o.ID, order.SendRequest)
			same(t, "stored at the end", got, &second)
			return err
		})
	})
}

func TestAnAnswerOfACarrierIsHeardOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		acct := h.account()
		o, other := h.order(acct, 9198002000), h.order(acct, 9198002001)
		fresh := make([]bool, 8)
		for _, err := range h.race(len(fresh), func(i int, tx porting.Tx) error {
			var err error
			fresh[i], err = tx.Heard(o.ID, "foc/1")
			return err
		}) {
			wantErr(t, "Heard", err, nil)
		}
		if n := trues(fresh); n != 1 {
			t.Errorf("%d have heard it first; want 1", n)
		}
		hear := func(orderID int64, key string) (fresh bool) {
			h.do(func(tx porting.Tx) error {
				var err error
				fresh, err = tx.Heard(orderID, key)
				return err
			})
			return fresh
		}
		no := errors.New("no")
		wantErr(t, "Update", h.try(func(tx porting.Tx) error {
			_, err := tx.Heard(o.ID, "foc/2")
			return errors.Join(err, no)
		}), no)
		for _, c := range []struct {
			name  string
			order int64
			key   string
			want  bool
		}{
			{"again", o.ID, "foc/1", false},
			{"of another order", other.ID, "foc/1", true},
			{"another answer", o.ID, "FOC/1", true},
			{"one that was undone", o.ID, "foc/2", true},
		} {
			if got := hear(c.order, c.key); got != c.want {
				t.Errorf("%s: fresh is %v", c.name, got)
			}
		}
	})
}
