package api_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// uploaded is what tests look at of the answer to an upload.
type uploaded struct {
	OrderIDs []int64 `json:"orderIds"`
	UploadID int64   `json:"uploadId"`
	Orders   []struct {
		ID       int64 `json:"id"`
		DIDCount int   `json:"didCount"`
		Carrier  struct {
			Name string `json:"name"`
		} `json:"carrier"`
		NumberType string `json:"numberType"`
	} `json:"orders"`
	Accepted int `json:"accepted"`
	Rejected []struct {
		DID   string `json:"did"`
		Line  int    `json:"line"`
		Index *int   `json:"index"`
		Code  string `json:"code"`
		Fix   string `json:"fix"`
	} `json:"rejected"`
}

func (h *house) uploadFile(name string, data []byte) uploaded {
	h.t.Helper()
	header, body := form(h.t, name, "text/csv", data, nil)
	a, err := h.do(h.request("clerk", "POST", "/inbound/port-in/upload/file", header, body))
	h.must(err)
	if a.Status != http.StatusOK {
		h.t.Fatalf("%s = %d %s", name, a.Status, a.Body)
	}
	var u uploaded
	a.JSON(h.t, &u)
	return u
}

// split lists what an upload made: carrier, kind and numbers of each order.
func (h *house) split(u uploaded) []string {
	h.t.Helper()
	var out []string
	for _, o := range u.Orders {
		var dids []string
		for _, n := range h.order(o.ID).TNs {
			dids = append(dids, n.DID)
		}
		slices.Sort(dids)
		out = append(out, o.Carrier.Name+" "+o.NumberType+" "+strings.Join(dids, ","))
	}
	slices.Sort(out)
	return out
}

// TestMixedUpload uploads what customers send: local numbers of several
// states, Canadian and toll-free ones, duplicates and rubbish.
func TestMixedUpload(t *testing.T) {
	t.Parallel()
	h := open(t)
	file := strings.Join([]string{
		"9192000001", "(919) 200-0002", "+1 303 200 0003", "4152000004", "2062000005", // NC, NC, CO, CA, WA
		"4162000006", "6042000007", // Ontario, British Columbia
		"8002000008", "888-200-0009",
		"9192000001",          // again
		"919200", "hello", "", // rubbish; a blank line is none
		"9.192E+09", "+44 20 7946 0000", "9002000010", "9192000011x5", "8092000012", "9991234567",
	}, "\n")
	u := h.uploadFile("numbers.txt", []byte(file))
	seen := map[string]int64{}
	for _, id := range u.OrderIDs {
		for _, n := range h.order(id).TNs {
			if other, twice := seen[n.DID]; twice {
				t.Errorf("%s is in the orders %d and %d", n.DID, other, id)
			}
			seen[n.DID] = id
		}
	}
	if len(seen) != 9 || u.Accepted != 9 {
		t.Errorf("%d numbers are accepted, %d are in orders; want 9", u.Accepted, len(seen))
	}
	carrierOf := map[string]string{}
	for _, o := range u.Orders {
		carrierOf[fmt.Sprint(o.ID)] = o.Carrier.Name
	}
	for did, want := range map[string]string{
		"9192000001": "Blue Ridge Local", "3032000003": "Blue Ridge Local", "4152000004": "Pacific Direct", "2062000005": "Pacific Direct",
		"4162000006": "Maple Exchange", "6042000007": "Maple Exchange", "8002000008": "Eightfold Toll-Free", "8882000009": "Eightfold Toll-Free",
	} {
		if got := carrierOf[fmt.Sprint(seen[did])]; got != want {
			t.Errorf("%s goes to %s; want %s", did, got, want)
		}
	}
	var rejected []string
	for _, r := range u.Rejected {
		rejected = append(rejected, fmt.Sprintf("%d %s", r.Line, r.Code))
		if r.Fix == "" {
			t.Errorf("line %d has no fix", r.Line)
		}
	}
	want := []string{"10 duplicate", "11 not_a_number", "12 not_a_number", "14 scientific_notation", "15 outside_nanp", "16 premium", "17 has_extension", "18 outside_us_canada", "19 invalid_area_code"}
	if d := cmp.Diff(want, rejected); d != "" {
		t.Errorf("rejected (-want +got):\n%s", d)
	}
}

// TestUploadVariants: the same numbers in every form of file give the same
// orders.
func TestUploadVariants(t *testing.T) {
	t.Parallel()
	numbers := []string{"9192000001", "9192000002", "4152000003", "4162000004", "8002000005"}
	rows := func(sep, end string, row func(string) string) string {
		var b strings.Builder
		fmt.Fprint(&b, row("Phone number"), end)
		for _, n := range numbers {
			fmt.Fprint(&b, row(n), end)
		}
		return b.String()
	}
	plain := func(s string) string { return s }
	variants := map[string][]byte{
		"one line":      []byte(strings.Join(numbers, ",")),
		"one a line":    []byte(strings.Join(numbers, "\n")),
		"BOM":           []byte("\ufeff" + strings.Join(numbers, "\n")),
		"CRLF":          []byte(strings.Join(numbers, "\r\n") + "\r\n"),
		"CR":            []byte(strings.Join(numbers, "\r")),
		"header":        []byte(rows("", "\n", plain)),
		"semicolons":    []byte(rows(";", "\r\n", func(s string) string { return "Ada;" + s + ";1 Main Street" })),
		"tabs":          []byte(rows("\t", "\n", func(s string) string { return s + "\tAda\t12" })),
		"extra columns": []byte(rows(",", "\n", func(s string) string { return `"Sample, Ada",17,` + s + `,"Raleigh"` })),
		"apostrophes":   []byte(rows(",", "\n", func(s string) string { return "'" + s })),
		"formulas":      []byte(rows(",", "\n", func(s string) string { return `"=""` + s + `"""` })),
		"Latin-1":       []byte(rows(";", "\n", func(s string) string { return "M\xfcller;" + s })),
		"UTF-16 LE":     wide(binary.LittleEndian, rows(",", "\r\n", func(s string) string { return "M\u00fcller," + s })),
		"UTF-16 BE":     wide(binary.BigEndian, strings.Join(numbers, "\n")),
	}
	want := []string{"Blue Ridge Local local 9192000001,9192000002", "Eightfold Toll-Free toll_free 8002000005", "Maple Exchange local 4162000004", "Pacific Direct local 4152000003"}
	for name, data := range variants {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			u := h.uploadFile("numbers.csv", data)
			if d := cmp.Diff(want, h.split(u)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if len(u.Rejected) != 0 {
				t.Errorf("rejected: %+v", u.Rejected)
			}
		})
	}
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		h := open(t)
		a := h.call("POST", "/inbound/port-in/upload/text", "\ufeff"+`{"dids": ["9192000001", 9192000002, "(415) 200-0003", "tel:+1-416-200-0004", "1 800 200 0005"]}`)
		var u uploaded
		a.JSON(t, &u)
		if d := cmp.Diff(want, h.split(u)); d != "" {
			t.Errorf("(-want +got):\n%s", d)
		}
	})
}

func wide(order binary.AppendByteOrder, text string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// TestSameUploadAtOnce: of two uploads of one number in one account one gets
// it. The other is told where it is, or gets the same order.
func TestSameUploadAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	for round := range 10 {
		did := fmt.Sprintf("91920010%02d", round)
		got := map[int64]bool{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				// The sets differ, so that no answer is a repetition.
				body := fmt.Sprintf(`{"dids": ["%s", "9193%d%05d"]}`, did, round%10, i)
				a, err := h.do(h.request("clerk", "POST", "/inbound/port-in/upload/text", http.Header{"Content-Type": {"application/json"}}, strings.NewReader(body)))
				if err != nil || a.Status != http.StatusOK {
					t.Errorf("%d %s %v", a.Status, a.Body, err)
					return
				}
				var u uploaded
				a.JSON(t, &u)
				mu.Lock()
				defer mu.Unlock()
				if u.Accepted == 2 {
					got[u.UploadID] = true
				} else if len(u.Rejected) != 1 || u.Rejected[0].Code != "already_in_order" {
					t.Errorf("the loser is answered %s", a.Body)
				}
			})
		}
		wg.Wait()
		if len(got) != 1 {
			t.Fatalf("%s was given to %d uploads", did, len(got))
		}
	}
}

// TestTwoAccounts: a number can be in the orders of two accounts, and belongs
// to the first that confirms. The other one learns nothing but that it cannot
// be ordered.
func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	h := open(t)
	mine := h.upload("9195550101")[0]
	var u uploaded
	h.as("stranger", "POST", "/inbound/port-in/upload/text", `{"dids": ["9195550101"]}`).JSON(t, &u)
	if len(u.OrderIDs) != 1 {
		t.Fatalf("an order that nobody confirmed keeps the number from others: %+v", u)
	}
	theirs := fmt.Sprintf("/account/%d/port-in/%d", stranger, u.OrderIDs[0])
	a := h.as("stranger", "POST", theirs+"/confirm", subscriber())
	if a.Status != http.StatusOK {
		t.Fatalf("the first to confirm is answered %d %s", a.Status, a.Body)
	}
	a = h.call("POST", orderPath(mine, "/confirm"), subscriber())
	if a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte(`"not_available"`)) {
		t.Errorf("the second to confirm is answered %d %s", a.Status, a.Body)
	}
	if bytes.Contains(a.Body, []byte("Other Voice")) || bytes.Contains(a.Body, fmt.Append(nil, stranger)) {
		t.Errorf("the refusal names the other account: %s", a.Body)
	}
	if o := h.order(mine); o.Status != "created" || o.PONVersion != 0 {
		t.Errorf("the refused order is %s", o.Status)
	}
	// When the other order is over, the number can be had.
	a = h.as("stranger", "POST", theirs+"/cancel", "{}")
	if a.Status != http.StatusOK {
		t.Fatalf("cancel = %d %s", a.Status, a.Body)
	}
	a = h.call("POST", orderPath(mine, "/confirm"), subscriber())
	if a.Status != http.StatusOK {
		t.Errorf("after the other's cancel: %d %s", a.Status, a.Body)
	}
}

// TestConfirmAtOnce: the same confirmation, sent fifty times at once, is one
// submission, and everybody is told so.
func TestConfirmAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101")[0]
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			r := h.request("clerk", "POST", orderPath(id, "/confirm"), http.Header{"Content-Type": {"application/json"}}, bytes.NewReader(mustJSON(subscriber())))
			a, err := h.do(r)
			if err != nil || a.Status != http.StatusOK {
				t.Errorf("%d %s %v", a.Status, a.Body, err)
			}
		})
	}
	wg.Wait()
	if o := h.order(id); o.PONVersion != 1 || o.Version != 2 {
		t.Errorf("the order has version %d and its request version %d", o.Version, o.PONVersion)
	}
	events := h.call("GET", orderPath(id, "/events"), nil)
	if n := bytes.Count(events.Body, []byte(`"port_in.submitted"`)); n != 1 {
		t.Errorf("the timeline has %d submissions", n)
	}
	h.send(id)
	w, err := h.service.TakeSend(context.Background(), id)
	if err != nil || w != nil {
		t.Errorf("there is a second submission: %+v, %v", w, err)
	}
}

// sentConfirmation returns what the carrier would be sent of an order.
func (h *house) sentConfirmation(id int64) order.Confirmation {
	h.t.Helper()
	w, err := h.service.TakeSend(context.Background(), id)
	h.must(err)
	h.must(h.service.Sent(context.Background(), w, h.now.Now(), h.now.Now().Add(time.Second)))
	return w.Request.Confirmation
}

// TestReadEditSend: a customer reads a rejected order, edits one field and
// sends all of it back. Masks mean unchanged.
func TestReadEditSend(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "/confirm", "/upload/dids"} {
		h := open(t)
		id := h.rejected("9195550101", lnp.RejectZIP)
		var o map[string]any
		h.call("GET", orderPath(id, path), nil).JSON(t, &o)
		if o["pin"] != "••••" || o["account_number"] != "••••0815" {
			t.Fatalf("pin is shown as %v, account_number as %v", o["pin"], o["account_number"])
		}
		o["zip"] = "27602"
		a := h.call("POST", orderPath(id, "/confirm"), o)
		if a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		c := h.sentConfirmation(id)
		for field, want := range map[string]string{"pin": "9753", "account_number": "4711-0815", "zip": "27602", "first_name": "Ada"} {
			if got := c.Text(field); got != want {
				t.Errorf("%s is sent to the carrier as %q; want %q", field, got, want)
			}
		}
		if len(c.Extra) != 0 {
			t.Errorf("fields of our own answer are kept as unknown ones: %v", c.Extra)
		}
	}
}

// TestMaskWithoutPII: who cannot see names sends back masks, and loses
// nothing.
func TestMaskWithoutPII(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.user("blind", customer, "port:read", "port:submit")
	id := h.rejected("9195550101", lnp.RejectAccountNumber)
	var o map[string]any
	h.as("blind", "GET", orderPath(id, ""), nil).JSON(t, &o)
	for _, field := range []string{"first_name", "last_name", "address", "city", "zip", "authorized_name", "pin"} {
		if text, _ := o[field].(string); !strings.Contains(text, "•") {
			t.Errorf("%s is shown as %v to a token without pii", field, o[field])
		}
	}
	o["account_number"] = "4711-0816"
	a := h.as("blind", "POST", orderPath(id, "/confirm"), o)
	if a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	c := h.sentConfirmation(id)
	if c.Text("last_name") != "Sample" || c.Text("address") != "1 Fayetteville Street" || c.Text("account_number") != "4711-0816" {
		t.Errorf("the carrier is sent %v", c.Fields)
	}
}

// TestNullClears: null takes a value away, absence keeps it.
func TestNullClears(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.rejected("9195550101", lnp.RejectPIN)
	a := h.call("POST", orderPath(id, "/confirm"), `{"pin": null, "version": 3}`)
	if a.Status != http.StatusOK {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	c := h.sentConfirmation(id)
	if _, there := c.Fields["pin"]; there {
		t.Error("null did not clear the PIN")
	}
	if c.Text("account_number") != "4711-0815" {
		t.Error("an absent field was not kept")
	}
}

// TestDateMovesOnResubmission: the date asked for has passed while the order
// was rejected; the resubmission gets the earliest, and is told so.
func TestDateMovesOnResubmission(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.rejected("9195550101", lnp.RejectAccountNumber)
	if got := h.order(id).RequestedFOC; got != "2026-11-30" {
		t.Fatalf("asked for %s", got)
	}
	h.now.SetAhead(7 * 24 * time.Hour)
	if a := h.call("POST", orderPath(id, "/confirm"), `{}`); a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte("correction_needed")) {
		t.Errorf("a date that has passed counts as the correction: %d %s", a.Status, a.Body)
	}
	var o orderView
	h.call("POST", orderPath(id, "/confirm"), `{"account_number": "4711-0816"}`).JSON(t, &o)
	if o.RequestedFOC != "2026-12-03" || len(o.Warnings) != 1 || o.Warnings[0].Field != "requested_foc_date" {
		t.Errorf("the date is now %s, with the warnings %v; want 2026-12-03 and one", o.RequestedFOC, o.Warnings)
	}
	again := h.rejected("9195550103", lnp.RejectAccountNumber)
	h.now.SetAhead(7*24*time.Hour + time.Hour)
	kept := h.rejected("9195550104", lnp.RejectAccountNumber)
	h.now.SetAhead(7*24*time.Hour + 2*time.Hour)
	h.call("POST", orderPath(kept, "/confirm"), `{"account_number": "4711-0816"}`).JSON(t, &o)
	if o.RequestedFOC != "2026-12-03" || len(o.Warnings) != 0 {
		t.Errorf("a date that is still possible is now %s, with the warnings %v", o.RequestedFOC, o.Warnings)
	}
	h.now.SetAhead(14 * 24 * time.Hour)
	var whole map[string]any
	h.call("GET", orderPath(again, ""), nil).JSON(t, &whole)
	whole["account_number"] = "4711-0816"
	a := h.call("POST", orderPath(again, "/confirm"), whole)
	a.JSON(t, &o)
	if a.Status != http.StatusOK || o.RequestedFOC != "2026-12-10" {
		t.Errorf("sent back whole, the order is answered %d with the date %s; want 2026-12-10", a.Status, o.RequestedFOC)
	}
}

// TestQuoteExpires: after a quote ran out, an unchanged total goes on and a
// higher one is asked about, once.
func TestQuoteExpires(t *testing.T) {
	t.Parallel()
	h := open(t)
	same, dearer := h.upload("9195550101")[0], h.upload("9195550103")[0]
	h.now.SetAhead(8 * 24 * time.Hour)
	a := h.call("POST", orderPath(same, "/confirm"), subscriber())
	if a.Status != http.StatusOK {
		t.Fatalf("an unchanged price: %d %s", a.Status, a.Body)
	}
	h.must(h.service.Store.Update(t.Context(), func(tx porting.Tx) error {
		decks, err := tx.Decks()
		if err != nil {
			return err
		}
		for _, d := range decks {
			for i := range d.Rates {
				d.Rates[i].PortFee = d.Rates[i].PortFee.Times(2)
			}
			err = tx.SaveDeck(d)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	a = h.call("POST", orderPath(dearer, "/confirm"), subscriber())
	if a.Status != http.StatusConflict || !bytes.Contains(a.Body, []byte(`"quote_changed"`)) || !bytes.Contains(a.Body, []byte(`"total":10.0`)) {
		t.Fatalf("a higher price: %d %s", a.Status, a.Body)
	}
	body := subscriber()
	body["expected_total"] = 10
	a = h.call("POST", orderPath(dearer, "/confirm"), body)
	if a.Status != http.StatusOK {
		t.Errorf("the higher price is agreed to: %d %s", a.Status, a.Body)
	}
	var pinned struct{ Total float64 }
	h.call("GET", orderPath(same, ""), nil).JSON(t, &pinned)
	if pinned.Total != 5 {
		t.Errorf("the price of a confirmed order is now %v", pinned.Total)
	}
}

// TestVersion: every change of an order may say which version was read, and is
// refused when the order has moved on.
func TestVersion(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101", "9195550103")[0]
	h.call("POST", orderPath(id, "/comments"), `{"comment": "makes version 2"}`)
	pdf := []byte("x")
	for path, body := range map[string]string{
		"/confirm": `{}`, "/tag": `{"tag": "x"}`, "/comments": `{"comment": "x"}`, "/split": `{"dids": ["9195550103"]}`, "": "",
	} {
		method := "POST"
		if path == "" {
			method = "DELETE"
		}
		r := h.request("clerk", method, orderPath(id, path), http.Header{"Content-Type": {"application/json"}, "If-Match": {`"1"`}}, strings.NewReader(body))
		a, err := h.do(r)
		h.must(err)
		var p struct {
			Version int64
			Status  string
			Errors  []struct{ Code string }
		}
		a.JSON(t, &p)
		if a.Status != http.StatusConflict || p.Version != 2 || p.Status != "created" || p.Errors[0].Code != "version_moved" {
			t.Errorf("%s %s of version 1: %d %s", method, path, a.Status, a.Body)
		}
	}
	header, body := form(t, "x.pdf", "", pdf, nil)
	header.Set("If-Match", "one")
	a, err := h.do(h.request("clerk", "POST", orderPath(id, "/upload/files/loa"), header, body))
	h.must(err)
	if a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte("If-Match")) {
		t.Errorf("an If-Match that is no version: %d %s", a.Status, a.Body)
	}
	a = h.call("POST", orderPath(id, "/tag"), `{"tag": "x", "version": 2}`)
	if a.Status != http.StatusOK {
		t.Errorf("the right version: %d %s", a.Status, a.Body)
	}
}

// TestUploadAgain: what was ported here is the account's own; what was given
// up can be ordered again.
func TestUploadAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	ported := h.confirmed("9195550101")
	h.send(ported)
	h.said(ported, order.CarrierEvent{On: order.FOCSet})
	h.said(ported, order.CarrierEvent{On: order.NumbersDone, AllPorted: true})
	canceled := h.confirmed("9195550103")
	h.call("POST", orderPath(canceled, "/cancel"), nil)
	deleted := h.upload("9195550104")[0]
	h.call("DELETE", orderPath(deleted, ""), nil)

	var u uploaded
	h.call("POST", "/inbound/port-in/upload/text", `{"dids": ["9195550101", "9195550103", "9195550104"]}`).JSON(t, &u)
	if u.Accepted != 2 || len(u.Rejected) != 1 || u.Rejected[0].DID != "9195550101" || u.Rejected[0].Code != "already_yours" {
		t.Errorf("%+v", u)
	}
	for _, id := range u.OrderIDs {
		if id <= deleted {
			t.Errorf("the id %d is given out again", id)
		}
	}
}

// TestSplitRequired: one request names one account. The refusal says so, and a
// split mends it.
func TestSplitRequired(t *testing.T) {
	t.Parallel()
	h := open(t)
	id := h.upload("9195550101", "9195550103")[0]
	body := subscriber()
	body["btn"] = "9195550101"
	body["tns"] = []map[string]any{{"did": "9195550101", "account_number": "1"}, {"did": "9195550103", "account_number": "2"}}
	a := h.call("POST", orderPath(id, "/confirm"), body)
	if a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte(`"split_required"`)) {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	a = h.call("POST", orderPath(id, "/split"), `{"dids": ["9195550103"]}`)
	var halves struct {
		Order    orderView `json:"order"`
		NewOrder orderView `json:"new_order"`
	}
	a.JSON(t, &halves)
	if a.Status != http.StatusOK || len(halves.Order.TNs) != 1 || len(halves.NewOrder.TNs) != 1 || halves.NewOrder.TNs[0].DID != "9195550103" {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, o := range []orderView{halves.Order, halves.NewOrder} {
		body := subscriber()
		body["account_number"] = o.TNs[0].DID
		if a := h.call("POST", orderPath(o.ID, "/confirm"), body); a.Status != http.StatusOK {
			t.Errorf("order %d: %d %s", o.ID, a.Status, a.Body)
		}
	}
}

// TestNobodyCovers: where the operator lets the desk place numbers, an order
// without a carrier can be confirmed, and waits for the desk.
func TestNobodyCovers(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.service.AllowUnassigned = true
	h.must(h.service.Store.Update(t.Context(), func(tx porting.Tx) error {
		carriers, err := tx.Carriers()
		if err != nil {
			return err
		}
		for _, c := range carriers {
			c.On = false
			err = tx.SaveCarrier(c)
			if err != nil {
				return err
			}
		}
		return nil
	}))
	id := h.upload("9195550101")[0]
	a := h.call("POST", orderPath(id, "/confirm"), subscriber())
	var o struct {
		Status  string
		Carrier *struct{}
		Next    struct{ Who string } `json:"next_step"`
	}
	a.JSON(t, &o)
	if a.Status != http.StatusOK || o.Status != "submitted" || o.Carrier != nil || o.Next.Who != "desk" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	w, err := h.service.TakeSend(context.Background(), id)
	if w != nil || err != nil {
		t.Errorf("an order without a carrier is sent: %+v, %v", w, err)
	}
}

// TestPartialPort: a carrier that takes whole accounts only refuses a partial
// port before it is sent, with what to do.
func TestPartialPort(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.must(h.service.Store.Update(t.Context(), func(tx porting.Tx) error {
		carriers, err := tx.Carriers()
		if err != nil {
			return err
		}
		carriers[0].Capabilities.PartialPorts = false
		return tx.SaveCarrier(carriers[0])
	}))
	id := h.upload("9195550101")[0]
	body := subscriber()
	body["btn"], body["partial_port"], body["remaining_numbers_action"] = "9195550100", true, "keep"
	body["remaining_numbers"] = []string{"9195550100"}
	a := h.call("POST", orderPath(id, "/confirm"), body)
	if a.Status != http.StatusUnprocessableEntity || !bytes.Contains(a.Body, []byte(`"carrier_cannot"`)) {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	body["partial_port"], body["remaining_numbers"], body["remaining_numbers_action"] = false, nil, nil
	if a := h.call("POST", orderPath(id, "/confirm"), body); a.Status != http.StatusOK {
		t.Errorf("the whole account: %d %s", a.Status, a.Body)
	}
}

// TestSheetMistakes sends a coverage and a rate deck with every kind of mistake:
// each is named by its line, and nothing of the file is taken.
func TestSheetMistakes(t *testing.T) {
	t.Parallel()
	h := open(t)
	read := func(path string) string { return string(h.as("desk", "GET", path, nil).Body) }
	for _, c := range []struct{ method, path, file, kept string }{
		{"PUT", "/desk/carriers/7/coverage", "../carrier/testdata/coverage-mistakes.csv", "/desk/carriers/7/coverage"},
		{"POST", "/desk/decks?carrier_id=7", "../pricing/testdata/deck-mistakes.csv", "/desk/decks"},
	} {
		text, err := os.ReadFile(c.file)
		h.must(err)
		before := read(c.kept)
		header, send := form(t, filepath.Base(c.file), "text/csv", text, nil)
		a, err := h.do(h.request("desk", c.method, c.path, header, send))
		h.must(err)
		var p struct {
			Errors []struct{ Field, Code, Message, Hint string }
		}
		a.JSON(t, &p)
		lines, codes := map[string]bool{}, map[string]bool{}
		for _, e := range p.Errors {
			line, _, _ := strings.Cut(e.Field, ",")
			lines[line], codes[e.Code] = true, true
			if !strings.HasPrefix(e.Field, "line ") || e.Message == "" || e.Hint == "" {
				t.Errorf("%s: %+v", c.file, e)
			}
		}
		// The first line says which ones are right.
		rows := strings.Split(string(text), "\n")
		right := regexp.MustCompile(`\d+`).FindAllString(rows[0], -1)
		for i, row := range rows[2:] {
			n := fmt.Sprint(i + 3)
			begins := row != "" && row[0] != '"' // and does not go on in a quoted cell
			if begins && lines["line "+n] == slices.Contains(right, n) {
				t.Errorf("%s: line %s is named: %v: %s", c.file, n, lines["line "+n], row)
			}
		}
		if a.Status != http.StatusUnprocessableEntity || len(lines) < 10 || len(codes) < 6 {
			t.Errorf("%s = %d, with %d lines and the codes %v", c.file, a.Status, len(lines), codes)
		}
		if after := read(c.kept); after != before {
			t.Errorf("after %s: %s", c.file, after)
		}
	}
}
