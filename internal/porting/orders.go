package porting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/seal"
)

// Order returns a whole order: its price, what its confirmation needs, and
// where it stands.
func (s *Service) Order(ctx context.Context, c Call, id int64) (*View, error) {
	return read(ctx, s, c, id, s.view)
}

// view gathers all of an order.
func (s *Service) view(tx Tx, o *order.Order) (*View, error) {
	v := &View{Order: *o, Next: o.Next(s.Limits)}
	var err error
	v.Numbers, err = tx.Numbers(o.ID)
	if err != nil {
		return nil, err
	}
	v.Files, err = tx.Files(o.ID)
	if err != nil {
		return nil, err
	}
	v.Tags, err = tx.Tags(o.ID)
	if err != nil {
		return nil, err
	}
	v.Comments, err = tx.Comments(o.ID)
	if err != nil {
		return nil, err
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return nil, err
	}
	v.PortType, v.PortTypeWhy = portType(o, v.Numbers)
	v.Requirements = s.requirements(o, v.PortType, v.Numbers, m)
	v.Dates = s.dates(o, v.PortType, v.Numbers, m, tx.Now()).Dates
	v.Cautions = s.cautions(m, factsOf(v.Numbers), tx.Now())
	return v, nil
}

// List returns a page of the caller's orders, newest first, and whether there
// are more.
func (s *Service) List(ctx context.Context, c Call, f Filter) (page []order.Order, more bool, err error) {
	f.AccountID = c.Principal.AccountID
	err = s.Store.View(ctx, func(tx Tx) error {
		var err error
		page, more, err = tx.ListOrders(f)
		return err
	})
	return page, more, err
}

// Events returns a part of an order's timeline after an entry, and whether
// there is more.
func (s *Service) Events(ctx context.Context, c Call, id, after int64, rows int) (page []order.Entry, more bool, err error) {
	page, err = read(ctx, s, c, id, func(tx Tx, o *order.Order) ([]order.Entry, error) {
		return tx.Entries(o.ID, after, rows+1)
	})
	if len(page) > rows {
		return page[:rows], true, err
	}
	return page, false, err
}

// ChooseCarrier moves a created order to another carrier, which must be able
// to take all its numbers, and prices it anew.
func (s *Service) ChooseCarrier(ctx context.Context, c Call, id, carrierID int64) (*View, error) {
	return do(ctx, s, c, func(tx Tx) (*View, error) {
		o, err := open(tx, c, id, order.DoChooseCarrier)
		if err != nil {
			return nil, err
		}
		m, err := s.openMarket(tx)
		if err != nil {
			return nil, err
		}
		g := m.carrier(carrierID)
		if g == nil {
			return nil, fault.OneField("carrier_id", fault.CodeCarrierUnknown, "the check call names the carriers", "there is no carrier %d", carrierID)
		}
		numbers, err := tx.Numbers(o.ID)
		if err != nil {
			return nil, err
		}
		prices := m.prices(o.AccountID, tx.Now())
		pt, _ := portType(o, numbers)
		err = fault.Fields(routing.CanTake(g, factsOf(numbers), o.AccountID, prices, pt))
		if err != nil {
			return nil, err
		}
		if g.ID != o.Carrier.ID {
			reason := o.Reason
			reason.Key.CarrierID, reason.Carrier = g.ID, g.Name+" was chosen by the customer"
			reason.Candidates = slices.Clone(reason.Candidates)
			for i := range reason.Candidates {
				c := &reason.Candidates[i]
				switch {
				case c.CarrierID == g.ID:
					c.Chosen, c.Why = true, "was chosen by the customer"
				case c.Chosen:
					c.Chosen, c.Why = false, "was the plan's choice; the customer chose another one"
				}
			}
			err = errors.Join(
				tx.ClearDue(o.ID, order.DueReplan),
				s.reassign(tx, o, routing.Group{Carrier: g, Reason: reason}, prices, c.act(), ""),
			)
			if err != nil {
				return nil, err
			}
		}
		return s.view(tx, o)
	})
}

// Halves are what a split makes of an order.
type Halves struct{ Kept, Made *View }

// Split makes a second order of some of an order's numbers, with the same
// details. Both are priced anew, unless the price is pinned.
func (s *Service) Split(ctx context.Context, c Call, id int64, numbers []nanp.Number) (Halves, error) {
	return do(ctx, s, c, func(tx Tx) (Halves, error) {
		o, err := open(tx, c, id, order.DoSplit)
		if err != nil {
			return Halves{}, err
		}
		all, err := tx.Numbers(o.ID)
		if err != nil {
			return Halves{}, err
		}
		err = checkSplit(o, all, numbers)
		if err != nil {
			return Halves{}, err
		}
		second, err := s.split(tx, c.act(), o, numbers, func(second *order.Order) {
			second.Reason.SplitBy = append(slices.Clone(o.Reason.SplitBy), "customer")
		})
		if err != nil {
			return Halves{}, err
		}
		var h Halves
		h.Kept, err = s.view(tx, o)
		if err != nil {
			return Halves{}, err
		}
		h.Made, err = s.view(tx, second)
		return h, err
	})
}

func checkSplit(o *order.Order, all []order.Number, numbers []nanp.Number) error {
	if len(numbers) == 0 {
		return fault.OneField("dids", fault.CodeRequired, "", "dids names the numbers of the new order")
	}
	have := moving(all)
	var faults []fault.Field
	for i, n := range numbers {
		switch {
		case !slices.Contains(have, n):
			faults = append(faults, fault.Field{Field: fmt.Sprintf("dids[%d]", i), Code: fault.CodeNotInOrder, Message: n.String() + " is not in this order"})
		case slices.Contains(numbers[:i], n):
			faults = append(faults, fault.Field{Field: fmt.Sprintf("dids[%d]", i), Code: fault.CodeDuplicate, Message: n.String() + " stands twice"})
		}
	}
	if len(faults) == 0 && len(numbers) == len(have) {
		faults = append(faults, fault.Field{Field: "dids", Code: fault.CodeSplitEverything, Message: fmt.Sprintf("a split must leave a number in order %d", o.ID)})
	}
	return fault.Fields(faults)
}

// split writes both halves. The new order is created: what the carrier
// rejected of the old one is not its own history. differ says in what it is not
// like the old one.
func (s *Service) split(tx Tx, act act, o *order.Order, numbers []nanp.Number, differ func(second *order.Order)) (*order.Order, error) {
	all, err := tx.Numbers(o.ID)
	if err != nil {
		return nil, err
	}
	second := *o
	second.ID, second.UID, second.Version, second.Sequence = 0, seal.NewUID(), 1, 0
	second.Status, second.Reject, second.FOC, second.PON, second.PONVersion = order.Created, nil, nil, "", 0
	second.RequestedFOC, second.AnswerDue, second.CancelReason = bizday.Date{}, time.Time{}, ""
	second.Submitted, second.Created, second.Updated = time.Time{}, tx.Now(), tx.Now()
	second.NumberCount = len(numbers)
	differ(&second)
	var moved, left []order.Number
	for _, n := range all {
		if slices.Contains(numbers, n.Facts.Number) {
			n.Status = order.NumberCreated
			moved = append(moved, n)
		} else {
			left = append(left, n)
		}
	}
	o.Confirmation, second.Confirmation = o.Confirmation.Part(present(left)), o.Confirmation.Part(numbers)
	o.NumberCount = len(left)
	o.Losing, o.LineType = common(factsOf(left))
	second.Losing, second.LineType = common(factsOf(moved))
	m, err := s.openMarket(tx)
	if err != nil {
		return nil, err
	}
	prices := m.prices(o.AccountID, tx.Now())
	if !o.Pinned {
		s.price(tx, o, left, prices)
		err = tx.SetFees(o.ID, left)
		if err != nil {
			return nil, err
		}
	}
	second.Pinned = false
	s.price(tx, &second, moved, prices)
	err = s.insert(tx, act, &second, nil)
	if err != nil {
		return nil, err
	}
	waiting, err := tx.Due(o.ID, order.DueReplan)
	if err != nil {
		return nil, err
	}
	if waiting != nil {
		waiting.OrderID = second.ID
		err = tx.SetDue(*waiting)
		if err != nil {
			return nil, err
		}
	}
	err = tx.MoveNumbers(o.ID, second.ID, numbers)
	if err != nil {
		return nil, err
	}
	err = errors.Join(tx.SetNumbers(second.ID, order.NumberCreated, "", nil), tx.SetFees(second.ID, moved))
	if err != nil {
		return nil, err
	}
	if o.PONVersion > 0 {
		// The rejected order keeps the claims of what is left of it.
		_, err = tx.Claim(o.ID, present(left))
		if err != nil {
			return nil, err
		}
	}
	err = s.tell(tx, o, order.EntryUpdated, act, map[string]any{"status": o.Status, "split_into": second.ID, "did_count": len(left)})
	if err != nil {
		return nil, err
	}
	err = save(tx, o)
	if err != nil {
		return nil, err
	}
	return tx.Order(o.AccountID, second.ID)
}

// Delete removes an order that was never confirmed. Its id is gone for good.
func (s *Service) Delete(ctx context.Context, c Call, id int64) error {
	var keys []string
	_, err := do(ctx, s, c, func(tx Tx) (struct{}, error) {
		o, err := open(tx, c, id, order.DoDelete)
		if err != nil {
			return struct{}{}, err
		}
		files, err := tx.Files(o.ID)
		if err != nil {
			return struct{}{}, err
		}
		keys = nil
		for _, f := range files {
			if f.Removed.IsZero() {
				keys = append(keys, f.BlobKey)
			}
		}
		err = s.tell(tx, o, order.EntryDeleted, c.act(), map[string]any{"status": o.Status})
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.DeleteOrder(o)
	})
	if err == nil {
		for _, k := range keys {
			s.drop(ctx, k)
		}
	}
	return err
}

// Dates returns which FOC dates an order can ask for, and the next n of them.
func (s *Service) Dates(ctx context.Context, c Call, id int64, n int) (Dates, []Window, error) {
	var next []Window
	d, err := read(ctx, s, c, id, func(tx Tx, o *order.Order) (Dates, error) {
		numbers, err := tx.Numbers(o.ID)
		if err != nil {
			return Dates{}, err
		}
		m, err := s.openMarket(tx)
		if err != nil {
			return Dates{}, err
		}
		pt, _ := portType(o, numbers)
		d := s.dates(o, pt, numbers, m, tx.Now())
		next = nil
		for _, date := range d.rules.Dates(tx.Now(), n) {
			from, to := d.rules.Window(date)
			next = append(next, Window{Date: date, From: from, To: to})
		}
		return d.Dates, nil
	})
	return d, next, err
}

// portType decides an order's port type from its numbers and from what the
// customer said of the account.
func portType(o *order.Order, numbers []order.Number) (lnp.PortType, string) {
	f := lnp.PortFacts{
		NumberType: o.NumberType, Country: o.Country, LinesOnAccount: o.Confirmation.Int("lines_on_account"),
		PartialPort: o.Confirmation.Flag("partial_port"), SpecialFeatures: len(o.Confirmation.List("special_features")) > 0,
		Reseller: o.Confirmation.Flag("reseller"),
	}
	for _, n := range numbers {
		if n.Status == order.NumberRemoved {
			continue
		}
		f.Count++
		if !slices.Contains(f.LineTypes, n.Facts.Losing.LineType) {
			f.LineTypes = append(f.LineTypes, n.Facts.Losing.LineType)
		}
	}
	return lnp.PortTypeOf(f)
}

// requirements lists what an order's confirmation needs: its port type's, the
// gaining carrier's and the losing carrier's. What a losing carrier asks for of
// which nobody is sure only helps.
func (s *Service) requirements(o *order.Order, pt lnp.PortType, numbers []order.Number, m *market) []lnp.Requirement {
	out := lnp.Requirements(pt, lnp.Answers{Fields: o.Confirmation.Fields, Numbers: o.Confirmation.Numbers, Porting: present(numbers)}, m.documents(o))
	f, _ := m.families.ByID(o.Losing.ID)
	for _, name := range f.Profile.RequiredFields {
		own := lnp.Requirement{Field: name, Required: o.Losing.Sure(), Why: f.Name + " asks for it"}
		i := slices.IndexFunc(out, func(r lnp.Requirement) bool { return r.Field == name })
		switch {
		case i < 0:
			out = append(out, own)
		case !out[i].Required:
			out[i] = own
		}
	}
	return out
}

// dating is how an order's dates are counted.
type dating struct {
	Dates
	rules bizday.Rules
	now   time.Time
}

func (s *Service) dates(o *order.Order, pt lnp.PortType, numbers []order.Number, m *market, now time.Time) dating {
	d := dating{rules: s.rules(o, pt, numbers, m), now: now}
	dateTimes := false
	if g := m.carrier(o.Carrier.ID); g != nil {
		dateTimes = g.Capabilities.DateTimes
	}
	d.Dates = Dates{Earliest: d.rules.Earliest(now), Latest: d.rules.Latest(now), Zone: d.rules.Zone.String(), Interval: d.rules.Words(), DateTimes: dateTimes}
	return d
}

// rules are the order's calendar, hours and clock.
func (s *Service) rules(o *order.Order, pt lnp.PortType, numbers []order.Number, m *market) bizday.Rules {
	r := bizday.Rules{PortType: pt, Calendar: bizday.USCalendar, Hours: bizday.DefaultHours, Zone: time.UTC}
	if o.Country == lnp.CA {
		r.Calendar = bizday.CanadaCalendar
	}
	zone, err := time.LoadLocation(s.zoneOf(o, pt, numbers))
	if err == nil {
		r.Zone = zone
	}
	if g := m.carrier(o.Carrier.ID); g != nil {
		r.MaxDays = g.Limits.MaxDaysAhead
	}
	return m.profile(o).Rules(r)
}

// zoneOf is the zone of an order's dates: the clock of the NPAC region, or for
// wireless ports the rate centre's own, for toll-free ones that of the service
// address (api.md, Conventions).
func (s *Service) zoneOf(o *order.Order, pt lnp.PortType, numbers []order.Number) string {
	first := func() string {
		for _, n := range numbers {
			if n.Facts.State != "" {
				return n.Facts.State
			}
		}
		return ""
	}
	switch pt {
	case lnp.TollFreePort:
		return lnp.ClockZone(o.Confirmation.Text("state"))
	case lnp.WirelessPort, lnp.CanadaWireless:
		if len(numbers) > 0 && numbers[0].Facts.Zone != "" {
			return numbers[0].Facts.Zone
		}
	}
	return lnp.ClockZone(first())
}

// check judges a date that the customer asks for.
func (d dating) check(asked string) (bizday.Date, *fault.Field) {
	date, err := bizday.ParseDate(asked)
	if err != nil {
		at, err := time.Parse(time.RFC3339, asked)
		switch {
		case err != nil:
			return date, &fault.Field{Field: "requested_foc_date", Code: fault.CodeInvalidValue, Message: "requested_foc_date takes a date like 2026-12-01"}
		case !d.DateTimes:
			return date, &fault.Field{Field: "requested_foc_date", Code: fault.CodeFOCTime, Message: "the carrier takes a date, not a time of day"}
		}
		date = bizday.DateOf(at, d.rules.Zone)
	}
	return date, d.rules.Check(date, d.now)
}

// answerDue is when the losing carrier owes its answer to a request.
func (s *Service) answerDue(tx Tx, o *order.Order, received time.Time) (time.Time, error) {
	numbers, err := tx.Numbers(o.ID)
	if err != nil {
		return time.Time{}, err
	}
	m, err := s.openMarket(tx)
	if err != nil {
		return time.Time{}, err
	}
	pt, _ := portType(o, numbers)
	return s.rules(o, pt, numbers, m).AnswerDue(received), nil
}

func joinWords(words ...string) string {
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	return strings.Join(words, " ")
}
