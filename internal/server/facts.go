package server

import (
	"context"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/dip"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/refdata"
)

// newFacts makes the source of facts: the reference data and, for what they do
// not know, what a number alone tells, in the sandbox with a fictional carrier.
func (h *house) newFacts(c Config, sandboxed bool) *refdata.Facts {
	f := &refdata.Facts{Shelf: h.store.Reference(), Families: h.families, FamiliesVersion: h.familiesVersion, Next: numbering.Registered{}, Log: c.Log}
	if sandboxed {
		f.Next = numbering.Fictional{}
	}
	return f
}

// source returns who is asked about numbers: the reference data and, in
// production where it is set, an LRN dip.
func (h *house) source(c Config, sandboxed bool) numbering.Source {
	if sandboxed || c.LRN.URL == "" {
		return h.facts
	}
	return dip.New(dip.Config{
		URL: c.LRN.URL, Username: c.LRN.Username, Token: c.LRN.Token, Wall: clock.Wall{}, Log: c.Log,
		Family: h.facts.Family, LineType: h.facts.LineType,
	}, h.facts)
}

// Updater fetches reference data into the data folder and the database.
func (o *Office) Updater() *refdata.Updater {
	return &refdata.Updater{Shelf: o.Reference(), Wall: clock.Wall{}, Folder: o.config.Data, BadShare: refdata.BadShare}
}

// Sources lists the addresses from which reference data come: those that were
// set, else the publishers'.
func (o *Office) Sources() []string {
	if len(o.config.Sources) > 0 {
		return o.config.Sources
	}
	return refdata.Publishers
}

// settingMarket is the setting that names the version of the losing carriers;
// it changes with every edit, and is empty before the first.
const settingMarket = "market_version"

// families reads the losing carriers that somebody has described, and their
// version.
func (h *house) families(ctx context.Context) (families carrier.Families, version string, err error) {
	err = h.store.Porting().View(ctx, func(tx porting.Tx) error {
		var err error
		families, err = tx.Families()
		if err != nil {
			return err
		}
		version, err = tx.Setting(settingMarket)
		return err
	})
	return families, version, err
}

func (h *house) familiesVersion(ctx context.Context) (version string, err error) {
	err = h.store.Porting().View(ctx, func(tx porting.Tx) error {
		var err error
		version, err = tx.Setting(settingMarket)
		return err
	})
	return version, err
}
