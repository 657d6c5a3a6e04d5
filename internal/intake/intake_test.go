package intake_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/nanp"
)

// place writes 3:1 for line 3, column 1 of a file, and [3] for an entry of a
// list.
func place(p intake.Place) string {
	if p.Line == 0 {
		return fmt.Sprintf("[%d]", p.Index)
	}
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// show writes what a call returned as a table can hold it: "9198002000 1:1" of
// a number, "9198002000..2003 1:1" of consecutive ones of one place, then
// "!919555 2:1 not_a_number" of what was rejected ("!-" if nothing is echoed),
// or "invalid bad_encoding" of a refusal of the whole.
func show(r *intake.Result, err error) []string {
	if err != nil {
		e, ok := errors.AsType[*fault.Error](err)
		if !ok {
			return []string{"foreign error " + err.Error()}
		}
		return []string{fmt.Sprintf("%s %s", e.Kind, e.Code)}
	}
	lines := []string{}
	for i := 0; i < len(r.Numbers); {
		first := r.Numbers[i]
		n := 1
		for i+n < len(r.Numbers) && r.Numbers[i+n].Place == first.Place && r.Numbers[i+n].Number == first.Number+nanp.Number(n) {
			n++
		}
		line := first.Number.String()
		if n > 1 {
			line += fmt.Sprintf("..%04d", r.Numbers[i+n-1].Number.Line())
		}
		lines = append(lines, line+" "+place(first.Place))
		i += n
	}
	for _, r := range r.Rejected {
		did := r.DID
		if did == "" {
			did = "-"
		}
		lines = append(lines, fmt.Sprintf("!%s %s %s", did, place(r.Place), r.Code))
	}
	return lines
}

// numberLike is what may be repeated: digits, punctuation, and the letters of
// 9.198E+09 and x12.
var numberLike = regexp.MustCompile(`^[\d\pP\p{Zs}\p{Cf}+=|\x{2212}eExX]*$`)

// broken says which promise of every result this one breaks, or returns "".
func broken(r *intake.Result, err error, limits intake.Limits) string {
	if err != nil {
		e, ok := errors.AsType[*fault.Error](err)
		switch {
		case !ok:
			return "the error is not a fault"
		case r != nil:
			return "a result beside an error"
		case e.Message == "" || e.Hint == "":
			return fmt.Sprintf("no message or no hint: %+v", e)
		case !slices.Contains([]fault.Code{
			fault.CodeTooLarge, fault.CodeTooManyNumbers, fault.CodeBadEncoding, fault.CodeNoNumberColumn, fault.CodeMalformedBody,
		}, e.Code):
			return fmt.Sprintf("%s is no code of an upload", e.Code)
		}
		return ""
	}
	if limits.Numbers == 0 {
		limits = intake.Default
	}
	if len(r.Numbers)+len(r.Rejected) > limits.Numbers {
		return fmt.Sprintf("%d numbers and %d rejected, over the limit", len(r.Numbers), len(r.Rejected))
	}
	seen := map[nanp.Number]bool{}
	for _, a := range r.Numbers {
		again, code := nanp.Parse(a.Number.String())
		if code != "" || again != a.Number {
			return fmt.Sprintf("%d is no number: %q", uint64(a.Number), code)
		}
		if a.Number.Refusal() != "" && a.Number.Refusal() != fault.CodeFictional {
			return fmt.Sprintf("%v cannot be ported: %s", a.Number, a.Number.Refusal())
		}
		if seen[a.Number] {
			return fmt.Sprintf("%v stands twice", a.Number)
		}
		seen[a.Number] = true
	}
	for _, j := range r.Rejected {
		switch {
		case utf8.RuneCountInString(j.DID) > 32 || !numberLike.MatchString(j.DID):
			return fmt.Sprintf("%q is echoed", j.DID)
		case fault.Explain(j.Code).Cause == "":
			return fmt.Sprintf("the code %q is not in the catalogue", j.Code)
		case j.Message == "" || j.Fix == "":
			return fmt.Sprintf("no message or no fix: %+v", j)
		case j.Code == fault.CodeDuplicate:
			n, _ := nanp.Parse(j.DID)
			if !seen[n] {
				return fmt.Sprintf("%s is the duplicate of nothing", j.DID)
			}
		}
	}
	return ""
}

// check compares what a call returned with what a table wants of it.
func check(t *testing.T, r *intake.Result, err error, o intake.Options, want []string) {
	t.Helper()
	if want == nil {
		want = []string{}
	}
	diff := cmp.Diff(want, show(r, err))
	if diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	bad := broken(r, err, o.Limits)
	if bad != "" {
		t.Error(bad)
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for p, want := range map[intake.Place]string{
		{Index: 3}:            "dids[3]",
		{Line: 12, Column: 1}: "line 12, column 1",
		{}:                    "dids[0]",
	} {
		if p.String() != want {
			t.Errorf("%+v is %q, want %q", p, p.String(), want)
		}
	}
}

// Lost answers are found by the set of numbers: neither order nor written form
// may change the fingerprint, and any other set must.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	print := func(text string) [32]byte {
		r, err := intake.File(strings.NewReader(text), intake.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return r.Fingerprint()
	}
	base := print("9198002000\n9198002001\n9198002002\n")
	for _, same := range []string{
		"9198002002,9198002000,9198002001",
		"9198002000-9198002002",
		"did\n+1 (919) 800-2001\n9198002002\n9198002001\nrubbish\n9198002000\n",
	} {
		if print(same) != base {
			t.Errorf("%q has another fingerprint", same)
		}
	}
	for _, other := range []string{"", "9198002000\n9198002001\n", "9198002000-9198002003", "9198002000\n9198002001\n9198002003\n"} {
		if print(other) == base {
			t.Errorf("%q has the same fingerprint", other)
		}
	}
}

// The codes that other packages refuse a number with have their words from the
// same catalogue.
func TestReject(t *testing.T) {
	t.Parallel()
	at := intake.Place{Line: 4, Column: 2}
	got := intake.Reject(intake.Accepted{Number: 9198002000, Place: at}, fault.CodeAlreadyInOrder)
	e := fault.Explain(fault.CodeAlreadyInOrder)
	want := intake.Rejected{DID: "9198002000", Place: at, Code: fault.CodeAlreadyInOrder, Message: e.Cause, Fix: e.Fix}
	diff := cmp.Diff(want, got)
	if diff != "" || got.Message == "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// lines writes n numbers from 212-200-0000 on, one a line.
func lines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d\n", numberAt(i))
	}
	return b.String()
}

// numberAt returns the i-th of some hundred thousand different good numbers.
func numberAt(i int) nanp.Number {
	const exchanges = 200 // 200-210, 212-310, ...: N11 and 555 are left out by the step
	return nanp.Number(2120000000+uint64(i/exchanges%9000)) + nanp.Number(nxx[i%exchanges])*1e4
}

// nxx are exchanges that nothing is wrong with.
var nxx = func() []uint64 {
	var out []uint64
	for n := uint64(220); len(out) < 200; n++ {
		if n%100 != 11 && n != 555 {
			out = append(out, n)
		}
	}
	return out
}()

func raw(entries ...string) []json.RawMessage {
	out := make([]json.RawMessage, len(entries))
	for i, e := range entries {
		out[i] = json.RawMessage(e)
	}
	return out
}
