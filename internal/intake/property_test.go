package intake_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/nanp"
)

// forms are the ways to write a number.
var forms = []func(n nanp.Number) string{
	nanp.Number.String,
	nanp.Number.Written,
	func(n nanp.Number) string { return "1" + n.String() },
	func(n nanp.Number) string { return "+1" + n.String() },
	func(n nanp.Number) string { return fmt.Sprintf("%03d.%03d.%04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return fmt.Sprintf("%03d-%03d-%04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return fmt.Sprintf("%03d %03d %04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return fmt.Sprintf("+1 (%03d) %03d-%04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return fmt.Sprintf("tel:+1-%03d-%03d-%04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return fmt.Sprintf("%03d\u00a0%03d\u00ad%04d", n.NPA(), n.NXX(), n.Line()) },
	func(n nanp.Number) string { return "'" + n.String() },
	func(n nanp.Number) string { return `="` + n.String() + `"` },
	func(n nanp.Number) string { return " " + n.String() + " " },
	func(n nanp.Number) string { return n.String() + ".0" },
}

// bareForms is how many of the forms have nothing around the number.
const bareForms = 9

// ranges are the ways to write all numbers from one to another.
var ranges = []func(first, last string) string{
	func(first, last string) string { return first + "-" + last },
	func(first, last string) string { return first + " - " + last },
	func(first, last string) string { return first + "\u2013" + last },
	func(first, last string) string { return first + " to " + last },
	func(first, last string) string { return first + " THRU " + last },
	func(first, last string) string { return first + ".." + last },
}

// entry writes a run of numbers.
func entry(t *rapid.T, run []nanp.Number, v variant) string {
	possible := forms
	if v.delim == " " {
		possible = forms[:bareForms]
	}
	if len(run) == 1 {
		return rapid.SampledFrom(possible).Draw(t, "form")(run[0])
	}
	form := rapid.SampledFrom(forms[:bareForms]).Draw(t, "form of the ends")
	join := ranges
	if v.encoding == "Latin-1" {
		join = slices.Concat(ranges[:2], ranges[3:]) // it has no such dash
	}
	return rapid.SampledFrom(join).Draw(t, "range")(form(run[0]), form(run[len(run)-1]))
}

// variant is a way to write a file.
type variant struct {
	delim, end, encoding, layout, quotes, header string
	column                                       int // of the number in a table
}

func drawVariant(t *rapid.T) variant {
	v := variant{
		delim:    rapid.SampledFrom([]string{",", ";", "\t", "|", " "}).Draw(t, "delimiter"),
		end:      rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end"),
		encoding: rapid.SampledFrom([]string{"UTF-8", "UTF-8 with mark", "UTF-16LE", "UTF-16BE", "Latin-1"}).Draw(t, "encoding"),
		layout:   rapid.SampledFrom([]string{"one line", "one a line", "header and one a line", "several a line", "table", "table without header"}).Draw(t, "layout"),
		quotes:   rapid.SampledFrom([]string{"where needed", "always", "mixed"}).Draw(t, "quotes"),
		header:   rapid.SampledFrom(headerNames).Draw(t, "header"),
		column:   rapid.IntRange(0, 4).Draw(t, "column"),
	}
	if v.delim == " " { // lists only, without quotation
		v.layout = rapid.SampledFrom([]string{"one line", "several a line"}).Draw(t, "layout of a list")
		v.quotes = "where needed"
	}
	return v
}

// cell writes one cell.
func (v variant) cell(t *rapid.T, text string) string {
	quote := v.quotes == "always" || v.quotes == "mixed" && rapid.Bool().Draw(t, "quoted")
	if quote || strings.HasPrefix(text, `"`) || v.delim != " " && strings.ContainsAny(text, "\r\n"+v.delim) {
		return `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	}
	return text
}

// write writes the runs of numbers, in their order.
func (v variant) write(t *rapid.T, runs [][]nanp.Number) string {
	rows := [][]string{}
	var all []string
	for _, run := range runs {
		all = append(all, entry(t, run, v))
	}
	switch v.layout {
	case "one line":
		rows = append(rows, all)
	case "several a line":
		for len(all) > 0 {
			n := rapid.IntRange(1, len(all)).Draw(t, "a line")
			rows, all = append(rows, all[:n]), all[n:]
		}
	case "one a line", "header and one a line":
		if v.layout != "one a line" {
			rows = append(rows, []string{v.header})
		}
		for _, a := range all {
			rows = append(rows, []string{a})
		}
	default:
		header := slices.Insert([]string{"Account", "Customer Name", "Street", "ZIP"}, v.column, v.header)
		if v.layout == "table" {
			rows = append(rows, header)
		}
		for i, a := range all {
			account := fmt.Sprint(9198000000 + i) // looks like a telephone number
			if v.layout != "table" {
				account = fmt.Sprintf("A-%d", i)
			}
			rows = append(rows, slices.Insert([]string{account, rapid.SampledFrom(people).Draw(t, "name"), rapid.SampledFrom(streets).Draw(t, "street"), "27601"}, v.column, a))
		}
	}
	var b strings.Builder
	for i, row := range rows {
		for j, text := range row {
			if j > 0 {
				b.WriteString(v.delim)
			}
			b.WriteString(v.cell(t, text))
		}
		if i < len(rows)-1 || rapid.Bool().Draw(t, "last line ends") {
			b.WriteString(v.end)
		}
		if rapid.IntRange(0, 9).Draw(t, "blank line") == 0 {
			b.WriteString(v.end)
		}
	}
	text := b.String()
	switch v.encoding {
	case "UTF-8 with mark":
		return "\ufeff" + text
	case "UTF-16LE":
		return encoded(utf16le, text)
	case "UTF-16BE":
		return encoded(utf16be, text)
	case "Latin-1":
		return encoded(latin1, text)
	}
	return text
}

var (
	people  = []string{"Jürgen Größe", "Zoë O'Neil", "Acme, Inc.", `"Best" & Co; Ltd`, "Señor | Señora", "tab\there", "", "no. 7"}
	streets = []string{"1 Main St", "2 Rue de l'Été\nApt 5", "3 High St, Suite \"B\"", "PO 4\r\nRaleigh", "5 Café Ln; rear", "Straße 6"}
)

// The same numbers, written in any way that the contract names, are the same
// numbers in the same order, and nothing of the file is taken for a mistake.
func TestEveryVariantReadsAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		picks := rapid.SliceOfNDistinct(rapid.IntRange(0, 200_000), 1, 20, rapid.ID[int]).Draw(t, "numbers")
		want := []nanp.Number{}
		var runs [][]nanp.Number
		for _, p := range picks {
			run := []nanp.Number{numberAt(p)}
			for range rapid.SampledFrom([]int{0, 0, 0, 1, 5}).Draw(t, "more in the run") {
				run = append(run, run[len(run)-1]+1)
			}
			clash := run[0]%1e4+5 > 9999 || slices.ContainsFunc(run, func(n nanp.Number) bool { return slices.Contains(want, n) })
			if !clash {
				runs, want = append(runs, run), append(want, run...)
			}
		}
		v := drawVariant(t)
		text := v.write(t, runs)
		r, err := intake.File(strings.NewReader(text), intake.Options{})
		if err != nil {
			t.Fatalf("%+v: %v\n%q", v, err, text)
		}
		got := []nanp.Number{}
		for _, a := range r.Numbers {
			got = append(got, a.Number)
		}
		diff := cmp.Diff(want, got)
		if diff != "" || len(r.Rejected) > 0 {
			t.Fatalf("%+v:\n%q\n-want +got:\n%s\nrejected: %+v", v, text, diff, r.Rejected)
		}
		bad := broken(r, err, intake.Limits{})
		if bad != "" {
			t.Fatal(bad)
		}
	})
}

// pieces returns what it reads in pieces of random sizes, so that each part of
// a file comes to stand at the end of a buffer once.
type pieces struct {
	r    io.Reader
	rand *rand.Rand
	max  int
}

func (p *pieces) Read(b []byte) (int, error) {
	return p.r.Read(b[:min(len(b), 1+p.rand.IntN(p.max))])
}

// Of what encoding/csv writes, the scanner finds the cells that encoding/csv
// reads, on the lines where it finds them.
func TestScanAgreesWithEncodingCSV(t *testing.T) {
	t.Parallel()
	sign := rapid.SampledFrom([]rune("ab9 \"\"\n\t,;|é\u00a0\U0001F4DE'="))
	text := rapid.OneOf(
		rapid.StringOfN(sign, 0, 12, -1),
		rapid.StringOfN(sign, 900, 1300, -1),
		rapid.Custom(func(t *rapid.T) string { return strings.Repeat("x", rapid.IntRange(0, 70_000).Draw(t, "width")) }),
	)
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.SliceOfN(text, 2, 5), 0, 8).Draw(t, "records")
		comma := rapid.SampledFrom([]rune(",;\t|")).Draw(t, "delimiter")
		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma, w.UseCRLF = comma, rapid.Bool().Draw(t, "CRLF")
		err := w.WriteAll(records)
		if err != nil {
			t.Fatal(err)
		}
		theirs := csv.NewReader(bytes.NewReader(b.Bytes()))
		theirs.Comma, theirs.FieldsPerRecord = comma, -1
		var want []intake.Row
		for {
			record, err := theirs.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			line, _ := theirs.FieldPos(0)
			want = append(want, intake.Row{Line: line, Cells: record})
		}
		in := &pieces{r: bytes.NewReader(b.Bytes()), rand: rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "pieces"))), max: rapid.SampledFrom([]int{1, 7, 4096, 200_000}).Draw(t, "piece")}
		got, err := intake.Scan(in, byte(comma))
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if i >= len(want) {
				break
			}
			clip(want[i].Cells, got[i].Cells)
		}
		diff := cmp.Diff(want, got)
		if diff != "" {
			t.Fatalf("%q\n-encoding/csv +ours:\n%s", b.String()[:min(b.Len(), 500)], diff)
		}
	})
}

// clip makes cells comparable: encoding/csv turns CRLF into LF, and keeps all
// of a long cell.
func clip(theirs, ours []string) {
	for i := range min(len(theirs), len(ours)) {
		full := len(ours[i]) == intake.CellMax
		ours[i] = strings.ReplaceAll(ours[i], "\r\n", "\n")
		if full {
			ours[i] = strings.TrimSuffix(ours[i], "\r")
			theirs[i] = theirs[i][:min(len(theirs[i]), len(ours[i]))]
		}
	}
}
