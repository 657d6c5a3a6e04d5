package intake_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
)

// fuzzed keeps a fuzz test quick: the limits are as good as larger ones.
func fuzzed(fictional bool) intake.Options {
	return intake.Options{Limits: intake.Limits{Numbers: 1000, Bytes: 1 << 20}, Fictional: fictional}
}

// worded reports whether no message is longer than our own words are, so that
// nothing of an upload can be in it.
func worded(r *intake.Result) bool {
	const longest = 200
	for _, j := range r.Rejected {
		if len(j.Message) > longest || len(j.Fix) > longest {
			return false
		}
	}
	return true
}

// No file makes the reader panic or hang, or break a promise of its results.
func FuzzFile(f *testing.F) {
	for _, cases := range fileCases {
		for _, c := range cases {
			if len(c.text) <= 8<<10 {
				f.Add([]byte(c.text), c.options.Fictional)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, fictional bool) {
		o := fuzzed(fictional)
		r, err := intake.File(strings.NewReader(string(text)), o)
		bad := broken(r, err, o.Limits)
		if bad != "" {
			t.Fatal(bad)
		}
		again, err2 := intake.File(iotest.HalfReader(strings.NewReader(string(text))), o)
		diff := cmp.Diff(show(r, err), show(again, err2))
		if diff != "" {
			t.Fatalf("read twice, -whole +pieces:\n%s", diff)
		}
		if err != nil {
			return
		}
		if !worded(r) {
			t.Fatalf("a message is too long: %+v", r.Rejected)
		}
		ends := 1 + strings.Count(string(text), "\n") + strings.Count(string(text), "\r")
		line := 0
		for _, a := range r.Numbers {
			if a.Place.Line < line || a.Place.Line > ends || a.Place.Column < 1 || a.Place.Index != 0 {
				t.Fatalf("%v stands at %+v, behind line %d of %d", a.Number, a.Place, line, ends)
			}
			line = a.Place.Line
		}
		line = 0
		for _, j := range r.Rejected {
			if j.Place.Line < line || j.Place.Line > ends || j.Place.Column < 1 || j.OrderID != 0 {
				t.Fatalf("%+v is behind line %d of %d", j, line, ends)
			}
			line = j.Place.Line
		}
	})
}

// The same of lists, whatever their entries are.
func FuzzList(f *testing.F) {
	for _, c := range listCases {
		if len(c.json) <= 8<<10 {
			f.Add(c.json, c.options.Fictional)
		}
	}
	for _, cases := range fileCases {
		for _, c := range cases {
			entry, err := json.Marshal([]string{c.text})
			if err == nil && len(c.text) <= 1<<10 {
				f.Add(string(entry), false)
			}
		}
	}
	f.Fuzz(func(t *testing.T, text string, fictional bool) {
		var entries []json.RawMessage
		err := json.Unmarshal([]byte(text), &entries)
		if err != nil {
			entries = raw(strings.Split(text, ",")...) // what no decoder hands over
		}
		o := fuzzed(fictional)
		r, err := intake.List(entries, o)
		bad := broken(r, err, o.Limits)
		if bad != "" {
			t.Fatal(bad)
		}
		again, err2 := intake.List(entries, o)
		diff := cmp.Diff(show(r, err), show(again, err2))
		if diff != "" {
			t.Fatalf("read twice:\n%s", diff)
		}
		if fault.Is(err, fault.Invalid) {
			return
		}
		if err != nil || !worded(r) {
			t.Fatalf("%v, %+v", err, r)
		}
		for _, a := range r.Numbers {
			if a.Place.Index >= len(entries) || a.Place.Line != 0 || a.Place.Column != 0 {
				t.Fatalf("%+v of %d entries", a, len(entries))
			}
		}
		// Every entry is answered: by a number, or by a reason.
		told := make([]bool, len(entries))
		for _, a := range r.Numbers {
			told[a.Place.Index] = true
		}
		for _, j := range r.Rejected {
			told[j.Place.Index] = true
		}
		for i := range told {
			if !told[i] {
				t.Fatalf("nothing is said of entry %d, %q", i, entries[i])
			}
		}
	})
}
