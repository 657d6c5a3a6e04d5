package carrier_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata/refdatatest"
	"github.com/portin/portin/internal/sheet"
)

// loose is a coverage as people write it, and strict the same as it is written
// by portin.
const (
	loose = "\ufeffType;Country;Province;Rate Center;LATA;NPA-NXX;\r\n" +
		"Toll-Free;;;;;;\r\n" +
		"local;U.S.;North Carolina;Raleigh;426;919-200;\r\n" +
		"local;;nc;\"O'Fallon\";;;\r\n" +
		"# a territory\r\n" +
		"local;USA;PR;;;(787) 200;\r\n" +
		";;;;;;\r\n" +
		"LOCAL;Canada;;;;'416200;\r\n" +
		"local;;QC;Mégantic;;=\"418200\";\r\n" +
		"local;;PE;;;902200;\r\n" +
		"local;;;;;919555;\r\n" +
		"toll_free;US;;;;800-200;\r\n"
	strict = "number_type,country,state,rate_centre,lata,npa_nxx\n" +
		"local,,,,,919555\n" +
		"local,CA,,,,416200\n" +
		"local,CA,PE,,,902200\n" +
		"local,CA,QC,MÉGANTIC,,418200\n" +
		"local,US,NC,O'FALLON,,\n" +
		"local,US,NC,RALEIGH,426,919200\n" +
		"local,US,PR,,,787200\n" +
		"toll_free,,,,,\n" +
		"toll_free,US,,,,800200\n"
)

func written(t interface{ Fatal(...any) }, c carrier.Coverage) string {
	var b strings.Builder
	err := carrier.WriteCoverage(&b, c)
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCoverageRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{loose, strict} {
		c, report, err := carrier.ReadCoverage(strings.NewReader(text))
		if err != nil || report.Rows != 9 {
			t.Fatalf("%d rows, %v", report.Rows, err)
		}
		if d := cmp.Diff(strict, written(t, c)); d != "" {
			t.Error(d)
		}
	}
	raleigh := numbering.Facts{Number: 9192001234, Type: lnp.Local, Country: lnp.US, State: "NC", RateCentre: "RALEIGH", LATA: "426"}
	c, _, err := carrier.ReadCoverage(strings.NewReader(loose))
	if err != nil || !c.Has(raleigh) {
		t.Errorf("Raleigh is not covered: %v", err)
	}
}

// told are the mistakes as "line column code".
func told(r sheet.Report) []string {
	var out []string
	for _, m := range r.Mistakes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", m.Line, m.Column))+" "+string(m.Code))
	}
	return out
}

func TestCoverageMistakes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/coverage-mistakes.csv")
	if err != nil {
		t.Fatal(err)
	}
	c, report, err := carrier.ReadCoverage(bytes.NewReader(text))
	if !fault.Is(err, fault.Invalid) || len(c.Areas()) != 0 || report.Notes != nil {
		t.Errorf("%v, %d areas, %v", err, len(c.Areas()), report.Notes)
	}
	want := []string{
		"3 state repeated", "3 switch unknown_field",
		"6 number_type required", "7 number_type invalid_value", "8 country invalid_value", "9 country invalid_value", "10 state invalid_value", "11 state conflicting_values",
		"12 state required", "13 rate_centre invalid_value", "14 rate_centre turned_into_date", "15 lata invalid_value", "16 lata conflicting_values",
		"17 npa_nxx invalid_value", "18 npa_nxx scientific_notation", "19 npa_nxx invalid_area_code", "20 npa_nxx invalid_exchange", "21 npa_nxx service_code", "22 npa_nxx premium",
		"23 npa_nxx outside_us_canada", "24 npa_nxx conflicting_values", "25 npa_nxx conflicting_values", "26 npa_nxx conflicting_values", "27 npa_nxx conflicting_values",
		"28 state must_be_empty", "29 rate_centre must_be_empty", "29 lata must_be_empty", "30 country conflicting_values", "31 npa_nxx toll_free_not_in_service",
		"32 cell_count", "33 cell_count", "34 rate_centre bad_quotes", "35 rate_centre bad_quotes", "36 repeated", "38 lata invalid_value", "40 rate_centre bad_quotes", "41 state invalid_value",
	}
	if d := cmp.Diff(want, told(report)); d != "" {
		t.Error(d)
	}
	for line, part := range map[int]string{9: "PR as the state", 12: "RALEIGH", 24: "919 is in NC, and the row is in VA", 25: "919 is in NC, US, and the row is in CA", 36: "line 4"} {
		i := slices.IndexFunc(report.Mistakes, func(m sheet.Mistake) bool { return m.Line == line })
		if m := report.Mistakes[i]; !strings.Contains(m.Message+m.Fix, part) {
			t.Errorf("line %d does not say %q: %+v", line, part, m)
		}
	}
}

// Every row of the file with mistakes has its mistake when it stands alone, and
// is good without it.
func TestCoverageMistakesAlone(t *testing.T) {
	t.Parallel()
	const head = "number_type,country,state,rate_centre,lata,npa_nxx\n"
	cases := []struct{ row, want string }{
		{"local,CA,YT,,,867200", ""}, {"local,CA,NT,,,867200", ""}, {"local,CA,NU,,,867200", ""}, {"local,CA,ON,,,867200", "2 npa_nxx conflicting_values"},
		{"local,CA,PE,,,902200", ""}, {"local,CA,NS,,,902200", ""}, {"local,CA,QC,,,613200", ""}, {"local,CA,NB,,,902200", "2 npa_nxx conflicting_values"},
		{"local,US,GU,,,671200", ""}, {"local,US,MP,,,671200", "2 npa_nxx conflicting_values"}, {"local,US,MP,,,670200", ""},
		{"local,CA,,,888,", "2 lata conflicting_values"}, {"local,,,,426,416200", "2 lata conflicting_values"}, {"local,,,,46017,305200", ""},
		{"local,,,,,919555", ""}, {"local,,,,,919950", "2 npa_nxx service_code"}, {"local,,,,,919976", "2 npa_nxx premium"}, {"local,,,,,500200", "2 npa_nxx non_geographic"},
		{"toll_free,,,,,888555", ""}, {"toll_free,ON,,,,", "2 country invalid_value"}, {"toll_free,,ON,,,", "2 state must_be_empty"},
		{"local,,NC,ST. JOHN'S (EAST)/2,,", ""}, {"local,,NC,A;B,,", "2 rate_centre invalid_value"}, {"local,,NC," + strings.Repeat("A", 61) + ",,", "2 rate_centre invalid_value"},
		{"local,,,,,\"919,200\"", "2 npa_nxx invalid_value"}, {"local,,,,,9.19200", "2 npa_nxx invalid_value"}, {"local,,,,,919 200", ""}, {"local,,,,,919.200", ""},
		{"fixed,XX,YY,;,1,2", "2 number_type invalid_value, 2 country invalid_value, 2 state invalid_value, 2 rate_centre invalid_value, 2 lata invalid_value, 2 npa_nxx invalid_value"},
	}
	for _, c := range cases {
		got, report, err := carrier.ReadCoverage(strings.NewReader(head + c.row + "\n"))
		if all := strings.Join(told(report), ", "); all != c.want || (err == nil) != (c.want == "") || (len(got.Areas()) == 1) != (err == nil) {
			t.Errorf("%s: %q, %v, %v; want %q", c.row, all, err, got.Areas(), c.want)
		}
	}
}

func TestCoverageNotes(t *testing.T) {
	t.Parallel()
	const head = "number_type,country,state,rate_centre,lata,npa_nxx\n"
	cases := []struct {
		name, rows string
		want       []sheet.Note
	}{
		{"nothing to say", "local,US,NC,,,\nlocal,US,VA,,,\nlocal,CA,ON,,,\ntoll_free,,,,,\nlocal,US,,,426,\nlocal,US,,,,804200\n", []sheet.Note{
			{Line: 7, Count: 1, Message: "the row is contained in another one, as here in line 3"},
		}},
		{"a country", "local,US,NC,,,\nlocal,US,,,,\nlocal,US,VA,,426,\nlocal,CA,ON,,,\n", []sheet.Note{
			{Line: 2, Count: 2, Message: "the row is contained in line 3, which takes every number of its kind"},
		}},
		{"everything", "toll_free,US,,,,\ntoll_free,,,,,\nlocal,,,,,\nlocal,,,,,416200\n", []sheet.Note{
			{Line: 2, Count: 1, Message: "the row is contained in line 3, which takes every number of its kind"},
			{Line: 5, Count: 1, Message: "the row is contained in line 4, which takes every number of its kind"},
		}},
		{"a code twice", "local,,,,,919200\nlocal,US,NC,,,919200\n", []sheet.Note{{Line: 3, Count: 1, Message: "the row is contained in another one, as here in line 2"}}},
		{"a code of a province that others share", "local,CA,NS,,,\nlocal,,,,,902200\n", nil},
		{"not in service", "local,,,,,200200\nlocal,US,NC,,,200201\n", []sheet.Note{{Line: 2, Count: 2, Message: "the area code is not in service: no number is in the row"}}},
		{"no rows", "", []sheet.Note{{Line: 1, Message: "there are no rows: nothing is covered"}}},
	}
	for _, c := range cases {
		_, report, err := carrier.ReadCoverage(strings.NewReader(head + c.rows))
		if d := cmp.Diff(c.want, report.Notes); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", c.name, err, d)
		}
	}
}

// states are some regions with an area code of each.
var states = []struct {
	country lnp.Country
	state   string
	npa     int
}{{lnp.US, "NC", 919}, {lnp.US, "VA", 804}, {lnp.US, "PR", 787}, {lnp.CA, "ON", 416}, {lnp.CA, "NT", 867}, {lnp.CA, "PE", 902}}

// area draws an area as ReadCoverage makes them.
func area(t *rapid.T) carrier.Area {
	draw := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	nxx := rapid.IntRange(200, 299).Filter(func(n int) bool { return n != 211 }).Draw(t, "exchange")
	code := func(npa int) string { return draw("code", "", fmt.Sprintf("%03d%03d", npa, nxx)) }
	if rapid.IntRange(0, 9).Draw(t, "toll-free") == 0 {
		return carrier.Area{Type: lnp.TollFree, Country: lnp.Country(draw("country", "", "US")), NPANXX: code(833)}
	}
	at := rapid.SampledFrom(states).Draw(t, "state")
	a := carrier.Area{Type: lnp.Local, NPANXX: code(at.npa)}
	if rapid.Bool().Draw(t, "placed") {
		a.Country = at.country
		a.State = draw("named", "", at.state)
	}
	if a.State != "" {
		a.RateCentre = draw("rate centre", "", "RALEIGH", "MÉGANTIC", "ST. JOHN'S", "DUNN-ERWIN", "LAKE (EAST)/2", "1ST # & Q")
	}
	if at.country == lnp.US {
		a.LATA = draw("LATA", "", "426", "46017")
	}
	return a
}

func TestWrittenCoverageReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := carrier.Cover(rapid.SliceOfN(rapid.Custom(area), 0, 30).Draw(t, "areas")...)
		got, report, err := carrier.ReadCoverage(strings.NewReader(written(t, c)))
		if err != nil || report.Rows != len(c.Areas()) {
			t.Fatalf("%d rows, %v", report.Rows, err)
		}
		if d := cmp.Diff(c.Areas(), got.Areas()); d != "" && len(c.Areas()) > 0 {
			t.Fatal(d)
		}
	})
}

func TestCoverageChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfN(rapid.Custom(area), 0, 30)
		both := some.Draw(t, "both")
		was := carrier.Cover(slices.Concat(both, some.Draw(t, "was"))...)
		is := carrier.Cover(slices.Concat(both, some.Draw(t, "is"))...)
		c := carrier.Compare(was, is)
		kept := slices.DeleteFunc(slices.Clone(was.Areas()), func(a carrier.Area) bool { return slices.Contains(c.Removed, a) })
		if got := carrier.Cover(slices.Concat(kept, c.Added)...); !slices.Equal(got.Areas(), is.Areas()) {
			t.Fatalf("%v and %+v make %v, not %v", was.Areas(), c, got.Areas(), is.Areas())
		}
		if len(kept) != c.Kept || len(kept)+len(c.Removed) != len(was.Areas()) || c.Kept+len(c.Added) != len(is.Areas()) {
			t.Fatalf("%d areas and %d: %+v", len(was.Areas()), len(is.Areas()), c)
		}
		if c.None() != slices.Equal(was.Areas(), is.Areas()) {
			t.Fatalf("nothing changes: %v, %+v", c.None(), c)
		}
		if !slices.Equal(carrier.Cover(c.Added...).Areas(), c.Added) || !slices.Equal(carrier.Cover(c.Removed...).Areas(), c.Removed) {
			t.Fatalf("not sorted: %+v", c)
		}
		few := c.First(2)
		if len(few.Added) != min(2, len(c.Added)) || len(few.Removed) != min(2, len(c.Removed)) || few.AddedCount != len(c.Added) || few.RemovedCount != len(c.Removed) || few.Kept != c.Kept {
			t.Fatalf("the first two of %+v: %+v", c, few)
		}
	})
}

// No file makes the reader panic. It gives mistakes or a coverage, never both,
// and what it gave writes and reads the same.
func FuzzReadCoverage(f *testing.F) {
	bad, err := os.ReadFile("testdata/coverage-mistakes.csv")
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{loose, strict, string(bad), "", "number_type\nlocal", "type\ttype\n\"local", "number_type,rc,st\nlocal,=\"A\",\"N\nC\"\n", "\xff\xfen\x00", "number_type\r'local\r"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, report, err := carrier.ReadCoverage(bytes.NewReader(text))
		if err != nil {
			if len(c.Areas()) > 0 || report.Notes != nil {
				t.Fatalf("%v, and %d areas, %v", err, len(c.Areas()), report.Notes)
			}
			checkMistakes(t, text, report)
			return
		}
		if len(report.Mistakes)+report.More > 0 {
			t.Fatalf("taken with %+v", report)
		}
		again, _, err := carrier.ReadCoverage(strings.NewReader(written(t, c)))
		if err != nil || !slices.Equal(again.Areas(), c.Areas()) {
			t.Fatalf("%v\n%s", err, cmp.Diff(c.Areas(), again.Areas()))
		}
	})
}

func checkMistakes(t *testing.T, text []byte, report sheet.Report) {
	lines := 1 + bytes.Count(text, []byte("\n")) + bytes.Count(text, []byte("\r"))
	for _, m := range report.Mistakes {
		if m.Line < 1 || m.Line > lines || m.Message == "" || m.Fix == "" || fault.Explain(m.Code).Cause == "" {
			t.Fatalf("%+v of %d lines", m, lines)
		}
	}
}

// The live codes of the publishers' own reports are good rows, whatever their
// rate centre is called and whichever province they are in: the first code of
// each, and of each area code there.
func TestRealCodes(t *testing.T) {
	t.Parallel()
	dir := refdatatest.Folder(t)
	var b strings.Builder
	w := csv.NewWriter(&b)
	seen := map[string]bool{}
	put := func(row ...string) {
		centre, area := row[2]+row[3], row[2]+row[4][:3]
		if seen[centre] && seen[area] {
			return
		}
		seen[centre], seen[area] = true, true
		err := w.Write(row)
		if err != nil {
			t.Fatal(err)
		}
	}
	put("number_type", "country", "state", "rate_centre", "npa_nxx")
	// What no subscriber has.
	service := regexp.MustCompile(`(958|959|976)$`)
	for row := range reported(t, filepath.Join(dir, "CoCodeAssignment_Utilized_AllStates_Public_2026-07-06.zip"), "\t") {
		const state, code, centre, use = 0, 1, 4, 6
		if len(row) <= use || row[use] != "AS" || service.MatchString(row[code]) {
			continue
		}
		at := row[state]
		if at == "NN" {
			at = "MP"
		}
		put("local", "US", at, row[centre], row[code])
	}
	for row := range reported(t, filepath.Join(dir, "COCodeStatus_ALL_2025-09-12.zip"), ",") {
		const npa, nxx, status, centre, province = 0, 1, 2, 4, 5
		if len(row) > province && row[province] != "" && (row[status] == "In Service" || row[status] == "Assigned") && !service.MatchString(row[nxx]) {
			put("local", "CA", row[province], row[centre], row[npa]+row[nxx])
		}
	}
	w.Flush()
	c, report, err := carrier.ReadCoverage(strings.NewReader(b.String()))
	if err != nil || len(c.Areas()) < 20_000 {
		t.Errorf("%d areas: %v", len(c.Areas()), report.Mistakes[:min(10, len(report.Mistakes))])
	}
}

// reported are the rows of the one report in an archive.
func reported(t *testing.T, name, comma string) func(func([]string) bool) {
	t.Helper()
	z, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { z.Close() })
	f, err := z.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(f)
	return func(yield func([]string) bool) {
		for lines.Scan() {
			row := strings.Split(string(sheet.UTF8(lines.Bytes())), comma)
			for i := range row {
				row[i] = strings.Trim(row[i], " \"")
			}
			if !yield(row) {
				return
			}
		}
		if lines.Err() != nil {
			t.Fatal(lines.Err())
		}
	}
}

// exchanges is a coverage of 200,000 rows, one an exchange, by rate centres.
var exchanges = sync.OnceValue(func() string {
	var b strings.Builder
	b.WriteString("number_type,country,state,rate_centre,lata,npa_nxx\n")
	n := 0
	for npa := 201; n < 200_000; npa++ {
		a, ok := numbering.LookupNPA(npa)
		if !ok || a.Country != "US" {
			continue
		}
		for nxx := 200; nxx < 950 && n < 200_000; nxx++ {
			if nxx%100 != 11 && nxx != 555 {
				fmt.Fprintf(&b, "local,US,%s,CENTRE%d,%d,%d%d\n", a.State, nxx/7, 120+npa%800, npa, nxx)
				n++
			}
		}
	}
	return b.String()
})

func BenchmarkReadCoverage(b *testing.B) {
	b.SetBytes(int64(len(exchanges())))
	b.ReportAllocs()
	for b.Loop() {
		c, _, err := carrier.ReadCoverage(strings.NewReader(exchanges()))
		if err != nil || len(c.Areas()) != 200_000 {
			b.Fatal(len(c.Areas()), err)
		}
	}
}

// The same bytes by the standard library, which finds cells and does nothing
// with them.
func BenchmarkEncodingCSV(b *testing.B) {
	b.SetBytes(int64(len(exchanges())))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(strings.NewReader(exchanges()))
		r.ReuseRecord = true
		for {
			_, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	was, _, err := carrier.ReadCoverage(strings.NewReader(exchanges()))
	if err != nil {
		b.Fatal(err)
	}
	is := carrier.Cover(was.Areas()[1:]...)
	for b.Loop() {
		if c := carrier.Compare(was, is); c.Kept != 199_999 {
			b.Fatal(c.Kept)
		}
	}
}
