package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/sheet"
)

// The desk's own calls: gaining carriers, their coverage and decks, losing
// carriers. They belong to no account.

// GainingCarrier is a gaining carrier as the desk sees it.
type GainingCarrier struct {
	ID           int64                `json:"id"`
	Name         string               `json:"name"`
	Gateway      string               `json:"gateway" doc:"The adapter that speaks to it; empty where the desk works its orders by hand"`
	On           bool                 `json:"on"`
	OffReason    *string              `json:"off_reason"`
	Priority     int                  `json:"priority" doc:"The lower one is preferred at equal cost"`
	Capabilities carrier.Capabilities `json:"capabilities"`
	Limits       carrier.Limits       `json:"limits"`
	Documents    []lnp.DocumentRule   `json:"documents" doc:"Wanted beyond the port type's"`
	Allow        []int64              `json:"allow" doc:"Only these accounts; none: all"`
	Deny         []int64              `json:"deny" doc:"Never these accounts"`
	Areas        int                  `json:"areas" doc:"Rows of its coverage"`
}

func gainingOf(g carrier.Gaining) GainingCarrier {
	return GainingCarrier{
		ID: g.ID, Name: g.Name, Gateway: g.Gateway, On: g.On, OffReason: maybeText(g.OffReason), Priority: g.Priority, Capabilities: g.Capabilities,
		Limits: g.Limits, Documents: list(g.Documents), Allow: list(g.Allow), Deny: list(g.Deny), Areas: len(g.Coverage.Areas()),
	}
}

// carrierIn is what a gaining carrier is made or changed with.
type carrierIn struct {
	Name         string                      `json:"name,omitempty"`
	Gateway      string                      `json:"gateway,omitempty"`
	On           bool                        `json:"on,omitempty"`
	OffReason    string                      `json:"off_reason,omitempty" doc:"Necessary where it is off; customers read it in the reason of an order"`
	Priority     int                         `json:"priority,omitempty"`
	Capabilities exact[carrier.Capabilities] `json:"capabilities,omitzero"`
	Limits       exact[carrier.Limits]       `json:"limits,omitzero"`
	Documents    exact[[]lnp.DocumentRule]   `json:"documents,omitzero"`
	Allow        []int64                     `json:"allow,omitempty"`
	Deny         []int64                     `json:"deny,omitempty"`
}

// exact reads JSON into a value that may have parts, and refuses what it does
// not have at any depth. What is not sent stays as it is.
type exact[T any] struct{ v T }

// UnmarshalJSON implements json.Unmarshaler.
func (e *exact[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&e.v)
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault.New(fault.Invalid, fault.CodeWrongType, "%s takes %s", t.Field, inWords(t.Type))
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if err == nil {
		return nil
	}
	// The decoder says which name it does not know, quoted, and nothing else.
	parts := strings.Split(err.Error(), `"`)
	if len(parts) > 1 && plainName.MatchString(parts[1]) {
		return fault.New(fault.Invalid, fault.CodeUnknownField, "there is no %s in it", parts[1])
	}
	return fault.New(fault.Invalid, fault.CodeUnknownField, "a part of it has a name that it does not take")
}

// Schema implements huma.SchemaProvider.
func (e exact[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// fields are the fields of a JSON object that changes something: what is not
// sent stays.
type fields map[string]json.RawMessage

// readFields reads a JSON object that is described by In.
func readFields[In any](limit int64) reader[fields] {
	return reader[fields]{
		input: input{body: func(r huma.Registry) *huma.RequestBody { return jsonBody(r, reflect.TypeFor[In](), false) }},
		from: func(c *call) (fields, error) {
			got, err := c.object(limit)
			if err != nil {
				return nil, err
			}
			var in In
			return got, fault.Fields(fill(&in, got, true))
		},
	}
}

// into puts what was sent into a carrier.
func (f fields) into(g *carrier.Gaining) error {
	in := carrierIn{
		Name: g.Name, Gateway: g.Gateway, On: g.On, OffReason: g.OffReason, Priority: g.Priority, Capabilities: exact[carrier.Capabilities]{g.Capabilities},
		Limits: exact[carrier.Limits]{g.Limits}, Documents: exact[[]lnp.DocumentRule]{g.Documents}, Allow: g.Allow, Deny: g.Deny,
	}
	err := fault.Fields(fill(&in, f, true))
	if err != nil {
		return err
	}
	g.Name, g.Gateway, g.On, g.OffReason, g.Priority = in.Name, in.Gateway, in.On, in.OffReason, in.Priority
	g.Capabilities, g.Limits, g.Documents, g.Allow, g.Deny = in.Capabilities.v, in.Limits.v, in.Documents.v, in.Allow, in.Deny
	return nil
}

// carriersBody lists the gaining carriers.
type carriersBody struct {
	Rows []GainingCarrier `json:"rows"`
}

func doCarriers(c *call, _ none) ([]carrier.Gaining, error) {
	return c.api.Service.Carriers(c.r.Context(), c.Call)
}

func showCarriers(_ *call, all []carrier.Gaining) carriersBody {
	b := carriersBody{Rows: make([]GainingCarrier, len(all))}
	for i, g := range all {
		b.Rows[i] = gainingOf(g)
	}
	return b
}

func doCarrier(c *call, _ none) (*carrier.Gaining, error) {
	return c.api.Service.Carrier(c.r.Context(), c.Call, c.ids["carrier_id"])
}

func showCarrier(_ *call, g *carrier.Gaining) GainingCarrier { return gainingOf(*g) }

// carrierSavedBody is a gaining carrier after a change.
type carrierSavedBody struct {
	GainingCarrier
	Drafts int `json:"drafts" doc:"Orders that are not confirmed, and are planned again because of the change"`
}

func doMakeCarrier(c *call, in fields) (porting.CarrierSaved, error) {
	var g carrier.Gaining
	err := in.into(&g)
	if err != nil {
		return porting.CarrierSaved{}, err
	}
	return c.api.Service.MakeCarrier(c.r.Context(), c.Call, g)
}

func doChangeCarrier(c *call, in fields) (porting.CarrierSaved, error) {
	return c.api.Service.ChangeCarrier(c.r.Context(), c.Call, c.ids["carrier_id"], in.into)
}

func showCarrierSaved(_ *call, g porting.CarrierSaved) carrierSavedBody {
	return carrierSavedBody{gainingOf(g.Gaining), g.Drafts}
}

func showCoverage(_ *call, g *carrier.Gaining) content {
	var out bytes.Buffer
	err := carrier.WriteCoverage(&out, g.Coverage)
	if err != nil {
		panic(fmt.Sprintf("api: a coverage cannot be written: %v", err))
	}
	return content{mediaType: csvType, name: fmt.Sprintf(`attachment; filename="coverage-%d.csv"`, g.ID), data: out.Bytes()}
}

const csvType = "text/csv; charset=utf-8"

// sheetMax is how large a CSV of the desk may be, in bytes.
const sheetMax = 64 << 20

// sheetBody describes a CSV: as the part file of a form, or as the body itself.
func sheetBody(doc string) func(huma.Registry) *huma.RequestBody {
	return func(r huma.Registry) *huma.RequestBody {
		b := formBody(doc)(r)
		b.Content["text/csv"] = &huma.MediaType{Schema: binary(doc)}
		return b
	}
}

// readSheet reads a CSV. All that is wrong with it comes at once, by its lines.
func readSheet[T any](doc string, read func(io.Reader) (T, sheet.Report, error)) reader[sheetIn[T]] {
	return reader[sheetIn[T]]{input: input{body: sheetBody(doc)}, from: func(c *call) (sheetIn[T], error) {
		var in sheetIn[T]
		sum := sha256.New()
		take := func(r io.Reader) error {
			var report sheet.Report
			var err error
			in.v, report, err = read(io.TeeReader(r, sum))
			if err != nil {
				return err
			}
			in.notes = report.Notes
			_, err = io.Copy(sum, r)
			return err
		}
		mediaType, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
		var err error
		switch mediaType {
		case "multipart/form-data":
			_, err = c.form(sheetMax+formOverhead, func(p *multipart.Part) error { return take(p) })
		case "text/csv", "text/plain", "application/octet-stream":
			err = take(http.MaxBytesReader(c.w, c.r.Body, sheetMax))
		default:
			err = &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes a CSV", Hint: "send it with Content-Type: text/csv, or as the part file of a form"}
		}
		c.canon = append(c.canon, sum.Sum(nil))
		return in, err
	}}
}

// sheetIn is what a CSV holds, and what is odd about it.
type sheetIn[T any] struct {
	v     T
	notes []sheet.Note
}

// noted is what a CSV has done, with what is odd about it.
type noted[T any] struct {
	done  T
	notes []sheet.Note
}

// coverageSavedBody says what a new coverage changes.
type coverageSavedBody struct {
	Applied bool                   `json:"applied" doc:"false of a dry run"`
	Change  carrier.CoverageChange `json:"change" doc:"The first of the areas that come and go, and how many there are"`
	Drafts  int                    `json:"drafts" doc:"Orders of the carrier that are not confirmed, and are planned again"`
	Notes   []sheet.Note           `json:"notes" doc:"What is odd about the file, and no mistake"`
}

// changesShown is how many rows of a change are shown of each kind.
const changesShown = 100

func doSetCoverage(c *call, in sheetIn[carrier.Coverage]) (noted[porting.CoverageSaved], error) {
	dry, err := c.flag("dry_run")
	if err != nil {
		return noted[porting.CoverageSaved]{}, err
	}
	out, err := c.api.Service.SetCoverage(c.r.Context(), c.Call, c.ids["carrier_id"], in.v, dry)
	return noted[porting.CoverageSaved]{out, in.notes}, err
}

func showCoverageSaved(_ *call, n noted[porting.CoverageSaved]) coverageSavedBody {
	return coverageSavedBody{Applied: n.done.Applied, Change: n.done.First(changesShown), Drafts: n.done.Drafts, Notes: list(n.notes)}
}

// Deck is a price list of a gaining carrier.
type Deck struct {
	ID        *int64        `json:"id" doc:"null for a dry run"`
	CarrierID int64         `json:"carrier_id"`
	AccountID *int64        `json:"account_id" doc:"null: for every account without a deck of its own"`
	Name      *string       `json:"name"`
	Currency  string        `json:"currency"`
	From      maybe         `json:"from" doc:"It holds from this instant on; null: always"`
	Until     maybe         `json:"until" doc:"It holds before this instant; null: until a newer one"`
	Rates     int           `json:"rates" doc:"How many"`
	Fees      pricing.Fees  `json:"fees"`
	Discount  pricing.Money `json:"discount" doc:"Percent"`
	Taxes     []pricing.Tax `json:"taxes"`
}

func deckOf(d pricing.Deck) Deck {
	return Deck{
		ID: maybeID(d.ID), CarrierID: d.CarrierID, AccountID: maybeID(d.AccountID), Name: maybeText(d.Name), Currency: d.Currency, From: maybe(d.From), Until: maybe(d.Until),
		Rates: len(d.Rates), Fees: d.Fees, Discount: d.Discount, Taxes: list(d.Taxes),
	}
}

// decksBody lists decks.
type decksBody struct {
	Rows []Deck `json:"rows"`
}

var deckQuery = []param{{name: "carrier_id", doc: "Decks of this carrier", kind: "integer"}}

func doDecks(c *call, _ none) ([]pricing.Deck, error) {
	id, err := c.id("carrier_id")
	if err != nil {
		return nil, err
	}
	all, err := c.api.Service.Decks(c.r.Context(), c.Call)
	var out []pricing.Deck
	for _, d := range all {
		if id == 0 || d.CarrierID == id {
			out = append(out, d)
		}
	}
	return out, err
}

// id reads a query parameter that is an id; 0 where it is not sent.
func (c *call) id(name string) (int64, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	id, ok := parseID(text)
	if !ok {
		return 0, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes an id", name)
	}
	return id, nil
}

func showDecks(_ *call, all []pricing.Deck) decksBody {
	b := decksBody{Rows: make([]Deck, len(all))}
	for i, d := range all {
		b.Rows[i] = deckOf(d)
	}
	return b
}

func doDeck(c *call, _ none) (pricing.Deck, error) {
	return c.api.Service.Deck(c.r.Context(), c.Call, c.ids["deck_id"])
}

func showDeck(_ *call, d pricing.Deck) Deck { return deckOf(d) }

func showRates(_ *call, d pricing.Deck) content {
	var out bytes.Buffer
	err := pricing.WriteDeck(&out, d)
	if err != nil {
		panic(fmt.Sprintf("api: a deck cannot be written: %v", err))
	}
	return content{mediaType: csvType, name: fmt.Sprintf(`attachment; filename="deck-%d.csv"`, d.ID), data: out.Bytes()}
}

var newDeckQuery = []param{
	{name: "carrier_id", doc: "Whose prices they are", kind: "integer"},
	{name: "account_id", doc: "For this account only", kind: "integer"},
	{name: "name", doc: "What it is", kind: "string"},
	{name: "currency", doc: "That of the other decks", kind: "string"},
	{name: "from", doc: "It holds from this instant on; without it, from now on", kind: "string"},
	{name: "until", doc: "It holds before this instant", kind: "string"},
	dryRun,
}

func doAddDeck(c *call, in sheetIn[pricing.Deck]) (noted[porting.DeckSaved], error) {
	var none noted[porting.DeckSaved]
	q, d := c.r.URL.Query(), in.v
	dry, err := c.flag("dry_run")
	if err != nil {
		return none, err
	}
	d.CarrierID, err = c.id("carrier_id")
	if err != nil {
		return none, err
	}
	d.AccountID, err = c.id("account_id")
	if err != nil {
		return none, err
	}
	d.Name, d.Currency = q.Get("name"), q.Get("currency")
	for name, into := range map[string]*time.Time{"from": &d.From, "until": &d.Until} {
		text := q.Get(name)
		if text == "" {
			continue
		}
		*into, err = time.Parse(time.RFC3339, text)
		if err != nil {
			return none, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes an instant like 2027-01-01T00:00:00Z", name)
		}
	}
	out, err := c.api.Service.AddDeck(c.r.Context(), c.Call, d, dry)
	return noted[porting.DeckSaved]{out, in.notes}, err
}

// deckSavedBody is a new deck, and what it changes.
type deckSavedBody struct {
	Applied  bool               `json:"applied" doc:"false of a dry run"`
	Deck     Deck               `json:"deck"`
	Replaces *int64             `json:"replaces" doc:"The deck that holds before it"`
	Change   pricing.DeckChange `json:"change" doc:"The first of the rates that come, go and change, and how many there are"`
	Warnings []warningBody      `json:"warnings"`
	Notes    []sheet.Note       `json:"notes" doc:"What is odd about the file, and no mistake"`
}

func showDeckSaved(_ *call, n noted[porting.DeckSaved]) deckSavedBody {
	s := n.done
	return deckSavedBody{
		Applied: s.Applied, Deck: deckOf(s.Deck), Replaces: maybeID(s.Replaces), Change: s.First(changesShown), Warnings: warningsOf(s.Warnings), Notes: list(n.notes),
	}
}

func doEndDeck(c *call, _ none) (pricing.Deck, error) {
	return c.api.Service.EndDeck(c.r.Context(), c.Call, c.ids["deck_id"])
}

// LosingCarrier is a losing carrier with all that is known of it.
type LosingCarrier struct {
	ID        string          `json:"id"`
	SPID      *string         `json:"spid"`
	Name      string          `json:"name"`
	Aliases   []string        `json:"aliases"`
	OCNs      []string        `json:"ocns" doc:"That belong to it by its description"`
	LineType  *lnp.LineType   `json:"line_type"`
	Profile   carrier.Profile `json:"profile" doc:"How it wants its ports; what is absent is as for every other carrier"`
	Described bool            `json:"described" doc:"false: it is made of the reference data alone"`
	Codes     []string        `json:"codes" doc:"OCNs of codes and blocks that are held in its name"`
}

func losingCarrierOf(l porting.Losing) LosingCarrier {
	b := LosingCarrier{
		ID: l.ID, SPID: maybeText(l.SPID), Name: l.Name, Aliases: list(l.Aliases), OCNs: list(l.OCNs), Profile: l.Profile, Described: l.Described, Codes: list(l.Codes),
	}
	if l.LineType != "" {
		b.LineType = &l.LineType
	}
	return b
}

// losingCarriersBody lists losing carriers.
type losingCarriersBody struct {
	Rows        []LosingCarrier `json:"rows"`
	HasNextPage bool            `json:"has_next_page" doc:"There are more; ask for a part of their name with q"`
}

var losingQuery = []param{{name: "q", doc: "A part of the id, of a name or of an OCN", kind: "string"}, rows}

type losingOut struct {
	all  []porting.Losing
	rows int
}

func doLosingCarriers(c *call, _ none) (losingOut, error) {
	n, err := c.count("rows", 1, rowsMax, rowsShown)
	if err != nil {
		return losingOut{}, err
	}
	all, err := c.api.Service.LosingCarriers(c.r.Context(), c.Call, c.r.URL.Query().Get("q"))
	return losingOut{all, n}, err
}

func showLosingCarriers(_ *call, l losingOut) losingCarriersBody {
	b := losingCarriersBody{Rows: []LosingCarrier{}, HasNextPage: len(l.all) > l.rows}
	for _, one := range l.all[:min(len(l.all), l.rows)] {
		b.Rows = append(b.Rows, losingCarrierOf(one))
	}
	return b
}

func (c *call) losing() string { return c.r.PathValue("losing_carrier") }

func doLosingCarrier(c *call, _ none) (porting.Losing, error) {
	return c.api.Service.LosingCarrier(c.r.Context(), c.Call, c.losing())
}

func showLosingCarrier(_ *call, l porting.Losing) LosingCarrier { return losingCarrierOf(l) }

// losingIn describes a losing carrier, as a whole.
type losingIn struct {
	SPID     string                 `json:"spid,omitempty"`
	Name     string                 `json:"name"`
	Aliases  []string               `json:"aliases,omitempty"`
	OCNs     []string               `json:"ocns,omitempty"`
	LineType lnp.LineType           `json:"line_type,omitempty"`
	Profile  exact[carrier.Profile] `json:"profile,omitzero"`
}

func doDescribe(c *call, in losingIn) (carrier.Family, error) {
	return c.api.Service.SaveFamily(c.r.Context(), c.Call, carrier.Family{
		ID: c.losing(), SPID: in.SPID, Name: in.Name, Aliases: in.Aliases, OCNs: in.OCNs, LineType: in.LineType, Profile: in.Profile.v,
	})
}

func showDescribed(_ *call, f carrier.Family) LosingCarrier {
	return losingCarrierOf(porting.Losing{Family: f, Described: true})
}

func doForget(c *call, _ none) (struct{}, error) {
	return struct{}{}, c.api.Service.RemoveFamily(c.r.Context(), c.Call, c.losing())
}
