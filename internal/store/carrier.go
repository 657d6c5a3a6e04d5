package store

import (
	"crypto/rand"
	"errors"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// Carriers, coverage, decks and families are read as a whole and never
// searched, so they are kept as JSON.

// The settings that hold the versions of the market, and of its losing
// carriers.
const (
	settingMarket   = "market_version"
	settingFamilies = "families_version"
)

// MarketVersion implements porting.Tx.
func (t *Tx) MarketVersion() (string, error) { return t.Setting(settingMarket) }

// HoldMarket implements porting.Tx. There is no row to hold before the first
// change, and nobody whom that could take a draft from.
func (t *Tx) HoldMarket() (string, error) { return t.setting(settingMarket, t.ForShare()) }

// TouchMarket implements porting.Tx. The version is random: one that was undone
// is never that of something else later.
func (t *Tx) TouchMarket() error { return t.SetSetting(settingMarket, rand.Text()) }

// FamiliesVersion implements porting.Tx.
func (t *Tx) FamiliesVersion() (string, error) { return t.Setting(settingFamilies) }

func (t *Tx) touchFamilies() error {
	return errors.Join(t.TouchMarket(), t.SetSetting(settingFamilies, rand.Text()))
}

// Carriers implements porting.Tx.
func (t *Tx) Carriers() ([]carrier.Gaining, error) {
	return all(t, `SELECT c.data, v.areas FROM carrier AS c LEFT JOIN coverage AS v ON v.carrier_id = c.id ORDER BY c.id`, nil,
		func(g *carrier.Gaining) []any { return []any{asJSON{g}, asJSON{&g.Coverage}} })
}

// SaveCarrier implements porting.Tx.
func (t *Tx) SaveCarrier(g carrier.Gaining) error {
	_, err := t.Exec(`INSERT INTO carrier (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, g.ID, asJSON{g})
	return errors.Join(err, t.TouchMarket())
}

// SaveCoverage implements porting.Tx.
func (t *Tx) SaveCoverage(carrierID int64, c carrier.Coverage) error {
	_, err := t.Exec(`INSERT INTO coverage (carrier_id, areas) VALUES ($1, $2) ON CONFLICT (carrier_id) DO UPDATE SET areas = EXCLUDED.areas`, carrierID, asJSON{c})
	return errors.Join(err, t.TouchMarket())
}

// Decks implements porting.Tx.
func (t *Tx) Decks() ([]pricing.Deck, error) {
	return all(t, `SELECT data FROM deck ORDER BY id`, nil, func(d *pricing.Deck) []any { return []any{asJSON{d}} })
}

// SaveDeck implements porting.Tx.
func (t *Tx) SaveDeck(d pricing.Deck) error {
	_, err := t.Exec(`INSERT INTO deck (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, d.ID, asJSON{d})
	return errors.Join(err, t.TouchMarket())
}

// Families implements porting.Tx.
func (t *Tx) Families() ([]carrier.Family, error) {
	return all(t, `SELECT data FROM family ORDER BY id`, nil, func(f *carrier.Family) []any { return []any{asJSON{f}} })
}

// SaveFamily implements porting.Tx.
func (t *Tx) SaveFamily(f carrier.Family) error {
	_, err := t.Exec(`INSERT INTO family (id, data) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET data = EXCLUDED.data`, f.ID, asJSON{f})
	return errors.Join(err, t.touchFamilies())
}

// RemoveFamily implements porting.Tx.
func (t *Tx) RemoveFamily(id string) error {
	_, err := t.Exec(`DELETE FROM family WHERE id = $1`, id)
	return errors.Join(err, t.touchFamilies())
}

// Drafts implements porting.Tx.
func (t *Tx) Drafts(carrierID int64) (n int, err error) {
	err = t.Row(`SELECT COUNT(*) FROM port_order WHERE carrier_id = $1 AND status = 'created'`, []any{carrierID}, &n)
	return n, err
}

// SetDrafts implements porting.Tx.
func (t *Tx) SetDrafts(carrierID int64, d order.Due) error {
	_, err := t.Exec(`
		INSERT INTO due (order_id, kind, at, reason)
		SELECT id, CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS TEXT) FROM port_order WHERE carrier_id = $1 AND status = 'created' ORDER BY id
		ON CONFLICT (order_id, kind) DO UPDATE SET at = EXCLUDED.at, reason = EXCLUDED.reason, lease = NULL`,
		carrierID, string(d.Kind), at(d.At), d.Reason)
	return err
}

// SentNumbers implements porting.Tx. The carrier's row is what the senders of
// its orders wait for.
func (t *Tx) SentNumbers(carrierID int64, from, to time.Time) (n int, err error) {
	_, err = t.Exec(`UPDATE carrier SET data = data WHERE id = $1`, carrierID)
	if err != nil {
		return 0, err
	}
	err = t.Row(`
		SELECT COALESCE(SUM(o.number_count), 0) FROM submission AS s JOIN port_order AS o ON o.id = s.order_id
		WHERE s.kind = 'request' AND s.version = 1 AND o.carrier_id = $1 AND (s.sent >= $2 AND s.sent < $3 OR s.sent IS NULL AND s.state = 'sending')`,
		[]any{carrierID, at(from), at(to)}, &n)
	return n, err
}
