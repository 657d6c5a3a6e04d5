package pricing

import (
	"cmp"
	"slices"
	"time"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Deck is a price list of a gaining carrier, for every customer or for one,
// from an instant on. It is never changed: a newer one takes its place.
type Deck struct {
	ID        int64     `json:"id"`
	CarrierID int64     `json:"carrier_id"`
	AccountID int64     `json:"account_id,omitempty"` // 0: every account without a deck of its own
	Name      string    `json:"name,omitempty"`
	Currency  string    `json:"currency"`
	From      time.Time `json:"from,omitzero"`  // it holds from this instant on; zero: always
	Until     time.Time `json:"until,omitzero"` // it holds before this instant; zero: until a newer one
	Rates     []Rate    `json:"rates"`
	Fees      Fees      `json:"fees,omitzero"`
	Discount  Money     `json:"discount"` // percent of the subtotal
	Taxes     []Tax     `json:"taxes,omitempty"`
}

// Rate is what the port of a number costs once, and the number a month. Empty
// fields match every number; of the rates that match, the one holds that says
// most: the losing carrier before the port type before the state before the
// country before the type of number. Of two alike the first one holds.
type Rate struct {
	NumberType lnp.NumberType `json:"number_type,omitempty"`
	PortType   lnp.PortType   `json:"port_type,omitempty"`
	Country    lnp.Country    `json:"country,omitempty"`
	State      string         `json:"state,omitempty"`
	LosingID   string         `json:"losing_carrier,omitempty"` // where it is verified or declared
	PortFee    Money          `json:"port_fee"`
	MRC        Money          `json:"mrc"` // monthly recurring charge
}

// Fees are what an order costs beside its numbers, each time.
type Fees struct {
	TollFree       Money `json:"toll_free"`        // a toll-free order, once; part of the quote
	Expedite       Money `json:"expedite"`         // a date earlier than the interval
	Supplement     Money `json:"supplement"`       // a change of what was submitted
	CancelAfterFOC Money `json:"cancel_after_foc"` // a cancellation once the date is firm
}

// Tax is a tax on the fees in a state or province, "" for all others and for
// what has none.
type Tax struct {
	State   string `json:"state,omitempty"`
	Percent Money  `json:"percent"`
}

func (d *Deck) tax(state string) Money {
	for _, want := range []string{state, ""} {
		i := slices.IndexFunc(d.Taxes, func(t Tax) bool { return t.State == want })
		if i >= 0 {
			return d.Taxes[i].Percent
		}
	}
	return Money{}
}

// holds reports whether the deck holds at an instant.
func (d *Deck) holds(at time.Time) bool {
	return !d.From.After(at) && (d.Until.IsZero() || at.Before(d.Until))
}

// Book is all rate decks, compiled once to be asked often. It never changes,
// so that any number of callers may ask it at once; a newer one takes its place.
type Book struct {
	carriers []int64 // that have a deck, ascending
	tariffs  map[owner][]*tariff
}

// owner is whose decks compete: the latest that holds wins.
type owner struct{ carrier, account int64 }

// NewBook makes a book of decks, which must not be changed any more.
func NewBook(decks []Deck) *Book {
	b := &Book{tariffs: map[owner][]*tariff{}}
	for _, d := range decks {
		o := owner{d.CarrierID, d.AccountID}
		b.tariffs[o] = append(b.tariffs[o], newTariff(d))
		b.carriers = append(b.carriers, d.CarrierID)
	}
	for _, list := range b.tariffs {
		slices.SortFunc(list, func(x, y *tariff) int { return cmp.Or(y.From.Compare(x.From), cmp.Compare(y.ID, x.ID)) })
	}
	slices.Sort(b.carriers)
	b.carriers = slices.Compact(b.carriers)
	return b
}

// For returns the prices that hold for an account at an instant: of each
// carrier the account's own deck before the general one, then the latest, then
// the one with the highest id. An account's deck without rates is a discount: it
// has the general deck's rates, fees and taxes.
func (b *Book) For(account int64, at time.Time) Prices {
	p := Prices{map[int64]*tariff{}}
	for _, id := range b.carriers {
		general := b.holding(owner{id, 0}, at)
		own := general
		if account != 0 {
			own = b.holding(owner{id, account}, at)
		}
		switch {
		case own == nil:
			own = general
		case general != nil:
			own = own.over(general)
		}
		if own != nil {
			p.tariffs[id] = own
		}
	}
	return p
}

// over lays an account's deck over the general one.
func (t *tariff) over(general *tariff) *tariff {
	if len(t.Rates) > 0 || t.AccountID == 0 {
		return t
	}
	both := *general
	both.Deck = t.Deck.Over(general.Deck)
	return &both
}

// Over returns the deck of an account as it holds beside the general one: one
// without rates has the general one's rates, fees and taxes.
func (d Deck) Over(general Deck) Deck {
	if len(d.Rates) > 0 || d.AccountID == 0 {
		return d
	}
	d.Rates, d.Fees, d.Taxes = general.Rates, general.Fees, general.Taxes
	return d
}

func (b *Book) holding(o owner, at time.Time) *tariff {
	for _, s := range b.tariffs[o] {
		if s.holds(at) {
			return s
		}
	}
	return nil
}

// Prices are the decks that hold for an account at an instant, by carrier. The
// zero Prices are none.
type Prices struct{ tariffs map[int64]*tariff }

// Deck returns the deck of a carrier; ok is false when it has none.
func (p Prices) Deck(carrierID int64) (d Deck, ok bool) {
	s := p.tariffs[carrierID]
	if s == nil {
		return Deck{}, false
	}
	return s.Deck, true
}

// Rate finds a carrier's rate of a number in a port of a type; ok is false when
// it has none. A losing carrier that is neither verified nor declared matches
// no rate that names one.
func (p Prices) Rate(carrierID int64, f numbering.Facts, pt lnp.PortType) (r Rate, ok bool) {
	s := p.tariffs[carrierID]
	if s == nil {
		return Rate{}, false
	}
	i := s.find(&f, pt)
	if i < 0 {
		return Rate{}, false
	}
	return s.Rates[i], true
}

// tariff is a deck ready to be asked: a number is looked up once for each shape
// of rates that occurs in it.
type tariff struct {
	Deck
	shapes []shape // the most telling first
	rates  map[selector]int
}

// selector is for which numbers a rate is.
type selector struct {
	numberType lnp.NumberType
	portType   lnp.PortType
	country    lnp.Country
	state      string
	losingID   string
}

// shape is which fields a rate names, as bits: the more telling ones weigh more.
type shape uint8

const (
	byNumberType shape = 1 << iota
	byCountry
	byState
	byPortType
	byLosing
)

func newTariff(d Deck) *tariff {
	s := &tariff{Deck: d, rates: make(map[selector]int, len(d.Rates))}
	for i, r := range d.Rates {
		key := selector{r.NumberType, r.PortType, r.Country, r.State, r.LosingID}
		if _, known := s.rates[key]; known {
			continue
		}
		s.rates[key] = i
		if !slices.Contains(s.shapes, key.shape()) {
			s.shapes = append(s.shapes, key.shape())
		}
	}
	slices.SortFunc(s.shapes, func(a, b shape) int { return cmp.Compare(b, a) })
	return s
}

func (k selector) shape() shape {
	var s shape
	for i, named := range []bool{k.numberType != "", k.country != "", k.state != "", k.portType != "", k.losingID != ""} {
		if named {
			s |= 1 << i
		}
	}
	return s
}

// find returns the place of the rate of a number, -1 when there is none.
func (s *tariff) find(f *numbering.Facts, pt lnp.PortType) int {
	all := selector{f.Type, pt, f.Country, f.State, ""}
	if f.Losing.Sure() {
		all.losingID = f.Losing.ID
	}
	known := all.shape()
	for _, sh := range s.shapes {
		if sh&known != sh {
			continue
		}
		i, ok := s.rates[all.only(sh)]
		if ok {
			return i
		}
	}
	return -1
}

// only keeps the fields of a shape.
func (k selector) only(s shape) selector {
	if s&byNumberType == 0 {
		k.numberType = ""
	}
	if s&byCountry == 0 {
		k.country = ""
	}
	if s&byState == 0 {
		k.state = ""
	}
	if s&byPortType == 0 {
		k.portType = ""
	}
	if s&byLosing == 0 {
		k.losingID = ""
	}
	return k
}
