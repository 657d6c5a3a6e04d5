package intake_test

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/portin/portin/internal/intake"
)

// fileCase is a file and what is read of it.
type fileCase struct {
	name    string
	text    string
	options intake.Options
	want    []string // as show writes it
}

func encoded(e encoding.Encoding, text string) string {
	out, err := e.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return out
}

var (
	utf16le = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	utf16be = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	bare    = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	bareBE  = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	latin1  = charmap.ISO8859_1
)

// named holds names that are no ASCII beside the numbers.
const named = "name;did\r\nJürgen Größe;9198002000\r\nÅsa Çelik;(919) 800-2001\r\nZoë;919555\r\n"

var wantNamed = []string{"9198002000 2:2", "9198002001 3:2", "!919555 4:2 not_a_number"}

var encodingCases = []fileCase{
	{name: "UTF-8", text: named, want: wantNamed},
	{name: "UTF-8 with byte order mark", text: "\ufeff" + named, want: wantNamed},
	{name: "UTF-16 little endian", text: encoded(utf16le, named), want: wantNamed},
	{name: "UTF-16 big endian", text: encoded(utf16be, named), want: wantNamed},
	{name: "Latin-1", text: encoded(latin1, named), want: wantNamed},
	{name: "UTF-8 with byte order mark, first cell a number", text: "\ufeff9198002000,9198002001", want: []string{"9198002000 1:1", "9198002001 1:2"}},
	{name: "UTF-8 with byte order mark, first cell in quotes", text: "\ufeff\"9198002000\",\"9198002001\"", want: []string{"9198002000 1:1", "9198002001 1:2"}},
	{name: "UTF-16 with signs beyond 16 bits", text: encoded(utf16le, "name,did\n\U0001F4DE,9198002000\n"), want: []string{"9198002000 2:2"}},
	{name: "Windows-1252 quotation marks and no-break spaces", text: "\x939198002000\x94\n919\xa0800\xa02001\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "Windows-1252 dash of a range", text: "9198002000\x969198002002\n", want: []string{"9198002000..2002 1:1"}},
	{name: "UTF-8 and Latin-1 in one file", text: "name,did\nJürgen,9198002000\nJ\xfcrgen,9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "byte order mark alone", text: "\xef\xbb\xbf"},
	{name: "UTF-16 byte order mark alone", text: "\xff\xfe"},
	{name: "UTF-16 that ends within a character", text: encoded(utf16le, named) + "\x0a", want: []string{"invalid bad_encoding"}},
	{name: "UTF-16 without byte order mark", text: encoded(bare, named), want: []string{"invalid bad_encoding"}},
	{name: "UTF-16 big endian without byte order mark", text: encoded(bareBE, named), want: []string{"invalid bad_encoding"}},
	{name: "UTF-32", text: "\xff\xfe\x00\x009\x00\x00\x00", want: []string{"invalid bad_encoding"}},
	{name: "UTF-32 big endian", text: "\x00\x00\xfe\xff\x00\x00\x009", want: []string{"invalid bad_encoding"}},
	{name: "NUL", text: "9198002000\n919\x008002001\n", want: []string{"invalid bad_encoding"}},
	{name: "NUL beyond the sample", text: lines(20_000) + "\x00", want: []string{"invalid bad_encoding"}},
	{name: "NUL in UTF-16", text: encoded(utf16be, "9198002000\n\x00\n"), want: []string{"invalid bad_encoding"}},
	{name: "UTF-16 NUL beyond the sample", text: encoded(utf16be, lines(20_000)+"\x00"), want: []string{"invalid bad_encoding"}},
	{name: "Excel workbook", text: "PK\x03\x04\x14\x00\x06\x00xl/workbook.xml", want: []string{"invalid bad_encoding"}},
	{name: "OpenDocument", text: "PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.spreadsheet", want: []string{"invalid bad_encoding"}},
	{name: "Word", text: "PK\x03\x04word/document.xml", want: []string{"invalid bad_encoding"}},
	{name: "Office", text: "PK\x03\x04[Content_Types].xml", want: []string{"invalid bad_encoding"}},
	{name: "zip", text: "PK\x03\x04numbers.csv", want: []string{"invalid bad_encoding"}},
	{name: "empty zip", text: "PK\x05\x06", want: []string{"invalid bad_encoding"}},
	{name: "gzip", text: "\x1f\x8b\x08", want: []string{"invalid bad_encoding"}},
	{name: "bzip2", text: "BZh91AY", want: []string{"invalid bad_encoding"}},
	{name: "xz", text: "\xfd7zXZ\x00", want: []string{"invalid bad_encoding"}},
	{name: "zstd", text: "\x28\xb5\x2f\xfd", want: []string{"invalid bad_encoding"}},
	{name: "7z", text: "7z\xbc\xaf\x27\x1c", want: []string{"invalid bad_encoding"}},
	{name: "rar", text: "Rar!\x1a\x07", want: []string{"invalid bad_encoding"}},
	{name: "old Excel", text: "\xd0\xcf\x11\xe0\xa1\xb1", want: []string{"invalid bad_encoding"}},
	{name: "PDF", text: "%PDF-1.7", want: []string{"invalid bad_encoding"}},
	{name: "RTF", text: "{\\rtf1\\ansi 9198002000}", want: []string{"invalid bad_encoding"}},
	{name: "PNG", text: "\x89PNG\r\n", want: []string{"invalid bad_encoding"}},
	{name: "JPEG", text: "\xff\xd8\xff\xe0", want: []string{"invalid bad_encoding"}},
	{name: "GIF", text: "GIF89a", want: []string{"invalid bad_encoding"}},
	{name: "TIFF", text: "II*\x00", want: []string{"invalid bad_encoding"}},
	{name: "TIFF big endian", text: "MM\x00*", want: []string{"invalid bad_encoding"}},
	{name: "HTML", text: "\n <!DOCTYPE html><title>9198002000</title>", want: []string{"invalid bad_encoding"}},
	{name: "Excel's HTML", text: "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>", want: []string{"invalid bad_encoding"}},
	{name: "XML", text: "\ufeff<?xml version=\"1.0\"?><dids/>", want: []string{"invalid bad_encoding"}},
	{name: "bytes that are no text in any encoding", text: "\x81\x8d\x8f\x90\x9d\n\x81", want: []string{"!- 1:1 not_a_number", "!- 2:1 not_a_number"}},
}

var lineCases = []fileCase{
	{name: "LF", text: "9198002000\n9198002001\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "no end of the last line", text: "9198002000\n9198002001", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "CRLF", text: "9198002000\r\n9198002001\r\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "CR", text: "9198002000\r9198002001\r", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "CR in a table", text: "did,name\r9198002000,A\r9198002001,B\r919,C", want: []string{"9198002000 2:1", "9198002001 3:1", "!919 4:1 not_a_number"}},
	{name: "ends of all kinds, and blank lines", text: "\n9198002000\r\n\r9198002001\n\n\r\n9198002002\r\r\n  \n919555", want: []string{"9198002000 2:1", "9198002001 4:1", "9198002002 7:1", "!919555 10:1 not_a_number"}},
	{name: "blank lines in a table", text: "did,name\n\n9198002000,A\n,\n\n9198002001,B\n \t, \n", want: []string{"9198002000 3:1", "9198002001 6:1"}},
	{name: "empty", text: ""},
	{name: "blanks", text: " \n\t\n\r\n  "},
	{name: "delimiters alone", text: ",,,\n,,,\n"},
	{name: "one number", text: "9198002000", want: []string{"9198002000 1:1"}},
	{name: "one line by commas", text: "9198002000,9198002001,9198002002", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line by semicolons", text: "9198002000;9198002001;9198002002\n", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line by tabs", text: "9198002000\t9198002001\t9198002002\r\n", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line by bars", text: "9198002000|9198002001|9198002002", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line by blanks", text: "9198002000 9198002001  9198002002 ", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line with blanks after commas", text: "9198002000, 9198002001 ,\t9198002002,", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "one line with mistakes", text: "9198002000,919555,,9118002000,9198002001", want: []string{"9198002000 1:1", "9198002001 1:5", "!919555 1:2 not_a_number", "!9118002000 1:4 invalid_area_code"}},
	{name: "several lines of several", text: "9198002000,9198002001\n9198002002\n9198002003,9198002004,9198002005\n", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 2:1", "9198002003 3:1", "9198002004 3:2", "9198002005 3:3"}},
	{name: "one line with punctuation and blanks", text: "(919) 800-2000, (919) 800-2001, 919 800 2002", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 1:3"}},
	{name: "another delimiter in the last lines", text: "9198002000\n9198002001\n9198002002\n9198002003; 9198002004", want: []string{"9198002000 1:1", "9198002001 2:1", "9198002002 3:1", "9198002003 4:1", "9198002004 4:2"}},
	{name: "a header above one line", text: "did\n9198002000;9198002001;9198002002\n", want: []string{"9198002000 2:1", "9198002001 2:2", "9198002002 2:3"}},
	{name: "Excel's line about the delimiter", text: "sep=;\r\nname;did\r\nA;9198002000\r\n", want: []string{"9198002000 3:2"}},
	{name: "Excel's line alone", text: "sep=,", want: []string{"!- 1:1 not_a_number"}},
	{name: "Excel's line above nothing", text: "sep=,\r\n"},
	{name: "Excel's line above a list", text: "sep=,\n9198002000,9198002001\n", want: []string{"9198002000 2:1", "9198002001 2:2"}},
}

func TestFile(t *testing.T) {
	t.Parallel()
	for group, cases := range fileCases {
		for _, c := range cases {
			t.Run(group+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				r, err := intake.File(strings.NewReader(c.text), c.options)
				check(t, r, err, c.options, c.want)
			})
		}
	}
}

// fileCases are all tables of files; the fuzz test begins with them.
var fileCases = map[string][]fileCase{
	"encoding": encodingCases,
	"line":     lineCases,
	"form":     formCases,
	"quote":    quoteCases,
	"header":   headerCases,
	"content":  contentCases,
	"refusal":  refusalCases,
}
