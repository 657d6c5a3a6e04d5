// Package document checks uploaded files: by content, by name, and by what a
// carrier wants of them. It reads headers only and decodes nothing, since
// decoders of images and PDFs are where hostile files strike.
package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"mime"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

// MaxBytes is the size of the largest document.
const MaxBytes = 10 << 20

// maxPixels bounds what an image claims to be, so that nobody who opens it
// later runs out of memory.
const maxPixels = 50_000_000

// Info is what a file is.
type Info struct {
	Format      string // pdf, png, jpeg or tiff
	ContentType string
	Size        int64
	Warnings    []string // "active_content", "encrypted": of PDFs that are taken all the same
}

type format struct {
	name, contentType string
	extensions        []string
	magic             []string
	check             func([]byte) bool // sound from its head to its end, as far as is cheap to see
}

var formats = []format{
	{"pdf", "application/pdf", []string{".pdf"}, []string{"%PDF-"}, soundPDF},
	{"png", "image/png", []string{".png"}, []string{"\x89PNG\r\n\x1a\n"}, soundPNG},
	{"jpeg", "image/jpeg", []string{".jpg", ".jpeg"}, []string{"\xff\xd8\xff"}, soundJPEG},
	{"tiff", "image/tiff", []string{".tif", ".tiff"}, []string{"II*\x00", "MM\x00*"}, soundTIFF},
}

// Check says what a file is. Its content decides; its name and its
// Content-Type, where there are any, must say the same. Returns Invalid with
// one of the document codes.
func Check(name, contentType string, data []byte) (Info, error) {
	wrong := func(code fault.Code, hint, format string, args ...any) (Info, error) {
		return Info{}, fault.OneField("file", code, hint, format, args...)
	}
	switch {
	case len(data) == 0:
		return wrong(fault.CodeDocumentEmpty, "", "the file is empty")
	case len(data) > MaxBytes:
		return wrong(fault.CodeDocumentTooLarge, "", "the file has %d bytes; %d are taken", len(data), MaxBytes)
	}
	i := slices.IndexFunc(formats, func(f format) bool {
		return slices.ContainsFunc(f.magic, func(m string) bool { return bytes.HasPrefix(data, []byte(m)) })
	})
	if i < 0 {
		return wrong(fault.CodeDocumentFormat, "send PDF, PNG, JPEG or TIFF", "the content is not PDF, PNG, JPEG or TIFF")
	}
	f := formats[i]
	ext := strings.ToLower(path.Ext(strings.ReplaceAll(name, `\`, "/")))
	if ext != "" && !slices.Contains(f.extensions, ext) {
		return wrong(fault.CodeDocumentMismatch, "name the file as what it is", "the content is %s, the name says something else", f.name)
	}
	if media, _, err := mime.ParseMediaType(contentType); contentType != "" && (err != nil || media != f.contentType && media != "application/octet-stream" && media != "image/jpg") {
		return wrong(fault.CodeDocumentMismatch, "send Content-Type: "+f.contentType, "the content is %s, the Content-Type says something else", f.name)
	}
	if !f.check(data) {
		return wrong(fault.CodeDocumentDamaged, "export or scan it again", "the file begins as %s and is cut off or damaged", f.name)
	}
	info := Info{Format: f.name, ContentType: f.contentType, Size: int64(len(data))}
	if f.name == "pdf" {
		info.Warnings = pdfWarnings(data)
	}
	return info, nil
}

// pdfTail is how far from its end a PDF's end mark may stand.
const pdfTail = 2048

func soundPDF(b []byte) bool {
	return bytes.Contains(b[max(0, len(b)-pdfTail):], []byte("%%EOF"))
}

// active finds what acts by itself. An OpenAction that is an array only says
// which page is shown first.
var active = regexp.MustCompile(`/JavaScript|/JS\b|/Launch|/EmbeddedFile\b|/OpenAction\s*(?:<<|\d)`)

// pdfWarnings finds names that make a PDF act when it is opened. Names inside
// compressed objects are not seen: the desk's viewers must not act on them
// either.
func pdfWarnings(b []byte) []string {
	var out []string
	if active.Match(b) {
		out = append(out, "active_content")
	}
	if bytes.Contains(b, []byte("/Encrypt")) {
		out = append(out, "encrypted")
	}
	return out
}

func soundPNG(b []byte) bool {
	const ihdr = 8 + 4 + 4 + 13
	if len(b) < ihdr || string(b[12:16]) != "IHDR" {
		return false
	}
	end := []byte("\x00\x00\x00\x00IEND\xaeB`\x82")
	return pixels(binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:])) && bytes.Contains(b[max(0, len(b)-pdfTail):], end)
}

func pixels(width, height uint32) bool {
	return width > 0 && height > 0 && uint64(width)*uint64(height) <= maxPixels
}

// soundJPEG walks the segments to the frame header.
func soundJPEG(b []byte) bool {
	if !bytes.Contains(b[max(0, len(b)-pdfTail):], []byte("\xff\xd9")) {
		return false
	}
	for i := 2; i+9 < len(b) && b[i] == 0xff; {
		marker := b[i+1]
		if marker == 0xff {
			i++
			continue
		}
		if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
			return pixels(uint32(binary.BigEndian.Uint16(b[i+7:])), uint32(binary.BigEndian.Uint16(b[i+5:])))
		}
		n := int(binary.BigEndian.Uint16(b[i+2:]))
		if n < 2 {
			return false
		}
		i += 2 + n
	}
	return false
}

// soundTIFF checks that the first directory lies within the file, and what it
// says of the image's size.
func soundTIFF(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if at < 8 || at+2 > uint64(len(b)) {
		return false
	}
	n := uint64(order.Uint16(b[at:]))
	if n == 0 || at+2+12*n > uint64(len(b)) {
		return false
	}
	size := map[uint16]uint32{}
	for i := range n {
		e := b[at+2+12*i:]
		v := order.Uint32(e[8:])
		if order.Uint16(e[2:]) == 3 { // SHORT
			v = uint32(order.Uint16(e[8:]))
		}
		size[order.Uint16(e)] = v
	}
	const width, height = 256, 257
	return pixels(size[width], size[height])
}

// Meets says what is wrong with a document by the rule of a carrier or a port
// type. documentDate is zero where nobody said it.
func Meets(rule lnp.DocumentRule, info Info, documentDate, today bizday.Date) []fault.Field {
	field := "documents." + string(rule.Kind)
	var out []fault.Field
	add := func(code fault.Code, format string, args ...any) {
		out = append(out, fault.Field{Field: field, Code: code, Message: fmt.Sprintf(format, args...), Hint: "POST .../upload/files/" + string(rule.Kind) + " replaces it"})
	}
	name := info.Format
	if name == "" {
		i := slices.IndexFunc(formats, func(f format) bool { return f.contentType == info.ContentType })
		if i >= 0 {
			name = formats[i].name
		}
	}
	if len(rule.Formats) > 0 && !slices.Contains(rule.Formats, name) {
		add(fault.CodeDocumentFormat, "the %s is %s; this port takes %s", rule.Kind, name, strings.Join(rule.Formats, ", "))
	}
	if rule.MaxBytes > 0 && info.Size > rule.MaxBytes {
		add(fault.CodeDocumentTooLarge, "the %s has %d bytes; this port takes %d", rule.Kind, info.Size, rule.MaxBytes)
	}
	if age := documentDate.DaysUntil(today); rule.MaxAgeDays > 0 && !documentDate.IsZero() && age > rule.MaxAgeDays {
		add(fault.CodeDocumentOld, "the %s is %d days old; this port takes %d", rule.Kind, age, rule.MaxAgeDays)
	}
	return out
}

// nameMax is how many characters of a file's name are kept.
const nameMax = 100

// CleanName returns what is kept of a file's name: no path, nothing that
// cannot be seen or that turns the direction of writing, never empty.
func CleanName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, ""), `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`"<>:|?*;`, r) {
			return -1
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if r := []rune(name); len(r) > nameMax {
		ext := path.Ext(name)
		if len([]rune(ext)) > 10 {
			ext = ""
		}
		name = string(r[:nameMax-len([]rune(ext))]) + ext
	}
	if name == "" || name == "/" {
		return "document"
	}
	return name
}

// Disposition is the Content-Disposition with which a document is handed out:
// always saved, never shown (RFC 6266).
func Disposition(name string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": CleanName(name)})
}
