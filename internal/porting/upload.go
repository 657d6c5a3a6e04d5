package porting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/seal"
)

// UploadIn is a list of numbers to be ported.
type UploadIn struct {
	Numbers       *intake.Result
	Strict        bool   // any bad number refuses the whole upload
	DryRun        bool   // says what would be done
	Reference     string // the customer's own, for every order
	LosingCarrier string // as the customer knows it; "" when not said
}

// UploadOut is what an upload has become. Of a dry run the ids are 0.
type UploadOut struct {
	UploadID int64
	Orders   []order.Order
	Cautions [][]Warning // of each order: what is special about who loses its numbers
	Accepted int
	Rejected []intake.Rejected
}

// referenceMax is the length of a customer reference, in characters.
const referenceMax = 100

// Upload makes orders of numbers, all of them or none: one for each split key
// (api.md §1), priced. Numbers that cannot be taken are reported; the others
// go on. The same set of numbers again, while nothing was done with its
// orders, gets the same answer.
func (s *Service) Upload(ctx context.Context, c Call, in UploadIn) (UploadOut, error) {
	leave, err := s.room.enter(ctx, len(in.Numbers.Numbers))
	if err != nil {
		return UploadOut{}, err
	}
	defer leave()
	known, err := s.know(ctx, in.Numbers)
	if err != nil {
		return UploadOut{}, err
	}
	var out UploadOut
	for range attempts {
		p, err := s.plan(ctx, c, in, known)
		if err != nil {
			return UploadOut{}, err
		}
		out, err = do(ctx, s, c, func(tx Tx) (UploadOut, error) { return s.place(tx, c, in, p) })
		if !errors.Is(err, ErrTaken) && !errors.Is(err, errMarket) {
			return out, err
		}
	}
	return UploadOut{}, &fault.Error{Kind: fault.Unavailable, Code: fault.CodeBusy, Message: "these numbers are being ordered by other calls; try again", RetryAfter: time.Second}
}

// known is what the numbers themselves tell, whoever asks.
type known struct {
	places   []intake.Accepted // the numbers that can be ported, as far as is known
	facts    []numbering.Facts // theirs
	rejected []intake.Rejected // the others
}

// know asks who serves the numbers, and rejects those that nobody ports.
func (s *Service) know(ctx context.Context, in *intake.Result) (*known, error) {
	numbers := make([]nanp.Number, len(in.Numbers))
	for i, a := range in.Numbers {
		numbers[i] = a.Number
	}
	facts, err := s.Facts.Lookup(ctx, numbers)
	if err != nil {
		return nil, err
	}
	k := &known{places: make([]intake.Accepted, 0, len(facts)), facts: facts[:0], rejected: slices.Clone(in.Rejected)}
	for i := range facts {
		if code := facts[i].Refusal; code != "" {
			k.rejected = append(k.rejected, intake.Reject(in.Numbers[i], code))
			continue
		}
		k.places, k.facts = append(k.places, in.Numbers[i]), append(k.facts, facts[i])
	}
	return k, nil
}

// plan is what an upload will become, if nothing changes meanwhile.
type plan struct {
	repeated *UploadOut // an earlier upload of the same numbers
	places   []intake.Accepted
	facts    []numbering.Facts
	routes   routing.Result
	prices   pricing.Prices
	rejected []intake.Rejected
	market   *market // that it is made for
}

// errMarket: carriers or prices were changed since the plan was made.
var errMarket = errors.New("the market has changed")

// plan decides outside the write transaction, since a hundred thousand
// numbers take their time; the database's unique index has the last word.
func (s *Service) plan(ctx context.Context, c Call, in UploadIn, k *known) (*plan, error) {
	p := &plan{rejected: slices.Clone(k.rejected)}
	account := c.Principal.AccountID
	err := s.Store.View(ctx, func(tx Tx) error {
		again, err := tx.Repeated(account, in.Numbers.Fingerprint())
		if err == nil {
			p.repeated, err = s.repeated(tx, again)
			return err
		}
		if !fault.Is(err, fault.NotFound) {
			return err
		}
		numbers := make([]nanp.Number, len(k.places))
		for i, a := range k.places {
			numbers[i] = a.Number
		}
		held, err := tx.InOpenOrders(account, numbers)
		if err != nil {
			return err
		}
		owned, err := tx.Owned(account, numbers)
		if err != nil {
			return err
		}
		if len(held)+len(owned) == 0 {
			p.places, p.facts = k.places, k.facts // route works on its own
			return s.route(tx, p, account, in.LosingCarrier)
		}
		for i, a := range k.places {
			switch id, inOrder := held[a.Number]; {
			case inOrder:
				r := intake.Reject(a, fault.CodeAlreadyInOrder)
				r.OrderID = id
				r.Message = fmt.Sprintf("%s is in order %d", a.Number, id)
				p.rejected = append(p.rejected, r)
			case owned[a.Number]:
				p.rejected = append(p.rejected, intake.Reject(a, fault.CodeAlreadyYours))
			default:
				p.places = append(p.places, a)
				p.facts = append(p.facts, k.facts[i])
			}
		}
		return s.route(tx, p, account, in.LosingCarrier)
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(p.rejected, func(a, b intake.Rejected) int { return byPlace(a.Place, b.Place) })
	return p, nil
}

// route chooses the gaining carriers and splits.
func (s *Service) route(tx Tx, p *plan, account int64, losing string) error {
	m, err := s.openMarket(tx)
	if err != nil {
		return err
	}
	p.market = m
	p.places, p.facts = slices.Clone(p.places), slices.Clone(p.facts)
	s.declare(m, p.facts, losing)
	s.dropLost(m, p, tx.Now())
	p.prices = m.prices(account, tx.Now())
	p.routes = routing.Plan(s.planning(m, account, p.facts, p.prices, s.AllowUnassigned))
	for _, r := range p.routes.Refused {
		bad := intake.Reject(p.places[r.Index], r.Code)
		p.rejected = append(p.rejected, bad)
	}
	return nil
}

// planning asks for a plan by the operator's settings.
func (s *Service) planning(m *market, account int64, facts []numbering.Facts, prices pricing.Prices, unassigned bool) routing.Request {
	return routing.Request{
		AccountID: account, Facts: facts, Carriers: m.carriers, Prices: prices, AllowUnassigned: unassigned,
		Tolerance: s.Routing.Tolerance, Months: s.Routing.Months,
	}
}

// repeated reads what an earlier upload was answered.
func (s *Service) repeated(tx Tx, u *Upload) (*UploadOut, error) {
	orders, err := tx.UploadOrders(u.AccountID, u.ID)
	if err != nil {
		return nil, err
	}
	rejected, err := tx.Rejected(u.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return nil, err
	}
	out := &UploadOut{UploadID: u.ID, Orders: orders, Accepted: u.Accepted, Rejected: rejected}
	for _, o := range orders {
		numbers, err := tx.Numbers(o.ID)
		if err != nil {
			return nil, err
		}
		out.Cautions = append(out.Cautions, s.cautions(m, factsOf(numbers), tx.Now()))
	}
	return out, nil
}

// place writes the planned orders.
func (s *Service) place(tx Tx, c Call, in UploadIn, p *plan) (UploadOut, error) {
	if p.repeated != nil {
		return *p.repeated, nil
	}
	reference, err := checkReference(in.Reference)
	if err != nil {
		return UploadOut{}, err
	}
	err = refuse(in, p)
	if err != nil {
		return UploadOut{}, err
	}
	// Who changes it finds these orders, and looks at them again.
	version, err := tx.HoldMarket()
	if err != nil {
		return UploadOut{}, err
	}
	if version != p.market.version {
		return UploadOut{}, errMarket
	}
	out := UploadOut{Rejected: p.rejected}
	u := Upload{AccountID: c.Principal.AccountID, Fingerprint: in.Numbers.Fingerprint(), Rejected: p.rejected, Created: tx.Now()}
	for _, g := range p.routes.Groups {
		u.Accepted += len(g.Members)
	}
	out.Accepted = u.Accepted
	if !in.DryRun {
		err = tx.InsertUpload(&u)
		if err != nil {
			return UploadOut{}, err
		}
		out.UploadID = u.ID
		err = s.audit(tx, c.act(), "uploaded", "upload/"+target(u.ID), map[string]any{"accepted": u.Accepted, "rejected": len(p.rejected)})
		if err != nil {
			return UploadOut{}, err
		}
	}
	for _, g := range p.routes.Groups {
		o, numbers := s.draft(tx, c, p, g)
		o.UploadID, o.Reference = u.ID, reference
		if reference != "" {
			o.Confirmation.Fields = map[string]any{"customer_reference": reference}
		}
		if !in.DryRun {
			err = s.insert(tx, c.act(), &o, numbers)
			if err != nil {
				return UploadOut{}, err
			}
		}
		out.Orders = append(out.Orders, o)
		out.Cautions = append(out.Cautions, s.cautions(p.market, factsOf(numbers), tx.Now()))
	}
	return out, nil
}

// insert stores a new order, with its first event and its end as a draft.
func (s *Service) insert(tx Tx, act act, o *order.Order, numbers []order.Number) error {
	o.Sequence = 1
	err := tx.InsertOrder(o, numbers)
	if err != nil {
		return err
	}
	data := map[string]any{"status": o.Status, "did_count": o.NumberCount, "upload_id": o.UploadID}
	err = tx.AddEntry(&order.Entry{OrderID: o.ID, Sequence: o.Sequence, At: tx.Now(), Type: order.EntryCreated, By: act.by, Data: data})
	if err != nil {
		return err
	}
	err = s.audit(tx, act, string(order.EntryCreated), "order/"+target(o.ID), data)
	if err != nil {
		return err
	}
	return tx.SetDue(order.Due{OrderID: o.ID, Kind: order.DueExpire, At: o.Created.Add(s.Limits.Draft), Reason: "the order was not confirmed in time"})
}

// byPlace orders places as they stand in the upload.
func byPlace(a, b intake.Place) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Index, b.Index))
}

// refuse says no to an upload in which nothing is good, or with strict
// something is bad.
func refuse(in UploadIn, p *plan) error {
	if len(p.routes.Groups) == 0 {
		e := fault.New(fault.Invalid, fault.CodeNoNumbers, "there is no number that can be ported")
		e.Fields = rejectedFields(p.rejected)
		e.Extra = map[string]any{"rejected": p.rejected}
		return e
	}
	if !in.Strict {
		return nil
	}
	bad := slices.DeleteFunc(slices.Clone(p.rejected), func(r intake.Rejected) bool { return r.Code == fault.CodeDuplicate })
	if len(bad) == 0 {
		return nil
	}
	e := fault.New(fault.Invalid, fault.CodeStrict, "%d of the numbers cannot be taken, and strict was asked for; no order was made", len(bad))
	e.Fields = rejectedFields(bad)
	e.Extra = map[string]any{"rejected": bad}
	return e
}

// fieldsTold is how many rejected numbers stand in errors[] of a refused
// upload; rejected has them all.
const fieldsTold = 100

func rejectedFields(rejected []intake.Rejected) []fault.Field {
	var out []fault.Field
	for _, r := range rejected[:min(len(rejected), fieldsTold)] {
		out = append(out, fault.Field{Field: r.Place.String(), Code: r.Code, Message: r.Message, Hint: r.Fix})
	}
	return out
}

// draft makes a new order of a group, with its quote.
func (s *Service) draft(tx Tx, c Call, p *plan, g routing.Group) (order.Order, []order.Number) {
	facts := make([]numbering.Facts, len(g.Members))
	for i, m := range g.Members {
		facts[i] = p.facts[m]
	}
	o := order.Order{
		UID: seal.NewUID(), AccountID: c.Principal.AccountID, Version: 1, Status: order.Created,
		Country: g.Key.Country, NumberType: g.Key.NumberType, Reason: g.Reason,
		NumberCount: len(facts), Created: tx.Now(), Updated: tx.Now(),
	}
	o.Losing, o.LineType = common(facts)
	if g.Carrier != nil {
		o.Carrier = order.CarrierRef{ID: g.Carrier.ID, Name: g.Carrier.Name, Gateway: g.Carrier.Gateway}
	}
	numbers := make([]order.Number, len(facts))
	for i, f := range facts {
		numbers[i] = order.Number{Facts: f, Status: order.NumberCreated}
	}
	o.Quote.Basis.PortType = g.PortType
	s.price(tx, &o, numbers, p.prices)
	return o, numbers
}

func factsOf(numbers []order.Number) []numbering.Facts {
	out := make([]numbering.Facts, len(numbers))
	for i, n := range numbers {
		out[i] = n.Facts
	}
	return out
}

// common is what all numbers of an order have in common: the losing carrier,
// as far as they agree, and the line type.
func common(facts []numbering.Facts) (numbering.Losing, lnp.LineType) {
	losing, line := facts[0].Losing, facts[0].Losing.LineType
	for _, f := range facts[1:] {
		if f.Losing.LineType != line {
			line = ""
		}
		if f.Losing.ID != losing.ID {
			losing = numbering.Losing{}
		}
		if f.Losing.OCN != losing.OCN {
			losing.OCN = ""
		}
		losing.Verified = losing.Verified && f.Losing.Verified
	}
	losing.LineType = line
	return losing, line
}

func checkReference(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return text1("customer_reference", text, referenceMax)
}

// GroupOut is an upload with what has become of it.
type GroupOut struct {
	Upload   Upload
	Orders   []order.Order
	Rejected []intake.Rejected
}

// Group returns an upload, its orders and its rejected numbers.
func (s *Service) Group(ctx context.Context, c Call, uploadID int64) (GroupOut, error) {
	var out GroupOut
	err := s.Store.View(ctx, func(tx Tx) error {
		u, err := tx.Upload(c.Principal.AccountID, uploadID)
		if err != nil {
			return err
		}
		out.Upload = *u
		out.Orders, err = tx.UploadOrders(u.AccountID, u.ID)
		if err != nil {
			return err
		}
		out.Rejected, err = tx.Rejected(u.ID)
		return err
	})
	return out, err
}
