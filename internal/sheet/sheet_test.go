package sheet_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/sheet"
)

// stock is a form with a column that must be there.
var stock = []sheet.Column{{Name: "name", Must: true}, {Name: "unit_price", Aliases: []string{"price"}}, {Name: "state", Aliases: []string{"province"}}}

// lines reads a table, each row as "line: cell|cell|cell".
func lines(t *testing.T, r io.Reader) ([]string, sheet.Report, error) {
	t.Helper()
	in, err := sheet.Open(r, stock)
	if err != nil {
		return nil, sheet.Report{}, err
	}
	var out []string
	for in.Next() {
		out = append(out, fmt.Sprintf("%d: %s|%s|%s", in.Line(), in.Cell(0), in.Cell(1), in.Cell(2)))
	}
	report, err := in.Report()
	return out, report, err
}

// told are the mistakes as "line column code".
func told(r sheet.Report) []string {
	var out []string
	for _, m := range r.Mistakes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", m.Line, m.Column))+" "+string(m.Code))
	}
	return out
}

func wide(text string, little bool) string {
	var b []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		if little {
			b = append(b, byte(u), byte(u>>8))
		} else {
			b = append(b, byte(u>>8), byte(u))
		}
	}
	return string(b)
}

func TestReads(t *testing.T) {
	t.Parallel()
	const plain = "name,unit_price,state\nSoufflé,5,NC\n"
	cases := []struct {
		name, text string
		want       []string
	}{
		{"UTF-8", plain, nil},
		{"byte order mark", "\ufeff" + plain, nil},
		{"UTF-16LE", wide(plain, true), nil},
		{"UTF-16BE", wide(plain, false), nil},
		{"Latin-1", "name,unit_price,state\nSouffl\xe9,5,NC\n", nil},
		{"CRLF", strings.ReplaceAll(plain, "\n", "\r\n"), nil},
		{"CR", strings.ReplaceAll(plain, "\n", "\r"), nil},
		{"no line end", strings.TrimSpace(plain), nil},
		{"semicolons", strings.ReplaceAll(plain, ",", ";"), nil},
		{"tabs", strings.ReplaceAll(plain, ",", "\t"), nil},
		{"quoted", "\"name\",\"unit_price\",\"state\"\n\"Soufflé\",\"5\",\"NC\"\n", nil},
		{"blanks", " name , unit_price , state \n  Soufflé ,\u00a05,  \"NC\"\n", nil},
		{"other names", "NAME, Unit-Price ,Province\nSoufflé,5,NC\n", nil},
		{"names with punctuation", "name*,\"Unit\nPrice\",state:\nSoufflé,5,NC\n", []string{"3: Soufflé|5|NC"}},
		{"names without blanks", "name,UnitPrice,STATE\nSoufflé,5,NC\n", nil},
		{"another order, padded", "state,,name,price,,\nNC,,Soufflé,5,,\n", nil},
		{"spreadsheets", "name,unit_price,state\n'Soufflé,=\"5\",\"=\"\"NC\"\"\"\n", nil},
		{"comments and empty rows", "# a\n\n,,\nname,unit_price,state\n#b\n , ,\n\"# c, d\",,\nSoufflé,5,NC\n,,\n", []string{"8: Soufflé|5|NC"}},
		{"a column less", "name\nSoufflé\n", []string{"2: Soufflé||"}},
		{"an empty cell between tabs", "name\tunit_price\tstate\nSoufflé\t\tNC\n", []string{"2: Soufflé||NC"}},
		{"a cell of two lines", "name,unit_price,state\n\"Soufflé\n au  \r\nsel\",5,NC\nB,6,VA\n", []string{"2: Soufflé au sel|5|NC", "5: B|6|VA"}},
		{"delimiters in the header's names", "\"name\";\"unit,price\";state\nSoufflé;5;NC\n", nil},
	}
	for _, c := range cases {
		if c.want == nil {
			c.want = []string{"2: Soufflé|5|NC"}
		}
		for how, r := range map[string]io.Reader{"whole": strings.NewReader(c.text), "in bytes": iotest.OneByteReader(strings.NewReader(c.text))} {
			got, report, err := lines(t, r)
			if d := cmp.Diff(c.want, got); d != "" || err != nil || report.Rows != len(c.want) {
				t.Errorf("%s, %s: %v, %d rows\n%s", c.name, how, err, report.Rows, d)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, text string
		want, rows []string
	}{
		{"nothing", "", []string{"1 required"}, nil},
		{"nothing but comments", "#a\n\n", []string{"1 required"}, nil},
		{"a column without name", "name,,state\nA,,NC\nB,x,NC\n", []string{"3 unknown_field"}, []string{"2: A||NC", "3: B||NC"}},
		{"a column twice", "\nname,price,unit_price\nA,5,6\n", []string{"2 unit_price repeated"}, []string{"3: A|5|"}},
		{"an unknown column", "name,colour\nA,red\n", []string{"1 colour unknown_field"}, []string{"2: A||"}},
		{"a misspelt column", "naem,state\nA,NC\n", []string{"1 naem unknown_field"}, []string{"2: A||NC"}},
		{"a column that must be there", "price\n5\n", []string{"1 name required"}, []string{"2: |5|"}},
		{"cells", "name,state\nA\nB,NC,\nC,NC\n", []string{"2 cell_count", "3 cell_count"}, []string{"4: C||NC"}},
		{"a mark within", "name,state\nA,N\"C\nB,NC\n", []string{"2 state bad_quotes"}, []string{"3: B||NC"}},
		{"a mark closed within", "name,state\n\"A\"x,NC\nB,NC\n", []string{"2 name bad_quotes"}, []string{"3: B||NC"}},
		{"a mark that is not closed", "#\nname,state\nA,\"NC\nB,NC\n\nC,NC\n", []string{"3 state bad_quotes"}, []string{"4: B||NC", "6: C||NC"}},
		{"marks that are not closed", "name,state\n\"A,NC\nB,NC\n#\nC,\"NC\nD,NC\n", []string{"2 name bad_quotes", "5 state bad_quotes"}, []string{"3: B||NC", "6: D||NC"}},
		{"a mark in the header", "name,\"state\nA,NC\n", []string{"1 bad_quotes"}, nil},
	}
	for _, c := range cases {
		rows, report, err := lines(t, strings.NewReader(c.text))
		if d := cmp.Diff(c.want, told(report)); d != "" || !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v\n%s", c.name, err, d)
		}
		if d := cmp.Diff(c.rows, rows); d != "" {
			t.Errorf("%s, rows:\n%s", c.name, d)
		}
	}
}

// What is told of a column names it, its likely neighbour, or all there are.
func TestFixes(t *testing.T) {
	t.Parallel()
	_, report, err := lines(t, strings.NewReader("unitt_price,colour\n"))
	want := []sheet.Mistake{
		{Line: 1, Column: "unitt_price", Code: fault.CodeUnknownField, Message: `there is no column "unitt_price"`, Fix: "Did you mean unit_price?"},
		{Line: 1, Column: "colour", Code: fault.CodeUnknownField, Message: `there is no column "colour"`, Fix: "Leave it out; the columns are name, unit_price, state."},
		{Line: 1, Column: "name", Code: fault.CodeRequired, Message: "the header has no column name", Fix: "Name the columns in the first line: name,unit_price,state"},
	}
	if d := cmp.Diff(want, report.Mistakes); d != "" {
		t.Error(d)
	}
	refusal, ok := errors.AsType[*fault.Error](err)
	if !ok || refusal.Message != "3 mistakes in the file; nothing of it was taken" || refusal.Fields[2].Field != "line 1, name" || refusal.Fields[2].Hint == "" {
		t.Errorf("%+v", err)
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	columns := []sheet.Column{{Name: "type"}, {Name: "country"}, {Name: "state"}, {Name: "code"}}
	cases := []struct{ row, want string }{
		{"local,US,NC,", "local US NC"},
		{"Toll-Free,,,", "toll_free  "},
		{"TOLLFREE,u.s.a.,,", "toll_free US "},
		{"toll free,Canada,,", "toll_free CA "},
		{",,nc,", " US NC"},
		{",,Québec,", "state invalid_value"},
		{",united states,north carolina,", " US NC"},
		{",,on,", " CA ON"},
		{"fixed,,,", "type invalid_value"},
		{",US,ON,", "state conflicting_values"},
		{",NC,,", "country invalid_value"},
		{",XX,YY,", "country invalid_value, state invalid_value"},
		{",,,9.19E+05", "code scientific_notation"},
		{",,,\"9,19E+05\"", "code scientific_notation"},
		{",,,2026-11-24", "code turned_into_date"},
		{",,,11/24/2026 00:00", "code turned_into_date"},
		{",,,24.11.26", "code turned_into_date"},
		{",,,24-Nov", "code turned_into_date"},
		{",,,May-05", "code turned_into_date"},
		{",,,\"1 June, 2026\"", "code turned_into_date"},
		{",,,919-800", "  "}, {",,,MAY 5", "  "}, {",,,12E4", "  "}, {",,,MARCH", "  "},
	}
	for _, c := range cases {
		in, err := sheet.Open(strings.NewReader("type,country,state,code\n#\n"+c.row+"\n"), columns)
		if err != nil || !in.Next() && c.want != "  " {
			t.Fatalf("%s: %v", c.row, err)
		}
		got := string(in.NumberType(0))
		country, state := in.Place(1, 2)
		got += " " + string(country) + " " + state
		if in.Damaged(3) != in.Bad() && in.Cell(3) != "" {
			t.Errorf("%s: damaged, and no mistake", c.row)
		}
		report, _ := in.Report()
		if in.Bad() {
			var all []string
			for _, m := range told(report) {
				all = append(all, strings.TrimPrefix(m, "3 "))
			}
			got = strings.Join(all, ", ")
		}
		if got != c.want {
			t.Errorf("%s: %q; want %q", c.row, got, c.want)
		}
	}
}

// So many mistakes are told, and the others counted.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	for what, row := range map[string]string{"cells": "A,B,C\n", "quotation marks": "A\"\n", "marks that are not closed": "\"A\n"} {
		_, report, err := lines(t, strings.NewReader("name\n"+strings.Repeat(row, 1200)+"B\n"))
		if len(report.Mistakes) != 1000 || report.More == 0 || what != "marks that are not closed" && report.More != 200 {
			t.Errorf("%s: %d and %d", what, len(report.Mistakes), report.More)
		}
		if err == nil || !strings.Contains(err.Error(), "the first 1000 are told") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	const text = "name\nA\n\nB\nC\n"
	for _, c := range []struct {
		rows  int
		bytes int64
		kind  fault.Kind
		code  fault.Code
	}{
		{3, 13, "", ""}, {2, 13, fault.Invalid, fault.CodeTooMany}, {3, 11, fault.TooLarge, fault.CodeTooLarge},
	} {
		in, err := sheet.OpenWithin(strings.NewReader(text), stock, c.rows, c.bytes)
		rows := 0
		if err == nil {
			for in.Next() {
				rows++
			}
			_, err = in.Report()
		}
		var kind fault.Kind
		var code fault.Code
		if refusal, ok := errors.AsType[*fault.Error](err); ok {
			kind, code = refusal.Kind, refusal.Code
		}
		if kind != c.kind || code != c.code || err == nil && rows != 3 {
			t.Errorf("within %d rows and %d bytes: %d, %v", c.rows, c.bytes, rows, err)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	cause := errors.New("the line is dead")
	for name, c := range map[string]struct {
		r    io.Reader
		kind fault.Kind
		code fault.Code
	}{
		"a workbook": {strings.NewReader("PK\x03\x04\x14\x00xl/workbook.xml"), fault.Invalid, fault.CodeBadEncoding},
		"a page":     {strings.NewReader("<!doctype html><table>"), fault.Invalid, fault.CodeBadEncoding},
		"NUL":        {strings.NewReader("name\nA\x00\n"), fault.Invalid, fault.CodeBadEncoding},
		"cut off":    {io.MultiReader(strings.NewReader("name\nA"), iotest.ErrReader(cause)), fault.Malformed, fault.CodeMalformedBody},
		"far behind": {io.MultiReader(strings.NewReader("name\n"+strings.Repeat("A\n", 1<<16)), iotest.ErrReader(cause)), fault.Malformed, fault.CodeMalformedBody},
	} {
		rows, _, err := lines(t, c.r)
		refusal, ok := errors.AsType[*fault.Error](err)
		if !ok || refusal.Kind != c.kind || refusal.Code != c.code || rows != nil {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

// No spreadsheet takes a cell that was written for a formula, and it is read as
// it was.
func TestWrite(t *testing.T) {
	t.Parallel()
	rows := [][]string{{"=1+1", "+1", "@x"}, {"-5", "a,b", "c"}, {"", "", "d"}}
	var b strings.Builder
	err := sheet.Write(&b, stock, slices.Values(rows))
	if err != nil {
		t.Fatal(err)
	}
	const want = "name,unit_price,state\n'=1+1,'+1,'@x\n'-5,\"a,b\",c\n,,d\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
	got, _, err := lines(t, strings.NewReader(b.String()))
	if d := cmp.Diff([]string{"2: =1+1|+1|@x", "3: -5|a,b|c", "4: ||d"}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	for _, at := range []int{0, 1} {
		err = sheet.Write(&failing{left: at}, stock, slices.Values(slices.Repeat([][]string{{strings.Repeat("x", 5000), "", ""}}, 2)))
		if err == nil {
			t.Errorf("write %d failed, and nobody was told", at)
		}
	}
}

// failing takes so many writes.
type failing struct{ left int }

func (f *failing) Write(p []byte) (int, error) {
	f.left--
	if f.left < 0 {
		return 0, errors.New("no room")
	}
	return len(p), nil
}
