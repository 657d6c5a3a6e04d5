package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

func doOrder(c *call, _ none) (*porting.View, error) {
	return c.api.Service.Order(c.r.Context(), c.Call, c.order())
}

// versionIn is the body of calls that may name the version they mean.
type versionIn struct {
	Version int64 `json:"version,omitempty" doc:"The version that was read; 409 if the order has another one"`
}

func doChooseCarrier(c *call, in versionIn) (*porting.View, error) {
	err := c.has(in.Version)
	if err != nil {
		return nil, err
	}
	return c.api.Service.ChooseCarrier(c.r.Context(), c.Call, c.order(), c.ids["carrier_id"])
}

// splitIn names the numbers that become an order of their own.
type splitIn struct {
	DIDs    []json.RawMessage `json:"dids" doc:"Numbers of the order, as an upload writes them"`
	Version int64             `json:"version,omitempty" doc:"The version that was read; 409 if the order has another one"`
}

// splitBody is what a split made of an order.
type splitBody struct {
	Order    orderBody `json:"order" doc:"What is left of the order"`
	NewOrder orderBody `json:"new_order"`
}

func doSplit(c *call, in splitIn) (porting.Halves, error) {
	err := c.has(in.Version)
	if err != nil {
		return porting.Halves{}, err
	}
	numbers, err := c.numbers(in.DIDs)
	if err != nil {
		return porting.Halves{}, err
	}
	var faults []fault.Field
	for _, r := range numbers.Rejected {
		faults = append(faults, fault.Field{Field: r.Place.String(), Code: r.Code, Message: r.Message, Hint: r.Fix})
	}
	err = fault.Fields(faults)
	if err != nil {
		return porting.Halves{}, err
	}
	dids := make([]nanp.Number, len(numbers.Numbers))
	for i, n := range numbers.Numbers {
		dids[i] = n.Number
	}
	return c.api.Service.Split(c.r.Context(), c.Call, c.order(), dids)
}

func showSplit(c *call, h porting.Halves) splitBody {
	return splitBody{Order: c.orderOf(h.Kept), NewOrder: c.orderOf(h.Made)}
}

// cancelIn may say why.
type cancelIn struct {
	Reason  string `json:"reason,omitempty"`
	Version int64  `json:"version,omitempty" doc:"The version that was read; 409 if the order has another one"`
}

// reasonMax is the length of the reason of a cancellation, in bytes.
const reasonMax = 500

func doCancel(c *call, in cancelIn) (*porting.View, error) {
	err := c.has(in.Version)
	if err != nil {
		return nil, err
	}
	if len(in.Reason) > reasonMax {
		return nil, fault.OneField("reason", fault.CodeTooLong, "", "reason takes %d bytes", reasonMax)
	}
	return c.api.Service.Cancel(c.r.Context(), c.Call, c.order(), strings.TrimSpace(in.Reason))
}

func doDelete(c *call, _ none) (struct{}, error) {
	return struct{}{}, c.api.Service.Delete(c.r.Context(), c.Call, c.order())
}

func showNothing(*call, struct{}) none { return none{} }

// focDates are the dates that an order can ask for.
type focDates struct {
	Earliest  bizday.Date  `json:"earliest"`
	Latest    *bizday.Date `json:"latest" doc:"null without a limit"`
	Timezone  string       `json:"timezone" doc:"Of the dates"`
	Interval  string       `json:"interval"`
	DateTimes bool         `json:"date_times" doc:"The carrier takes a time of day with the date"`
	Dates     []focWindow  `json:"dates"`
}

// focWindow is a date, and when on that day numbers move.
type focWindow struct {
	Date bizday.Date `json:"date"`
	From instant     `json:"from"`
	To   instant     `json:"to"`
}

// datesShown is how many dates are listed unless the caller asks for another
// number.
const datesShown = 30

type datesOut struct {
	porting.Dates
	next []porting.Window
}

func doDates(c *call, _ none) (datesOut, error) {
	n, err := c.count("rows", 1, 365, datesShown)
	if err != nil {
		return datesOut{}, err
	}
	var out datesOut
	out.Dates, out.next, err = c.api.Service.Dates(c.r.Context(), c.Call, c.order(), n)
	return out, err
}

func showDates(_ *call, d datesOut) focDates {
	b := focDates{Earliest: d.Earliest, Latest: maybeDate(d.Latest), Timezone: d.Zone, Interval: d.Interval, DateTimes: d.DateTimes, Dates: make([]focWindow, len(d.next))}
	for i, w := range d.next {
		b.Dates[i] = focWindow{Date: w.Date, From: instant(w.From), To: instant(w.To)}
	}
	return b
}

// eventsBody is a page of an order's timeline.
type eventsBody struct {
	Rows        []Event `json:"rows"`
	HasNextPage bool    `json:"has_next_page"`
	Next        *string `json:"next" doc:"cursor of the next page; to wait for more, send the cursor of the last page again"`
}

// Event is a line of a timeline.
type Event struct {
	ID       int64           `json:"id"`
	Sequence *int64          `json:"sequence" doc:"Counts the public events of an order without gaps; null for the others"`
	At       moment          `json:"at"`
	Type     order.EntryType `json:"type"`
	By       string          `json:"by"`
	Data     map[string]any  `json:"data"`
}

func eventOf(e order.Entry) Event {
	b := Event{ID: e.ID, At: moment(e.At), Type: e.Type, By: e.By, Data: e.Data}
	if b.Data == nil {
		b.Data = map[string]any{}
	}
	if e.Sequence != 0 {
		b.Sequence = &e.Sequence
	}
	return b
}

type eventsOut struct {
	rows  []order.Entry
	more  bool
	after int64
}

// rowsMax is how many rows a page has at most, rowsShown unless asked for.
const (
	rowsMax   = 200
	rowsShown = 50
)

func doEvents(c *call, _ none) (eventsOut, error) {
	rows, err := c.count("rows", 1, rowsMax, rowsShown)
	if err != nil {
		return eventsOut{}, err
	}
	var out eventsOut
	out.after, err = c.cursor()
	if err != nil {
		return out, err
	}
	out.rows, out.more, err = c.api.Service.Events(c.r.Context(), c.Call, c.order(), out.after, rows)
	return out, err
}

func showEvents(_ *call, e eventsOut) eventsBody {
	b := eventsBody{Rows: make([]Event, len(e.rows)), HasNextPage: e.more}
	for i, row := range e.rows {
		b.Rows[i] = eventOf(row)
		e.after = row.ID
	}
	b.Next = new(writeCursor(e.after))
	return b
}

// A cursor is the id of the last row that the caller has seen. It is encoded
// so that nobody builds one.
func writeCursor(id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("c1:" + strconv.FormatInt(id, 10)))
}

// cursor reads the query's cursor; 0 when there is none.
func (c *call) cursor() (int64, error) {
	text := c.r.URL.Query().Get("cursor")
	if text == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	digits, ok := strings.CutPrefix(string(raw), "c1:")
	id, errID := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || errID != nil || id < 0 {
		return 0, fault.OneField("cursor", fault.CodeInvalidValue, "send what next of the last page says", "cursor is none that was given out")
	}
	return id, nil
}

// listBody is a page of orders, newest first.
type listBody struct {
	Rows        []rowBody `json:"rows"`
	RowsPerPage int       `json:"rows_per_page"`
	HasNextPage bool      `json:"has_next_page"`
	Next        *string   `json:"next" doc:"cursor of the next page; null on the last one"`
}

type listOut struct {
	orders  []order.Order
	more    bool
	perPage int
}

func doList(c *call, _ none) (listOut, error) {
	f, err := c.filter()
	if err != nil {
		return listOut{}, err
	}
	out := listOut{perPage: f.Rows}
	out.orders, out.more, err = c.api.Service.List(c.r.Context(), c.Call, f)
	return out, err
}

func showList(c *call, l listOut) listBody {
	b := listBody{Rows: c.rowsOf(l.orders), RowsPerPage: l.perPage, HasNextPage: l.more}
	if l.more {
		b.Next = new(writeCursor(l.orders[len(l.orders)-1].ID))
	}
	return b
}

// listQuery are the filters of the list.
var listQuery = []param{
	{name: "status", doc: "One status or several, parted by commas", kind: "string"},
	{name: "did", doc: "Orders with this number", kind: "string"},
	{name: "carrier", doc: "Id of the gaining carrier", kind: "integer"},
	{name: "losing_carrier", doc: "Id of the losing carrier", kind: "string"},
	{name: "number_type", doc: "local or tollfree", kind: "string", enum: []string{string(lnp.Local), string(lnp.TollFree)}},
	{name: "upload_id", doc: "Orders of this upload", kind: "integer"},
	{name: "customer_reference", doc: "Orders with exactly this reference", kind: "string"},
	{name: "foc_from", doc: "FOC date, from this one on", kind: "string"},
	{name: "foc_to", doc: "FOC date, up to and with this one", kind: "string"},
	{name: "created_from", doc: "Created at or after this instant, or on or after this date (UTC)", kind: "string"},
	{name: "created_to", doc: "Created before this instant, or on or before this date (UTC)", kind: "string"},
	{name: "needs_action", doc: "Orders that wait for the customer", kind: "boolean"},
	{name: "q", doc: "A number or a part of one, an order id, a PON, or a part of the reference", kind: "string"},
	{name: "cursor", doc: "next of the page before", kind: "string"},
	{name: "page", doc: "From 1; cursor is better, since it does not move when orders are added", kind: "integer"},
	{name: "rows", doc: "Rows a page, up to 200", kind: "integer"},
}

// pageMax bounds the pages that can be asked for by number.
const pageMax = 100_000

// filter reads the list's query; all that is wrong with it comes at once.
func (c *call) filter() (porting.Filter, error) {
	q := c.r.URL.Query()
	f := porting.Filter{LosingID: q.Get("losing_carrier"), NumberType: q.Get("number_type"), Reference: q.Get("customer_reference"), Query: strings.TrimSpace(q.Get("q"))}
	var faults []fault.Field
	wrong := func(name, format string, args ...any) {
		faults = append(faults, fault.Field{Field: name, Code: fault.CodeInvalidValue, Message: name + " takes " + fmt.Sprintf(format, args...)})
	}
	f.Statuses = statusesOf(q.Get("status"), wrong)
	if text := q.Get("did"); text != "" {
		n, code := nanp.Parse(text)
		if code != "" {
			wrong("did", "a telephone number")
		}
		f.Number = n
	}
	for name, into := range map[string]*int64{"carrier": &f.CarrierID, "upload_id": &f.UploadID} {
		if text := q.Get(name); text != "" {
			id, ok := parseID(text)
			if !ok {
				wrong(name, "an id")
			}
			*into = id
		}
	}
	if f.NumberType != "" && f.NumberType != string(lnp.Local) && f.NumberType != string(lnp.TollFree) {
		wrong("number_type", "%s or %s", lnp.Local, lnp.TollFree)
	}
	for name, into := range map[string]*string{"foc_from": &f.FOCFrom, "foc_to": &f.FOCTo} {
		*into = q.Get(name)
		_, err := bizday.ParseDate(*into)
		if *into != "" && err != nil {
			wrong(name, "a date like 2026-12-01")
		}
	}
	f.CreatedFrom = instantOf(q, "created_from", 0, wrong)
	f.CreatedTo = instantOf(q, "created_to", 1, wrong)
	var err error
	f.NeedsAction, err = c.flag("needs_action")
	if err != nil {
		wrong("needs_action", "true or false")
	}
	f.Before, err = c.cursor()
	if err != nil {
		wrong("cursor", "what next of the last page says")
	}
	f.Rows, err = c.count("rows", 1, rowsMax, rowsShown)
	if err != nil {
		wrong("rows", "a whole number from 1 to %d", rowsMax)
	}
	page, err := c.count("page", 1, pageMax, 1)
	if err != nil {
		wrong("page", "a whole number from 1 to %d", pageMax)
	}
	if page > 1 && f.Before != 0 {
		wrong("page", "no cursor beside it")
	}
	f.Skip = (page - 1) * f.Rows
	slices.SortFunc(faults, func(a, b fault.Field) int { return strings.Compare(a.Field, b.Field) })
	return f, fault.Fields(faults)
}

func statusesOf(text string, wrong func(name, format string, args ...any)) []order.Status {
	if text == "" {
		return nil
	}
	var out []order.Status
	for s := range strings.SplitSeq(text, ",") {
		status := order.Status(strings.TrimSpace(s))
		if !slices.Contains(order.Statuses, status) {
			var all []string
			for _, known := range order.Statuses {
				all = append(all, string(known))
			}
			wrong("status", "%s", strings.Join(all, ", "))
			return nil
		}
		out = append(out, status)
	}
	return out
}

// instantOf reads an instant, or a date of which it takes the begin, or with
// days 1 the end.
func instantOf(q url.Values, name string, days int, wrong func(name, format string, args ...any)) time.Time {
	text := q.Get(name)
	if text == "" {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339, text)
	if err == nil {
		return at
	}
	d, err := bizday.ParseDate(text)
	if err != nil {
		wrong(name, "a date like 2026-12-01, or an instant like 2026-12-01T15:00:00Z")
		return time.Time{}
	}
	return d.AddDays(days).At(0, 0, time.UTC)
}
