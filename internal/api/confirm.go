package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/porting"
)

// readConfirmation reads the body of a confirmation; the fields of the
// confirmation itself are left to the use case, which knows the order.
func readConfirmation() reader[porting.ConfirmBody] {
	return reader[porting.ConfirmBody]{input: input{body: confirmationBody}, from: func(c *call) (porting.ConfirmBody, error) {
		fields, err := c.object(largeBody)
		if err != nil {
			return porting.ConfirmBody{}, err
		}
		fields, err = unwrapped(fields)
		if err != nil {
			return porting.ConfirmBody{}, err
		}
		in, faults := confirmation(fields, "")
		err = fault.Fields(faults)
		if err != nil {
			return in, err
		}
		err = c.has(in.Version)
		if err != nil {
			return in, err
		}
		in.Version = c.Version
		in.DryRun, err = c.flag("dry_run")
		return in, err
	}}
}

// unwrapped takes {"order": {...}} for what is in it.
func unwrapped(fields map[string]json.RawMessage) (map[string]json.RawMessage, error) {
	raw, ok := fields["order"]
	if !ok {
		return fields, nil
	}
	var inner map[string]json.RawMessage
	err := json.Unmarshal(raw, &inner)
	if err != nil || inner == nil {
		return nil, fault.OneField("order", fault.CodeWrongType, "", "order takes an object")
	}
	if len(fields) > 1 {
		return nil, fault.OneField("order", fault.CodeInvalidValue, "put them into order", "fields stand beside order")
	}
	return inner, nil
}

// confirmation parts the inputs of the call from the fields of the
// confirmation.
func confirmation(fields map[string]json.RawMessage, at string) (porting.ConfirmBody, []fault.Field) {
	in := porting.ConfirmBody{Fields: maps.Clone(fields)}
	var faults []fault.Field
	take := func(name string, into any, words string) {
		raw, ok := in.Fields[name]
		delete(in.Fields, name)
		if !ok || string(raw) == "null" {
			return
		}
		err := json.Unmarshal(raw, into)
		if err != nil {
			faults = append(faults, fault.Field{Field: at + name, Code: fault.CodeWrongType, Message: name + " takes " + words})
		}
	}
	take("version", &in.Version, "a whole number")
	take("quote_id", &in.QuoteID, "a string")
	var total json.Number
	take("expected_total", &total, "an amount of money")
	in.ExpectedTotal = total.String()
	return in, faults
}

func doConfirm(c *call, in porting.ConfirmBody) (*porting.View, error) {
	return c.api.Service.Confirm(c.r.Context(), c.Call, c.order(), in)
}

func showOrder(c *call, v *porting.View) orderBody { return c.orderOf(v) }

// groupConfirmation confirms all orders of an upload.
type groupConfirmation struct {
	common    porting.ConfirmBody
	overrides map[int64]porting.ConfirmBody
}

func readGroupConfirmation() reader[groupConfirmation] {
	return reader[groupConfirmation]{input: input{body: groupConfirmationBody}, from: func(c *call) (groupConfirmation, error) {
		var g groupConfirmation
		fields, err := c.object(largeBody)
		if err != nil {
			return g, err
		}
		raw := fields["overrides"]
		delete(fields, "overrides")
		var faults []fault.Field
		g.common, faults = confirmation(fields, "")
		for _, name := range []string{"version", "quote_id", "expected_total"} {
			if _, sent := fields[name]; sent {
				faults = append(faults, fault.Field{Field: name, Code: fault.CodeUnknownField, Message: name + " is one order's", Hint: "put it into overrides, under the order's id"})
			}
		}
		var more []fault.Field
		g.overrides, more = overrides(raw)
		err = fault.Fields(append(faults, more...))
		if err != nil {
			return g, err
		}
		g.common.DryRun, err = c.flag("dry_run")
		return g, err
	}}
}

func overrides(raw json.RawMessage) (map[int64]porting.ConfirmBody, []fault.Field) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var byOrder map[string]map[string]json.RawMessage
	err := json.Unmarshal(raw, &byOrder)
	if err != nil {
		return nil, []fault.Field{{Field: "overrides", Code: fault.CodeWrongType, Message: "overrides takes an object of objects, by order id"}}
	}
	out := map[int64]porting.ConfirmBody{}
	var faults []fault.Field
	for _, name := range slices.Sorted(maps.Keys(byOrder)) {
		id, ok := parseID(name)
		if !ok {
			faults = append(faults, fault.Field{Field: "overrides", Code: fault.CodeInvalidValue, Message: "a key of overrides is not an order id"})
			continue
		}
		in, more := confirmation(byOrder[name], fmt.Sprintf("overrides.%d.", id))
		out[id] = in
		faults = append(faults, more...)
	}
	return out, faults
}

// groupConfirmed is what became of each order of an upload.
type groupConfirmed struct {
	Results []groupConfirmedOrder `json:"results"`
}

// groupConfirmedOrder has either the order or what is wrong with its
// confirmation.
type groupConfirmedOrder struct {
	OrderID int64      `json:"order_id"`
	OK      bool       `json:"ok"`
	Order   *orderBody `json:"order,omitempty"`
	Error   *problem   `json:"error,omitempty"`
}

func doConfirmGroup(c *call, in groupConfirmation) ([]porting.GroupResult, error) {
	return c.api.Service.ConfirmGroup(c.r.Context(), c.Call, c.upload(), in.common, in.overrides)
}

func showConfirmGroup(c *call, results []porting.GroupResult) groupConfirmed {
	b := groupConfirmed{Results: make([]groupConfirmedOrder, len(results))}
	for i, r := range results {
		row := groupConfirmedOrder{OrderID: r.OrderID, OK: r.Err == nil}
		if r.Err != nil {
			p := problemOf(r.Err, c.RequestID)
			row.Error = &p
		} else {
			o := c.orderOf(r.View)
			row.Order = &o
		}
		b.Results[i] = row
	}
	return b
}

// confirmationBody describes the body of a confirmation from lnp.Fields.
func confirmationBody(r huma.Registry) *huma.RequestBody {
	const name = "Confirmation"
	if r.Map()[name] == nil {
		r.Map()[name] = confirmationSchema(r)
	}
	return jsonContent(&huma.Schema{AnyOf: []*huma.Schema{
		{Ref: schemas + name},
		{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"order": {Ref: schemas + name}}, Required: []string{"order"}},
	}}, false)
}

func groupConfirmationBody(r huma.Registry) *huma.RequestBody {
	s := confirmationSchema(r)
	for _, name := range []string{"version", "quote_id", "expected_total"} {
		delete(s.Properties, name)
	}
	s.Properties["overrides"] = &huma.Schema{
		Type: huma.TypeObject, Description: "What differs for an order, by its id", AdditionalProperties: confirmationSchema(r),
	}
	return jsonContent(s, false)
}
