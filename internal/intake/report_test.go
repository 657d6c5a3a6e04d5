package intake_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
)

// What a person reads of a bad number: why, and what to do.
func TestMessages(t *testing.T) {
	t.Parallel()
	notNumber := fault.Explain(fault.CodeNotANumber).Fix
	cases := []struct{ cell, message, fix string }{
		{"919555", "6 digits; a number has 10", notNumber},
		{"7", "1 digit; a number has 10", notNumber},
		{"29198002000", "11 digits, and the first is not 1; a number has 10", notNumber},
		{"919800200012", "12 digits; a number has 10", notNumber},
		{"9198002000*", "it is not a telephone number", notNumber},
		{"1*9198002000", "it is not a telephone number", notNumber},
		{"(-)", "it is not a telephone number", notNumber},
		{"Jane Roe", "it is not a telephone number", notNumber},
		{strings.Repeat("9", 1025), "more than 1024 bytes; a number has 10 digits", "Write one number in each cell or entry."},
		{"9.198E+09", "A spreadsheet has rounded the number and written it like 9.198E+09.", fault.Explain(fault.CodeScientific).Fix},
		{"9198002000 x5", fault.Explain(fault.CodeExtension).Cause, fault.Explain(fault.CodeExtension).Fix},
		{"9198002001-9198002000", fault.Explain(fault.CodeRange).Cause, fault.Explain(fault.CodeRange).Fix},
		{"2129999999", fault.Explain(fault.CodeDuplicate).Cause, fault.Explain(fault.CodeDuplicate).Fix},
		{"\"9198002000", fault.Explain(fault.CodeBadQuotes).Cause, fault.Explain(fault.CodeBadQuotes).Fix},
	}
	for _, c := range cases {
		r, err := intake.File(strings.NewReader("did,note\n2129999999,A\n"+c.cell+",B\n"), intake.Options{})
		if err != nil || len(r.Rejected) != 1 {
			t.Errorf("%.40s: %v, %+v", c.cell, err, r)
			continue
		}
		got := r.Rejected[0]
		if got.Message != c.message || got.Fix != c.fix || got.Place != (intake.Place{Line: 3, Column: 1}) {
			t.Errorf("%.40s: %q, %q at %v", c.cell, got.Message, got.Fix, got.Place)
		}
	}
	r, err := intake.File(strings.NewReader("name,did\nA,9198002000\nB,\n"), intake.Options{})
	if err != nil || len(r.Rejected) != 1 || r.Rejected[0].Message != "the row has no number" || r.Rejected[0].Fix != notNumber {
		t.Errorf("of a row without a number: %+v, %v", r, err)
	}
}

// A refusal of the whole says what the file is, and what to do.
func TestRefusalSays(t *testing.T) {
	t.Parallel()
	cases := []struct{ text, says string }{
		{"PK\x03\x04 xl/workbook.xml", "Excel workbook"},
		{"PK\x03\x04 word/document.xml", "Word document"},
		{"PK\x03\x04 opendocument.spreadsheet", "OpenDocument"},
		{"PK\x03\x04 a.csv", "zip archive"},
		{"%PDF-1.4", "PDF"},
		{"\xff\xd8\xff", "JPEG"},
		{"<html>", "HTML"},
		{encoded(bare, "9198002000\n"), "UTF-16 without a byte order mark"},
		{encoded(bareBE, "9198002000\n"), "UTF-16 without a byte order mark"},
		{"9198002000\x00", "NUL"},
		{"\xff\xfe\x00\x009\x00\x00\x00", "UTF-32"},
		{"\x00\x00\xfe\xff\x00\x00\x009", "UTF-32"},
		{"\xff\xfe9\x008", "ends within a character"},
		{"name,a,b\nA,9198002000,9198002001\nB,9198002002,9198002003\n", "columns 2, 3 hold telephone numbers"},
		{"x,y,z\nA," + strings.ReplaceAll(halves("%s,%s\n"), "\n", "\nA,"), "columns 2, 3 hold telephone numbers"},
		{"name,city\nA,Raleigh\nB,Durham\n", "no column"},
	}
	for _, c := range cases {
		_, err := intake.File(strings.NewReader(c.text), intake.Options{})
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || !strings.Contains(e.Message, c.says) || e.Hint == "" {
			t.Errorf("%.30q: %v; want %q and a hint", c.text, err, c.says)
		}
	}
	_, err := intake.File(strings.NewReader(lines(11)), intake.Options{Limits: intake.Limits{Numbers: 10, Bytes: 1 << 10}})
	if err == nil || !strings.Contains(err.Error(), "more than 10 numbers") {
		t.Errorf("the limit of numbers is not named: %v", err)
	}
	_, err = intake.File(strings.NewReader(lines(11)), intake.Options{Limits: intake.Limits{Numbers: 10, Bytes: 20}})
	if err == nil || !strings.Contains(err.Error(), "more than 20 bytes") {
		t.Errorf("the limit of bytes is not named: %v", err)
	}
}

// Every name of the column finds it beside account numbers that look like
// telephone numbers, before or behind it.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	for _, name := range headerNames {
		for _, c := range []struct {
			text   string
			column int
		}{
			{"Acct,Name,%s\n9198009999,A,9198002000\n9198009998,B,919555\n9198009997,C,9198002001\n", 3},
			{"%s,Account Number,Contact Phone\n9198002000,9198009999,9198007777\n919555,9198009998,9198007777\n9198002001,9198009997,9198007777\n", 1},
		} {
			r, err := intake.File(strings.NewReader(fmt.Sprintf(c.text, name)), intake.Options{})
			want := []string{fmt.Sprintf("9198002000 2:%d", c.column), fmt.Sprintf("9198002001 4:%d", c.column), fmt.Sprintf("!919555 3:%d not_a_number", c.column)}
			diff := cmp.Diff(want, show(r, err))
			if diff != "" {
				t.Errorf("%q: -want +got:\n%s", name, diff)
			}
		}
	}
}

// A file is read alike however the network parts it.
func TestFileInPieces(t *testing.T) {
	t.Parallel()
	readers := map[string]func(io.Reader) io.Reader{
		"a byte at a time":      iotest.OneByteReader,
		"half of what is asked": iotest.HalfReader,
		"the end with data":     iotest.DataErrReader,
	}
	for group, cases := range fileCases {
		for _, c := range cases {
			want := show(intake.File(strings.NewReader(c.text), c.options))
			for name, in := range readers {
				if len(c.text) > 80<<10 && name == "a byte at a time" {
					continue // takes long, and a piece of any size ends somewhere in the file
				}
				got := show(intake.File(in(strings.NewReader(c.text)), c.options))
				diff := cmp.Diff(want, got)
				if diff != "" {
					t.Errorf("%s/%s, %s: -whole +pieces:\n%s", group, c.name, name, diff)
				}
			}
		}
	}
}

// idle returns nothing, and no error either.
type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// A reader that fails is no end of the file: a cut-off upload must not become
// an order of half its numbers.
func TestFileReaderFails(t *testing.T) {
	t.Parallel()
	cause := errors.New("connection lost")
	rows := strings.Repeat("9198002000,A\n", 6_000) // more than the sample
	columns := strings.Repeat("9198002000 9198002001\n", 4_000)
	beginnings := map[string]string{
		"at once":                        "",
		"in the sample":                  lines(10),
		"at the sample's end":            strings.Repeat("9198002000\n", 1<<16)[:64<<10],
		"beyond the sample":              rows,
		"in UTF-16":                      encoded(utf16le, rows),
		"within a cell":                  rows + "919",
		"within a CRLF":                  rows + "9198002000\r",
		"behind a delimiter":             rows + "9198002000,",
		"within a quoted cell":           rows + "9198002000,\"a",
		"behind a quoted cell":           rows + "9198002000,\"a\"",
		"behind a quoted cell and blank": rows + "9198002000,\"a\" ",
		"before a quoted cell":           rows + "9198002000, ",
		"between blanks":                 columns + "9198002000 ",
		"before blanks":                  columns + "9198002000",
		"in blanks before a line":        columns + " ",
	}
	for name, text := range beginnings {
		for kind, rest := range map[string]io.Reader{"an error": iotest.ErrReader(cause), "the body cut off": iotest.ErrReader(io.ErrUnexpectedEOF), "nothing": idle{}} {
			head := strings.NewReader(text)
			whole := min(len(text), 70<<10)
			// Byte by byte beyond the sample, so that the failure is met where
			// it is.
			r, err := intake.File(io.MultiReader(io.LimitReader(head, int64(whole)), iotest.OneByteReader(head), rest), intake.Options{})
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Kind != fault.Malformed || e.Code != fault.CodeMalformedBody || r != nil || e.Hint == "" || e.Cause == nil {
				t.Errorf("%s, %s: %+v, %v", name, kind, r, err)
			}
			if kind == "an error" && !errors.Is(err, cause) {
				t.Errorf("%s: the cause is lost: %v", name, err)
			}
		}
	}
}

// The limits of the contract, without any of the tests' own.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	if intake.Default != (intake.Limits{Numbers: 100_000, Bytes: 32 << 20}) {
		t.Errorf("%+v", intake.Default)
	}
	text := lines(100_000)
	for _, c := range []struct {
		text string
		want int
	}{
		{text, 100_000},
		{strings.ReplaceAll(text, "\n", ","), 100_000},
		{"did\n" + strings.ReplaceAll(text, "\n", ";"), 100_000},
		{"sep=;\n" + strings.ReplaceAll(text, "\n", ";"), 100_000},
	} {
		r, err := intake.File(strings.NewReader(c.text), intake.Options{})
		if err != nil || len(r.Numbers) != c.want || len(r.Rejected) != 0 {
			t.Errorf("%.20q: %v", c.text, err)
			continue
		}
		bad := broken(r, err, intake.Limits{})
		if bad != "" {
			t.Error(bad)
		}
	}
	_, err := intake.File(strings.NewReader(text+"919"), intake.Options{})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("100,001 numbers: %v", err)
	}
	for more, want := range map[int64]bool{0: true, 1: false} {
		head := "did,note\n9198002000,"
		_, err := intake.File(io.MultiReader(strings.NewReader(head), io.LimitReader(filler{}, 32<<20-int64(len(head))+more)), intake.Options{})
		if want && err != nil || !want && !fault.Is(err, fault.TooLarge) {
			t.Errorf("%d bytes more than 32 MiB: %v", more, err)
		}
	}
}

// filler is text without end.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}
