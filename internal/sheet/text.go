package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/portin/portin/internal/fault"
)

// sampleMax is how much of a file is looked at before it is read: 64 KiB
// (api.md §1).
const sampleMax = 64 << 10

// Text returns the text of a file of at most most bytes, without byte order
// mark: UTF-8, or whatever has no other encoding (UTF8 reads its cells), or
// UTF-16 turned into UTF-8. sample is its beginning, whole whether there is no
// more.
//
// It and the text return an Invalid bad_encoding for what is not text, a
// TooLarge body_too_large, and a Malformed malformed_body with the cause when r
// fails.
func Text(r io.Reader, most int64) (text io.Reader, sample []byte, whole bool, err error) {
	in := bufio.NewReaderSize(&capped{r: r, left: most, most: most}, sampleMax)
	head, _, err := peek(in)
	if err != nil {
		return nil, nil, false, err
	}
	err = notText(head)
	if err != nil {
		return nil, nil, false, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xFF\xFE")):
		in = wide(in, unicode.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xFE\xFF")):
		in = wide(in, unicode.BigEndian)
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		_, err = in.Discard(3)
		if err != nil {
			return nil, nil, false, err
		}
	}
	sample, whole, err = peek(in)
	if err != nil {
		return nil, nil, false, err
	}
	if bytes.IndexByte(sample, 0) >= 0 {
		return nil, nil, false, nulBytes(sample)
	}
	err = markup(sample)
	return &written{in}, sample, whole, err
}

// UTF8 returns a piece of text as UTF-8: what is not is read as Windows-1252,
// which holds Latin-1. Each cell is read by itself, so that no place of a file
// decides for another.
func UTF8(text []byte) []byte {
	if utf8.Valid(text) {
		return text
	}
	decoded, err := charmap.Windows1252.NewDecoder().Bytes(text)
	if err != nil {
		return text
	}
	return decoded
}

// written refuses a text with a NUL in it.
type written struct{ r io.Reader }

func (w *written) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if bytes.IndexByte(p[:n], 0) >= 0 {
		return 0, nulBytes(p[:n])
	}
	return n, err
}

func wide(r io.Reader, order unicode.Endianness) *bufio.Reader {
	decoder := unicode.UTF16(order, unicode.ExpectBOM).NewDecoder()
	return bufio.NewReaderSize(transform.NewReader(&paired{r: r}, decoder), sampleMax)
}

// peek returns the sample; whole tells whether it is all.
func peek(r *bufio.Reader) (sample []byte, whole bool, err error) {
	sample, err = r.Peek(sampleMax)
	switch {
	case errors.Is(err, io.EOF):
		return sample, true, nil
	case err != nil:
		return nil, false, err
	}
	return sample, false, nil
}

// idleMax is how often in a row a reader may return nothing.
const idleMax = 100

// capped reads no more than the limit allows, and gives up on a reader that
// returns nothing again and again: not all that read from it would.
type capped struct {
	r          io.Reader
	left, most int64
	idle       int
}

func (c *capped) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if c.left < 0 {
		return 0, TooLarge(c.most)
	}
	c.idle++
	if n > 0 {
		c.idle = 0
	}
	if err == nil && c.idle == idleMax {
		err = io.ErrNoProgress
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreadable(err)
	}
	return n, err
}

// TooLarge refuses a file of more than so many bytes.
func TooLarge(most int64) error {
	e := fault.New(fault.TooLarge, fault.CodeTooLarge, "more than %d bytes; one upload takes no more", most)
	e.Hint = fault.Explain(fault.CodeTooLarge).Fix
	return e
}

// paired refuses UTF-16 with half a character at its end, which the decoder
// would take for a foreign one.
type paired struct {
	r   io.Reader
	odd bool
}

func (p *paired) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.odd = p.odd != (n%2 == 1)
	if errors.Is(err, io.EOF) && p.odd {
		return n, badEncoding("the file is UTF-16 and ends within a character; it is cut off or damaged", "Export the file again, as CSV in UTF-8.")
	}
	return n, err
}

// unreadable passes our own faults on, and makes a Malformed of what the
// reader reports: the body ended early.
func unreadable(err error) error {
	refusal, ok := errors.AsType[*fault.Error](err)
	if ok {
		return refusal
	}
	return &fault.Error{Kind: fault.Malformed, Code: fault.CodeMalformedBody, Message: "the file could not be read to its end", Hint: "Send the file again.", Cause: err}
}

func badEncoding(message, hint string) error {
	return &fault.Error{Kind: fault.Invalid, Code: fault.CodeBadEncoding, Message: message, Hint: hint}
}

// signatures are the first bytes of kinds of files that people send by
// mistake.
var signatures = []struct{ begin, what, fix string }{
	{"PK\x05\x06", "an empty zip archive", "Send the CSV itself."},
	{"\x1F\x8B", "a gzip archive", unpack},
	{"BZh", "a bzip2 archive", unpack},
	{"\xFD7zXZ", "an xz archive", unpack},
	{"\x28\xB5\x2F\xFD", "a zstd archive", unpack},
	{"7z\xBC\xAF\x27\x1C", "a 7z archive", unpack},
	{"Rar!", "a rar archive", unpack},
	{"\xD0\xCF\x11\xE0", "an old Excel or Word file", saveAs},
	{"%PDF-", "a PDF", saveAs},
	{"{\\rtf", "a rich text document", "Save it as plain text or CSV, in UTF-8."},
	{"\x89PNG", "a picture (PNG)", saveAs},
	{"\xFF\xD8\xFF", "a picture (JPEG)", saveAs},
	{"GIF8", "a picture (GIF)", saveAs},
	{"II*\x00", "a picture (TIFF)", saveAs},
	{"MM\x00*", "a picture (TIFF)", saveAs},
}

const (
	unpack = "Unpack it and send the CSV."
	saveAs = "Save the list as CSV in UTF-8."
)

// notText refuses what its first bytes tell to be no text, and says what it
// is.
func notText(head []byte) error {
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		switch {
		case bytes.Contains(head, []byte("opendocument.spreadsheet")):
			return badEncoding("this is an OpenDocument spreadsheet, not text", saveAs)
		case bytes.Contains(head, []byte("xl/")):
			return badEncoding("this is an Excel workbook, not text", saveAs)
		case bytes.Contains(head, []byte("word/")):
			return badEncoding("this is a Word document, not text", saveAs)
		case bytes.Contains(head, []byte("[Content_Types].xml")):
			return badEncoding("this is an Office document, perhaps an Excel workbook, not text", saveAs)
		}
		return badEncoding("this is a zip archive, not text", unpack)
	}
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.begin)) {
			return badEncoding("this is "+s.what+", not text", s.fix)
		}
	}
	if bytes.HasPrefix(head, []byte("\xFF\xFE\x00\x00")) || bytes.HasPrefix(head, []byte("\x00\x00\xFE\xFF")) {
		return badEncoding("this is text in UTF-32, which is not read", saveAs)
	}
	return nil
}

// markup refuses a page that was saved instead of the list.
func markup(sample []byte) error {
	text := bytes.ToLower(bytes.TrimSpace(sample[:min(len(sample), 1<<10)]))
	for _, begin := range []string{"<!doctype html", "<html", "<head", "<body", "<table", "<?xml", "<!--"} {
		if bytes.HasPrefix(text, []byte(begin)) {
			return badEncoding("this is HTML or XML, not a list", saveAs)
		}
	}
	return nil
}

// nulBytes refuses text with a NUL in it.
func nulBytes(text []byte) error {
	even, odd := 0, 0
	for i, b := range text[:min(len(text), sampleMax)] {
		switch {
		case b != 0:
		case i%2 == 0:
			even++
		default:
			odd++
		}
	}
	if even+odd > len(text)/4 && (even == 0 || odd == 0) {
		return badEncoding("this looks like UTF-16 without a byte order mark", saveAs)
	}
	return badEncoding("the file holds NUL bytes; it is not text", saveAs)
}
