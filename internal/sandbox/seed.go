// Package sandbox makes the world of `portin dev`: fictional carriers, an
// account with its token, and a clock that can be moved.
package sandbox

import (
	"context"
	"errors"

	"github.com/portin/portin/internal/porting"
)

// settingSeeded is the setting that tells that the sandbox's carriers were put
// into the database; what was done to them since is kept.
const settingSeeded = "sandbox_market"

// Seed puts the sandbox's carriers, rate decks and families into a database
// that has never had them, all in one transaction.
func Seed(ctx context.Context, store porting.Store) error {
	return store.Update(ctx, func(tx porting.Tx) error {
		seeded, err := tx.Setting(settingSeeded)
		if err != nil || seeded != "" {
			return err
		}
		for _, c := range Carriers() {
			err = errors.Join(tx.SaveCarrier(c), tx.SaveCoverage(c.ID, c.Coverage))
			if err != nil {
				return err
			}
		}
		for _, d := range Decks() {
			err = tx.SaveDeck(d)
			if err != nil {
				return err
			}
		}
		for _, f := range Families() {
			err = tx.SaveFamily(f)
			if err != nil {
				return err
			}
		}
		return tx.SetSetting(settingSeeded, "1")
	})
}
