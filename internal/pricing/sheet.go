package pricing

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/sheet"
)

// The columns of the form of a deck.
const (
	colItem = iota
	colNumberType
	colPortType
	colCountry
	colState
	colLosing
	colPortFee
	colMRC
	colAmount
)

var deckColumns = []sheet.Column{
	colItem:       {Name: "item"},
	colNumberType: {Name: "number_type", Aliases: []string{"tn_type"}},
	colPortType:   {Name: "port_type"},
	colCountry:    {Name: "country", Aliases: []string{"country_code"}},
	colState:      {Name: "state", Aliases: []string{"province", "state_province", "prov", "st"}},
	colLosing:     {Name: "losing_carrier", Aliases: []string{"losing", "losing_spid", "spid"}},
	colPortFee:    {Name: "port_fee", Aliases: []string{"nrc"}},
	colMRC:        {Name: "mrc", Aliases: []string{"monthly", "monthly_recurring_charge"}},
	colAmount:     {Name: "amount"},
}

// The items of a deck.
const (
	itemRate           = "rate"
	itemDiscount       = "discount"
	itemTax            = "tax"
	itemTollFree       = "toll_free"
	itemExpedite       = "expedite"
	itemSupplement     = "supplement"
	itemCancelAfterFOC = "cancel_after_foc"
)

// feeItems are the items that are fees, in the order in which they are written.
var feeItems = []string{itemTollFree, itemExpedite, itemSupplement, itemCancelAfterFOC}

// of returns the fee of an item.
func (f *Fees) of(item string) *Money {
	switch item {
	case itemTollFree:
		return &f.TollFree
	case itemExpedite:
		return &f.Expedite
	case itemSupplement:
		return &f.Supplement
	}
	return &f.CancelAfterFOC
}

// deckItems are all items.
var deckItems = append([]string{itemRate, itemDiscount, itemTax}, feeItems...)

var portTypes = []lnp.PortType{lnp.Simple, lnp.NonSimple, lnp.WirelessPort, lnp.TollFreePort, lnp.CanadaWireline, lnp.CanadaWireless}

// selector returns which numbers the rate is for: the rate without its prices.
func (r Rate) selector() Rate {
	r.PortFee, r.MRC = Money{}, Money{}
	return r
}

// ReadDeck reads the form of a deck (docs/reference/coverage-and-decks.md): its
// rates, sorted, its fees, discount and taxes; all else is the caller's. A deck
// without a rate is one that only has a discount. It returns the deck, or an Invalid with all mistakes and no deck, or why the file
// could not be read: an Invalid bad_encoding or too_many, a TooLarge, a
// Malformed. The report has the mistakes. Whether a losing carrier is known is
// not checked.
func ReadDeck(r io.Reader) (Deck, sheet.Report, error) {
	in, err := sheet.Open(r, deckColumns)
	if err != nil {
		return Deck{}, sheet.Report{}, err
	}
	rows := deckRows{Reader: in, rates: map[Rate]int{}, items: map[string]int{}}
	for in.Next() {
		rows.row()
	}
	if !rows.rated && rows.deck.Discount.IsZero() {
		in.WrongFile(colPortFee, fault.CodeRequired, "Add a row with a port_fee.", "the deck has neither a rate nor a discount")
	}
	report, err := in.Report()
	if err != nil {
		return Deck{}, report, err
	}
	slices.SortFunc(rows.deck.Rates, Rate.compare)
	slices.SortFunc(rows.deck.Taxes, func(a, b Tax) int { return cmp.Compare(a.State, b.State) })
	return rows.deck, report, nil
}

// WriteDeck writes the form of a deck: its rates, fees, discount and taxes,
// sorted. Of a deck that was read, reading gives the same again.
func WriteDeck(w io.Writer, d Deck) error {
	return sheet.Write(w, deckColumns, func(yield func([]string) bool) {
		for _, r := range sorted(d.Rates) {
			if !yield([]string{itemRate, string(r.NumberType), string(r.PortType), string(r.Country), r.State, r.LosingID, r.PortFee.String(), r.MRC.String(), ""}) {
				return
			}
		}
		for _, t := range d.terms() {
			if (t.item == itemTax || !t.amount.IsZero()) && !yield([]string{t.item, "", "", "", t.state, "", "", "", t.amount.String()}) {
				return
			}
		}
	})
}

// term is an item of a deck other than a rate.
type term struct {
	item, state string
	amount      Money
}

// terms returns the discount, the taxes and the fees, in the order in which they
// are written.
func (d Deck) terms() []term {
	out := []term{{item: itemDiscount, amount: d.Discount}}
	for _, t := range slices.SortedStableFunc(slices.Values(d.Taxes), func(a, b Tax) int { return cmp.Compare(a.State, b.State) }) {
		out = append(out, term{item: itemTax, state: t.State, amount: t.Percent})
	}
	for _, item := range feeItems {
		out = append(out, term{item: item, amount: *d.Fees.of(item)})
	}
	return out
}

// deckRows are the rows of a deck.
type deckRows struct {
	*sheet.Reader
	deck  Deck
	rates map[Rate]int   // where each stands
	items map[string]int // where each other item stands; a tax with its state
	rated bool           // there is a rate, or a row that may be one
}

// row reads a row. All its mistakes are reported, each once.
func (in *deckRows) row() {
	item := itemRate
	if in.Has(colItem) {
		item = in.item()
	}
	switch item {
	case "":
	case itemRate:
		in.rated = true
		in.rate()
	case itemTax:
		in.empty(item, colNumberType, colPortType, colCountry, colLosing, colPortFee, colMRC)
		state := in.State(colState).Code
		t := Tax{State: state, Percent: in.percent()}
		if in.once(itemTax + " " + state) {
			in.deck.Taxes = append(in.deck.Taxes, t)
		}
	case itemDiscount:
		in.empty(item, colNumberType, colPortType, colCountry, colState, colLosing, colPortFee, colMRC)
		discount := in.percent()
		if in.once(item) {
			in.deck.Discount = discount
		}
	default:
		in.empty(item, colNumberType, colPortType, colCountry, colState, colLosing, colPortFee, colMRC)
		amount := in.money(colAmount, true)
		if in.once(item) {
			*in.deck.Fees.of(item) = amount
		}
	}
}

// item reads what the row is, "" when that is a mistake.
func (in *deckRows) item() string {
	cell := in.Cell(colItem)
	item := sheet.Key(cell)
	if slices.Contains(deckItems, item) {
		return item
	}
	in.rated = true
	if cell == "" {
		in.Wrong(colItem, fault.CodeRequired, "Write one of "+strings.Join(deckItems, ", ")+".", "the row does not say what it is")
		return ""
	}
	in.Wrong(colItem, fault.CodeInvalidValue, oneOf(item, deckItems), "%s is no item of a deck", sheet.Quote(cell))
	return ""
}

// oneOf says what may be written instead of a wrong value.
func oneOf(value string, known []string) string {
	near, ok := fault.Nearest(value, known)
	if ok {
		return "Did you mean " + near + "?"
	}
	return "Write one of " + strings.Join(known, ", ") + "."
}

// empty reports the cells that are filled and that the item does not have.
func (in *deckRows) empty(item string, columns ...int) {
	for _, c := range columns {
		in.Empty(c, "a row of "+item+" has none")
	}
}

// once reports whether the row is good and its item did not stand further up.
func (in *deckRows) once(item string) bool {
	if in.Bad() {
		return false
	}
	first, again := in.items[item]
	if again {
		in.Wrong(colItem, fault.CodeRepeated, "Leave one of them out.", "%s stands in line %d as well", strings.TrimSpace(item), first)
		return false
	}
	in.items[item] = in.Line()
	return true
}

func (in *deckRows) rate() {
	r := Rate{NumberType: in.NumberType(colNumberType), PortType: in.portType(), LosingID: in.losing()}
	r.Country, r.State = in.Place(colCountry, colState)
	in.fits(r)
	r.PortFee = in.money(colPortFee, true)
	r.MRC = in.money(colMRC, false)
	in.empty(itemRate, colAmount)
	if in.Bad() {
		return
	}
	first, again := in.rates[r.selector()]
	if again {
		in.WrongRow(fault.CodeRepeated, "Leave one of them out, or say more of the numbers it is for.", "the rate is for the same numbers as line %d", first)
		return
	}
	in.rates[r.selector()] = in.Line()
	in.deck.Rates = append(in.deck.Rates, r)
}

func (in *deckRows) portType() lnp.PortType {
	cell := in.Cell(colPortType)
	t := lnp.PortType(sheet.Key(cell))
	if cell == "" || slices.Contains(portTypes, t) {
		return t
	}
	var known []string
	for _, p := range portTypes {
		known = append(known, string(p))
	}
	in.Wrong(colPortType, fault.CodeInvalidValue, oneOf(string(t), known), "%s is no type of port", sheet.Quote(cell))
	return ""
}

// idForm is a SPID, the id of a RespOrg or that of a family of carriers.
var idForm = regexp.MustCompile(`^[\p{L}\p{Nd}]+(-[\p{L}\p{Nd}]+)*$`)

// idMax is how long an id may be, in bytes.
const idMax = 100

func (in *deckRows) losing() string {
	id := in.Cell(colLosing)
	if id == "" || in.Damaged(colLosing) {
		return ""
	}
	if len(id) > idMax || !idForm.MatchString(id) {
		in.Wrong(colLosing, fault.CodeInvalidValue, "Write the id of the losing carrier: letters, digits and dashes.", "%s is no id of a carrier", sheet.Quote(id))
	}
	return id
}

// fits reports what of a rate contradicts itself, so that no number has it.
func (in *deckRows) fits(r Rate) {
	conflict := func(column int, format string, args ...any) {
		in.Wrong(column, fault.CodeConflict, "Correct the one that is wrong, or leave it empty.", format, args...)
	}
	tollFree := r.NumberType == lnp.TollFree || r.PortType == lnp.TollFreePort
	canadian := r.PortType == lnp.CanadaWireline || r.PortType == lnp.CanadaWireless
	switch {
	case r.PortType == lnp.TollFreePort && r.NumberType == lnp.Local:
		conflict(colPortType, "the port type is toll_free, and the numbers are local")
	case r.NumberType == lnp.TollFree && r.PortType != "" && r.PortType != lnp.TollFreePort:
		conflict(colPortType, "the port type is %s, and the numbers are toll-free", r.PortType)
	case canadian && r.Country == lnp.US:
		conflict(colPortType, "the port type is %s, and the country is US", r.PortType)
	case r.PortType != "" && !canadian && !tollFree && r.Country == lnp.CA:
		conflict(colPortType, "the port type is %s, which only numbers of the United States have, and the country is CA", r.PortType)
	case tollFree && r.State != "":
		in.Empty(colState, "toll-free numbers belong to no place")
	case tollFree && r.Country == lnp.CA:
		conflict(colCountry, "toll-free numbers of both countries count as US, and the country is CA")
	}
}

// percent reads the amount as a percentage.
func (in *deckRows) percent() Money {
	p := in.money(colAmount, true)
	if p.Cmp(hundred) > 0 {
		in.Wrong(colAmount, fault.CodeInvalidValue, "Write a percentage from 0 to 100.", "%s is more than 100 percent", sheet.Quote(in.Cell(colAmount)))
	}
	return p
}

var hundred = MustParse("100")

// money reads an amount that is not negative, 0 when the cell is empty.
func (in *deckRows) money(column int, must bool) Money {
	cell := in.Cell(column)
	if cell == "" {
		if must {
			in.Wrong(column, fault.CodeRequired, "Write a decimal number: 5.25, or 0.", "%s is missing", deckColumns[column].Name)
		}
		return Money{}
	}
	m, err := Parse(cell)
	switch {
	case err != nil:
		why, fix := noMoney(cell)
		in.Wrong(column, fault.CodeInvalidValue, fix, "%s %s", sheet.Quote(cell), why)
	case m.Cmp(Money{}) < 0:
		in.Wrong(column, fault.CodeInvalidValue, "Write 0 or more.", "%s is negative", sheet.Quote(cell))
		return Money{}
	}
	return m
}

// noMoney says why a text is no amount of money, and what to write instead.
func noMoney(text string) (why, fix string) {
	bare := strings.TrimSpace(strings.TrimRight(strings.TrimLeftFunc(text, isUnit), "% "))
	bare = strings.TrimRightFunc(bare, isUnit)
	_, err := Parse(bare)
	switch {
	case strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")"):
		return "is negative", "Write 0 or more."
	case bare != text && err == nil && strings.HasSuffix(text, "%"):
		return "has a percent sign", "Write " + bare + " alone."
	case bare != text && err == nil:
		return "has more than the number", "Write " + bare + " alone; the currency is the deck's."
	case eitherComma.MatchString(bare):
		return "has a comma, which parts thousands or decimals", "Write " + strings.Replace(bare, ",", "", 1) + " or " + strings.Replace(bare, ",", ".", 1) + "."
	case decimalComma.MatchString(bare):
		return "has a decimal comma", "Write " + strings.Replace(bare, ",", ".", 1) + "."
	case thousands.MatchString(bare):
		return "has its thousands parted", "Write " + separators.Replace(bare) + "."
	case decimals.MatchString(bare):
		return "has more than four decimals", "Round it to four decimals."
	}
	return "is no amount of money", "Write a decimal number: 5.25."
}

// isUnit reports whether a sign is of a currency's name, $ or USD, and no part
// of a number.
func isUnit(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsSpace(r) || unicode.Is(unicode.Sc, r)
}

var (
	eitherComma  = regexp.MustCompile(`^[1-9][0-9]{0,2},[0-9]{3}$`)
	decimalComma = regexp.MustCompile(`^[0-9]+,[0-9]{1,4}$`)
	thousands    = regexp.MustCompile(`^[0-9]{1,3}([, '][0-9]{3})+(\.[0-9]{1,4})?$`)
	decimals     = regexp.MustCompile(`^[0-9]*\.[0-9]{5,}$`)
	separators   = strings.NewReplacer(",", "", " ", "", "'", "")
)
