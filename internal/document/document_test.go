package document_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"mime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/document"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

func pdf(extra string) []byte { return []byte("%PDF-1.4\n" + extra + "\ntrailer\n%%EOF\n") }

func pngFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)))
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tiff(width, height, at uint32) []byte {
	b := []byte("II*\x00")
	b = binary.LittleEndian.AppendUint32(b, at)
	b = binary.LittleEndian.AppendUint16(b, 2)
	for tag, v := range map[uint16]uint32{256: width, 257: height} {
		b = binary.LittleEndian.AppendUint16(b, tag)
		b = binary.LittleEndian.AppendUint16(b, 4)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func bigPNG(t testing.TB) []byte {
	b := pngFile(t)
	binary.BigEndian.PutUint32(b[16:], 65500)
	binary.BigEndian.PutUint32(b[20:], 65500)
	return b
}

func TestCheck(t *testing.T) {
	t.Parallel()
	cases := []struct {
		label, name, contentType string
		data                     []byte
		want                     fault.Code
	}{
		{"pdf", "loa.pdf", "application/pdf", pdf(""), ""},
		{"pdf without a name", "", "application/pdf", pdf(""), ""},
		{"upper-case extension", "LOA.PDF", "application/octet-stream", pdf(""), ""},
		{"png", "a.png", "", pngFile(t), ""},
		{"jpeg", "a.jpg", "image/jpeg", jpegFile(t), ""},
		{"jpeg, long extension", "a.jpeg", "", jpegFile(t), ""},
		{"tiff", "a.tif", "image/tiff", tiff(10, 10, 8), ""},
		{"empty", "a.pdf", "", nil, fault.CodeDocumentEmpty},
		{"too large", "a.pdf", "", append(pdf(""), make([]byte, document.MaxBytes)...), fault.CodeDocumentTooLarge},
		{"text", "a.pdf", "", []byte("hello"), fault.CodeDocumentFormat},
		{"html", "a.pdf", "", []byte("<html><script>"), fault.CodeDocumentFormat},
		{"svg as png", "a.png", "", []byte("<svg onload=x>"), fault.CodeDocumentFormat},
		{"gif", "a.gif", "", []byte("GIF89a/*x*/=1"), fault.CodeDocumentFormat},
		{"zip", "a.pdf", "", []byte("PK\x03\x04"), fault.CodeDocumentFormat},
		{"program", "a.pdf", "", []byte("MZ\x90\x00"), fault.CodeDocumentFormat},
		{"pdf named png", "a.png", "", pdf(""), fault.CodeDocumentMismatch},
		{"double extension", "a.pdf.exe", "", pdf(""), fault.CodeDocumentMismatch},
		{"pdf sent as html", "a.pdf", "text/html", pdf(""), fault.CodeDocumentMismatch},
		{"broken type", "a.pdf", ";;", pdf(""), fault.CodeDocumentMismatch},
		{"pdf cut off", "a.pdf", "", []byte("%PDF-1.4\n1 0 obj"), fault.CodeDocumentDamaged},
		{"png cut off", "a.png", "", pngFile(t)[:30], fault.CodeDocumentDamaged},
		{"png bomb", "a.png", "", bigPNG(t), fault.CodeDocumentDamaged},
		{"jpeg cut off", "a.jpg", "", jpegFile(t)[:20], fault.CodeDocumentDamaged},
		{"tiff directory beyond the file", "a.tif", "", tiff(1, 1, 0xfffffff0), fault.CodeDocumentDamaged},
		{"tiff without height", "a.tif", "", tiff(10, 0, 8), fault.CodeDocumentDamaged},
		{"tiff bomb", "a.tif", "", tiff(1<<20, 1<<20, 8), fault.CodeDocumentDamaged},
	}
	for _, c := range cases {
		info, err := document.Check(c.name, c.contentType, c.data)
		var got fault.Code
		if e, ok := errors.AsType[*fault.Error](err); ok {
			got = e.Fields[0].Code
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.label, got, c.want)
		}
		if err == nil && (info.ContentType == "" || info.Size != int64(len(c.data))) {
			t.Errorf("%s: %+v", c.label, info)
		}
	}
}

func TestActivePDFIsMarked(t *testing.T) {
	t.Parallel()
	info, err := document.Check("a.pdf", "", pdf("/OpenAction /JavaScript /Encrypt"))
	if err != nil || strings.Join(info.Warnings, " ") != "active_content encrypted" {
		t.Errorf("%v, %v", info.Warnings, err)
	}
}

func TestMeets(t *testing.T) {
	t.Parallel()
	rule := lnp.DocumentRule{Kind: lnp.LOA, Formats: []string{"pdf", "tiff"}, MaxBytes: 100, MaxAgeDays: 30}
	today := bizday.NewDate(2026, 11, 24)
	if f := document.Meets(rule, document.Info{Format: "pdf", Size: 100}, today.AddDays(-30), today); len(f) != 0 {
		t.Errorf("a good one: %+v", f)
	}
	if f := document.Meets(rule, document.Info{ContentType: "image/png", Size: 101}, today.AddDays(-31), today); len(f) != 3 {
		t.Errorf("three faults: %+v", f)
	}
	if f := document.Meets(rule, document.Info{ContentType: "application/pdf"}, bizday.Date{}, today); len(f) != 0 {
		t.Errorf("no date said: %+v", f)
	}
}

func TestCleanName(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"loa.pdf": "loa.pdf", "../../etc/passwd": "passwd", `C:\Users\jo\loa.pdf`: "loa.pdf", "a\x00b\r\n.pdf": "ab.pdf",
		"\u202egpj.exe": "gpj.exe", "": "document", "..": "document", "Łukasz.pdf": "Łukasz.pdf", strings.Repeat("x", 300) + ".pdf": strings.Repeat("x", 96) + ".pdf",
		`a"b;c.pdf`: "abc.pdf",
	}
	for in, want := range cases {
		if got := document.CleanName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("a.pdf", "application/pdf", pdf(""))
	f.Add("a.png", "", pngFile(f))
	f.Add("a.jpg", "", jpegFile(f))
	f.Add("a.tif", "", tiff(1, 1, 8))
	f.Fuzz(func(t *testing.T, name, contentType string, data []byte) {
		info, err := document.Check(name, contentType, data)
		if (err == nil) != (info.ContentType != "") {
			t.Fatalf("%+v, %v", info, err)
		}
		clean := document.CleanName(name)
		if clean == "" || strings.ContainsAny(clean, "/\\\x00\r\n\"") || utf8.RuneCountInString(clean) > 100 || document.CleanName(clean) != clean {
			t.Fatalf("%q is cleaned to %q", name, clean)
		}
		_, params, err := mime.ParseMediaType(document.Disposition(name))
		if err != nil || params["filename"] != clean {
			t.Fatalf("%q: %v, %v", clean, params, err)
		}
	})
}
