// Package servertest is what tests need to use a running portin through its
// front door.
package servertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/portin/portin/internal/sandbox"
)

// Client calls a sandbox as its customer.
type Client struct {
	Credentials sandbox.Credentials
	HTTP        *http.Client
}

// Answer is what a call was answered.
type Answer struct {
	Status   int
	Body     []byte
	Replayed bool // by an idempotency key
}

// Order is what tests look at of an order.
type Order struct {
	ID       int64  `json:"id"`
	Status   string `json:"status"`
	Version  int64  `json:"version"`
	Accepted int    `json:"accepted"`
	Carrier  struct {
		ID int64 `json:"id"`
	} `json:"carrier"`
	TNs []struct {
		DID    string `json:"did"`
		Status string `json:"status"`
	} `json:"tns"`
	FOC struct {
		Date           string    `json:"date"`
		ActivationTime time.Time `json:"activation_time"`
	} `json:"foc"`
	Reject *struct {
		Code        string   `json:"code"`
		CarrierCode string   `json:"carrier_code"`
		Fields      []string `json:"fields"`
	} `json:"reject"`
	Next *struct {
		Who  string `json:"who"`
		What string `json:"what"`
	} `json:"next_step"`
}

// Event is a line of an order's timeline.
type Event struct {
	ID       int64          `json:"id"`
	Sequence int64          `json:"sequence"`
	Type     string         `json:"type"`
	Data     map[string]any `json:"data"`
}

// Moved is what moving the clock was answered.
type Moved struct {
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Quiet bool      `json:"quiet"`
}

// Call makes one call. key is its idempotency key, if it has one. An error
// means that there was no answer, or only a part of it.
func (c Client) Call(ctx context.Context, method, path string, body any, key string) (Answer, error) {
	var send io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return Answer{}, err
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Credentials.BaseURL+path, send)
	if err != nil {
		return Answer{}, err
	}
	req.SetBasicAuth(c.Credentials.Username, c.Credentials.Token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: res.StatusCode, Body: text, Replayed: res.Header.Get("Idempotent-Replayed") == "true"}, nil
}

// OrderPath is the path of an order, with what follows it.
func (c Client) OrderPath(id int64, rest string) string {
	return fmt.Sprintf("/account/%d/port-in/%d%s", c.Credentials.AccountID, id, rest)
}

// must makes a call that is answered with 200, and reads the answer.
func (c Client) must(t *testing.T, method, path string, body, into any) {
	t.Helper()
	a, err := c.Call(t.Context(), method, path, body, "")
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if a.Status != http.StatusOK {
		t.Fatalf("%s %s = %d %s", method, path, a.Status, a.Body)
	}
	err = json.Unmarshal(a.Body, into)
	if err != nil {
		t.Fatalf("%s %s = %s: %v", method, path, a.Body, err)
	}
}

// Upload uploads numbers and returns the ids of the orders made of them.
func (c Client) Upload(t *testing.T, dids ...string) []int64 {
	t.Helper()
	var out struct {
		OrderIDs []int64 `json:"orderIds"`
	}
	c.must(t, http.MethodPost, "/inbound/port-in/upload/text", map[string]any{"dids": dids}, &out)
	return out.OrderIDs
}

// Confirm confirms an order with a subscriber's details.
func (c Client) Confirm(t *testing.T, id int64, details map[string]any) Order {
	t.Helper()
	var o Order
	c.must(t, http.MethodPost, c.OrderPath(id, "/confirm"), details, &o)
	return o
}

// Cancel asks to cancel an order.
func (c Client) Cancel(t *testing.T, id int64) Order {
	t.Helper()
	var o Order
	c.must(t, http.MethodPost, c.OrderPath(id, "/cancel"), map[string]any{}, &o)
	return o
}

// Order reads an order.
func (c Client) Order(t *testing.T, id int64) Order {
	t.Helper()
	var o Order
	c.must(t, http.MethodGet, c.OrderPath(id, ""), nil, &o)
	return o
}

// Events reads the timeline of an order that has fewer than 200 events.
func (c Client) Events(t *testing.T, id int64) []Event {
	t.Helper()
	var out struct {
		Rows []Event `json:"rows"`
	}
	c.must(t, http.MethodGet, c.OrderPath(id, "/events?rows=200"), nil, &out)
	return out.Rows
}

// Advance moves the clock by a duration. It fails the test unless everything
// that became due was done.
func (c Client) Advance(t *testing.T, d time.Duration) Moved {
	t.Helper()
	return c.move(t, map[string]any{"advance": d.String()})
}

// AdvanceTo moves the clock to an instant, like Advance.
func (c Client) AdvanceTo(t *testing.T, to time.Time) Moved {
	t.Helper()
	return c.move(t, map[string]any{"to": to.UTC().Format(time.RFC3339)})
}

func (c Client) move(t *testing.T, body map[string]any) Moved {
	t.Helper()
	var m Moved
	c.must(t, http.MethodPost, "/sandbox/clock", body, &m)
	if !m.Quiet {
		t.Fatalf("the clock was moved to %v, and not everything that was due is done", m.To)
	}
	return m
}

// Subscriber returns details that satisfy the requirements of a port of the
// numbers, simple or not, in North Carolina.
func Subscriber() map[string]any {
	return map[string]any{
		"account_number": "4711-0815", "pin": "9753",
		"location_type": "residential", "first_name": "Ada", "last_name": "Sample", "authorized_name": "Ada Sample",
		"address": "1 Fayetteville Street", "city": "Raleigh", "state": "NC", "zip": "27601", "country": "US",
	}
}
