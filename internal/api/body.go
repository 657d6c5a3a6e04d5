package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
)

// instant is written in UTC, with whole seconds (api.md, Conventions).
type instant time.Time

// MarshalJSON implements json.Marshaler.
func (t instant) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(t).UTC().Format(time.RFC3339))
}

// Schema implements huma.SchemaProvider.
func (instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// moment is written in UTC, with milliseconds: that of an event.
type moment time.Time

// MarshalJSON implements json.Marshaler.
func (t moment) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(t).UTC().Format("2006-01-02T15:04:05.000Z"))
}

// Schema implements huma.SchemaProvider.
func (moment) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
}

// maybe is an instant that may not have come yet; then it is written as null.
type maybe time.Time

// MarshalJSON implements json.Marshaler.
func (t maybe) MarshalJSON() ([]byte, error) {
	if time.Time(t).IsZero() {
		return []byte("null"), nil
	}
	return instant(t).MarshalJSON()
}

// Schema implements huma.SchemaProvider.
func (maybe) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date-time", Nullable: true}
}

func maybeDate(d bizday.Date) *bizday.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func maybeID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

func maybeText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// carrierBody names a gaining carrier.
type carrierBody struct {
	_    struct{} `nullable:"true"`
	ID   int64    `json:"id"`
	Name string   `json:"name"`
}

// reasonOf shows why an order is one of its own; those of earlier releases say
// nothing of the other carriers.
func reasonOf(r routing.Reason) routing.Reason {
	r.SplitBy, r.Candidates = list(r.SplitBy), list(r.Candidates)
	return r
}

// carrierOf returns nil for an order that the desk has to find a carrier for.
func carrierOf(c order.CarrierRef) *carrierBody {
	if c.ID == 0 {
		return nil
	}
	return &carrierBody{ID: c.ID, Name: c.Name}
}

// losingBody says who serves numbers today, and how it is known.
type losingBody struct {
	ID       *string       `json:"id" doc:"SPID or carrier family; null where nobody knows, or the numbers differ"`
	OCN      *string       `json:"ocn"`
	Name     *string       `json:"name"`
	LineType *lnp.LineType `json:"line_type"`
	Source   *string       `json:"source" doc:"Who says so"`
	AsOf     maybe         `json:"as_of"`
	Verified bool          `json:"verified" doc:"Somebody who knows was asked; else it is inferred from the holder of the code"`
}

func losingOf(l numbering.Losing) losingBody {
	b := losingBody{ID: maybeText(l.ID), OCN: maybeText(l.OCN), Name: maybeText(l.Name), Source: maybeText(l.Source), AsOf: maybe(l.AsOf), Verified: l.Verified}
	if l.LineType != "" {
		b.LineType = &l.LineType
	}
	return b
}

// tnBody is a number of an order, with its own fields of the confirmation.
type tnBody struct {
	DID           nanp.Number        `json:"did"`
	Status        order.NumberStatus `json:"status"`
	State         *string            `json:"state"`
	RateCentre    *string            `json:"ratecenter"`
	LATA          *string            `json:"lata"`
	Country       lnp.Country        `json:"country"`
	Timezone      *string            `json:"timezone"`
	NumberType    lnp.NumberType     `json:"number_type"`
	TollFree      bool               `json:"tollfree"`
	Portable      bool               `json:"portable"`
	LosingCarrier losingBody         `json:"losing_carrier"`
	PortFee       pricing.Money      `json:"port_fee"`
	MRC           pricing.Money      `json:"mrc"`
	Message       *string            `json:"message"`

	PIN               any `json:"pin,omitempty"`
	AccountNumber     any `json:"account_number,omitempty"`
	IMEI              any `json:"imei,omitempty"`
	Remove            any `json:"remove,omitempty"`
	CallerID          any `json:"caller_id,omitempty"`
	RouteID           any `json:"route_id,omitempty"`
	AccountLocationID any `json:"account_location_id,omitempty"`
	SMSRoutingProfile any `json:"sms_routing_profile_id,omitempty"`
	Features          any `json:"features,omitempty"`
}

func tnOf(n order.Number, own map[string]any) tnBody {
	f := n.Facts
	return tnBody{
		DID: f.Number, Status: n.Status, State: maybeText(f.State), RateCentre: maybeText(f.RateCentre), LATA: maybeText(f.LATA),
		Country: f.Country, Timezone: maybeText(f.Zone), NumberType: f.Type, TollFree: f.Type == lnp.TollFree,
		Portable: n.Status != order.NumberFailed, LosingCarrier: losingOf(f.Losing),
		PortFee: n.PortFee, MRC: n.MRC, Message: maybeText(n.Message),
		PIN: own["pin"], AccountNumber: own["account_number"], IMEI: own["imei"], Remove: own["remove"], CallerID: own["caller_id"],
		RouteID: own["route_id"], AccountLocationID: own["account_location_id"], SMSRoutingProfile: own["sms_routing_profile_id"], Features: own["features"],
	}
}

// Quote is what an order costs.
type Quote struct {
	QuoteID      string        `json:"quote_id"`
	Subtotal     pricing.Money `json:"subtotal" doc:"The port fees, and the order's own"`
	Taxes        pricing.Money `json:"taxes"`
	Discount     pricing.Money `json:"discount"`
	Total        pricing.Money `json:"total" doc:"To pay once: subtotal - discount + taxes"`
	MonthlyTotal pricing.Money `json:"monthly_total" doc:"To pay a month"`
	Currency     string        `json:"currency"`
	Expires      instant       `json:"quote_expires"`
	Basis        *quoteBasis   `json:"quote_basis" doc:"What it was computed from; null without a carrier"`
	Charges      []chargeBody  `json:"charges" doc:"What came to be paid after the quote; no part of total"`
}

// quoteBasis is what a quote was computed from: enough to compute it again.
type quoteBasis struct {
	_        struct{}          `nullable:"true"`
	Deck     quoteDeck         `json:"deck"`
	PortType lnp.PortType      `json:"port_type"`
	Lines    []pricing.Line    `json:"lines" doc:"Each rate with the numbers that it held for; with order_fee they make up the subtotal"`
	OrderFee pricing.Money     `json:"order_fee" doc:"Of an order of toll-free numbers, once"`
	Discount pricing.Money     `json:"discount" doc:"Percent"`
	Taxes    []pricing.TaxLine `json:"taxes"`
	Later    pricing.Later     `json:"later" doc:"Fees that are to be paid when it comes to them"`
	Rounding string            `json:"rounding"`
}

// quoteDeck names the rate deck of a quote.
type quoteDeck struct {
	ID   int64   `json:"id"`
	Name *string `json:"name"`
	Own  bool    `json:"own" doc:"It is for this account only"`
	From maybe   `json:"from"`
}

// chargeBody is something that an order came to cost after its quote.
type chargeBody struct {
	What   string        `json:"what"`
	Amount pricing.Money `json:"amount"`
	At     instant       `json:"at"`
}

func quoteOf(q pricing.Quote) Quote {
	b := Quote{
		QuoteID: q.ID, Subtotal: q.Subtotal, Taxes: q.Taxes, Discount: q.Discount, Total: q.Total,
		MonthlyTotal: q.MonthlyTotal, Currency: q.Currency, Expires: instant(q.Expires), Charges: make([]chargeBody, len(q.Charges)),
	}
	if from := q.Basis; from.Deck.ID != 0 {
		b.Basis = &quoteBasis{
			Deck:     quoteDeck{from.Deck.ID, maybeText(from.Deck.Name), from.Deck.AccountID != 0, maybe(from.Deck.From)},
			PortType: from.PortType, Lines: list(from.Lines), OrderFee: from.OrderFee, Discount: from.Discount, Taxes: list(from.Taxes), Later: from.Later, Rounding: from.Rounding,
		}
	}
	for i, c := range q.Charges {
		b.Charges[i] = chargeBody{c.What, c.Amount, instant(c.At)}
	}
	return b
}

// focBody is what is known of the day: first which can be asked for, then the
// firm one.
type focBody struct {
	Earliest       bizday.Date  `json:"earliest" doc:"The first date that can be asked for now"`
	Latest         *bizday.Date `json:"latest" doc:"The last one; null without a limit"`
	Timezone       string       `json:"timezone" doc:"Of these dates"`
	Interval       string       `json:"interval"`
	Date           *bizday.Date `json:"date" doc:"The firm date; null until the losing carrier commits to one"`
	ActivationTime maybe        `json:"activation_time"`
	ConfirmedAt    maybe        `json:"confirmed_at"`
}

func focOf(v *porting.View) focBody {
	b := focBody{Earliest: v.Dates.Earliest, Latest: maybeDate(v.Dates.Latest), Timezone: v.Dates.Zone, Interval: v.Dates.Interval}
	if v.FOC != nil {
		b.Timezone, b.Date = v.FOC.Zone, maybeDate(v.FOC.Date)
		b.ActivationTime, b.ConfirmedAt = maybe(v.FOC.ActivationTime), maybe(v.FOC.ConfirmedAt)
	}
	return b
}

// rejectBody is why a carrier refused, and what helps.
type rejectBody struct {
	_           struct{}       `nullable:"true"`
	Code        lnp.RejectCode `json:"code"`
	Message     string         `json:"message"`
	CarrierCode *string        `json:"carrier_code" doc:"As the carrier has it"`
	CarrierText *string        `json:"carrier_text" doc:"As the carrier has it"`
	Fields      []string       `json:"fields" doc:"What to correct"`
	Fix         string         `json:"fix"`
	Path        lnp.RejectPath `json:"path" doc:"What helps: correct, new_order, wait, escalate"`
	At          instant        `json:"at"`
}

func rejectOf(r *order.Rejection) *rejectBody {
	if r == nil {
		return nil
	}
	return &rejectBody{
		Code: r.Code, Message: r.Message, CarrierCode: maybeText(r.CarrierCode), CarrierText: maybeText(r.CarrierText),
		Fields: list(r.Fields), Fix: r.Fix, Path: r.Path, At: instant(r.At),
	}
}

// list makes a list that is written as [] when it is empty.
func list[T any](in []T) []T {
	if in == nil {
		return []T{}
	}
	return in
}

// stepBody is who must do what by when.
type stepBody struct {
	_    struct{}    `nullable:"true"`
	Who  order.Actor `json:"who"`
	What string      `json:"what"`
	By   maybe       `json:"by"`
}

func stepOf(s *order.Step) *stepBody {
	if s == nil {
		return nil
	}
	return &stepBody{Who: s.Who, What: s.What, By: maybe(s.By)}
}

// warningBody is something that was done and that the caller should know of.
type warningBody struct {
	Field   string     `json:"field,omitempty"`
	Code    fault.Code `json:"code"`
	Message string     `json:"message"`
}

func warningsOf(ws []porting.Warning) []warningBody {
	out := make([]warningBody, len(ws))
	for i, w := range ws {
		out[i] = warningBody(w)
	}
	return out
}

// portTypeBody is what decides requirements and intervals.
type portTypeBody struct {
	Value lnp.PortType `json:"value"`
	Why   string       `json:"why"`
}

// orderFields are what an order has beside the fields of its confirmation.
type orderFields struct {
	ID            int64          `json:"id"`
	Type          string         `json:"type" enum:"portin_order"`
	Status        order.Status   `json:"status"`
	Version       int64          `json:"version" doc:"Grows with every change"`
	AccountID     int64          `json:"account_id"`
	UploadID      int64          `json:"upload_id"`
	Carrier       *carrierBody   `json:"carrier" doc:"The gaining carrier; null while the porting desk looks for one"`
	LosingCarrier losingBody     `json:"losing_carrier"`
	NumberType    lnp.NumberType `json:"number_type"`
	LineType      *lnp.LineType  `json:"line_type"`
	DIDCount      int            `json:"did_count"`
	Reason        routing.Reason `json:"reason" doc:"Why it is an order of its own"`
	PortType      portTypeBody   `json:"port_type"`
	TNs           []tnBody       `json:"tns"`
	Quote
	Requirements   []lnp.Requirement `json:"requirements" doc:"What the confirmation needs"`
	RequestedFOC   *string           `json:"requested_foc_date"`
	FOC            focBody           `json:"foc"`
	PON            *string           `json:"pon" doc:"Purchase order number towards the carrier"`
	PONVersion     int               `json:"pon_version"`
	Reject         *rejectBody       `json:"reject"`
	CancelReason   *string           `json:"cancel_reason"`
	Files          []fileBody        `json:"files"`
	Tags           []string          `json:"tags"`
	Comments       []commentBody     `json:"comments"`
	AllowedActions []order.Action    `json:"allowed_actions"`
	Next           *stepBody         `json:"next_step" doc:"Who must do what by when"`
	Confirm        map[string]any    `json:"confirm" doc:"A body for the confirmation, with what is known filled in"`
	Warnings       []warningBody     `json:"warnings"`
	Created        instant           `json:"created"`
	Submitted      maybe             `json:"submitted"`
	Completed      maybe             `json:"completed"`
	Updated        instant           `json:"updated"`
}

// orderBody is a whole order: its own fields and, beside them, those of the
// confirmation, so that a customer can read it, edit it and send it back.
type orderBody struct {
	orderFields
	confirmation map[string]any
}

// MarshalJSON implements json.Marshaler.
func (b orderBody) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(b.orderFields)
	if err != nil || len(b.confirmation) == 0 {
		return own, err
	}
	more, err := json.Marshal(b.confirmation)
	if err != nil {
		return nil, err
	}
	out := bytes.TrimSuffix(own, []byte("}"))
	return append(append(out, ','), more[1:]...), nil
}

// Schema implements huma.SchemaProvider.
func (orderBody) Schema(r huma.Registry) *huma.Schema {
	const name = "Order"
	if r.Map()[name] == nil {
		s := huma.SchemaFromType(r, reflect.TypeFor[orderFields]())
		for _, f := range lnp.Fields {
			if s.Properties[f.Name] == nil {
				s.Properties[f.Name] = fieldSchema(f)
			}
		}
		s.AdditionalProperties = true // unknown fields of a confirmation are kept and shown
		r.Map()[name] = s
	}
	return &huma.Schema{Ref: schemas + name}
}

func (b orderBody) etag() int64 { return b.Version }

// order shows an order to the caller.
func (c *call) orderOf(v *porting.View) orderBody {
	pii := c.Principal.Has(scopePII)
	b := orderBody{confirmation: v.Confirmation.Masked(pii)}
	delete(b.confirmation, "requested_foc_date")
	b.orderFields = orderFields{
		ID: v.ID, Type: "portin_order", Status: v.Status, Version: v.Version, AccountID: v.AccountID, UploadID: v.UploadID,
		Carrier: carrierOf(v.Carrier), LosingCarrier: losingOf(v.Losing), NumberType: v.NumberType, DIDCount: v.NumberCount,
		Reason: reasonOf(v.Reason), PortType: portTypeBody{v.PortType, v.PortTypeWhy}, TNs: make([]tnBody, len(v.Numbers)),
		Quote: quoteOf(v.Quote), Requirements: list(v.Requirements), FOC: focOf(v), PON: maybeText(v.PON), PONVersion: v.PONVersion,
		Reject: rejectOf(v.Reject), CancelReason: maybeText(v.CancelReason), Files: c.filesOf(v.Files), Tags: list(v.Tags),
		Comments: commentsOf(v.Comments), AllowedActions: list(v.Status.Allowed()), Next: stepOf(v.Next), Warnings: warningsOf(slices.Concat(v.Cautions, v.Warnings)),
		Created: instant(v.Created), Submitted: maybe(v.Submitted), Completed: maybe(v.Completed), Updated: instant(v.Updated),
	}
	if v.LineType != "" {
		b.LineType = &v.LineType
	}
	for i, n := range v.Numbers {
		b.TNs[i] = tnOf(n, v.Confirmation.MaskedNumber(n.Facts.Number, pii))
	}
	b.RequestedFOC = maybeText(v.Confirmation.Text("requested_foc_date"))
	if !v.RequestedFOC.IsZero() {
		b.RequestedFOC = new(v.RequestedFOC.String())
	}
	b.Confirm = confirmOf(v, b.confirmation)
	return b
}

// confirmOf makes a body for the confirmation call: what is known already, and
// null for what is still needed.
func confirmOf(v *porting.View, known map[string]any) map[string]any {
	if !v.Status.Allows(order.DoConfirm) {
		return map[string]any{}
	}
	out := map[string]any{"requested_foc_date": v.Dates.Earliest, "quote_id": v.Quote.ID}
	if asked := v.Confirmation.Text("requested_foc_date"); asked != "" {
		out["requested_foc_date"] = asked
	}
	if v.Pinned {
		delete(out, "quote_id")
	}
	for _, r := range v.Requirements {
		for _, name := range append(r.AnyOf, r.Field) {
			if name != "" && (r.Required || known[name] != nil) {
				out[name] = known[name]
			}
		}
	}
	return out
}

// rowBody is an order in a list: without its numbers and its confirmation.
type rowBody struct {
	ID            int64          `json:"id"`
	Status        order.Status   `json:"status"`
	Version       int64          `json:"version"`
	UploadID      int64          `json:"upload_id"`
	DIDCount      int            `json:"did_count"`
	NumberType    lnp.NumberType `json:"number_type"`
	LineType      *lnp.LineType  `json:"line_type"`
	Carrier       *carrierBody   `json:"carrier"`
	LosingCarrier losingBody     `json:"losing_carrier"`
	Reference     *string        `json:"customer_reference"`
	RequestedFOC  *bizday.Date   `json:"requested_foc_date"`
	FOCDate       *bizday.Date   `json:"foc_date"`
	Total         pricing.Money  `json:"total"`
	MonthlyTotal  pricing.Money  `json:"monthly_total"`
	Currency      string         `json:"currency"`
	Reject        *rejectBody    `json:"reject"`
	Next          *stepBody      `json:"next_step"`
	Created       instant        `json:"created"`
	Submitted     maybe          `json:"submitted"`
	Completed     maybe          `json:"completed"`
	Updated       instant        `json:"updated"`
}

func (c *call) rowOf(o *order.Order) rowBody {
	b := rowBody{
		ID: o.ID, Status: o.Status, Version: o.Version, UploadID: o.UploadID, DIDCount: o.NumberCount, NumberType: o.NumberType,
		Carrier: carrierOf(o.Carrier), LosingCarrier: losingOf(o.Losing), Reference: maybeText(o.Reference),
		RequestedFOC: maybeDate(o.RequestedFOC), Total: o.Quote.Total, MonthlyTotal: o.Quote.MonthlyTotal, Currency: o.Quote.Currency,
		Reject: rejectOf(o.Reject), Next: stepOf(o.Next(c.api.Service.Limits)),
		Created: instant(o.Created), Submitted: maybe(o.Submitted), Completed: maybe(o.Completed), Updated: instant(o.Updated),
	}
	if o.LineType != "" {
		b.LineType = &o.LineType
	}
	if o.FOC != nil {
		b.FOCDate = maybeDate(o.FOC.Date)
	}
	return b
}

func (c *call) rowsOf(orders []order.Order) []rowBody {
	rows := make([]rowBody, len(orders))
	for i := range orders {
		rows[i] = c.rowOf(&orders[i])
	}
	return rows
}
