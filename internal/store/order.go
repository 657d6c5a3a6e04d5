package store

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store/db"
)

// orderColumns are all columns of an order but its id.
func orderColumns(o *order.Order, ring *seal.Ring) columns {
	secret := func(column string, v any) sealed {
		return sealed{ring: ring, table: "port_order", column: column, uid: &o.UID, v: v}
	}
	// What is searched by only: written, and not read back.
	folded := strings.ToLower(o.Reference)
	var focDate bizday.Date
	if o.FOC != nil {
		focDate = o.FOC.Date
	}
	return columns{
		{"uid", fixed{o.UID[:]}},
		{"account_id", &o.AccountID}, {"upload_id", &o.UploadID}, {"version", &o.Version}, {"status", &o.Status},
		{"carrier_id", &o.Carrier.ID}, {"carrier_name", &o.Carrier.Name}, {"carrier_gateway", &o.Carrier.Gateway},
		{"country", &o.Country}, {"number_type", &o.NumberType}, {"line_type", &o.LineType},
		{"losing", asJSON{&o.Losing}}, {"losing_id", &o.Losing.ID},
		{"reason", asJSON{&o.Reason}}, {"number_count", &o.NumberCount},
		{"quote", asJSON{&o.Quote}}, {"pinned", &o.Pinned},
		{"confirmation_sealed", secret("confirmation_sealed", &o.Confirmation)},
		{"reference", &o.Reference}, {"reference_folded", &folded}, {"requested_foc", text{&o.RequestedFOC}},
		{"pon", &o.PON}, {"pon_version", &o.PONVersion}, {"answer_due", instant{&o.AnswerDue}},
		{"foc", asJSON{&o.FOC}}, {"foc_date", text{&focDate}},
		{"reject_sealed", secret("reject_sealed", &o.Reject)},
		{"cancel_reason_sealed", secret("cancel_reason_sealed", &o.CancelReason)},
		{"sequence", &o.Sequence},
		{"created", instant{&o.Created}}, {"submitted", instant{&o.Submitted}}, {"completed", instant{&o.Completed}}, {"updated", instant{&o.Updated}},
	}
}

func orders(t *Tx, where string, args ...any) ([]order.Order, error) {
	return all(t, `SELECT id, `+orderColumns(&order.Order{}, nil).names()+` FROM port_order WHERE `+where, args, func(o *order.Order) []any {
		return append([]any{&o.ID}, orderColumns(o, t.ring).values()...)
	})
}

// InsertOrder implements porting.Tx.
func (t *Tx) InsertOrder(o *order.Order, numbers []order.Number) error {
	o.Version = 1
	err := orderColumns(o, t.ring).insert(t, "port_order", &o.ID)
	if err != nil {
		return err
	}
	err = t.insertNumbers(o, numbers)
	if db.UniqueViolation(err, "order_number", "account_id", "did") {
		return porting.ErrTaken
	}
	return err
}

// Order implements porting.Tx.
func (t *Tx) Order(accountID, id int64) (*order.Order, error) {
	return one(orders(t, `account_id = $1 AND id = $2`, accountID, id))
}

// AnyOrder implements porting.Tx.
func (t *Tx) AnyOrder(id int64) (*order.Order, error) { return one(orders(t, `id = $1`, id)) }

// UploadOrders implements porting.Tx.
func (t *Tx) UploadOrders(accountID, uploadID int64) ([]order.Order, error) {
	return orders(t, `account_id = $1 AND upload_id = $2 ORDER BY id`, accountID, uploadID)
}

// SaveOrder implements porting.Tx.
func (t *Tx) SaveOrder(o *order.Order) error {
	was := o.Version
	o.Version++
	cs := orderColumns(o, t.ring)
	n := len(cs)
	res, err := t.Exec(fmt.Sprintf(`UPDATE port_order SET %s WHERE id = $%d AND version = $%d`, cs.sets(), n+1, n+2), append(cs.values(), o.ID, was)...)
	err = changed(res, err, porting.ErrMoved)
	if err != nil {
		o.Version = was
		return err
	}
	if !o.Status.Final() {
		return nil
	}
	_, err = t.Exec(`UPDATE order_number SET held = FALSE WHERE order_id = $1 AND held`, o.ID)
	return err
}

// DeleteOrder implements porting.Tx.
func (t *Tx) DeleteOrder(o *order.Order) error {
	res, err := t.Exec(`DELETE FROM port_order WHERE id = $1 AND version = $2`, o.ID, o.Version)
	return changed(res, err, porting.ErrMoved)
}

// ListOrders implements porting.Tx.
func (t *Tx) ListOrders(f porting.Filter) (page []order.Order, more bool, err error) {
	w := selection(f)
	// Which orders are on the page is found in an index that has all that they
	// are selected by; only those are then read in full.
	page, err = orders(t, fmt.Sprintf(`id IN (SELECT id FROM port_order WHERE %s ORDER BY id DESC LIMIT %d OFFSET %d) ORDER BY id DESC`,
		w.text(), f.Rows+1, f.Skip), w.args...)
	if err != nil || len(page) <= f.Rows {
		return page, false, err
	}
	return page[:f.Rows], true, nil
}

// conditions is a WHERE clause that grows.
type conditions struct {
	parts []string
	args  []any
}

// add takes a condition in which ? stands for its arguments.
func (c *conditions) add(condition string, args ...any) {
	for _, a := range args {
		c.args = append(c.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(c.args)), 1)
	}
	c.parts = append(c.parts, condition)
}

func (c *conditions) text() string {
	if len(c.parts) == 0 {
		return "TRUE"
	}
	return strings.Join(c.parts, " AND ")
}

// needsCustomer are the statuses in which the customer must act.
var needsCustomer = func() []order.Status {
	var out []order.Status
	for _, s := range order.Statuses {
		next := (&order.Order{Status: s}).Next(order.DefaultLimits)
		if next != nil && next.Who == order.Customer {
			out = append(out, s)
		}
	}
	return out
}()

func selection(f porting.Filter) *conditions {
	w := &conditions{}
	if f.AccountID != 0 {
		w.add(`account_id = ?`, f.AccountID)
	}
	if f.Before != 0 {
		w.add(`id < ?`, f.Before)
	}
	w.addStatuses(f.Statuses)
	if f.NeedsAction {
		w.addStatuses(needsCustomer)
	}
	if f.Number != 0 {
		w.add(`id IN (SELECT order_id FROM order_number WHERE did = ?)`, f.Number)
	}
	if f.CarrierID != 0 {
		w.add(`carrier_id = ?`, f.CarrierID)
	}
	if f.UploadID != 0 {
		w.add(`upload_id = ?`, f.UploadID)
	}
	for _, c := range []struct{ condition, value string }{
		{`losing_id = ?`, f.LosingID}, {`number_type = ?`, f.NumberType}, {`reference <> '' AND reference = ?`, f.Reference},
		{`foc_date >= ?`, f.FOCFrom}, {`foc_date <> '' AND foc_date <= ?`, f.FOCTo},
	} {
		if c.value != "" {
			w.add(c.condition, c.value)
		}
	}
	if !f.CreatedFrom.IsZero() {
		w.add(`created >= ?`, at(f.CreatedFrom))
	}
	if !f.CreatedTo.IsZero() {
		w.add(`created < ?`, at(f.CreatedTo))
	}
	w.addQuery(strings.TrimSpace(f.Query), f.AccountID)
	return w
}

func (c *conditions) addStatuses(statuses []order.Status) {
	if len(statuses) == 0 {
		return
	}
	args := make([]any, len(statuses))
	for i, s := range statuses {
		args[i] = string(s)
	}
	c.add(`status IN (?`+strings.Repeat(`, ?`, len(args)-1)+`)`, args...)
}

// likeSigns are what LIKE reads as a pattern.
var likeSigns = strings.NewReplacer(`!`, `!!`, `%`, `!%`, `_`, `!_`)

// partOfDID is how many of a DID's digits a search for a part of one needs.
const (
	didDigits = 10
	partOfDID = 3
)

// addQuery looks in all places where the text may stand. Each is a query of its
// own, so that each has its index.
func (c *conditions) addQuery(q string, accountID int64) {
	if q == "" {
		return
	}
	var places []string
	var args []any
	look := func(place string, what ...any) {
		places, args = append(places, place), append(args, what...)
	}
	look(`SELECT id FROM port_order WHERE pon <> '' AND pon = ?`, strings.ToUpper(q))
	reference := "%" + likeSigns.Replace(strings.ToLower(q)) + "%"
	if accountID == 0 {
		look(`SELECT id FROM port_order WHERE reference_folded <> '' AND reference_folded LIKE ? ESCAPE '!'`, reference)
	} else {
		look(`SELECT id FROM port_order WHERE account_id = ? AND reference_folded <> '' AND reference_folded LIKE ? ESCAPE '!'`, accountID, reference)
	}
	digits := digitsOf(q)
	switch {
	case len(digits) == didDigits:
		look(`SELECT order_id FROM order_number WHERE did = CAST(? AS BIGINT)`, digits)
	case len(digits) >= partOfDID && len(digits) < didDigits:
		look(`SELECT order_id FROM order_number WHERE CAST(did AS TEXT) LIKE ?`, "%"+digits+"%")
	}
	id, err := strconv.ParseInt(q, 10, 64)
	if err == nil {
		look(`SELECT id FROM port_order WHERE id = ?`, id)
	}
	c.add(`id IN (`+strings.Join(places, ` UNION ALL `)+`)`, args...)
}

// digitsOf returns the digits of what may be a DID or a part of one, without
// the country code; "" of everything else.
func digitsOf(q string) string {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune("()+-. ", r) {
			return -1
		}
		return r
	}, q)
	if strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	if len(digits) == didDigits+1 {
		digits = strings.TrimPrefix(digits, "1")
	}
	return digits
}
