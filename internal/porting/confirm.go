package porting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/document"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
)

// Confirm takes the subscriber's details and the date asked for, checks them
// by the rules of the order's port type, all faults at once, and stores the
// intent to submit the order, which a worker then carries out. Confirming a
// rejected order is the resubmission. The same confirmation again is no second
// submission.
func (s *Service) Confirm(ctx context.Context, c Call, id int64, in ConfirmBody) (*View, error) {
	if in.DryRun {
		return s.confirmDry(ctx, c, id, in)
	}
	return do(ctx, s, c, func(tx Tx) (*View, error) { return s.confirm(tx, c, id, in) })
}

// errDry undoes what a dry run did.
var errDry = errors.New("dry run")

// confirmDry does all that a confirmation does, and undoes it. It returns the
// order as it stands, with the warnings that the confirmation would have.
func (s *Service) confirmDry(ctx context.Context, c Call, id int64, in ConfirmBody) (*View, error) {
	var v *View
	err := s.Store.Update(ctx, func(tx Tx) error {
		var err error
		v, err = s.rehearse(tx, c, id, in)
		return err
	})
	return v, err
}

// rehearse confirms an order and undoes it.
func (s *Service) rehearse(tx Tx, c Call, id int64, in ConfirmBody) (*View, error) {
	var warnings []Warning
	err := tx.Nested(func() error {
		v, err := s.confirm(tx, c, id, in)
		if err != nil {
			return err
		}
		warnings = v.Warnings
		return errDry
	})
	if !errors.Is(err, errDry) {
		return nil, err
	}
	o, err := tx.Order(c.Principal.AccountID, id)
	if err != nil {
		return nil, err
	}
	v, err := s.view(tx, o)
	if err != nil {
		return nil, err
	}
	v.Warnings = warnings
	return v, nil
}

// GroupResult is what a group confirmation did with one order.
type GroupResult struct {
	OrderID int64
	View    *View // nil when Err is set
	Err     error
}

// ConfirmGroup confirms all orders of an upload with one body, and an override
// for those that need their own values. Each order is confirmed for itself:
// one that is refused holds none of the others back.
func (s *Service) ConfirmGroup(ctx context.Context, c Call, uploadID int64, common ConfirmBody, overrides map[int64]ConfirmBody) ([]GroupResult, error) {
	return do(ctx, s, c, func(tx Tx) ([]GroupResult, error) {
		u, err := tx.Upload(c.Principal.AccountID, uploadID)
		if err != nil {
			return nil, err
		}
		orders, err := tx.UploadOrders(u.AccountID, u.ID)
		if err != nil {
			return nil, err
		}
		for id := range overrides {
			if !slices.ContainsFunc(orders, func(o order.Order) bool { return o.ID == id }) {
				return nil, fault.OneField(fmt.Sprintf("overrides.%d", id), fault.CodeInvalidValue, "", "order %d is not of this upload", id)
			}
		}
		results := make([]GroupResult, 0, len(orders))
		for i := range orders {
			r := GroupResult{OrderID: orders[i].ID}
			in := common.with(overrides[r.OrderID])
			if common.DryRun {
				r.View, err = s.rehearse(tx, c, r.OrderID, in)
			} else {
				err = tx.Nested(func() error {
					var err error
					r.View, err = s.confirm(tx, c, r.OrderID, in)
					return err
				})
			}
			if err != nil {
				// One that is being planned again may be confirmed in a moment.
				if !kept(err) && !fault.Is(err, fault.Conflict) {
					return nil, err
				}
				r.View, r.Err = nil, err
			}
			results = append(results, r)
		}
		return results, nil
	})
}

// with lays an override over the common body.
func (b ConfirmBody) with(over ConfirmBody) ConfirmBody {
	out := b
	out.Version, out.QuoteID, out.ExpectedTotal = over.Version, over.QuoteID, over.ExpectedTotal
	out.Fields = make(map[string]json.RawMessage, len(b.Fields)+len(over.Fields))
	for k, v := range b.Fields {
		out.Fields[k] = v
	}
	for k, v := range over.Fields {
		out.Fields[k] = v
	}
	return out
}

// confirm is the use case within its transaction.
func (s *Service) confirm(tx Tx, c Call, id int64, in ConfirmBody) (*View, error) {
	c.Version = in.Version
	o, err := tx.Order(c.Principal.AccountID, id)
	if err != nil {
		return nil, err
	}
	numbers, err := tx.Numbers(o.ID)
	if err != nil {
		return nil, err
	}
	in.Fields = withoutKeptDate(o, in.Fields)
	merged, kept, faults := o.Confirmation.Merge(in.Fields, numbersOf(numbers))
	unchanged := len(faults) == 0 && merged.Same(o.Confirmation)
	if unchanged && o.PONVersion > 0 && o.Status != order.Rejected && o.Status != order.Canceled && o.Status != order.CancelPending {
		return s.view(tx, o)
	}
	_, err = open(tx, c, id, order.DoConfirm)
	if err != nil {
		return nil, submittedAlready(err, o)
	}
	err = s.settled(tx, o)
	if err != nil {
		return nil, err
	}
	warnings := keptWarnings(kept)
	moved, err := s.applyConfirmation(tx, o, numbers, merged, faults, in)
	if err != nil {
		return nil, err
	}
	if moved != nil {
		warnings = append(warnings, *moved)
	}
	dated := moved != nil && o.Reject != nil && slices.Contains(o.Reject.Fields, "requested_foc_date")
	if unchanged && !dated && c.Version == 0 && o.Status == order.Rejected && o.Reject != nil && o.Reject.Path == lnp.PathCorrect {
		files, err := tx.Files(o.ID)
		if err != nil {
			return nil, err
		}
		if !correctedBy(files, o.Reject) {
			return nil, unchangedFault(o)
		}
	}
	err = s.claim(tx, o, numbers)
	if err != nil {
		return nil, err
	}
	err = s.submit(tx, o, c.act())
	if err != nil {
		return nil, err
	}
	v, err := s.view(tx, o)
	if err != nil {
		return nil, err
	}
	v.Warnings = warnings
	return v, nil
}

// withoutKeptDate leaves out a date that is the one we answered: a customer who
// reads an order, edits it and sends it back did not ask for it.
func withoutKeptDate(o *order.Order, fields map[string]json.RawMessage) map[string]json.RawMessage {
	if o.RequestedFOC.IsZero() || string(fields["requested_foc_date"]) != strconv.Quote(o.RequestedFOC.String()) {
		return fields
	}
	fields = maps.Clone(fields)
	delete(fields, "requested_foc_date")
	return fields
}

// numbersOf returns the numbers of an order, the removed ones too.
func numbersOf(numbers []order.Number) []nanp.Number {
	out := make([]nanp.Number, len(numbers))
	for i, n := range numbers {
		out[i] = n.Facts.Number
	}
	return out
}

// present returns the numbers that are still in the order.
func present(numbers []order.Number) []nanp.Number {
	out := make([]nanp.Number, 0, len(numbers))
	for _, n := range numbers {
		if n.Status != order.NumberRemoved {
			out = append(out, n.Facts.Number)
		}
	}
	return out
}

// moving returns the numbers whose port is not over.
func moving(numbers []order.Number) []nanp.Number {
	out := make([]nanp.Number, 0, len(numbers))
	for _, n := range numbers {
		if !n.Status.Final() {
			out = append(out, n.Facts.Number)
		}
	}
	return out
}

// applyConfirmation checks a merged confirmation and puts it into the order,
// with the price and the date. All faults come at once. moved tells that a
// date which is no longer possible was moved.
func (s *Service) applyConfirmation(tx Tx, o *order.Order, numbers []order.Number, merged order.Confirmation, faults []fault.Field, in ConfirmBody) (moved *Warning, err error) {
	if gone := merged.Removed(); len(gone) > 0 {
		left := slices.DeleteFunc(moving(numbers), func(n nanp.Number) bool { return slices.Contains(gone, n) })
		if len(left) == 0 {
			faults = append(faults, fault.Field{Field: "tns", Code: fault.CodeSplitEverything, Message: "a confirmation cannot remove every number", Hint: "delete or cancel the order instead"})
		} else {
			err = s.remove(tx, o, numbers, gone)
			if err != nil {
				return nil, err
			}
		}
	}
	files, err := tx.Files(o.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return nil, err
	}
	before := o.Confirmation
	o.Confirmation = merged
	pt, _ := portType(o, numbers)
	if g := m.carrier(o.Carrier.ID); g != nil && pt != lnp.TollFreePort && merged.Flag("partial_port") && !g.Capabilities.PartialPorts {
		faults = append(faults, fault.Field{Field: "partial_port", Code: fault.CodeCarrierCannot, Message: g.Name + " takes whole accounts only", Hint: fault.Explain(fault.CodeCarrierCannot).Fix})
	}
	for _, f := range checkRequirements(o, pt, numbers, s.requirements(o, pt, numbers, m), files, bizday.DateOf(tx.Now(), nil)) {
		// A value that was sent and is wrong is not missing as well.
		if !slices.ContainsFunc(faults, func(g fault.Field) bool { return g.Field == f.Field }) {
			faults = append(faults, f)
		}
	}
	_, sent := in.Fields["requested_foc_date"]
	asked := merged.Text("requested_foc_date")
	d := s.dates(o, pt, numbers, m, tx.Now())
	held := asked == "" && !sent && !o.RequestedFOC.IsZero() // the date that we chose before
	if held {
		asked = o.RequestedFOC.String()
	}
	switch {
	case asked == "":
		o.RequestedFOC = d.Earliest
	default:
		date, wrong := d.check(asked)
		stale := wrong != nil && !sent && (held || before.Text("requested_foc_date") == asked)
		switch {
		case stale:
			moved = &Warning{Field: "requested_foc_date", Code: wrong.Code, Message: fmt.Sprintf("%s is no longer possible; the date asked for is now %s", asked, d.Earliest)}
			o.RequestedFOC = d.Earliest
			if !held {
				o.Confirmation.Fields["requested_foc_date"] = d.Earliest.String()
			}
		case wrong != nil:
			wrong.Hint = fmt.Sprintf("GET /account/%d/port-in/%d/foc-dates lists the dates that can be asked for", o.AccountID, o.ID)
			faults = append(faults, *wrong)
		default:
			o.RequestedFOC = date
		}
	}
	err = fault.Fields(faults)
	if err != nil {
		return nil, err
	}
	if ref := merged.Text("customer_reference"); ref != "" || before.Text("customer_reference") != "" {
		o.Reference = ref
	}
	return moved, s.holdPrice(tx, o, numbers, m, in)
}

// remove takes numbers out of an order and prices the rest.
func (s *Service) remove(tx Tx, o *order.Order, numbers []order.Number, gone []nanp.Number) error {
	changed := false
	for i := range numbers {
		if slices.Contains(gone, numbers[i].Facts.Number) && !numbers[i].Status.Final() {
			numbers[i].Status, changed = order.NumberRemoved, true
		}
	}
	if !changed {
		return nil
	}
	err := tx.SetNumbers(o.ID, order.NumberRemoved, "removed by the customer", gone)
	if err != nil || o.Pinned {
		return err
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return err
	}
	s.price(tx, o, numbers, m.prices(o.AccountID, tx.Now()))
	return tx.SetFees(o.ID, numbers)
}

// holdPrice applies the rules of api.md §3: the quote that the customer names
// must be the one that holds; a quote that ran out is renewed, and goes on
// unless it became dearer.
func (s *Service) holdPrice(tx Tx, o *order.Order, numbers []order.Number, m *market, in ConfirmBody) error {
	if o.Pinned {
		return nil
	}
	if !tx.Now().Before(o.Quote.Expires) {
		old := o.Quote
		fresh := *o
		if !s.price(tx, &fresh, numbers, m.prices(o.AccountID, tx.Now())) {
			return unpriced(o)
		}
		// expected_total is compared below, with the new total.
		if fresh.Quote.Total.Cmp(old.Total) > 0 && in.QuoteID != fresh.Quote.ID && in.ExpectedTotal == "" {
			return s.dearer(o, fresh.Quote)
		}
		o.Quote = fresh.Quote
		err := tx.SetFees(o.ID, numbers)
		if err != nil {
			return err
		}
		if in.QuoteID == old.ID {
			in.QuoteID = ""
		}
	}
	// A quote of an earlier release does not say what it was computed from.
	if b := o.Quote.Basis; o.Carrier.ID != 0 && b.Rounding != "" && b.Priced() < len(present(numbers)) {
		return unpriced(o)
	}
	if in.QuoteID != "" && in.QuoteID != o.Quote.ID {
		return fault.OneField("quote_id", fault.CodeQuoteUnknown, "read the price again with GET .../upload/dids", "quote_id is not this order's quote")
	}
	if in.ExpectedTotal != "" {
		want, err := pricing.Parse(in.ExpectedTotal)
		if err != nil {
			return fault.OneField("expected_total", fault.CodeInvalidValue, "", "expected_total is not an amount of money")
		}
		if want.Cmp(o.Quote.Total) < 0 {
			return s.dearer(o, o.Quote)
		}
	}
	o.Pinned = true
	return nil
}

// unpriced refuses a confirmation of numbers that would cost nothing since the
// carrier has no price for them any more.
func unpriced(o *order.Order) error {
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeCarrierCannot, Message: o.Carrier.Name + " has no price for some of these numbers any more",
		Hint: "choose another carrier; the check call names those that take the numbers", Extra: stateOf(o),
	}
}

// dearer refuses a confirmation since it would cost more than the customer
// was told.
func (s *Service) dearer(o *order.Order, q pricing.Quote) error {
	extra := stateOf(o)
	extra["quote"] = q
	return &fault.Error{
		Kind: fault.Conflict, Code: fault.CodeQuoteChanged,
		Message: fmt.Sprintf("the total is now %s %s", q.Total, q.Currency),
		Hint:    "confirm with expected_total set to the new total",
		Extra:   extra,
	}
}

// claim takes the order's numbers over all accounts.
func (s *Service) claim(tx Tx, o *order.Order, numbers []order.Number) error {
	taken, err := tx.Claim(o.ID, present(numbers))
	if err != nil {
		return err
	}
	var faults []fault.Field
	for _, n := range taken {
		i := slices.IndexFunc(numbers, func(m order.Number) bool { return m.Facts.Number == n })
		faults = append(faults, fault.Field{
			Field: fmt.Sprintf("tns[%d].did", i), Code: fault.CodeNotAvailable, Message: n.String() + " cannot be ordered at the moment",
			Hint: "split it off, or ask the porting desk with a comment",
		})
	}
	return fault.Fields(faults)
}

// submit stores the intent: the next version of the request, to be sent now.
// An order without a carrier waits for the desk to choose one, and one of a
// carrier without an adapter for the desk to hand it over.
func (s *Service) submit(tx Tx, o *order.Order, act act) error {
	o.PON = order.PONOf(o.ID)
	o.PONVersion++
	o.Submitted = tx.Now()
	o.Reject, o.FOC = nil, nil
	err := storeRequest(tx, o)
	if err != nil {
		return err
	}
	err = tx.ClearDue(o.ID, order.DueExpire)
	if err != nil {
		return err
	}
	if o.Carrier.Gateway != "" {
		err = schedule(tx, order.Due{OrderID: o.ID, Kind: order.DueSend, At: tx.Now(), Reason: "hand the order to the carrier"})
		if err != nil {
			return err
		}
	}
	err = s.move(tx, o, order.Confirm, act, map[string]any{"pon": o.PON, "pon_version": o.PONVersion, "requested_foc_date": o.RequestedFOC})
	if err != nil {
		return err
	}
	return save(tx, o)
}

// storeRequest stores the request of the order's version. One of this version
// may have been withdrawn, which no carrier has seen.
func storeRequest(tx Tx, o *order.Order) error {
	sub, err := tx.LastSubmission(o.ID, order.SendRequest)
	if err != nil {
		return err
	}
	if sub != nil && sub.Version == o.PONVersion {
		sub.State = order.SubmissionReady
		return tx.SaveSubmission(sub, order.SubmissionWithdrawn)
	}
	return tx.InsertSubmission(&order.Submission{OrderID: o.ID, Kind: order.SendRequest, Version: o.PONVersion, State: order.SubmissionReady, Created: tx.Now()})
}

// submittedAlready says of a confirmation that came too late what can be done
// instead.
func submittedAlready(err error, o *order.Order) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Code != fault.CodeState {
		return err
	}
	if o.PONVersion == 0 {
		return err
	}
	e.Code = fault.CodeAlreadySubmitted
	e.Hint = "what was submitted is changed by a supplement, by a correction when the carrier rejects it, or by cancel and a new order"
	return e
}

// correctedBy reports whether a document that a reject names has come since.
func correctedBy(files []order.File, r *order.Rejection) bool {
	return slices.ContainsFunc(files, func(f order.File) bool {
		return f.Current() && !f.Uploaded.Before(r.At) && slices.Contains(r.Fields, "documents."+string(f.Kind))
	})
}

func unchangedFault(o *order.Order) error {
	var faults []fault.Field
	for _, name := range o.Reject.Fields {
		faults = append(faults, fault.Field{
			Field: name, Code: fault.CodeUnchanged, Message: "the carrier rejected the order because of " + name + ", and it is unchanged",
			Hint: "correct it; or, when the mistake was the carrier's, send version to resubmit the order as it is",
		})
	}
	return fault.Fields(faults)
}

func keptWarnings(kept []order.Kept) []Warning {
	var out []Warning
	for _, k := range kept {
		out = append(out, Warning{Field: k.Field, Code: fault.CodeUnknownField, Message: "the field is not known; it was kept with the order and not sent"})
	}
	return out
}

// checkRequirements reports every required field and document that is missing
// or wrong.
func checkRequirements(o *order.Order, pt lnp.PortType, numbers []order.Number, reqs []lnp.Requirement, files []order.File, today bizday.Date) []fault.Field {
	faults := lnp.CheckAll(pt, reqs, lnp.Answers{
		Fields:  o.Confirmation.Fields,
		Numbers: o.Confirmation.Numbers,
		Porting: present(numbers),
	})
	for _, r := range reqs {
		if r.Document == "" {
			continue
		}
		faults = append(faults, checkDocument(r, files, today)...)
	}
	return faults
}

func checkDocument(r lnp.Requirement, files []order.File, today bizday.Date) []fault.Field {
	for _, f := range files {
		if f.Kind == r.Document && f.Current() {
			return document.Meets(r.Rule(), document.Info{ContentType: f.ContentType, Size: f.Size}, f.DocumentDate, today)
		}
	}
	if !r.Required {
		return nil
	}
	return []fault.Field{{
		Field: "documents." + string(r.Document), Code: fault.CodeDocumentMissing, Message: r.Why,
		Hint: "POST .../upload/files/" + string(r.Document),
	}}
}
