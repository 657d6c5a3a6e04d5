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
	f := &refdata.Facts{Shelf: h.store.Reference(), Families: h.families, Next: numbering.Registered{}, Log: c.Log}
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
		Family: carrier.Families{}.Of, LineType: h.facts.LineType,
	}, h.facts)
}

// families reads the losing carriers that somebody has described.
func (h *house) families(ctx context.Context) (carrier.Families, error) {
	var out carrier.Families
	err := h.store.Porting().View(ctx, func(tx porting.Tx) error {
		found, err := tx.Families()
		out = found
		return err
	})
	return out, err
}
