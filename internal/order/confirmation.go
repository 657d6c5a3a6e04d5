package order

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// Confirmation is what the customer said of the subscriber and of the port:
// the fields of lnp.Fields by name, with values that their checks have
// normalised. It holds the most personal things that portin knows; it is
// encrypted at rest, and shown masked.
type Confirmation struct {
	Fields  map[string]any                 `json:"fields,omitempty"`
	Numbers map[nanp.Number]map[string]any `json:"numbers,omitempty"` // lnp.NumberFields, by number
	Extra   map[string]json.RawMessage     `json:"extra,omitempty"`   // what we do not know, kept as it came
}

// Text returns the value of a text field, or "".
func (c Confirmation) Text(name string) string {
	s, _ := c.Fields[name].(string)
	return s
}

// Flag returns the value of a yes-or-no field; absent is no.
func (c Confirmation) Flag(name string) bool {
	b, _ := c.Fields[name].(bool)
	return b
}

// List returns the value of a list field, or nil.
func (c Confirmation) List(name string) []string {
	switch v := c.Fields[name].(type) {
	case []string:
		return v
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// Int returns the value of a number field, or 0.
func (c Confirmation) Int(name string) int {
	switch v := c.Fields[name].(type) {
	case int:
		return v
	case int64:
		return int(v)
	case float64:
		return int(v)
	}
	return 0
}

// Has reports whether the field, or for every one of numbers the number's own
// field of that name, has a value.
func (c Confirmation) Has(name string, numbers []nanp.Number) bool {
	if v, ok := c.Fields[name]; ok && v != nil {
		return true
	}
	if len(numbers) == 0 {
		return false
	}
	for _, n := range numbers {
		if v, ok := c.Numbers[n][name]; !ok || v == nil {
			return false
		}
	}
	return true
}

// Removed returns the numbers that the customer takes out of the order.
func (c Confirmation) Removed() []nanp.Number {
	var out []nanp.Number
	for n, fields := range c.Numbers {
		if gone, _ := fields["remove"].(bool); gone {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// Part returns the confirmation of an order that ports only some of the
// numbers.
func (c Confirmation) Part(numbers []nanp.Number) Confirmation {
	part := Confirmation{Fields: maps.Clone(c.Fields), Extra: maps.Clone(c.Extra)}
	for _, n := range numbers {
		if own, ok := c.Numbers[n]; ok {
			if part.Numbers == nil {
				part.Numbers = map[nanp.Number]map[string]any{}
			}
			part.Numbers[n] = maps.Clone(own)
		}
	}
	return part
}

// Same reports whether both say the same.
func (c Confirmation) Same(d Confirmation) bool {
	a, errA := json.Marshal(c)
	b, errB := json.Marshal(d)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Masked returns the fields as they are shown: secrets as dots, account
// numbers by their last four, and without pii names and addresses as dots
// too. Per-number fields stand under MaskedNumber.
func (c Confirmation) Masked(pii bool) map[string]any {
	out := masked(c.Fields, lnp.FieldNamed, pii)
	for name, raw := range c.Extra {
		out[name] = raw
	}
	return out
}

// MaskedNumber returns a number's own fields as they are shown.
func (c Confirmation) MaskedNumber(n nanp.Number, pii bool) map[string]any {
	return masked(c.Numbers[n], lnp.NumberFieldNamed, pii)
}

func masked(fields map[string]any, named func(string) (lnp.Field, bool), pii bool) map[string]any {
	out := make(map[string]any, len(fields))
	for name, v := range fields {
		f, ok := named(name)
		if !ok {
			continue
		}
		out[name] = f.Masked(v, pii)
	}
	return out
}

// Kept is a field that we do not know and keep.
type Kept struct{ Field string }

// Merge returns the confirmation with a patch applied: an absent field keeps
// its value, null clears it, a value equal to its mask is no change. Faults
// are all that is wrong with the patch, field by field; the confirmation is
// then of no use. numbers are those of the order.
func (c Confirmation) Merge(patch map[string]json.RawMessage, numbers []nanp.Number) (merged Confirmation, kept []Kept, faults []fault.Field) {
	merged = Confirmation{Fields: maps.Clone(c.Fields), Numbers: maps.Clone(c.Numbers), Extra: maps.Clone(c.Extra)}
	if merged.Fields == nil {
		merged.Fields = map[string]any{}
	}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		raw := patch[name]
		switch f, known := lnp.FieldNamed(name); {
		case name == "tns":
			faults = append(faults, merged.mergeNumbers(raw, numbers)...)
		case known:
			faults = append(faults, mergeField(merged.Fields, f, name, raw)...)
		case lnp.ReadOnly(name):
		default:
			if near, ok := fault.Nearest(name, lnp.FieldNames()); ok {
				faults = append(faults, misspelt(name, near))
				continue
			}
			if merged.Extra == nil {
				merged.Extra = map[string]json.RawMessage{}
			}
			merged.Extra[name] = slices.Clone(raw)
			kept = append(kept, Kept{Field: name})
		}
	}
	return merged, kept, faults
}

// mergeNumbers applies tns[]: entries are matched by their did; numbers that
// are not mentioned keep what they have.
func (c *Confirmation) mergeNumbers(raw json.RawMessage, numbers []nanp.Number) []fault.Field {
	var entries []map[string]json.RawMessage
	err := json.Unmarshal(raw, &entries)
	if err != nil {
		return []fault.Field{{Field: "tns", Code: fault.CodeWrongType, Message: "tns takes a list of objects, each with a did"}}
	}
	inOrder := make(map[nanp.Number]bool, len(numbers))
	for _, n := range numbers {
		inOrder[n] = true
	}
	var faults []fault.Field
	for i, entry := range entries {
		at := fmt.Sprintf("tns[%d]", i)
		did, ok := entry["did"]
		if !ok {
			faults = append(faults, fault.Field{Field: at + ".did", Code: fault.CodeRequired, Message: "every entry of tns needs its did"})
			continue
		}
		var n nanp.Number
		err = json.Unmarshal(did, &n)
		if err != nil {
			faults = append(faults, fault.Field{Field: at + ".did", Code: fault.CodeNotANumber, Message: "did is not a telephone number"})
			continue
		}
		if !inOrder[n] {
			faults = append(faults, fault.Field{Field: at + ".did", Code: fault.CodeNotInOrder, Message: n.String() + " is not in this order"})
			continue
		}
		own := maps.Clone(c.Numbers[n])
		if own == nil {
			own = map[string]any{}
		}
		for _, name := range slices.Sorted(maps.Keys(entry)) {
			f, known := lnp.NumberFieldNamed(name)
			switch {
			case name == "did" || lnp.NumberReadOnly(name):
			case known:
				faults = append(faults, mergeField(own, f, at+"."+name, entry[name])...)
			default:
				near, ok := fault.Nearest(name, lnp.NumberFieldNames())
				hint := "the fields of a number are " + strings.Join(lnp.NumberFieldNames(), ", ")
				if ok {
					hint = "did you mean " + near + "?"
				}
				faults = append(faults, fault.Field{Field: at + "." + name, Code: fault.CodeUnknownField, Message: "there is no such field of a number", Hint: hint})
			}
		}
		if c.Numbers == nil {
			c.Numbers = map[nanp.Number]map[string]any{}
		}
		c.Numbers[n] = own
		if len(own) == 0 {
			delete(c.Numbers, n)
		}
	}
	return faults
}

// mergeField applies one value of a patch.
func mergeField(into map[string]any, f lnp.Field, at string, raw json.RawMessage) []fault.Field {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	err := dec.Decode(&v)
	if err != nil {
		return []fault.Field{{Field: at, Code: fault.CodeWrongType, Message: at + " is no JSON value"}}
	}
	if v == nil {
		delete(into, f.Name)
		return nil
	}
	if dotted(v) {
		if old, ok := into[f.Name]; ok && (same(v, f.Masked(old, false)) || same(v, f.Masked(old, true))) {
			return nil
		}
		return []fault.Field{{Field: at, Code: fault.CodeMasked, Message: at + " holds the masking sign and is not the mask that was shown", Hint: "send the full value, or leave the field out to keep the stored one"}}
	}
	normal, wrong := f.Check(v)
	if wrong != nil {
		wrong.Field = at + strings.TrimPrefix(wrong.Field, f.Name)
		return []fault.Field{*wrong}
	}
	if normal == nil {
		delete(into, f.Name)
		return nil
	}
	into[f.Name] = normal
	return nil
}

// dotted reports whether the masking sign stands anywhere in a JSON value.
func dotted(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(v, lnp.MaskSign)
	case []any:
		return slices.ContainsFunc(v, dotted)
	case map[string]any:
		for _, e := range v {
			if dotted(e) {
				return true
			}
		}
	}
	return false
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func misspelt(name, near string) fault.Field {
	return fault.Field{Field: name, Code: fault.CodeUnknownField, Message: "there is no field " + name, Hint: "did you mean " + near + "?"}
}
