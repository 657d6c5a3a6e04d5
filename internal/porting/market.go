package porting

import (
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// market is who could take numbers, at what price, and who loses them. It never
// changes; a newer one takes its place.
type market struct {
	version  string
	carriers []carrier.Gaining
	decks    []pricing.Deck
	book     *pricing.Book // of decks
	families carrier.Families
	rural    []carrier.Family // those of families that need not port somewhere
}

// openMarket returns the market as the transaction sees it. Coverage can be a
// megabyte a carrier, so it is read again only when something was changed.
func (s *Service) openMarket(tx Tx) (*market, error) {
	version, err := tx.MarketVersion()
	if err != nil {
		return nil, err
	}
	have := s.market.Load()
	if have != nil && have.version == version {
		return have, nil
	}
	m, err := readMarket(tx)
	if err != nil {
		return nil, err
	}
	m.version = version
	s.market.Store(m)
	return m, nil
}

func readMarket(tx Tx) (*market, error) {
	m := &market{}
	var err error
	m.carriers, err = tx.Carriers()
	if err != nil {
		return nil, err
	}
	m.decks, err = tx.Decks()
	if err != nil {
		return nil, err
	}
	m.families, err = tx.Families()
	if err != nil {
		return nil, err
	}
	m.book = pricing.NewBook(m.decks)
	for _, f := range m.families {
		if len(f.Profile.Rural) > 0 {
			m.rural = append(m.rural, f)
		}
	}
	return m, nil
}

// prices are those that hold for an account at an instant.
func (m *market) prices(account int64, at time.Time) pricing.Prices { return m.book.For(account, at) }

// carrier finds a gaining carrier; nil for an order that has none.
func (m *market) carrier(id int64) *carrier.Gaining {
	for i := range m.carriers {
		if m.carriers[i].ID == id {
			return &m.carriers[i]
		}
	}
	return nil
}

// profile is how the losing carrier of an order wants its ports. Only one that
// is verified or declared has a say: the others' is empty.
func (m *market) profile(o *order.Order) carrier.Profile {
	if !o.Losing.Sure() {
		return carrier.Profile{}
	}
	f, _ := m.families.ByID(o.Losing.ID)
	return f.Profile
}

// documents are what carriers want of an order beyond its port type.
func (m *market) documents(o *order.Order) []lnp.DocumentRule {
	var out []lnp.DocumentRule
	if g := m.carrier(o.Carrier.ID); g != nil {
		out = append(out, g.Documents...)
	}
	return append(out, m.profile(o).Documents...)
}
