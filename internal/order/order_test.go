package order_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

func TestTransitionsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[[2]string]bool{}
	reached := map[order.Status]bool{order.Created: true}
	leaves := map[order.Status]bool{}
	for _, tr := range order.Transitions {
		key := [2]string{string(tr.From), string(tr.On)}
		if seen[key] {
			t.Errorf("%s in %s stands twice", tr.On, tr.From)
		}
		seen[key] = true
		reached[tr.To], leaves[tr.From] = true, true
		if tr.From.Final() {
			t.Errorf("%s is final and is left by %s", tr.From, tr.On)
		}
	}
	for _, s := range order.Statuses {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if !s.Final() && !leaves[s] {
			t.Errorf("nothing leads out of %s", s)
		}
		if s.Entered() == "" || len(s.Allowed()) == 0 {
			t.Errorf("%s has no event or no actions", s)
		}
	}
}

// Every order comes to an end, whatever the carrier says: from every status a
// final one can be reached.
func TestEveryStatusCanEnd(t *testing.T) {
	t.Parallel()
	ends := map[order.Status]bool{}
	for _, s := range order.Statuses {
		ends[s] = s.Final()
	}
	for range order.Statuses {
		for _, tr := range order.Transitions {
			ends[tr.From] = ends[tr.From] || ends[tr.To]
		}
	}
	for s, ok := range ends {
		if !ok {
			t.Errorf("%s never ends", s)
		}
	}
}

func TestDone(t *testing.T) {
	t.Parallel()
	cases := []struct {
		counts order.Counts
		on     order.Event
		done   bool
	}{
		{order.Counts{order.NumberPorted: 2}, order.NumbersDone, true},
		{order.Counts{order.NumberPorted: 1, order.NumberFailed: 1, order.NumberRemoved: 1}, order.NumbersDone, true},
		{order.Counts{order.NumberFailed: 2, order.NumberRemoved: 1}, order.NonePorted, true},
		{order.Counts{order.NumberPorted: 1, order.NumberFOC: 1}, "", false},
		{order.Counts{order.NumberPorted: 1, order.NumberFOC: 0}, order.NumbersDone, true},
	}
	for _, c := range cases {
		on, done := c.counts.Done()
		if on != c.on || done != c.done {
			t.Errorf("%v: %q, %v", c.counts, on, done)
		}
	}
}

func TestNextStep(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for _, s := range order.Statuses {
		o := order.Order{Status: s, Created: created}
		step := o.Next(order.DefaultLimits)
		if (step == nil) != s.Final() {
			t.Errorf("%s: %v", s, step)
		}
	}
	draft := order.Order{Status: order.Created, Created: created}
	if step := draft.Next(order.DefaultLimits); step.Who != order.Customer || !step.By.Equal(created.AddDate(0, 0, 30)) {
		t.Errorf("%+v", step)
	}
	unplaced := order.Order{Status: order.Submitted}
	if step := unplaced.Next(order.DefaultLimits); step.Who != order.Desk {
		t.Errorf("an order without a carrier: %+v", step)
	}
}

const n, m = nanp.Number(9198002000), nanp.Number(9198002001)

func merge(t *testing.T, c order.Confirmation, body string) (order.Confirmation, map[string]fault.Code) {
	t.Helper()
	var patch map[string]json.RawMessage
	err := json.Unmarshal([]byte(body), &patch)
	if err != nil {
		t.Fatal(err)
	}
	merged, kept, faults := c.Merge(patch, []nanp.Number{n, m})
	out := map[string]fault.Code{}
	for _, f := range faults {
		out[f.Field] = f.Code
	}
	for _, k := range kept {
		out["kept "+k.Field] = ""
	}
	return merged, out
}

func TestMerge(t *testing.T) {
	t.Parallel()
	base, faults := merge(t, order.Confirmation{}, `{"account_number": "123456789", "pin": "4711", "first_name": "Jo", "tns": [{"did": "9198002000", "pin": "1"}]}`)
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	cases := []struct {
		name, body string
		want       map[string]fault.Code
		check      func(order.Confirmation) bool
	}{
		{"absent keeps", `{"last_name": "Doe"}`, nil, func(c order.Confirmation) bool { return c.Text("pin") == "4711" && c.Text("last_name") == "Doe" }},
		{"null clears", `{"pin": null}`, nil, func(c order.Confirmation) bool { return !c.Has("pin", nil) && c.Text("account_number") == "123456789" }},
		{"blank clears", `{"pin": " "}`, nil, func(c order.Confirmation) bool { return !c.Has("pin", nil) }},
		{"the mask is no change", `{"pin": "••••", "account_number": "••••6789", "first_name": "••••"}`, nil, base.Same},
		{"the name unmasked is no change", `{"first_name": "Jo"}`, nil, base.Same},
		{"another mask", `{"account_number": "••••1111"}`, map[string]fault.Code{"account_number": fault.CodeMasked}, nil},
		{"a mask of nothing", `{"last_name": "••••"}`, map[string]fault.Code{"last_name": fault.CodeMasked}, nil},
		{"a mask within a list", `{"special_features": ["a•b"]}`, map[string]fault.Code{"special_features": fault.CodeMasked}, nil},
		{"a typo", `{"acount_number": "1"}`, map[string]fault.Code{"acount_number": fault.CodeUnknownField}, nil},
		{"our own field", `{"status": "created", "total": 5.0, "next_step": null}`, nil, base.Same},
		{"a stranger", `{"favourite_colour": "red"}`, map[string]fault.Code{"kept favourite_colour": ""}, func(c order.Confirmation) bool { return string(c.Extra["favourite_colour"]) == `"red"` }},
		{"numbers by did", `{"tns": [{"did": "(919) 800-2001", "pin": "2", "port_fee": 5.0}]}`, nil, func(c order.Confirmation) bool {
			return c.Numbers[n]["pin"] == "1" && c.Numbers[m]["pin"] == "2" && c.Has("pin", []nanp.Number{n, m})
		}},
		{"a number's own null", `{"tns": [{"did": "9198002000", "pin": null}]}`, nil, func(c order.Confirmation) bool { return len(c.Numbers) == 0 }},
		{"a number of another order", `{"tns": [{"did": "2125552000"}]}`, map[string]fault.Code{"tns[0].did": fault.CodeNotInOrder}, nil},
		{"no did", `{"tns": [{"pin": "1"}]}`, map[string]fault.Code{"tns[0].did": fault.CodeRequired}, nil},
		{"an unknown field of a number", `{"tns": [{"did": "9198002000", "pn": "1"}]}`, map[string]fault.Code{"tns[0].pn": fault.CodeUnknownField}, nil},
		{"tns is no list", `{"tns": {}}`, map[string]fault.Code{"tns": fault.CodeWrongType}, nil},
		{"all faults at once", `{"zip": "x", "state": "XX", "partial_port": "yes"}`, map[string]fault.Code{"zip": fault.CodeInvalidValue, "state": fault.CodeInvalidValue, "partial_port": fault.CodeWrongType}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, faults := merge(t, base, c.body)
			want := c.want
			if want == nil {
				want = map[string]fault.Code{}
			}
			if diff := cmp.Diff(want, faults); diff != "" {
				t.Error(diff)
			}
			if c.check != nil && !c.check(got) {
				t.Errorf("%+v", got)
			}
		})
	}
	if base.Text("pin") != "4711" || len(base.Numbers) != 1 {
		t.Errorf("a merge changed what it merged into: %+v", base)
	}
}

func TestMaskedComesBackUnchanged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := map[string]json.RawMessage{}
		for _, name := range []string{"pin", "account_number", "first_name", "address", "city", "tax_id"} {
			if rapid.Bool().Draw(t, name) {
				b, err := json.Marshal(rapid.StringMatching(`[A-Za-z0-9]{1,12}`).Draw(t, "value"))
				if err != nil {
					t.Fatal(err)
				}
				fields[name] = b
			}
		}
		c, _, faults := order.Confirmation{}.Merge(fields, nil)
		if len(faults) != 0 {
			t.Fatal(faults)
		}
		shown, err := json.Marshal(c.Masked(rapid.Bool().Draw(t, "pii")))
		if err != nil {
			t.Fatal(err)
		}
		var back map[string]json.RawMessage
		err = json.Unmarshal(shown, &back)
		if err != nil {
			t.Fatal(err)
		}
		again, _, faults := c.Merge(back, nil)
		if len(faults) != 0 || !again.Same(c) {
			t.Fatalf("%s changes it: %v", shown, faults)
		}
	})
}

func TestConfirmationIsStoredWhole(t *testing.T) {
	t.Parallel()
	c, faults := merge(t, order.Confirmation{}, `{"lines_on_account": 3, "partial_port": true, "special_features": ["DSL"], "x_extra_field": {"a": 1}, "tns": [{"did": 9198002000, "pin": "1", "features": {"b": [1, 2]}}]}`)
	delete(faults, "kept x_extra_field")
	if len(faults) != 0 {
		t.Fatal(faults)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back order.Confirmation
	err = json.Unmarshal(b, &back)
	if err != nil {
		t.Fatal(err)
	}
	if !back.Same(c) || back.Int("lines_on_account") != 3 || !back.Flag("partial_port") || len(back.List("special_features")) != 1 {
		t.Errorf("%s", b)
	}
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte(`{"pin": "1", "tns": [{"did": "9198002000"}]}`))
	f.Add([]byte(`{"account_number": 1e400, "zip": [], "tns": [null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var patch map[string]json.RawMessage
		if json.Unmarshal(body, &patch) != nil {
			return
		}
		merged, _, faults := order.Confirmation{}.Merge(patch, []nanp.Number{n})
		if len(faults) > 0 {
			return
		}
		again, _, faults := merged.Merge(patch, []nanp.Number{n})
		if len(faults) > 0 || !again.Same(merged) {
			t.Fatalf("the same patch twice changes it: %v", faults)
		}
	})
}
