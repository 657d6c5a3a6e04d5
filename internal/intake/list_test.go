package intake_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
)

type listCase struct {
	name    string
	json    string
	options intake.Options
	want    []string // as show writes it
}

var listCases = []listCase{
	{name: "strings", json: `["9198002000", "19198002001", "+1 (919) 800-2002", "tel:+1-919-800-2003", "919.800.2004"]`, want: []string{"9198002000 [0]", "9198002001 [1]", "9198002002 [2]", "9198002003 [3]", "9198002004 [4]"}},
	{name: "JSON numbers", json: `[9198002000, 19198002001, 9198002002.0]`, want: []string{"9198002000 [0]", "9198002001 [1]", "9198002002 [2]"}},
	{name: "JSON numbers that are none", json: `[919555, -9198002000, 919.8002000, 919800200.0, 0, 91980020000]`, want: []string{"!919555 [0] not_a_number", "!-9198002000 [1] not_a_number", "!919.8002000 [2] not_a_number", "!919800200.0 [3] not_a_number", "!0 [4] not_a_number", "!91980020000 [5] not_a_number"}},
	{name: "JSON numbers with an exponent", json: `[9.198E+09, 9.198002e9, 9198002000e0]`, want: []string{"!9.198E+09 [0] scientific_notation", "!9.198002e9 [1] scientific_notation", "!9198002000e0 [2] scientific_notation"}},
	{name: "a rounded number as a string", json: `["9.198E+09"]`, want: []string{"!9.198E+09 [0] scientific_notation"}},
	{name: "other types", json: `[null, true, false, {}, {"did": "9198002000"}, [], ["9198002000"], "9198002000"]`, want: []string{"9198002000 [7]", "!- [0] wrong_type", "!- [1] wrong_type", "!- [2] wrong_type", "!- [3] wrong_type", "!- [4] wrong_type", "!- [5] wrong_type", "!- [6] wrong_type"}},
	{name: "a range", json: `["9198002000-9198002003", "919-800-2004 to 919-800-2005"]`, want: []string{"9198002000..2003 [0]", "9198002004..2005 [1]"}},
	{name: "ranges that are none", json: `["9198002003-9198002000", "9198002000-2003", "9198002000-9208002000"]`, want: []string{"!9198002003-9198002000 [0] invalid_range", "!9198002000-2003 [1] invalid_range", "!9198002000-9208002000 [2] invalid_range"}},
	{name: "several in one string", json: `["9198002000, 9198002001", "9198002002\n9198002003"]`, want: []string{"9198002000..2001 [0]", "9198002002..2003 [1]"}},
	{name: "duplicates", json: `["9198002000", 9198002000, "9198002000-9198002001", "(919) 800-2001"]`, want: []string{"9198002000 [0]", "9198002001 [2]", "!9198002000 [1] duplicate", "!9198002000 [2] duplicate", "!9198002001 [3] duplicate"}},
	{name: "empty strings", json: `["", "  ", "'", "=\"\""]`, want: []string{"!- [0] not_a_number", "!- [1] not_a_number", "!- [2] not_a_number", "!- [3] not_a_number"}},
	{name: "a spreadsheet's wrapping", json: `["'9198002000", "=\"9198002001\"", " 9198002002 "]`, want: []string{"9198002000 [0]", "9198002001 [1]", "9198002002 [2]"}},
	{name: "escapes", json: `["\u0039198002000", "919\u00a0800\u20112001", "\u0000", "\ud800"]`, want: []string{"9198002000 [0]", "9198002001 [1]", "!- [2] not_a_number", "!- [3] not_a_number"}},
	{name: "codes", json: `["9118002000", "9191002000", "+442071838750", "9198002000 x5", "9002002000", "9195550100"]`, want: []string{"!9118002000 [0] invalid_area_code", "!9191002000 [1] invalid_exchange", "!+442071838750 [2] outside_nanp", "!9198002000 x5 [3] has_extension", "!9002002000 [4] premium", "!9195550100 [5] fictional"}},
	{name: "the sandbox", json: `["9195550100"]`, options: sandbox, want: []string{"9195550100 [0]"}},
	{name: "what is no number is not echoed", json: `["Jane Roe", "12 Main St", "` + strings.Repeat("1", 33) + `"]`, want: []string{"!- [0] not_a_number", "!- [1] not_a_number", "!- [2] not_a_number"}},
	{name: "long entries", json: `["` + strings.Repeat("9", 2000) + `", ` + strings.Repeat("9", 2000) + `, "9198002000"]`, want: []string{"9198002000 [2]", "!- [0] too_long", "!- [1] too_long"}},
	{name: "empty", json: `[]`},
	{name: "as many as the limit", json: `["9198002000-9198002008", "919"]`, options: ten, want: []string{"9198002000..2008 [0]", "!919 [1] not_a_number"}},
	{name: "one too many in a range", json: `["9198002000-9198002010"]`, options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "one too many entries", json: `[1,2,3,4,5,6,7,8,9,10,11]`, options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "one rejected too many", json: `["9198002000-9198002009", null]`, options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "as many bytes as the limit", json: `["9198002000", 9198002001]`, options: intake.Options{Limits: intake.Limits{Bytes: 22}}, want: []string{"9198002000 [0]", "9198002001 [1]"}},
	{name: "a byte too many", json: `["9198002000", 9198002001]`, options: intake.Options{Limits: intake.Limits{Bytes: 21}}, want: []string{"too_large body_too_large"}},
}

func TestList(t *testing.T) {
	t.Parallel()
	for _, c := range listCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var entries []json.RawMessage
			err := json.Unmarshal([]byte(c.json), &entries)
			if err != nil {
				t.Fatal(err)
			}
			r, err := intake.List(entries, c.options)
			check(t, r, err, c.options, c.want)
		})
	}
}

// A caller may hand over what no decoder does.
func TestListOfBrokenJSON(t *testing.T) {
	t.Parallel()
	r, err := intake.List(raw("", "\"", "\"\\x\"", "nope", "9198002000 "), intake.Options{})
	want := []string{"9198002000 [4]", "!- [0] wrong_type", "!- [1] not_a_number", "!- [2] not_a_number", "!- [3] wrong_type"}
	check(t, r, err, intake.Options{}, want)
}

// What a person reads of a bad entry.
func TestListMessages(t *testing.T) {
	t.Parallel()
	r, err := intake.List(raw(`null`, `true`, `{}`, `[]`, `919555`, `"919555"`, `"`+strings.Repeat("9", 2000)+`"`), intake.Options{})
	if err != nil || len(r.Rejected) != 7 {
		t.Fatal(r, err)
	}
	want := []string{
		"a JSON null; a number is a string or a JSON number", "a JSON boolean; a number is a string or a JSON number",
		"a JSON object; a number is a string or a JSON number", "a JSON array; a number is a string or a JSON number",
		"6 digits; a number has 10", "6 digits; a number has 10", "more than 1024 bytes; a number has 10 digits",
	}
	for i, j := range r.Rejected {
		if j.Message != want[i] || j.Place.Index != i {
			t.Errorf("entry %d: %q at %v; want %q", i, j.Message, j.Place, want[i])
		}
	}
	if r.Rejected[0].Fix != fault.Explain(fault.CodeNotANumber).Fix {
		t.Errorf("%q", r.Rejected[0].Fix)
	}
}

// The largest list of the contract, of both kinds.
func TestListDefaultLimit(t *testing.T) {
	t.Parallel()
	entries := make([]string, 100_000)
	for i := range entries {
		entries[i] = numberAt(i).String()
		if i%2 == 0 {
			entries[i] = `"` + entries[i] + `"`
		}
	}
	r, err := intake.List(raw(entries...), intake.Options{})
	if err != nil || len(r.Numbers) != len(entries) || len(r.Rejected) != 0 {
		t.Fatal(err)
	}
	_, err = intake.List(raw(append(entries, "0")...), intake.Options{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("100,001 entries: %v", err)
	}
}
