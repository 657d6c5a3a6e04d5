package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/api/apitest"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/server"
	"github.com/portin/portin/internal/server/servertest"
)

// TestMain fails when a server leaves anything running behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is a server in this process.
type running struct {
	servertest.Client
	server *server.Server
	folder string
	log    *lockedBuffer
	stop   func() error // ends it and waits; the second time does nothing
}

// lockedBuffer is a log that is written while it is read.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs a sandbox on a data folder until the test ends.
func start(t *testing.T, folder string) *running {
	t.Helper()
	log := &lockedBuffer{}
	s, err := server.New(t.Context(), server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: folder, Log: slog.New(slog.NewJSONHandler(log, nil))})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	document, err := apitest.Fetch(t.Context(), s.BaseURL(), transport)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{
		Client: servertest.Client{Credentials: s.Credentials(), HTTP: &http.Client{Transport: document.Transport(t, transport)}},
		server: s, folder: folder, log: log,
	}
	r.stop = sync.OnceValue(func() error {
		cancel()
		transport.CloseIdleConnections()
		return <-done
	})
	t.Cleanup(func() {
		err := r.stop()
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return r
}

// wantStatus checks an order's status, and its numbers' and next step.
func wantStatus(t *testing.T, o servertest.Order, status, numbers, who string) {
	t.Helper()
	if o.Status != status {
		t.Fatalf("order %d is %s; want %s", o.ID, o.Status, status)
	}
	for _, n := range o.TNs {
		if n.Status != numbers {
			t.Errorf("order %d is %s, and its number %s is %s; want %s", o.ID, o.Status, n.DID, n.Status, numbers)
		}
	}
	got := ""
	if o.Next != nil {
		got = o.Next.Who
	}
	if got != who {
		t.Errorf("order %d is %s, and the next step is %q's; want %q's", o.ID, o.Status, got, who)
	}
}

// wantEvents checks the public events of an order, which must be numbered
// without gaps.
func wantEvents(t *testing.T, r *running, id int64, want ...string) {
	t.Helper()
	var got []string
	for _, e := range r.Events(t, id) {
		if e.Sequence == 0 {
			continue
		}
		got = append(got, e.Type)
		if e.Sequence != int64(len(got)) {
			t.Errorf("the event %s of order %d has the sequence %d; want %d", e.Type, id, e.Sequence, len(got))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("order %d has the events\n%v\nwant\n%v", id, got, want)
	}
}

func upload(t *testing.T, r *running, did string) int64 {
	t.Helper()
	ids := r.Upload(t, did)
	if len(ids) != 1 {
		t.Fatalf("an upload of one number made the orders %v", ids)
	}
	return ids[0]
}

func TestHappyPath(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550100")
	wantStatus(t, r.Order(t, id), "created", "created", "customer")
	o := r.Confirm(t, id, servertest.Subscriber())
	wantStatus(t, o, "submitted", "submitted", "portin")
	r.Advance(t, time.Minute)
	o = r.Order(t, id)
	wantStatus(t, o, "foc", "foc", "carrier")
	r.AdvanceTo(t, o.FOC.ActivationTime.Add(time.Minute))
	wantStatus(t, r.Order(t, id), "completed", "ported", "")
	wantEvents(t, r, id, "port_in.created", "port_in.submitted", "port_in.pending", "port_in.foc_set",
		"port_in.activating", "port_in.number_ported", "port_in.completed")
}

// TestPendingOnTheWay looks at the moment between the carrier's receipt and its
// answer: the clock stops at each instant at which something is due.
func TestPendingOnTheWay(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550100")
	r.Confirm(t, id, servertest.Subscriber())
	r.Advance(t, time.Minute)
	var kinds []string
	for _, e := range r.Events(t, id) {
		kinds = append(kinds, e.Type)
	}
	want := []string{"port_in.created", "port_in.submitted", "carrier_sent", "port_in.pending", "port_in.foc_set"}
	if !slices.Equal(kinds, want) {
		t.Errorf("the timeline is\n%v\nwant\n%v", kinds, want)
	}
}

func TestRejectCorrectResubmit(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550121")
	r.Confirm(t, id, servertest.Subscriber())
	r.Advance(t, time.Minute)
	o := r.Order(t, id)
	wantStatus(t, o, "rejected", "rejected", "customer")
	if o.Reject == nil || o.Reject.Code != "account_number" || o.Reject.CarrierCode != "8A" || !slices.Contains(o.Reject.Fields, "account_number") {
		t.Fatalf("the reject is %+v", o.Reject)
	}
	o = r.Confirm(t, id, map[string]any{"account_number": "4711-0816"})
	wantStatus(t, o, "submitted", "submitted", "portin")
	if o.Reject != nil {
		t.Errorf("the resubmitted order still shows the reject %+v", o.Reject)
	}
	r.Advance(t, time.Minute)
	o = r.Order(t, id)
	wantStatus(t, o, "foc", "foc", "carrier")
	r.AdvanceTo(t, o.FOC.ActivationTime.Add(time.Minute))
	wantStatus(t, r.Order(t, id), "completed", "ported", "")
	wantEvents(t, r, id, "port_in.created", "port_in.submitted", "port_in.pending", "port_in.rejected", "port_in.submitted",
		"port_in.pending", "port_in.foc_set", "port_in.activating", "port_in.number_ported", "port_in.completed")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550100")
	r.Confirm(t, id, servertest.Subscriber())
	r.Advance(t, time.Minute)
	wantStatus(t, r.Order(t, id), "foc", "foc", "carrier")
	o := r.Cancel(t, id)
	wantStatus(t, o, "cancel_pending", "foc", "carrier")
	r.Advance(t, time.Minute)
	wantStatus(t, r.Order(t, id), "canceled", "removed", "")
	r.Advance(t, 30*24*time.Hour)
	wantStatus(t, r.Order(t, id), "canceled", "removed", "")
	wantEvents(t, r, id, "port_in.created", "port_in.submitted", "port_in.pending", "port_in.foc_set", "port_in.cancel_pending", "port_in.canceled")
}

func TestUnconfirmedExpires(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550100")
	r.Advance(t, 29*24*time.Hour)
	wantStatus(t, r.Order(t, id), "created", "created", "customer")
	r.Advance(t, 25*time.Hour)
	wantStatus(t, r.Order(t, id), "expired", "removed", "")
}

func TestUncorrectedRejectIsCancelled(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550121")
	r.Confirm(t, id, servertest.Subscriber())
	r.Advance(t, 15*24*time.Hour)
	wantStatus(t, r.Order(t, id), "canceled", "removed", "")
	wantEvents(t, r, id, "port_in.created", "port_in.submitted", "port_in.pending", "port_in.rejected", "port_in.cancel_pending", "port_in.canceled")
}

// TestAnswersByItself lets an order run without anybody moving the clock: the
// simulated carriers answer in real time.
func TestAnswersByItself(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "9195550100")
	r.Confirm(t, id, servertest.Subscriber())
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for r.Order(t, id).Status != "foc" {
		select {
		case <-ctx.Done():
			t.Fatalf("after 30 seconds the order is %s", r.Order(t, id).Status)
		case <-tick.C:
		}
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := start(t, folder)
	id := upload(t, first, "9195550100")
	first.Confirm(t, id, servertest.Subscriber())
	moved := first.Advance(t, time.Minute)
	err := first.stop()
	if err != nil {
		t.Fatalf("Run: %v", err)
	}

	second := start(t, folder)
	if second.Credentials.Token != first.Credentials.Token || second.Credentials.DeskToken != first.Credentials.DeskToken {
		t.Error("the second start made other tokens")
	}
	kept, err := sandbox.ReadCredentials(folder)
	if err != nil || kept != second.Credentials || kept.BaseURL != second.server.BaseURL() {
		t.Errorf("credentials.json holds %+v, %v", kept.BaseURL, err)
	}
	o := second.Order(t, id)
	wantStatus(t, o, "foc", "foc", "carrier")
	again := second.AdvanceTo(t, o.FOC.ActivationTime.Add(time.Minute))
	if again.From.Before(moved.To) {
		t.Errorf("the clock was at %v, and after a restart at %v", moved.To, again.From)
	}
	wantStatus(t, second.Order(t, id), "completed", "ported", "")
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	if r.Credentials.AccountID != 10001 || r.Credentials.Username != "sandbox" || !strings.HasPrefix(r.Credentials.Token, "pk_test_") {
		t.Errorf("the credentials are %d, %s", r.Credentials.AccountID, r.Credentials.Username)
	}
	for _, name := range []string{sandbox.CredentialsFile, "portin.key", "portin.db", "portin.db-wal"} {
		info, err := os.Stat(filepath.Join(r.folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v; want 0600", name, info.Mode().Perm())
		}
	}
}

// TestLostCredentials: a start that was killed before it could write the file
// leaves a sandbox that can be used after the next one.
func TestLostCredentials(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first := start(t, folder)
	err := errors.Join(first.stop(), os.Remove(filepath.Join(folder, sandbox.CredentialsFile)))
	if err != nil {
		t.Fatal(err)
	}
	second := start(t, folder)
	if second.Credentials.AccountID != first.Credentials.AccountID {
		t.Errorf("the second start made another account: %d", second.Credentials.AccountID)
	}
	a, err := second.Call(t.Context(), http.MethodGet, "/account", nil, "")
	if err != nil || a.Status != http.StatusOK {
		t.Errorf("the new token gets %d, %v", a.Status, err)
	}
	second.Credentials.Token = first.Credentials.Token
	a, err = second.Call(t.Context(), http.MethodGet, "/account", nil, "")
	if err != nil || a.Status != http.StatusUnauthorized {
		t.Errorf("the lost token gets %d, %v; want 401", a.Status, err)
	}
}

func TestOneServerAFolder(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	_, err := server.New(t.Context(), server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: r.folder})
	if err == nil || !strings.Contains(err.Error(), "another portin") {
		t.Fatalf("a second server on one folder: %v", err)
	}
	// The first one must not have noticed.
	wantStatus(t, r.Order(t, upload(t, r, "9195550100")), "created", "created", "customer")
}

func TestModeIsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := start(t, folder)
	err := r.stop()
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.New(t.Context(), server.Config{Listen: "127.0.0.1:0", Data: folder})
	if err == nil || !strings.Contains(err.Error(), "sandbox") {
		t.Errorf("production on the sandbox's folder: %v", err)
	}
}

func TestKeyIsKept(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := start(t, folder)
	err := r.stop()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(folder, "portin.key")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	err = os.Remove(key)
	if err != nil {
		t.Fatal(err)
	}
	config := server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: folder}
	_, err = server.New(t.Context(), config)
	if err == nil || !strings.Contains(err.Error(), "portin.key is missing") {
		t.Errorf("without the key: %v", err)
	}
	_, err = os.Stat(key)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a new key was made beside the old database: %v", err)
	}
	config.Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	_, err = server.New(t.Context(), config)
	if err == nil || !strings.Contains(err.Error(), "encryption key") {
		t.Errorf("with another key: %v", err)
	}
	err = os.WriteFile(key, text, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	start(t, folder)
}

func TestProduction(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var log bytes.Buffer
	s, err := server.New(t.Context(), server.Config{Listen: "127.0.0.1:0", Data: folder, Log: slog.New(slog.NewJSONHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if s.Credentials() != (sandbox.Credentials{}) {
		t.Error("production has credentials of its own")
	}
	if !strings.Contains(log.String(), "ENCRYPTION KEY") {
		t.Errorf("the new key is not told of: %s", log.String())
	}
	err = s.Close()
	if err != nil {
		t.Fatal(err)
	}
	_, err = sandbox.ReadCredentials(folder)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("production wrote credentials: %v", err)
	}
	office, err := server.OpenOffice(t.Context(), server.Config{Data: folder}, false)
	if err != nil {
		t.Fatal(err)
	}
	defer office.Close()
	all, err := office.Service.Accounts(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("production begins with the accounts %v, %v", all, err)
	}
}

// TestOffice: an operator adds a token while the server runs, and the token
// opens that server.
func TestOffice(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	office, err := server.OpenOffice(t.Context(), server.Config{Data: r.folder}, false)
	if err != nil {
		t.Fatalf("OpenOffice beside a server: %v", err)
	}
	m, err := office.Service.MintTokenFor(t.Context(), r.Credentials.AccountID, "clerk", porting.MintIn{Name: "test", Scopes: []account.Scope{account.PortRead}})
	if err != nil {
		t.Fatalf("MintTokenFor: %v", err)
	}
	if !strings.HasPrefix(m.Text, "pk_test_") {
		t.Error("the operator's command did not notice that this is a sandbox")
	}
	clerk := r.Client
	clerk.Credentials.Username, clerk.Credentials.Token = "clerk", m.Text
	a, err := clerk.Call(t.Context(), http.MethodGet, "/account", nil, "")
	if err != nil || a.Status != http.StatusOK {
		t.Errorf("the new token gets %d, %v", a.Status, err)
	}
	err = office.Close()
	if err != nil {
		t.Fatal(err)
	}
	// The server still has its lock.
	_, err = server.New(t.Context(), server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: r.folder})
	if err == nil {
		t.Error("after an operator's command a second server starts on the folder")
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	for _, path := range []string{"/healthz", "/readyz"} {
		a, err := r.Call(t.Context(), http.MethodGet, path, nil, "")
		if err != nil || a.Status != http.StatusOK {
			t.Errorf("GET %s = %d, %v", path, a.Status, err)
		}
	}
}

func TestListenFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	folder := t.TempDir()
	_, err = server.New(t.Context(), server.Config{Sandbox: true, Listen: taken.Addr().String(), Data: folder})
	if err == nil {
		t.Fatal("two servers listen at one address")
	}
	start(t, folder) // what failed has given everything up
}

// TestStopUnderLoad: every call that is answered is answered whole, and what
// was answered with yes is there after a restart.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	r := start(t, folder)
	var mu sync.Mutex
	var acked []int64
	enough := make(chan struct{}, 1)
	var wg sync.WaitGroup
	for client := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				a, err := r.Call(t.Context(), http.MethodPost, "/inbound/port-in/upload/text", map[string]any{"dids": []string{fmt.Sprintf("9198%d%05d", client, i)}}, "")
				if err != nil {
					return // the server is gone: nothing was promised
				}
				if a.Status == http.StatusServiceUnavailable {
					return // it says that it is stopping
				}
				var out struct {
					OrderIDs []int64 `json:"orderIds"`
				}
				err = json.Unmarshal(a.Body, &out)
				if err != nil || a.Status != http.StatusOK || len(out.OrderIDs) != 1 {
					t.Errorf("while the server stops a call is answered %d %s", a.Status, a.Body)
					return
				}
				mu.Lock()
				acked = append(acked, out.OrderIDs[0])
				if len(acked) == 50 {
					enough <- struct{}{}
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	err := r.stop()
	if err != nil {
		t.Errorf("Run: %v", err)
	}
	wg.Wait()
	again := start(t, folder)
	for _, id := range acked {
		again.Order(t, id)
	}
}

// TestSwitchedOff: what waits for its confirmation goes to another carrier by
// itself when its own is switched off, and is ported then.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	r := start(t, t.TempDir())
	id := upload(t, r, "4155550100")
	desk := r.Client
	desk.Credentials.Username, desk.Credentials.Token = r.Credentials.DeskUsername, r.Credentials.DeskToken
	a, err := desk.Call(t.Context(), http.MethodPatch, "/desk/carriers/8", map[string]any{"on": false, "off_reason": "the trunk is down"}, "")
	if err != nil || a.Status != http.StatusOK || !strings.Contains(string(a.Body), `"drafts":1`) {
		t.Fatalf("switching it off = %d %s, %v", a.Status, a.Body, err)
	}
	r.Advance(t, time.Minute) // all that is due is done when it answers
	o := r.Order(t, id)
	if o.Carrier.ID != 7 || o.Version != 2 {
		t.Errorf("the order is with carrier %d, in version %d", o.Carrier.ID, o.Version)
	}
	r.Confirm(t, id, servertest.Subscriber())
	r.Advance(t, time.Minute)
	o = r.Order(t, id)
	r.AdvanceTo(t, o.FOC.ActivationTime.Add(time.Minute))
	wantStatus(t, r.Order(t, id), "completed", "ported", "")
	wantEvents(t, r, id, "port_in.created", "port_in.updated", "port_in.submitted", "port_in.pending", "port_in.foc_set",
		"port_in.activating", "port_in.number_ported", "port_in.completed")
}
