package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/api"
	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/blob"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store"
)

// morning is when every test begins: a Wednesday, 10:00 in New York, the day
// before a holiday.
var morning = time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC)

type fixed struct{}

func (fixed) Now() time.Time { return morning }

// house is a whole portin without its worker: tests play the carrier.
type house struct {
	t       testing.TB
	url     string
	http    *http.Client
	service *porting.Service
	now     *clock.Offset
	log     *lockedBuffer
	users   map[string][2]string // user name and token, by alias
	heard   int
}

// lockedBuffer is a log that handlers write at the same time.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// movable is the sandbox's clock without anything that becomes due.
type movable struct{ *clock.Offset }

func (m movable) Advance(_ context.Context, to time.Time) (api.Report, error) {
	from := m.Now()
	m.SetAhead(to.Sub(morning))
	return api.Report{From: from, To: m.Now(), Quiet: true}, nil
}

// accounts are those of every house: the first one's users, another one, and the
// porting desk's.
const (
	customer = int64(10001)
	stranger = int64(10002)
	theDesk  = int64(10003)
)

// founded is a house as every test finds it: migrated, with the sandbox's
// carriers, the accounts and their users.
type founded struct {
	database []byte
	ring     *seal.Ring
	users    map[string][2]string
}

// foundation makes the database once; tests begin with copies of it.
var foundation = sync.OnceValues(func() (founded, error) {
	f := founded{users: map[string][2]string{}}
	folder, err := os.MkdirTemp("", "portin-api-test-")
	if err != nil {
		return f, err
	}
	defer os.RemoveAll(folder)
	f.ring, err = seal.New(seal.Generate())
	if err != nil {
		return f, err
	}
	ctx, path := context.Background(), filepath.Join(folder, "portin.db")
	db, err := store.Open(ctx, store.Config{SQLitePath: path, Ring: f.ring, Business: fixed{}, Wall: fixed{}})
	if err != nil {
		return f, err
	}
	service := &porting.Service{Store: db.Porting(), Ring: f.ring, Business: fixed{}, Wall: fixed{}, Sandbox: true}
	err = sandbox.Seed(ctx, service.Store)
	for _, name := range []string{"Example Voice", "Other Voice", "Porting desk"} {
		_, failed := service.CreateAccount(ctx, name)
		err = errors.Join(err, failed)
	}
	for _, u := range []struct {
		alias   string
		account int64
		scopes  []account.Scope
	}{
		{"clerk", customer, account.CustomerScopes()}, {"reader", customer, []account.Scope{account.PortRead}}, {"stranger", stranger, account.CustomerScopes()},
		{"desk", theDesk, []account.Scope{account.Desk}},
	} {
		m, failed := service.MintTokenFor(ctx, u.account, u.alias, porting.MintIn{Name: "test", Scopes: u.scopes})
		err = errors.Join(err, failed)
		f.users[u.alias] = [2]string{u.alias, m.Text}
	}
	err = errors.Join(err, db.Close())
	if err != nil {
		return f, err
	}
	f.database, err = os.ReadFile(path)
	return f, err
})

func open(t testing.TB) *house {
	t.Helper()
	f, err := foundation()
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: &clock.Offset{Base: fixed{}}, log: &lockedBuffer{}, users: maps.Clone(f.users)}
	path := filepath.Join(t.TempDir(), "portin.db")
	h.must(os.WriteFile(path, f.database, 0o600))
	db, err := store.Open(t.Context(), store.Config{SQLitePath: path, Ring: f.ring, Business: h.now, Wall: fixed{}})
	h.must(err)
	t.Cleanup(func() { _ = db.Close() })
	blobs, err := blob.OpenFolder(filepath.Join(t.TempDir(), "files"))
	h.must(err)
	t.Cleanup(func() { _ = blobs.Close() })
	log := slog.New(slog.NewJSONHandler(h.log, nil))
	h.service = &porting.Service{
		Store: db.Porting(), Facts: numbering.Fictional{}, Blobs: blobs, Ring: f.ring, Business: h.now, Wall: fixed{}, Log: log,
		Limits: order.DefaultLimits, Intake: intake.Options{Limits: intake.Default, Fictional: true}, Sandbox: true, Gateways: []string{sandbox.Simulator},
	}
	server := httptest.NewServer(api.New(api.Config{
		Service: h.service, Mode: "sandbox", Clock: movable{h.now}, Log: log, Ready: func(context.Context) error { return nil },
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	h.http = &http.Client{Transport: the().Transport(t, http.DefaultTransport), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// user makes a token with an alias.
func (h *house) user(alias string, accountID int64, scopes ...account.Scope) {
	h.t.Helper()
	m, err := h.service.MintTokenFor(context.Background(), accountID, alias, porting.MintIn{Name: "test", Scopes: scopes})
	h.must(err)
	h.users[alias] = [2]string{alias, m.Text}
}

// answer is what a call was answered.
type answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// JSON reads the body.
func (a answer) JSON(t testing.TB, into any) {
	t.Helper()
	err := json.Unmarshal(a.Body, into)
	if err != nil {
		t.Fatalf("%d %s: %v", a.Status, a.Body, err)
	}
}

// request makes a request of a user.
func (h *house) request(as, method, path string, header http.Header, body io.Reader) *http.Request {
	h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, h.url+path, body)
	h.must(err)
	for name, values := range header {
		r.Header[name] = values
	}
	if u, ok := h.users[as]; ok {
		r.SetBasicAuth(u[0], u[1])
	}
	return r
}

// do makes a request; it may be called by many at once.
func (h *house) do(r *http.Request) (answer, error) {
	res, err := h.http.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{Status: res.StatusCode, Header: res.Header, Body: body}, err
}

// call makes a JSON call as the clerk. body is a string of JSON or a value to
// be written as JSON; nil is none.
func (h *house) call(method, path string, body any) answer {
	h.t.Helper()
	return h.as("clerk", method, path, body)
}

func (h *house) as(user, method, path string, body any) answer {
	h.t.Helper()
	header := http.Header{}
	var send io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		send = bytes.NewReader([]byte(b))
	default:
		text, err := json.Marshal(b)
		h.must(err)
		send = bytes.NewReader(text)
	}
	if send != nil {
		header.Set("Content-Type", "application/json")
	}
	a, err := h.do(h.request(user, method, path, header, send))
	h.must(err)
	return a
}

// upload uploads numbers and returns the ids of the orders made of them.
func (h *house) upload(dids ...string) []int64 {
	h.t.Helper()
	var out struct {
		OrderIDs []int64 `json:"orderIds"`
	}
	a := h.call("POST", "/inbound/port-in/upload/text", map[string]any{"dids": dids})
	if a.Status != http.StatusOK {
		h.t.Fatalf("upload = %d %s", a.Status, a.Body)
	}
	a.JSON(h.t, &out)
	return out.OrderIDs
}

// orderPath is the path of an order of the customer's.
func orderPath(id int64, rest string) string {
	return fmt.Sprintf("/account/%d/port-in/%d%s", customer, id, rest)
}

// orderView is what tests look at of an order.
type orderView struct {
	ID      int64  `json:"id"`
	Status  string `json:"status"`
	Version int64  `json:"version"`
	PIN     string `json:"pin"`
	TNs     []struct {
		DID    string `json:"did"`
		Status string `json:"status"`
	} `json:"tns"`
	Warnings []struct {
		Field string `json:"field"`
		Code  string `json:"code"`
	} `json:"warnings"`
	RequestedFOC string `json:"requested_foc_date"`
	PONVersion   int    `json:"pon_version"`
}

func (h *house) order(id int64) orderView {
	h.t.Helper()
	var o orderView
	h.call("GET", orderPath(id, ""), nil).JSON(h.t, &o)
	return o
}

// subscriber returns details that satisfy every wireline port of numbers of
// North Carolina.
func subscriber() map[string]any {
	return map[string]any{
		"account_number": "4711-0815", "pin": "9753", "location_type": "residential", "first_name": "Ada", "last_name": "Sample",
		"authorized_name": "Ada Sample", "address": "1 Fayetteville Street", "city": "Raleigh", "state": "NC", "zip": "27601", "country": "US",
	}
}

// confirmed uploads a number and confirms its order.
func (h *house) confirmed(did string) int64 {
	h.t.Helper()
	id := h.upload(did)[0]
	a := h.call("POST", orderPath(id, "/confirm"), subscriber())
	if a.Status != http.StatusOK {
		h.t.Fatalf("confirm = %d %s", a.Status, a.Body)
	}
	return id
}

// send does what the worker does with a confirmed order.
func (h *house) send(id int64) {
	h.t.Helper()
	w, err := h.service.TakeSend(context.Background(), id)
	h.must(err)
	if w == nil {
		h.t.Fatalf("there is nothing to send of order %d", id)
	}
	h.must(h.service.Sent(context.Background(), w, h.now.Now(), h.now.Now().Add(time.Second)))
}

// said lets the carrier speak about the last request of an order.
func (h *house) said(id int64, e order.CarrierEvent) {
	h.t.Helper()
	h.heard++
	e.Key, e.At = fmt.Sprintf("test-%d", h.heard), h.now.Now()
	if e.Version == 0 {
		e.Version = h.order(id).PONVersion
	}
	if e.On == order.FOCSet && e.FOC == nil {
		date := bizday.NewDate(2026, 11, 30)
		zone, err := time.LoadLocation("America/New_York")
		h.must(err)
		e.FOC = &order.FOCDate{Date: date, Zone: zone.String(), ActivationTime: date.At(0, 0, zone).UTC(), ConfirmedAt: h.now.Now()}
	}
	h.must(h.service.CarrierSaid(context.Background(), id, []order.CarrierEvent{e}, time.Time{}))
}

// rejected confirms an order and lets the carrier reject it.
func (h *house) rejected(did string, why lnp.RejectCode) int64 {
	h.t.Helper()
	id := h.confirmed(did)
	h.send(id)
	h.said(id, order.CarrierEvent{On: order.CarrierReject, Reject: why, CarrierCode: "6A", CarrierText: "ACCT NBR INV"})
	return id
}

// form makes a multipart body with a file and text parts.
func form(t testing.TB, name, contentType string, data []byte, texts map[string]string) (header http.Header, body io.Reader) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range texts {
		err := w.WriteField(k, v)
		if err != nil {
			t.Fatal(err)
		}
	}
	h := map[string][]string{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)}}
	if contentType != "" {
		h["Content-Type"] = []string{contentType}
	}
	p, err := w.CreatePart(h)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Write(data)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Content-Type": {w.FormDataContentType()}}, &b
}

// number reads a number that a test names.
func number(t testing.TB, text string) nanp.Number {
	t.Helper()
	n, code := nanp.Parse(text)
	if code != "" {
		t.Fatalf("%s: %s", text, code)
	}
	return n
}
