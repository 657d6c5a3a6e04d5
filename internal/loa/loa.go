// Package loa makes the letter of authorization of an order as a PDF, with
// what 47 CFR 64.1130 and the trade ask of one (lnp-rules §2.5): a document
// for this purpose alone, the subscriber's name and address, every number, the
// decision to change, the new carrier as agent, one carrier a service,
// possible charges, signature and date.
package loa

import (
	"fmt"
	"io"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"github.com/portin/portin/internal/nanp"
)

// Letter is what a letter of authorization says. What is empty becomes a line
// to be filled in by hand.
type Letter struct {
	Customer       string // business or person, as on the bill
	ServiceAddress []string
	AuthorizedName string
	BTN            string
	AccountNumber  string // in full: the letter is the subscriber's own
	LosingCarrier  string
	NewCarrier     string
	Numbers        []nanp.Number
	RequestedDate  string // 2026-12-01
	OrderID        int64
	Made           string // 2026-11-24
}

const (
	font    = "go"
	margin  = 20.0 // millimetres
	columns = 5
	line    = "______________________________________"
)

// PDF writes the letter. The same letter makes the same bytes.
func PDF(w io.Writer, l Letter) error {
	made, err := time.Parse(time.DateOnly, l.Made)
	if err != nil {
		return fmt.Errorf("letter of authorization: %w", err)
	}
	p := fpdf.New("P", "mm", "Letter", "")
	p.SetCreationDate(made)
	p.SetModificationDate(made)
	p.SetCatalogSort(true)
	p.AddUTF8FontFromBytes(font, "", goregular.TTF)
	p.AddUTF8FontFromBytes(font, "B", gobold.TTF)
	p.SetMargins(margin, margin, margin)
	p.SetAutoPageBreak(true, margin+5)
	p.SetTitle("Letter of authorization", true)
	p.AliasNbPages("")
	p.SetFooterFunc(func() {
		p.SetY(-15)
		p.SetFont(font, "", 8)
		p.CellFormat(0, 5, fmt.Sprintf("Order %d, page %d of {nb}", l.OrderID, p.PageNo()), "", 0, "C", false, 0, "")
	})
	p.AddPage()
	d := draft{p}
	d.heading("Letter of Authorization to Port Telephone Numbers")
	d.entry("Subscriber", l.Customer)
	address := l.ServiceAddress
	if len(address) == 0 {
		address = []string{""}
	}
	for i, a := range address {
		label := ""
		if i == 0 {
			label = "Service address"
		}
		d.entry(label, a)
	}
	d.entry("Current carrier", l.LosingCarrier)
	d.entry("Account number", l.AccountNumber)
	d.entry("Billing telephone number", l.BTN)
	d.entry("New carrier", l.NewCarrier)
	d.entry("Requested date", l.RequestedDate)
	d.section("Authorization")
	newCarrier, current := or(l.NewCarrier, "the new carrier named above"), or(l.LosingCarrier, "the current carrier")
	for i, clause := range []string{
		fmt.Sprintf("I have decided to change the carrier of the telephone numbers listed below from %s to %s.", current, newCarrier),
		fmt.Sprintf("I designate %s to act as my agent for this change, and authorize it to obtain my service records and to submit the orders that the change needs.", newCarrier),
		"I understand that I can have only one carrier for each of these telephone numbers and each of these services.",
		"I understand that a charge may apply for this change, and that obligations from my agreement with the current carrier may remain.",
		"I am the subscriber, or a person whom the subscriber has authorized to change the carrier of these numbers.",
	} {
		d.paragraph(fmt.Sprintf("%d. %s", i+1, clause))
	}
	d.section(fmt.Sprintf("Telephone numbers (%d)", len(l.Numbers)))
	d.numbers(l.Numbers)
	d.sign(l.AuthorizedName)
	err = p.Output(w)
	if err != nil {
		return fmt.Errorf("letter of authorization: %w", err)
	}
	return nil
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}

type draft struct{ p *fpdf.Fpdf }

func (d draft) heading(text string) {
	d.p.SetFont(font, "B", 15)
	d.p.CellFormat(0, 12, text, "", 1, "C", false, 0, "")
	d.p.Ln(2)
}

func (d draft) section(text string) {
	d.p.Ln(3)
	d.p.SetFont(font, "B", 11)
	d.p.CellFormat(0, 7, text, "", 1, "L", false, 0, "")
}

func (d draft) entry(label, value string) {
	d.p.SetFont(font, "B", 10)
	d.p.CellFormat(52, 6.5, label, "", 0, "L", false, 0, "")
	d.p.SetFont(font, "", 10)
	d.p.MultiCell(0, 6.5, or(value, line), "", "L", false)
}

func (d draft) paragraph(text string) {
	d.p.SetFont(font, "", 10)
	d.p.MultiCell(0, 5, text, "", "L", false)
	d.p.Ln(1)
}

func (d draft) numbers(numbers []nanp.Number) {
	d.p.SetFont(font, "", 10)
	width, _ := d.p.GetPageSize()
	cell := (width - 2*margin) / columns
	for i, n := range numbers {
		newLine := 0
		if i%columns == columns-1 || i == len(numbers)-1 {
			newLine = 1
		}
		text := fmt.Sprintf("%03d-%03d-%04d", n.NPA(), n.NXX(), n.Line())
		d.p.CellFormat(cell, 5.5, text, "", newLine, "L", false, 0, "")
	}
}

// signHeight is what the place for the signature takes; it is not torn apart.
const signHeight = 45.0

func (d draft) sign(name string) {
	_, height := d.p.GetPageSize()
	if d.p.GetY()+signHeight > height-margin-5 {
		d.p.AddPage()
	}
	d.p.Ln(8)
	d.entry("Signature", "")
	d.entry("Printed name", name)
	d.entry("Title", "")
	d.entry("Date signed", "")
}
