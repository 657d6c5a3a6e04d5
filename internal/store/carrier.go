package store

import (
	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/pricing"
)

// Carriers, decks and families are read as a whole and never searched, so they
// are kept as JSON.

// Carriers implements porting.Tx.
func (t *Tx) Carriers() ([]carrier.Gaining, error) {
	return all(t, `SELECT data FROM carrier ORDER BY id`, nil, func(g *carrier.Gaining) []any { return []any{asJSON{g}} })
}

// SaveCarrier implements porting.Tx.
func (t *Tx) SaveCarrier(g carrier.Gaining) error {
	_, err := t.Exec(`INSERT INTO carrier (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, g.ID, asJSON{g})
	return err
}

// Decks implements porting.Tx.
func (t *Tx) Decks() ([]pricing.Deck, error) {
	return all(t, `SELECT data FROM deck ORDER BY id`, nil, func(d *pricing.Deck) []any { return []any{asJSON{d}} })
}

// SaveDeck implements porting.Tx.
func (t *Tx) SaveDeck(d pricing.Deck) error {
	_, err := t.Exec(`INSERT INTO deck (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, d.ID, asJSON{d})
	return err
}

// Families implements porting.Tx.
func (t *Tx) Families() ([]carrier.Family, error) {
	return all(t, `SELECT data FROM family ORDER BY id`, nil, func(f *carrier.Family) []any { return []any{asJSON{f}} })
}

// SaveFamily implements porting.Tx.
func (t *Tx) SaveFamily(f carrier.Family) error {
	_, err := t.Exec(`INSERT INTO family (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, f.ID, asJSON{f})
	return err
}
