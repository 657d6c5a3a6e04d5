package intake

import (
	"encoding/json"
	"errors"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/sheet"
)

// List reads the numbers of a JSON list, whose entries are strings or JSON
// numbers; a string may also be a range. Any other entry is rejected by its
// index, and the rest goes on; a list without a good number is no error.
// Returns an Invalid too_many_numbers and a TooLarge body_too_large.
func List(raw []json.RawMessage, o Options) (*Result, error) {
	c := newCollector(o)
	if len(raw) > c.limits.Numbers {
		return nil, tooMany(c.limits)
	}
	size := int64(0)
	for _, r := range raw {
		size += int64(len(r))
	}
	if size > c.limits.Bytes {
		return nil, sheet.TooLarge(c.limits.Bytes)
	}
	for i, r := range raw {
		err := c.value(r, Place{Index: i})
		if err != nil {
			return nil, err
		}
	}
	return &c.result, nil
}

// value adds one entry of a list.
func (c *collector) value(raw json.RawMessage, at Place) error {
	switch kind := jsonKind(raw); kind {
	case "string":
		if len(raw) > cellMax {
			return c.reject(refused(nil, at, fault.CodeTooLong))
		}
		var s string
		err := json.Unmarshal(raw, &s)
		if err != nil {
			return c.reject(refused(nil, at, fault.CodeNotANumber))
		}
		return c.entry([]byte(s), at)
	case "number":
		if len(raw) > cellMax {
			return c.reject(refused(nil, at, fault.CodeTooLong))
		}
		var n nanp.Number
		err := n.UnmarshalJSON(raw)
		if err != nil {
			refusal, ok := errors.AsType[*fault.Error](err)
			if !ok {
				return err
			}
			return c.reject(refused(raw, at, refusal.Code))
		}
		return c.take(n, at)
	default:
		r := refused(nil, at, fault.CodeWrongType)
		r.Message = "a JSON " + kind + "; a number is a string or a JSON number"
		r.Fix = fixes[fault.CodeNotANumber].Fix
		return c.reject(r)
	}
}

// jsonKind tells the type of a JSON value by its first byte.
func jsonKind(raw json.RawMessage) string {
	if len(raw) == 0 {
		return "null"
	}
	switch raw[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	return "number"
}
