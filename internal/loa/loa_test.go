package loa_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/portin/portin/internal/document"
	"github.com/portin/portin/internal/loa"
	"github.com/portin/portin/internal/nanp"
)

func letter(numbers int) loa.Letter {
	l := loa.Letter{
		Customer: "Łukasz Żółć & José Ñandú", ServiceAddress: []string{"12 Main St", "Raleigh NC 27601"}, AuthorizedName: "Ελένη Иванова",
		BTN: "9198002000", AccountNumber: "12345", LosingCarrier: "Sandbox Bell", NewCarrier: "Blue Ridge Local", OrderID: 12, Made: "2026-11-24",
	}
	for i := range numbers {
		l.Numbers = append(l.Numbers, nanp.Number(9198000000+i))
	}
	return l
}

func pages(t *testing.T, l loa.Letter) int {
	t.Helper()
	var a, b bytes.Buffer
	err := loa.PDF(&a, l)
	if err != nil {
		t.Fatal(err)
	}
	err = loa.PDF(&b, l)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same letter makes other bytes")
	}
	info, err := document.Check("loa.pdf", "application/pdf", a.Bytes())
	if err != nil || len(info.Warnings) != 0 {
		t.Errorf("our own letter is refused: %v, %v", info.Warnings, err)
	}
	return len(regexp.MustCompile(`/Type /Page\b`).FindAll(a.Bytes(), -1))
}

func TestPDF(t *testing.T) {
	t.Parallel()
	if n := pages(t, letter(1)); n != 1 {
		t.Errorf("one number takes %d pages", n)
	}
	if n := pages(t, letter(2000)); n < 9 || n > 14 {
		t.Errorf("2000 numbers take %d pages", n)
	}
	if n := pages(t, loa.Letter{Made: "2026-11-24"}); n != 1 {
		t.Errorf("an empty letter takes %d pages", n)
	}
	if err := loa.PDF(&bytes.Buffer{}, loa.Letter{}); err == nil {
		t.Error("a letter without a date was made")
	}
}
