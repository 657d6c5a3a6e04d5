package porting_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/blob"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store"
)

// morning is when every test begins by the business clock: a Wednesday, 10:00
// in New York, the day before a holiday. The wall clock shows another day, so
// that the two are not mixed up unseen.
var (
	morning = time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)
	atWall  = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)
)

// watch is a clock that stands still until a test moves it.
type watch struct{ at atomic.Int64 }

func newWatch(t time.Time) *watch {
	w := &watch{}
	w.set(t)
	return w
}

func (w *watch) Now() time.Time       { return time.UnixMilli(w.at.Load()).UTC() }
func (w *watch) set(t time.Time)      { w.at.Store(t.UnixMilli()) }
func (w *watch) pass(d time.Duration) { w.at.Add(d.Milliseconds()) }

// fresh is a database as every test finds it: the sandbox's carriers and two
// accounts. It is made once, and copied.
var fresh = sync.OnceValues(func() (made struct {
	db   []byte
	ring *seal.Ring
}, err error) {
	dir, err := os.MkdirTemp("", "porting")
	if err != nil {
		return made, err
	}
	defer os.RemoveAll(dir)
	made.ring, err = seal.New(seal.Generate())
	if err != nil {
		return made, err
	}
	path := filepath.Join(dir, "portin.db")
	db, err := store.Open(context.Background(), store.Config{SQLitePath: path, Ring: made.ring, Business: newWatch(morning), Wall: newWatch(atWall)})
	if err != nil {
		return made, err
	}
	service := &porting.Service{Store: db.Porting(), Ring: made.ring}
	err = sandbox.Seed(context.Background(), service.Store)
	for _, name := range []string{"Example Voice", "Other Voice"} {
		if err == nil {
			_, err = service.CreateAccount(context.Background(), name)
		}
	}
	err = errors.Join(err, db.Close())
	if err != nil {
		return made, err
	}
	made.db, err = os.ReadFile(path)
	return made, err
})

// house is a whole portin without its worker: tests play the worker and the
// carrier.
type house struct {
	t         rapid.TB
	service   *porting.Service
	db        *store.Store
	ring      *seal.Ring
	now, wall *watch
	files     string // the folder of the documents
	asked     map[string]*sql.Stmt
	words     int // said by carriers so far
}

func open(t *testing.T) *house {
	t.Helper()
	h, end := openIn(t, t.TempDir())
	t.Cleanup(end)
	return h
}

// openIn opens a house in a folder; end closes it.
func openIn(t rapid.TB, dir string) (h *house, end func()) {
	t.Helper()
	made, err := fresh()
	if err != nil {
		t.Fatal(err)
	}
	h = &house{t: t, ring: made.ring, now: newWatch(morning), wall: newWatch(atWall), files: filepath.Join(dir, "files"), asked: map[string]*sql.Stmt{}}
	path := filepath.Join(dir, "portin.db")
	h.must(os.WriteFile(path, made.db, 0o600))
	h.db, err = store.Open(h.ctx(), store.Config{SQLitePath: path, Ring: h.ring, Business: h.now, Wall: h.wall})
	h.must(err)
	blobs, err := blob.OpenFolder(h.files)
	h.must(err)
	h.service = &porting.Service{
		Store: h.db.Porting(), Facts: numbering.Fictional{}, Blobs: blobs, Ring: h.ring, Business: h.now, Wall: h.wall,
		Log: slog.New(slog.DiscardHandler), Limits: order.DefaultLimits,
		Intake: intake.Options{Limits: intake.Default, Fictional: true}, Sandbox: true, AllowUnassigned: true, Gateways: []string{sandbox.Simulator},
	}
	return h, func() { _ = errors.Join(h.db.Close(), blobs.Close()) }
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// ctx is the context of all calls.
func (h *house) ctx() context.Context { return context.Background() }

// The two accounts.
var (
	ann = callOf(10001, "ann")
	bob = callOf(10002, "bob")
)

func callOf(accountID int64, username string) porting.Call {
	return porting.Call{
		Principal: account.Principal{AccountID: accountID, AccountName: "Example", Username: username, Scopes: account.CustomerScopes()},
		RequestID: "req_test",
	}
}

// The numbers that tests port. Those of an exchange have one losing carrier.
const (
	did1 = nanp.Number(9198002001)
	did2 = nanp.Number(9198002002)
	did3 = nanp.Number(9198002003)

	tollFree = nanp.Number(8002002000) // needs a letter of authorization
)

func list(numbers ...nanp.Number) *intake.Result {
	r := &intake.Result{}
	for i, n := range numbers {
		r.Numbers = append(r.Numbers, intake.Accepted{Number: n, Place: intake.Place{Index: i}})
	}
	return r
}

// upload uploads numbers and returns the ids of the orders made of them.
func (h *house) upload(c porting.Call, numbers ...nanp.Number) []int64 {
	h.t.Helper()
	out, err := h.service.Upload(h.ctx(), c, porting.UploadIn{Numbers: list(numbers...)})
	h.must(err)
	if len(out.Rejected) > 0 {
		h.t.Fatalf("rejected: %+v", out.Rejected)
	}
	ids := make([]int64, len(out.Orders))
	for i, o := range out.Orders {
		ids[i] = o.ID
	}
	return ids
}

// draft makes one order of numbers.
func (h *house) draft(numbers ...nanp.Number) int64 {
	h.t.Helper()
	ids := h.upload(ann, numbers...)
	if len(ids) != 1 {
		h.t.Fatalf("the upload made the orders %v", ids)
	}
	return ids[0]
}

// fields are those of a confirmation.
type fields = map[string]any

// subscriber returns details that satisfy every port type.
func subscriber() fields {
	return fields{
		"account_number": "4711-0815", "pin": "9753", "location_type": "residential", "first_name": "Ada", "last_name": "Sample",
		"authorized_name": "Ada Sample", "btn": "9198002099", "address": "1 Fayetteville Street", "city": "Raleigh", "state": "NC", "zip": "27601", "country": "US",
	}
}

func body(f fields) porting.ConfirmBody {
	b := porting.ConfirmBody{Fields: map[string]json.RawMessage{}}
	for name, v := range f {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b.Fields[name] = text
	}
	return b
}

func (h *house) confirm(c porting.Call, id int64, f fields) *porting.View {
	h.t.Helper()
	v, err := h.service.Confirm(h.ctx(), c, id, body(f))
	h.must(err)
	return v
}

// confirmed makes one order and confirms it.
func (h *house) confirmed(numbers ...nanp.Number) int64 {
	h.t.Helper()
	id := h.draft(numbers...)
	h.confirm(ann, id, subscriber())
	return id
}

// take takes what is to be sent of an order, as a worker does.
func (h *house) take(id int64) *porting.Sending {
	h.t.Helper()
	w, err := h.service.TakeSend(h.ctx(), id)
	h.must(err)
	if w == nil {
		h.t.Fatalf("there is nothing to send of order %d", id)
	}
	return w
}

func (h *house) sent(w *porting.Sending) {
	h.t.Helper()
	h.must(h.service.Sent(h.ctx(), w, h.now.Now(), h.now.Now().Add(time.Second)))
}

// send hands over what is to be sent of an order.
func (h *house) send(id int64) {
	h.t.Helper()
	h.sent(h.take(id))
}

// nothing fails when there is something to send.
func (h *house) nothing(id int64, why string) {
	h.t.Helper()
	w, err := h.service.TakeSend(h.ctx(), id)
	h.must(err)
	if w != nil {
		h.t.Errorf("%s: a worker is given the %s of version %d", why, w.Kind, w.Request.Version)
	}
}

// word completes a carrier's word about the last request of an order.
func (h *house) word(id int64, e order.CarrierEvent) order.CarrierEvent {
	h.t.Helper()
	h.words++
	if e.Key == "" {
		e.Key = fmt.Sprintf("word-%d", h.words)
	}
	if e.Version == 0 {
		e.Version = h.state(id).Order.PONVersion
	}
	e.At = h.now.Now()
	if e.On == order.FOCSet && e.FOC == nil {
		e.FOC = h.date(2026, 12, 1)
	}
	return e
}

// date is a firm date, at midnight in New York.
func (h *house) date(year int, month time.Month, day int) *order.FOCDate {
	h.t.Helper()
	zone, err := time.LoadLocation("America/New_York")
	h.must(err)
	d := bizday.NewDate(year, month, day)
	return &order.FOCDate{Date: d, Zone: zone.String(), ActivationTime: d.At(0, 0, zone).UTC(), ConfirmedAt: h.now.Now()}
}

// says lets the carrier say something, and nothing more for now.
func (h *house) says(id int64, events ...order.CarrierEvent) {
	h.t.Helper()
	for i := range events {
		events[i] = h.word(id, events[i])
	}
	h.must(h.service.CarrierSaid(h.ctx(), id, events, time.Time{}))
}

// at makes an order that has come to a status in the shortest way.
func (h *house) at(s order.Status, numbers ...nanp.Number) int64 {
	h.t.Helper()
	var id int64
	switch s {
	case order.Created:
		id = h.draft(numbers...)
	case order.Expired:
		id = h.draft(numbers...)
		h.now.pass(h.service.Limits.Draft)
		h.must(h.service.Expire(h.ctx(), id))
	case order.Submitted:
		id = h.confirmed(numbers...)
		h.send(id)
	case order.Pending:
		id = h.at(order.Submitted, numbers...)
		h.says(id, order.CarrierEvent{On: order.Accepted})
	case order.Rejected:
		id = h.at(order.Pending, numbers...)
		h.says(id, order.CarrierEvent{On: order.CarrierReject, Reject: lnp.RejectAccountNumber})
	case order.FOC:
		id = h.at(order.Pending, numbers...)
		h.says(id, order.CarrierEvent{On: order.FOCSet})
	case order.Activating:
		id = h.at(order.FOC, numbers...)
		h.says(id, order.CarrierEvent{On: order.Activation})
	case order.Completed:
		id = h.at(order.Activating, numbers...)
		h.says(id, order.CarrierEvent{On: order.NumbersDone, AllPorted: true})
	case order.CancelPending:
		id = h.at(order.Pending, numbers...)
		h.cancel(id)
		h.send(id)
	case order.Canceled:
		id = h.at(order.CancelPending, numbers...)
		h.says(id, order.CarrierEvent{On: order.CancelDone})
	}
	h.is(id, s)
	return id
}

func (h *house) cancel(id int64) {
	h.t.Helper()
	_, err := h.service.Cancel(h.ctx(), ann, id, "not wanted any more")
	h.must(err)
}

// is fails when the order has another status.
func (h *house) is(id int64, want order.Status) {
	h.t.Helper()
	if got := h.state(id).Order.Status; got != want {
		h.t.Fatalf("order %d is %s; want %s", id, got, want)
	}
}

// refused runs a call that must be refused with a code, and must leave
// everything as it is.
func (h *house) refused(what string, want fault.Code, call func() error) {
	h.t.Helper()
	before := h.everything()
	err := call()
	if !hasCode(err, want) {
		h.t.Errorf("%s: %v; want %s", what, err, want)
	}
	if diff := cmp.Diff(before, h.everything()); diff != "" {
		h.t.Errorf("%s was refused and changed (-before +after):\n%s", what, diff)
	}
}

// hasCode reports whether an error has the code, as a whole or of one field.
func hasCode(err error, want fault.Code) bool {
	e, ok := errors.AsType[*fault.Error](err)
	return ok && (e.Code == want || slices.ContainsFunc(e.Fields, func(f fault.Field) bool { return f.Code == want }))
}

// same fails when two values differ.
func same(t rapid.TB, what string, want, got any) {
	t.Helper()
	diff := cmp.Diff(want, got,
		cmp.Comparer(func(a, b pricing.Money) bool { return a.Equal(b) }),
		cmp.Comparer(func(a, b bizday.Date) bool { return a == b }))
	if diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// letter is a document that every check takes.
func letter() porting.AttachIn {
	return porting.AttachIn{Kind: lnp.LOA, Name: "letter.pdf", ContentType: "application/pdf", Data: []byte("%PDF-1.4\nletter\ntrailer\n%%EOF\n"), DocumentDate: bizday.NewDate(2026, 11, 20)}
}

func (h *house) attach(c porting.Call, id int64, in porting.AttachIn) {
	h.t.Helper()
	_, err := h.service.Attach(h.ctx(), c, id, in)
	h.must(err)
}
