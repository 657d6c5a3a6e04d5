package reference_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/pricing"
)

// The forms on the page are good files, and the columns that it explains are
// those that are written.
func TestForms(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("coverage-and-decks.md")
	if err != nil {
		t.Fatal(err)
	}
	forms := regexp.MustCompile("(?s)```csv\n(.*?)```").FindAllSubmatch(page, -1)
	if len(forms) != 2 {
		t.Fatalf("%d forms", len(forms))
	}
	c, report, err := carrier.ReadCoverage(strings.NewReader(string(forms[0][1])))
	if err != nil || len(report.Notes) > 0 {
		t.Errorf("the coverage: %v, %v", err, report.Notes)
	}
	d, _, err := pricing.ReadDeck(strings.NewReader(string(forms[1][1])))
	if err != nil {
		t.Errorf("the deck: %v", err)
	}
	var headers strings.Builder
	err = carrier.WriteCoverage(&headers, carrier.Cover())
	if err != nil {
		t.Fatal(err)
	}
	err = pricing.WriteDeck(&headers, pricing.Deck{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsFuncSeq(headers.String(), func(r rune) bool { return r == ',' || r == '\n' }) {
		if !strings.Contains(string(page), "\n| `"+name+"` |") {
			t.Errorf("the page does not explain the column %s", name)
		}
	}
	if len(c.Areas()) != 5 || len(d.Rates) != 4 || len(d.Taxes) != 2 {
		t.Errorf("%d areas, %d rates, %d taxes", len(c.Areas()), len(d.Rates), len(d.Taxes))
	}
}
