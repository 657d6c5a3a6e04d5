package server

import (
	"context"
	"iter"
	"log/slog"
	"sync"

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

// families reads the losing carriers that somebody has described, and their
// version.
func (h *house) families(ctx context.Context) (families carrier.Families, version string, err error) {
	err = h.store.Porting().View(ctx, func(tx porting.Tx) error {
		var err error
		families, err = tx.Families()
		if err != nil {
			return err
		}
		version, err = tx.FamiliesVersion()
		return err
	})
	return families, version, err
}

func (h *house) familiesVersion(ctx context.Context) (version string, err error) {
	err = h.store.Porting().View(ctx, func(tx porting.Tx) error {
		var err error
		version, err = tx.FamiliesVersion()
		return err
	})
	return version, err
}

// registry is what the reference data know beside numbers. An operator's
// command loads them only when it asks.
type registry struct {
	facts *refdata.Facts
	load  func() // once; nil where they are followed anyway
}

func (h *house) registry(shared bool) registry {
	r := registry{facts: h.facts}
	if shared {
		r.load = sync.OnceFunc(func() {
			err := h.facts.Refresh(context.Background())
			if err != nil {
				h.facts.Log.Warn("the reference data cannot be read", slog.Any("error", err))
			}
		})
	}
	return r
}

func (r registry) ready() *refdata.Facts {
	if r.load != nil {
		r.load()
	}
	return r.facts
}

// RespOrg implements porting.Registry.
func (r registry) RespOrg(id string) (string, bool) { return r.ready().RespOrg(id) }

// Operators implements porting.Registry.
func (r registry) Operators() iter.Seq[numbering.Losing] { return r.ready().Operators() }
