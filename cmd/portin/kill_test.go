package main_test

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/portin/portin/internal/api/apitest"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/server/servertest"
)

const (
	killRounds  = 20
	killClients = 8
	killAnswers = 60 // at most that many in a round
)

// child is a portin that runs as a process of its own, and can be killed.
type child struct {
	cmd    *exec.Cmd
	stderr *bytes.Buffer
	client servertest.Client
}

// programs is the folder in which buildOnce puts the program.
var programs string

func TestMain(m *testing.M) {
	var err error
	programs, err = os.MkdirTemp("", "portin-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	err = os.RemoveAll(programs)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// buildOnce builds the program as it is shipped, for all tests.
var buildOnce = sync.OnceValues(func() (program string, err error) {
	program = filepath.Join(programs, "portin")
	cmd := exec.Command("go", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return program, nil
})

func build(t *testing.T) string {
	t.Helper()
	program, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// spawn starts the sandbox on a folder and waits until it listens.
func spawn(t *testing.T, program, folder string, transport http.RoundTripper) *child {
	t.Helper()
	c := &child{cmd: exec.Command(program, "dev", "--listen", "127.0.0.1:0", "--data", folder), stderr: &bytes.Buffer{}}
	c.cmd.Stderr = c.stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = c.cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "URL") {
	}
	if !strings.Contains(lines.Text(), "http://") {
		t.Fatalf("the server does not start: %v\n%s", c.cmd.Wait(), c.stderr)
	}
	go io.Copy(io.Discard, stdout)
	credentials, err := sandbox.ReadCredentials(folder)
	if err != nil {
		t.Fatal(err)
	}
	document, err := apitest.Fetch(t.Context(), credentials.BaseURL, transport)
	if err != nil {
		t.Fatal(err)
	}
	c.client = servertest.Client{Credentials: credentials, HTTP: &http.Client{Transport: document.Transport(t, transport)}}
	return c
}

// stillborn starts the sandbox and kills it a while later, however far it has
// come.
func stillborn(t *testing.T, program, folder string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(program, "dev", "--listen", "127.0.0.1:0", "--data", folder)
	err := cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(after)
	err = cmd.Process.Kill()
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // says that it was killed
}

// kill ends the process as a power failure would.
func (c *child) kill(t *testing.T) {
	t.Helper()
	err := c.cmd.Process.Kill()
	if err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait() // says that it was killed
}

// now is the child that runs at the moment. Clients whose child was killed
// wait for the next one.
type now struct {
	mu    sync.Mutex
	child *child
	ready chan struct{} // closed when there is a child
}

func (n *now) set(c *child) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.child = c
	close(n.ready)
}

func (n *now) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.child = nil
	n.ready = make(chan struct{})
}

func (n *now) get(ctx context.Context) (servertest.Client, error) {
	for {
		n.mu.Lock()
		c, ready := n.child, n.ready
		n.mu.Unlock()
		if c != nil {
			return c.client, nil
		}
		select {
		case <-ctx.Done():
			return servertest.Client{}, ctx.Err()
		case <-ready:
		}
	}
}

// acked is a call that was answered, with its answer.
type acked struct {
	method, path, key string
	body              any
	answer            servertest.Answer
}

// life is what one client did with one number, and was told of it.
type life struct {
	did                 string
	id                  int64
	confirmed, canceled bool // it was told so
	gaveUp              bool // it asked to cancel; a kill may have kept the answer from it
	calls               []acked
}

// counters count over all clients.
type counters struct {
	mu                sync.Mutex
	acks, interrupted int
	wake              chan struct{} // after each ack
}

func (c *counters) ack() {
	c.mu.Lock()
	c.acks++
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// call makes a call again and again, with the same key, until it is answered.
func call(ctx context.Context, n *now, count *counters, l *life, path string, body any) (servertest.Answer, error) {
	key := fmt.Sprintf("%s-%d", l.did, len(l.calls))
	for {
		client, err := n.get(ctx)
		if err != nil {
			return servertest.Answer{}, err
		}
		if strings.HasPrefix(path, "/port-in/") {
			path = fmt.Sprintf("/account/%d%s", client.Credentials.AccountID, path)
		}
		a, err := client.Call(ctx, http.MethodPost, path, body, key)
		// A call that is still running, or a server that is busy, is no answer.
		if err == nil && a.Status != http.StatusServiceUnavailable && !(a.Status == http.StatusConflict && bytes.Contains(a.Body, []byte("running"))) {
			l.calls = append(l.calls, acked{http.MethodPost, path, key, body, a})
			count.ack()
			return a, nil
		}
		if ctx.Err() != nil {
			return servertest.Answer{}, ctx.Err()
		}
		count.mu.Lock()
		count.interrupted++
		count.mu.Unlock()
	}
}

// live uploads a number, mostly confirms it, and sometimes cancels.
func (l *life) live(ctx context.Context, t *testing.T, n *now, count *counters, random *rand.Rand) error {
	a, err := call(ctx, n, count, l, "/inbound/port-in/upload/text", map[string]any{"dids": []string{l.did}})
	if err != nil {
		return err
	}
	var up struct {
		OrderIDs []int64 `json:"orderIds"`
	}
	err = json.Unmarshal(a.Body, &up)
	if err != nil || a.Status != http.StatusOK || len(up.OrderIDs) != 1 {
		t.Errorf("upload of %s: %d %s", l.did, a.Status, a.Body)
		return nil
	}
	l.id = up.OrderIDs[0]
	if random.IntN(5) == 0 {
		return nil
	}
	a, err = call(ctx, n, count, l, fmt.Sprintf("/port-in/%d/confirm", l.id), servertest.Subscriber())
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		t.Errorf("confirm of order %d: %d %s", l.id, a.Status, a.Body)
		return nil
	}
	l.confirmed = true
	if random.IntN(4) > 0 {
		return nil
	}
	l.gaveUp = true
	a, err = call(ctx, n, count, l, fmt.Sprintf("/port-in/%d/cancel", l.id), map[string]any{})
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		t.Errorf("cancel of order %d: %d %s", l.id, a.Status, a.Body)
		return nil
	}
	l.canceled = true
	return nil
}

// TestKill kills the server at random instants while clients work with it, and
// then holds it to everything that it has said.
func TestKill(t *testing.T) {
	t.Parallel()
	program, folder := build(t), t.TempDir()
	transport := &http.Transport{MaxIdleConnsPerHost: killClients}
	defer transport.CloseIdleConnections()
	count := &counters{wake: make(chan struct{}, 1)}
	n := &now{ready: make(chan struct{})}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lives := make([][]*life, killClients)
	var clients sync.WaitGroup
	for i := range killClients {
		clients.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			for k := 0; ctx.Err() == nil; k++ {
				l := &life{did: fmt.Sprintf("91982%d%04d", i, k)}
				lives[i] = append(lives[i], l)
				err := l.live(ctx, t, n, count, random)
				if err != nil {
					return
				}
			}
		})
	}
	random := rand.New(rand.NewPCG(2, 2))
	for range killRounds {
		stillborn(t, program, folder, time.Duration(random.IntN(150))*time.Millisecond)
		c := spawn(t, program, folder, transport)
		n.set(c)
		// At least one answer a round, so that each round can lose something.
		<-count.wake
		late := time.After(time.Duration(random.IntN(300)) * time.Millisecond)
		for answers := random.IntN(killAnswers); answers > 0; answers-- {
			select {
			case <-count.wake:
			case <-late:
				answers = 0
			}
		}
		n.clear()
		c.kill(t)
	}
	stop()
	clients.Wait()
	t.Logf("%d answers, %d calls interrupted, over %d kills", count.acks, count.interrupted, killRounds)
	if count.interrupted == 0 {
		t.Error("no kill interrupted any call: the test shows nothing")
	}

	last := spawn(t, program, folder, transport)
	check(t, last.client, lives)
	last.kill(t)
	checkCarriers(t, folder, lives)
}

// check holds a server to what was answered.
func check(t *testing.T, c servertest.Client, lives [][]*life) {
	// Beyond every date that an order can have got by itself; everything that
	// is due must be done within the ten seconds that an advance waits, so an
	// order that hangs on a dead process's lease would show.
	c.Advance(t, 10*24*time.Hour)
	seen := map[string]int{}
	for _, mine := range lives {
		for _, l := range mine {
			if l.id == 0 {
				continue
			}
			o := c.Order(t, l.id)
			seen[o.Status]++
			if len(o.TNs) != 1 || o.TNs[0].DID != l.did {
				t.Errorf("order %d has the numbers %v; want %s", l.id, o.TNs, l.did)
			}
			switch {
			case l.canceled && o.Status != "canceled" && o.Status != "completed", // a cancellation can come too late
				o.Status == "canceled" && !l.gaveUp,
				l.confirmed && o.Status == "created":
				t.Errorf("order %d was confirmed (%v) and canceled (%v), and is %s", l.id, l.confirmed, l.canceled, o.Status)
			case o.Status != "created" && o.Status != "completed" && o.Status != "canceled":
				t.Errorf("order %d has stopped at %s", l.id, o.Status)
			}
			checkTimeline(t, l.id, c.Events(t, l.id))
			for _, call := range l.calls {
				a, err := c.Call(t.Context(), call.method, call.path, call.body, call.key)
				if err != nil || !a.Replayed || a.Status != call.answer.Status || !bytes.Equal(a.Body, call.answer.Body) {
					t.Errorf("POST %s with the key %s was answered %d %s, and is answered now %d %s (replayed %v), %v",
						call.path, call.key, call.answer.Status, call.answer.Body, a.Status, a.Body, a.Replayed, err)
				}
			}
		}
	}
	t.Logf("orders by status: %v", seen)
	for _, status := range []string{"created", "completed", "canceled"} {
		if seen[status] == 0 {
			t.Errorf("no order is %s: the test shows less than it should", status)
		}
	}
}

// checkTimeline checks that an order's events are numbered without gaps, and
// that nothing was sent or taken in twice.
func checkTimeline(t *testing.T, id int64, events []servertest.Event) {
	t.Helper()
	var sequence int64
	times := map[string]int{}
	for _, e := range events {
		name := e.Type
		switch e.Type {
		case "carrier_sent":
			name = fmt.Sprintf("%s %v %v", e.Type, e.Data["kind"], e.Data["pon_version"])
		case "carrier_late": // an answer that a cancellation has crossed
			name = fmt.Sprintf("%s %v %v", e.Type, e.Data["event"], e.Data["pon_version"])
		}
		times[name]++
		if e.Sequence == 0 {
			continue
		}
		sequence++
		if e.Sequence != sequence {
			t.Errorf("order %d: the event %s has the sequence %d; want %d", id, e.Type, e.Sequence, sequence)
		}
	}
	for name, n := range times {
		if n > 1 && name != "carrier_send_failed" {
			t.Errorf("order %d: %s stands %d times on the timeline", id, name, n)
		}
	}
}

// checkCarriers checks that the carriers got each confirmed order once, and no
// other.
func checkCarriers(t *testing.T, folder string, lives [][]*life) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(folder, "portin.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), "SELECT pon, count(*) FROM sim_receipt WHERE kind = 'request' GROUP BY pon")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	got := map[string]int{}
	for rows.Next() {
		var pon string
		var n int
		err = rows.Scan(&pon, &n)
		if err != nil {
			t.Fatal(err)
		}
		got[pon] = n
	}
	err = rows.Err()
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, mine := range lives {
		for _, l := range mine {
			if l.id == 0 {
				continue
			}
			n := got[fmt.Sprintf("PI%08d", l.id)]
			if n > 0 {
				known++
			}
			switch {
			case n > 1:
				t.Errorf("the carriers got order %d %d times", l.id, n)
			case l.confirmed && !l.gaveUp && n != 1:
				t.Errorf("the carriers never got the confirmed order %d", l.id)
			}
		}
	}
	if known != len(got) {
		t.Errorf("the carriers got %d orders; %d of them are ours", len(got), known)
	}
	var ok string
	err = db.QueryRowContext(t.Context(), "PRAGMA quick_check").Scan(&ok)
	if err != nil || ok != "ok" {
		t.Errorf("quick_check: %s, %v", ok, err)
	}
}
