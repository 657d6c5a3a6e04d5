package porting

import (
	"encoding/json"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/routing"
)

// View is a whole order as its customer may see it.
type View struct {
	order.Order
	Numbers      []order.Number
	PortType     lnp.PortType
	PortTypeWhy  string
	Requirements []lnp.Requirement
	Dates        Dates
	Files        []order.File
	Tags         []string
	Comments     []order.Comment
	Next         *order.Step
	Cautions     []Warning // what is special about who loses its numbers
	Warnings     []Warning // of the call that answers with this view
}

// Warning is something that was done, and that the caller should know of.
type Warning struct {
	Field   string     `json:"field,omitempty"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

// Dates says which FOC dates an order can ask for.
type Dates struct {
	Earliest bizday.Date
	Zone     string      // IANA, of all its dates
	Interval string      // "simple: 1 business day"
	Latest   bizday.Date // zero: no limit
	// DateTimes: the gaining carrier takes a time of day with the date.
	DateTimes bool
}

// Window is a date that can be asked for, and when on that day the numbers
// move.
type Window struct {
	Date     bizday.Date
	From, To time.Time
}

// Checked is the portability of one number.
type Checked struct {
	Written    string // as asked, when it is not a number
	Number     nanp.Number
	Facts      numbering.Facts
	Refusal    *Refusal     // nil: portable
	Key        *routing.Key // of the order that it would be in; nil when it is not portable
	PortType   lnp.PortType // by which it was priced
	Candidates []routing.Candidate
	Cautions   []Warning
}

// Refusal is why a number is not taken.
type Refusal struct {
	Code    fault.Code
	Message string
	Fix     string
	OrderID int64 // of already_in_order
}

// ConfirmBody is what a confirm call sends, read but not judged: the fields of
// the confirmation as JSON values, and the inputs of the call itself.
type ConfirmBody struct {
	Fields        map[string]json.RawMessage
	Version       int64  // 0: not sent
	QuoteID       string // "": not sent
	ExpectedTotal string // a decimal; "": not sent
	DryRun        bool
}
