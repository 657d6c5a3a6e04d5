// Package carrier describes carriers as data: those that gain numbers, with
// what they cover, can do and take, and those that lose them.
package carrier

import (
	"slices"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
)

// Gaining is a carrier to which numbers can go.
type Gaining struct {
	ID           int64              `json:"id"`
	Name         string             `json:"name"`
	Gateway      string             `json:"gateway,omitempty"` // the adapter that speaks to it; "": the desk works its orders by hand
	On           bool               `json:"on"`
	OffReason    string             `json:"off_reason,omitempty"`
	Priority     int                `json:"priority"` // the lower one is preferred at equal cost
	Capabilities Capabilities       `json:"capabilities"`
	Limits       Limits             `json:"limits"`
	Documents    []lnp.DocumentRule `json:"documents,omitempty"` // wanted beyond the port type's
	Allow        []int64            `json:"allow,omitempty"`     // only these accounts; none: all
	Deny         []int64            `json:"deny,omitempty"`      // never these accounts
	// Coverage is what numbers it takes. It can be long, so it is kept and
	// changed beside the rest.
	Coverage Coverage `json:"-"`
}

// Capabilities are what a carrier can do beyond a plain wireline port.
type Capabilities struct {
	Wireless     bool `json:"wireless"`
	TollFree     bool `json:"toll_free"`
	PartialPorts bool `json:"partial_ports"`
	OnDemand     bool `json:"on_demand"`  // activates at the customer's word, not only on the FOC date
	DateTimes    bool `json:"date_times"` // takes a time of day with the FOC date
}

// Limits are how much a carrier takes. 0 is no limit.
type Limits struct {
	NumbersPerOrder int `json:"numbers_per_order,omitempty"` // splits orders, last of all
	// NumbersPerDay holds back what is submitted beyond it until the next day
	// of Zone. It has no part in the choice of a carrier.
	NumbersPerDay int    `json:"numbers_per_day,omitempty"`
	Zone          string `json:"timezone,omitempty"`       // IANA, whose midnight ends the day; "": America/New_York
	MaxDaysAhead  int    `json:"max_days_ahead,omitempty"` // of the FOC date
}

// dayZone is where a carrier's day ends unless it says otherwise.
const dayZone = "America/New_York"

// Day returns the day of an instant for NumbersPerDay: from when to when.
func (l Limits) Day(t time.Time) (from, to time.Time) {
	name := l.Zone
	if name == "" {
		name = dayZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC
	}
	t = t.In(zone)
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, zone).UTC()
}

// Refusal is why a carrier does not take a number.
type Refusal struct {
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// Closed says why the carrier takes no number at all of an account, in words
// that follow its name: "is switched off"; "" when it is open.
func (g *Gaining) Closed(account int64) (code fault.Code, words string) {
	switch {
	case !g.On && g.OffReason != "":
		return fault.CodeCarrierOff, "is switched off: " + g.OffReason
	case !g.On:
		return fault.CodeCarrierOff, "is switched off"
	case len(g.Allow) > 0 && !slices.Contains(g.Allow, account), slices.Contains(g.Deny, account):
		return fault.CodeNoCoverage, "is not open to this account"
	}
	return "", ""
}

// Unable says why the carrier takes no number of this kind, wherever it is, in
// words that follow its name; "" when it does. What nobody has verified about a
// number refuses nothing.
func (g *Gaining) Unable(t lnp.NumberType, l numbering.Losing) (words string) {
	switch {
	case t == lnp.TollFree && !g.Capabilities.TollFree:
		return "takes no toll-free numbers"
	case l.Verified && l.LineType == lnp.Wireless && !g.Capabilities.Wireless:
		return "takes no wireless numbers"
	}
	return ""
}

// Refuses says why the carrier does not take a number of an account; nil when
// it does.
func (g *Gaining) Refuses(f numbering.Facts, account int64) *Refusal {
	code, words := g.Closed(account)
	if code == "" {
		code, words = fault.CodeNoCoverage, g.Unable(f.Type, f.Losing)
	}
	if words == "" && !g.Coverage.Has(f) {
		words = "does not cover this number"
	}
	if words == "" {
		return nil
	}
	return &Refusal{Code: code, Message: g.Name + " " + words}
}
