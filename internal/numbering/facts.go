// Package numbering knows of a number who serves it, where it belongs and
// which zone it lives in.
package numbering

import (
	"context"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// Source tells what is known of numbers, in the order asked. Sources are links
// of a chain: each asks the next one first, and puts what it knows better in
// its place. It is safe for concurrent use.
type Source interface {
	Lookup(ctx context.Context, numbers []nanp.Number) ([]Facts, error)
}

// Facts is what is known of one number. A field that nobody knows is empty.
type Facts struct {
	Number     nanp.Number    `json:"-"`
	Type       lnp.NumberType `json:"type"`
	Country    lnp.Country    `json:"country"`
	State      string         `json:"state,omitempty"`       // state or province, two letters; none for toll-free
	RateCentre string         `json:"rate_centre,omitempty"` // as NANPA abbreviates it
	LATA       string         `json:"lata,omitempty"`
	Zone       string         `json:"zone,omitempty"` // IANA zone of the rate centre
	Losing     Losing         `json:"losing"`
	// Refusal is why nobody can port the number, "" when somebody may. Every
	// source says it. It is not kept: a number that is refused comes into no
	// order.
	Refusal fault.Code `json:"-"`
}

// Losing is the carrier that serves a number today. The zero Losing is a
// carrier that nobody knows.
type Losing struct {
	ID       string       `json:"id,omitempty"` // SPID or carrier family, e.g. "verizon-wireless"
	OCN      string       `json:"ocn,omitempty"`
	Name     string       `json:"name,omitempty"`
	LineType lnp.LineType `json:"line_type,omitempty"`
	Source   string       `json:"source,omitempty"` // "sandbox", "nanpa", "dip", "declared", ...
	AsOf     time.Time    `json:"as_of,omitzero"`
	// Verified: somebody who knows was asked (an LRN dip, the NPAC). What is
	// only inferred from the holder of the code is not, since the number may
	// have been ported; it warns, and never refuses or splits (api.md §1).
	Verified bool `json:"verified,omitempty"`
}

// SourceDeclared names the customer as the source of a losing carrier.
const SourceDeclared = "declared"

// Sure reports whether the losing carrier is verified, or declared by the
// customer: only then may it refuse, split or price (api.md §1).
func (l Losing) Sure() bool { return l.Verified || l.Source == SourceDeclared }
