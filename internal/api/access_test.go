package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/portin/portin/internal/account"
	"github.com/portin/portin/internal/api"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
)

// TestDocumentIsServed: everybody can read the document, and it is what the
// tests validate against.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.as("nobody", "GET", "/openapi.json", nil)
	if a.Status != http.StatusOK || !bytes.Equal(a.Body, api.Document("sandbox")) {
		t.Errorf("GET /openapi.json = %d, %d bytes", a.Status, len(a.Body))
	}
}

// TestAccess calls every route of the document in every wrong way: without a
// token, with one that lacks the scope, and of another account. What is not
// there and what is another's are answered alike, byte for byte but for the
// request id.
func TestAccess(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	h.user("weak", customer, account.Webhooks)
	fill := func(path string, accountID, order int64) string {
		return strings.NewReplacer("{account_id}", fmt.Sprint(accountID), "{portin_process_id}", fmt.Sprint(order), "{upload_id}", fmt.Sprint(order),
			"{file_id}", "1", "{token_id}", "9", "{carrier_id}", "7", "{type}", "loa",
			"{deck_id}", "1", "{losing_carrier}", "sandbox-bell").Replace(path)
	}
	for path, item := range the().Raw["paths"].(map[string]any) {
		for method, raw := range item.(map[string]any) {
			op := raw.(map[string]any)
			if op["security"] == nil {
				continue
			}
			method = strings.ToUpper(method)
			call := func(as string, accountID, order int64) answer {
				return h.as(as, method, fill(path, accountID, order), "{}")
			}
			for _, as := range []string{"nobody", "weak"} {
				want := map[string]int{"nobody": http.StatusUnauthorized, "weak": http.StatusForbidden}[as]
				if as == "weak" && path == "/account" {
					continue // any token can ask who it is
				}
				// Scope comes before look-up: an order that is not there is no exception.
				for _, order := range []int64{id, 404} {
					if a := call(as, customer, order); a.Status != want {
						t.Errorf("%s %s of order %d as %s = %d; want %d", method, path, order, as, a.Status, want)
					}
				}
			}
			if !strings.Contains(path, "{account_id}") {
				continue
			}
			another := call("clerk", stranger, id)
			if another.Status != http.StatusNotFound {
				t.Errorf("%s %s in another account = %d", method, path, another.Status)
			}
			if !strings.Contains(path, "{portin_process_id}") {
				continue
			}
			for name, a := range map[string]answer{"another's": call("stranger", stranger, id), "unknown": call("clerk", customer, 404), "no id": call("clerk", customer, -1)} {
				if strings.Contains(path, "/upload/files/") && name != "no id" {
					continue // needs a document first; TestGolden has it
				}
				if strings.HasSuffix(path, "/split") || strings.HasSuffix(path, "/comments") || strings.HasSuffix(path, "/tag") {
					if method == "POST" && name != "no id" {
						continue // needs a body that can be read first
					}
				}
				if withoutID(a.Body) != withoutID(another.Body) || a.Status != http.StatusNotFound {
					t.Errorf("%s %s, %s: %d %s", method, path, name, a.Status, a.Body)
				}
			}
		}
	}
	if o := h.order(id); o.Status != "created" || o.Version != 1 {
		t.Errorf("one of the wrong calls changed the order: %+v", o)
	}
}

func withoutID(body []byte) string {
	var p map[string]any
	err := json.Unmarshal(body, &p)
	if err != nil {
		return string(body)
	}
	delete(p, "request_id")
	return string(mustJSON(p))
}

// TestCredentials: every wrong pair of user name and token is told the same.
func TestCredentials(t *testing.T) {
	t.Parallel()
	h := open(t)
	clerk, other := h.users["clerk"], h.users["stranger"]
	var told []string
	for _, pair := range [][2]string{
		{"clerk", ""}, {"clerk", "x"}, {"", clerk[1]}, {"reader", clerk[1]}, {"clerk", other[1]}, {"clerk", clerk[1] + "x"},
		{"clerk", clerk[1][:len(clerk[1])-1] + "_"}, {"CLERK", clerk[1]},
	} {
		r := h.request("", "GET", "/account", nil, nil)
		r.SetBasicAuth(pair[0], pair[1])
		a, err := h.do(r)
		h.must(err)
		if a.Status != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%q = %d", pair, a.Status)
		}
		told = append(told, withoutID(a.Body))
	}
	for i := range told {
		if told[i] != told[0] {
			t.Errorf("the refusals differ: %s and %s", told[0], told[i])
		}
	}
}

// TestNothingPersonal: what a customer typed into a wrong call comes back in no
// error and stands in no log, but for numbers, dates, enumeration values and
// ids.
func TestNothingPersonal(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	const canary = "Kanarienvogel"
	wrong := map[string]any{"tns": []any{map[string]any{"did": canary, canary: canary}}}
	for _, field := range []string{"requested_foc_date", "btn", "pin", "account_number", "ssn_last4", "tax_id", "location_type", "first_name", "address", "state", "zip", "country", "contact_email", "contact_phone",
		"partial_port", "lines_on_account", "remaining_numbers", "new_btn", "special_features", "imei", "quote_id", "expected_total", "version"} {
		wrong[field] = canary
	}
	pdf, err := os.ReadFile("testdata/letter.pdf")
	h.must(err)
	var answers []answer
	for _, path := range []string{"/confirm", "/split", "/tag", "/comments", "/cancel"} {
		answers = append(answers, h.call("POST", orderPath(id, path), wrong), h.call("POST", orderPath(id, path), `{"`+canary+`": 1, "x": {"order": `),
			h.call("POST", orderPath(id, path), []any{canary}), h.call("POST", orderPath(id, path), map[string]any{canary: canary, "order": canary}))
	}
	answers = append(answers,
		h.call("POST", "/inbound/port-in/upload/text", map[string]any{"dids": []any{canary, map[string]any{canary: 1}}}),
		h.call("POST", "/inbound/port-in/upload/text", map[string]any{"dids": canary}),
		h.call("POST", fmt.Sprintf("/account/%d/port-in/check", customer), map[string]any{"dids": []any{canary}, canary + "-": 1}),
		h.call("GET", fmt.Sprintf("/account/%d/port-in?q=%s&status=%s&did=%s&%s=1", customer, canary, canary, canary, "x"), nil),
		h.call("POST", fmt.Sprintf("/account/%d/tokens", customer), map[string]any{"scopes": []any{canary}, "name": strings.Repeat(canary, 20)}),
		h.call("POST", "/sandbox/clock", map[string]any{"advance": canary}),
	)
	for _, name := range []string{canary + ".pdf", canary + ".exe"} {
		for _, data := range [][]byte{pdf[:50], []byte(canary)} {
			header, body := form(t, name, "", data, map[string]string{"document_date": canary, canary: canary})
			a, err := h.do(h.request("clerk", "POST", orderPath(id, "/upload/files/loa"), header, body))
			h.must(err)
			answers = append(answers, a)
		}
	}
	header, body := form(t, canary+".csv", "", []byte("name,"+canary+"\n"+canary+",12\n"), map[string]string{"losing_carrier": strings.Repeat(canary, 500)})
	a, err := h.do(h.request("clerk", "POST", "/inbound/port-in/upload/file", header, body))
	h.must(err)
	answers = append(answers, a)
	for _, a := range answers {
		if a.Status < 400 {
			t.Errorf("a wrong call is answered %d %s", a.Status, a.Body)
		}
		if bytes.Contains(a.Body, []byte(canary)) {
			t.Errorf("an error repeats what was sent: %s", a.Body)
		}
	}
	// A right call, so that the log has seen the real thing as well.
	right := subscriber()
	right["first_name"], right["pin"], right["notes"] = canary, canary, canary
	if a := h.call("POST", orderPath(id, "/confirm"), right); a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if strings.Contains(h.log.String(), canary) {
		t.Error("the log holds what the customer typed")
	}
	if !strings.Contains(h.log.String(), "/confirm") {
		t.Error("the log does not hold the calls at all")
	}
}

// TestLimits: bodies that are too large are refused, and not read on and on.
func TestLimits(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	for path, size := range map[string]int64{
		"/inbound/port-in/upload/text": 33 << 20, orderPath(id, "/tag"): 2 << 20,
	} {
		body := io.MultiReader(strings.NewReader(`{"tag": "`), io.LimitReader(letters{}, size), strings.NewReader(`"}`))
		a, err := h.do(h.request("clerk", "POST", path, http.Header{"Content-Type": {"application/json"}}, body))
		if err != nil || a.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with %d bytes = %d %v", path, size, a.Status, err)
		}
	}
	a, err := h.do(h.request("clerk", "POST", orderPath(id, "/upload/files/loa"), http.Header{"Content-Type": {"application/pdf"}}, io.LimitReader(letters{}, 11<<20)))
	if err != nil || a.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("a document that is too large = %d %v", a.Status, err)
	}
	var out struct{ Errors []struct{ Code string } }
	a = h.call("POST", "/inbound/port-in/upload/text", `{"dids": ["9190000000-9199999999"]}`)
	a.JSON(t, &out)
	if a.Status != http.StatusUnprocessableEntity {
		t.Errorf("a huge range = %d %s", a.Status, a.Body)
	}
	header := http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
	a, err = h.do(h.request("clerk", "POST", orderPath(id, "/tag"), header, strings.NewReader("\x1f\x8b")))
	if err != nil || a.Status != http.StatusUnsupportedMediaType {
		t.Errorf("a compressed body = %d %v", a.Status, err)
	}
}

// letters is a body without end.
type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// broken is a store that fails, or panics.
type broken struct{ err error }

func (b broken) Update(context.Context, func(porting.Tx) error) error { return b.fail() }
func (b broken) View(context.Context, func(porting.Tx) error) error   { return b.fail() }

func (b broken) fail() error {
	if b.err == nil {
		panic("a secret")
	}
	return b.err
}

// TestOurFaults: what fails in here says nothing but the request id.
func TestOurFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"panic":       {nil, 500},
		"unknown":     {errors.New("a secret"), 500},
		"internal":    {fault.Wrap(errors.New("a secret"), "a secret"), 500},
		"unavailable": {&fault.Error{Kind: fault.Unavailable, Code: fault.CodeBusy, Message: "a secret"}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log lockedBuffer
			h := api.New(api.Config{Service: &porting.Service{Store: broken{c.err}}, Mode: "sandbox", Log: slog.New(slog.NewJSONHandler(&log, nil))})
			text, _, _ := account.Mint(true)
			r := httptest.NewRequest("GET", "/account", nil)
			r.SetBasicAuth("clerk", text)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != c.status || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			id := w.Header().Get("X-Request-Id")
			if !strings.Contains(w.Body.String(), id) || !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "a secret") {
				t.Errorf("the log does not tell what happened in %s: %s", id, log.String())
			}
			if c.status == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("a 503 does not say when to try again")
			}
		})
	}
}

// TestNotReady: a server that does not take calls says so.
func TestNotReady(t *testing.T) {
	t.Parallel()
	h := api.New(api.Config{Mode: "sandbox", Log: slog.New(slog.DiscardHandler), Ready: func(context.Context) error { return errors.New("no") }})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
