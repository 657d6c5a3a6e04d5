package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/porting"
)

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// keyed makes a JSON call with an idempotency key.
func (h *house) keyed(key, method, path, body string) answer {
	h.t.Helper()
	header := http.Header{"Idempotency-Key": {key}}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	a, err := h.do(h.request("clerk", method, path, header, strings.NewReader(body)))
	h.must(err)
	return a
}

// TestOnce: the same call with the same key has one effect and one answer,
// whatever form the body has.
func TestOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	const path = "/inbound/port-in/upload/text"
	first := h.keyed("k1", "POST", path, `{"dids": ["9192000001"], "customer_reference": "A"}`)
	// The order is touched, so that the uploads' own rule for lost answers does
	// not hold any more.
	h.call("DELETE", orderPath(1, ""), nil)
	for _, body := range []string{`{"dids": ["9192000001"], "customer_reference": "A"}`, "{ \"customer_reference\":\"A\",\n\"dids\": [\"9192000001\"]}"} {
		again := h.keyed("k1", "POST", path, body)
		if again.Status != first.Status || !bytes.Equal(again.Body, first.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the repetition is answered %d %s", again.Status, again.Body)
		}
	}
	for name, a := range map[string]answer{
		"another body":  h.keyed("k1", "POST", path, `{"dids": ["9192000002"]}`),
		"another query": h.keyed("k1", "POST", path+"?strict=true", `{"dids": ["9192000001"], "customer_reference": "A"}`),
		"another path":  h.keyed("k1", "POST", orderPath(1, "/tag"), `{"tag": "x"}`),
	} {
		if a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte("idempotency_key_reused")) {
			t.Errorf("%s with the same key: %d %s", name, a.Status, a.Body)
		}
	}
	// Another account has keys of its own.
	header := http.Header{"Idempotency-Key": {"k1"}, "Content-Type": {"application/json"}}
	a, err := h.do(h.request("stranger", "POST", path, header, strings.NewReader(`{"dids": ["9192000003"]}`)))
	if err != nil || a.Status != http.StatusOK || a.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("the key of another account: %d %s %v", a.Status, a.Body, err)
	}
	for _, key := range []string{"", strings.Repeat("x", 256)} {
		if a := h.keyed(key, "POST", path, `{"dids": ["9192000004"]}`); a.Status != http.StatusUnprocessableEntity {
			t.Errorf("a key of %d characters: %d %s", len(key), a.Status, a.Body)
		}
	}
}

// TestOnceDelete: a deletion whose answer was lost is answered like the first
// time, and not with 404.
func TestOnceDelete(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	first, again := h.keyed("k1", "DELETE", orderPath(id, ""), ""), h.keyed("k1", "DELETE", orderPath(id, ""), "")
	if first.Status != http.StatusNoContent || again.Status != http.StatusNoContent || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d, then %d %s", first.Status, again.Status, again.Body)
	}
	if other := h.keyed("k2", "DELETE", orderPath(id, ""), ""); other.Status != http.StatusNotFound {
		t.Errorf("another key: %d %s", other.Status, other.Body)
	}
}

// TestOnceWithoutEffect: calls that write nothing of their own, and the
// sandbox's clock, are repeated like all others.
func TestOnceWithoutEffect(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	for i, c := range []struct{ path, body, other string }{
		{"/sandbox/clock", `{"advance": "1h"}`, `{"advance": "2h"}`},
		{fmt.Sprintf("/account/%d/port-in/check", customer), `{"dids": ["9195550103"]}`, `{"dids": ["9195550104"]}`},
		{orderPath(id, "/confirm?dry_run=true"), `{"zip": "27601", "account_number": "1"}`, `{}`},
		{orderPath(id, "/confirm?dry_run=true"), `{}`, `{"zip": "27601"}`},
		{orderPath(id, "/cancel"), `{}`, `{"reason": "x"}`},
	} {
		key := fmt.Sprint("k", i)
		before := h.now.Now()
		first := h.keyed(key, "POST", c.path, c.body)
		moved := h.now.Now()
		again := h.keyed(key, "POST", c.path, c.body)
		if again.Status != first.Status || !bytes.Equal(again.Body, first.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %d %s, then %d %s", c.path, first.Status, first.Body, again.Status, again.Body)
		}
		if !h.now.Now().Equal(moved) || i == 0 && !moved.Equal(before.Add(time.Hour)) {
			t.Errorf("%s moves the clock to %v, then to %v", c.path, moved, h.now.Now())
		}
		if other := h.keyed(key, "POST", c.path, c.other); other.Status != http.StatusUnprocessableEntity || !bytes.Contains(other.Body, []byte("idempotency_key_reused")) {
			t.Errorf("%s, another body: %d %s", c.path, other.Status, other.Body)
		}
	}
}

// TestOnceRefused: what a rule refused is refused again; what was refused for
// who called is looked at anew.
func TestOnceRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9192000001")[0]
	first := h.keyed("k1", "POST", orderPath(id, "/confirm"), "{}")
	again := h.keyed("k1", "POST", orderPath(id, "/confirm"), "{}")
	if first.Status != http.StatusUnprocessableEntity || !bytes.Equal(again.Body, first.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("a refusal is repeated as %d %s", again.Status, again.Body)
	}
	header := http.Header{"Idempotency-Key": {"k2"}, "Content-Type": {"application/json"}}
	a, err := h.do(h.request("reader", "POST", orderPath(id, "/tag"), header, strings.NewReader(`{"tag": "x"}`)))
	if err != nil || a.Status != http.StatusForbidden {
		t.Fatalf("%d %s %v", a.Status, a.Body, err)
	}
	a = h.keyed("k2", "POST", orderPath(id, "/tag"), `{"tag": "x"}`)
	if a.Status != http.StatusOK || a.Header.Get("Idempotent-Replayed") != "" {
		t.Errorf("after a 403 the key is used up: %d %s", a.Status, a.Body)
	}
}

// TestOnceFile: the fingerprint of a file is its content, not the form around
// it.
func TestOnceFile(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9192000001")[0]
	pdf, err := os.ReadFile("testdata/letter.pdf")
	h.must(err)
	send := func(path, name string, data []byte) answer {
		header, body := form(t, name, "", data, nil) // a new boundary each time
		header.Set("Idempotency-Key", "k-"+path)
		a, err := h.do(h.request("clerk", "POST", path, header, body))
		h.must(err)
		return a
	}
	for _, c := range []struct {
		path, name string
		data       []byte
	}{
		{orderPath(id, "/upload/files/loa"), "loa.pdf", pdf},
		{"/inbound/port-in/upload/file", "numbers.csv", []byte("9192000002\n")},
	} {
		first, again := send(c.path, c.name, c.data), send(c.path, c.name, c.data)
		if first.Status != http.StatusOK || !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: %d %s", c.path, again.Status, again.Body)
		}
		other := send(c.path, c.name, append(bytes.Clone(c.data), '\n'))
		if other.Status != http.StatusUnprocessableEntity || !bytes.Contains(other.Body, []byte("idempotency_key_reused")) {
			t.Errorf("%s, another content: %d %s", c.path, other.Status, other.Body)
		}
	}
}

// TestOnceAtOnce: of many calls with one key one takes effect; the others get
// its answer, or are told to wait.
func TestOnceAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9192000001")[0]
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			header := http.Header{"Idempotency-Key": {"k1"}, "Content-Type": {"application/json"}}
			a, err := h.do(h.request("clerk", "POST", orderPath(id, "/comments"), header, strings.NewReader(`{"comment": "once"}`)))
			switch {
			case err != nil:
				t.Error(err)
			case a.Status == http.StatusConflict:
				if a.Header.Get("Retry-After") == "" {
					t.Error("a call that must wait is not told how long")
				}
			case a.Status != http.StatusOK:
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	wg.Wait()
	var out struct {
		Comments []any `json:"comments"`
	}
	h.call("GET", orderPath(id, "/comments"), nil).JSON(t, &out)
	if len(out.Comments) != 1 {
		t.Errorf("the comment stands %d times", len(out.Comments))
	}
}

// TestOnceRunning: while the first call with a key runs, another one is told to
// wait.
func TestOnceRunning(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	end, err := h.service.Begin(t.Context(), porting.Call{Principal: account.Principal{AccountID: customer}, Once: &porting.Once{Key: "k1"}})
	h.must(err)
	a := h.keyed("k1", "POST", orderPath(id, "/tag"), `{"tag": "x"}`)
	if a.Status != http.StatusConflict || a.Header.Get("Retry-After") == "" || !bytes.Contains(a.Body, []byte("idempotency_key_running")) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	end()
	a = h.keyed("k1", "POST", orderPath(id, "/tag"), `{"tag": "x"}`)
	if a.Status != http.StatusOK {
		t.Errorf("afterwards: %d %s", a.Status, a.Body)
	}
}

// TestTokenIsShownOnce: the repetition of a token's making does not show it,
// and the database does not hold it.
func TestTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	path := fmt.Sprintf("/account/%d/tokens", customer)
	var made struct{ Token *string }
	h.keyed("k1", "POST", path, `{"scopes": ["port:read"]}`).JSON(t, &made)
	again := h.keyed("k1", "POST", path, `{"scopes": ["port:read"]}`)
	if made.Token == nil || bytes.Contains(again.Body, []byte(*made.Token)) {
		t.Errorf("the repetition shows the token: %s", again.Body)
	}
}
