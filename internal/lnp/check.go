package lnp

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// Check judges one value as it came out of JSON (numbers as json.Number), and
// returns it in the form in which it is kept: trimmed, states as two letters,
// numbers as ten digits. A value of blanks is none: nil. The fault, if any,
// names the field and the fix, and never repeats a personal value.
func (f Field) Check(v any) (any, *fault.Field) {
	switch f.Kind {
	case KindBool:
		b, ok := v.(bool)
		if !ok {
			return nil, f.wrong(fault.CodeWrongType, "%s takes true or false", f.Name)
		}
		return b, nil
	case KindCount:
		n, ok := v.(json.Number)
		if !ok {
			return nil, f.wrong(fault.CodeWrongType, "%s takes a whole number", f.Name)
		}
		i, err := n.Int64()
		if err != nil || i < 0 || i > 1_000_000 {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes a whole number from 0 on", f.Name)
		}
		return i, nil
	case KindTNs, KindTexts, KindEmails:
		return f.checkList(v)
	case KindAny:
		b, err := json.Marshal(v)
		if err != nil || len(b) > 1000 {
			return nil, f.wrong(fault.CodeTooLong, "%s takes at most 1000 characters of JSON", f.Name)
		}
		return v, nil
	}
	s, ok := text(v)
	if !ok {
		return nil, f.wrong(fault.CodeWrongType, "%s takes a text", f.Name)
	}
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) || !utf8.ValidString(s) {
		return nil, f.wrong(fault.CodeInvalidValue, "%s holds characters that cannot be printed", f.Name)
	}
	if f.Max > 0 && utf8.RuneCountInString(s) > f.Max {
		return nil, f.wrong(fault.CodeTooLong, "%s takes %d characters", f.Name, f.Max)
	}
	return f.checkText(s)
}

func (f Field) wrong(code fault.Code, format string, args ...any) *fault.Field {
	return &fault.Field{Field: f.Name, Code: code, Message: fmt.Sprintf(format, args...)}
}

// text reads a text; a JSON number is taken as its digits, since programs send
// account numbers and ZIP codes so.
func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), !strings.ContainsAny(v.String(), ".eE-")
	}
	return "", false
}

var (
	zipCode    = regexp.MustCompile(`^(\d{5})(?:[- ]?(\d{4}))?$`)
	postalCode = regexp.MustCompile(`(?i)^([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[ -]?(\d[ABCEGHJ-NPRSTV-Z]\d)$`)
	// poBox finds post-office boxes in English and French; "Box Elder Road"
	// and "Pobox Lane" are streets.
	poBox = regexp.MustCompile(`(?i)\b(?:p\.?\s?o\.?\s+box\b|p\.\s?o\.\s?box\b|p\.?o\.?b(?:ox)?\.?\s+\d|post\s+office\s+box|postal\s+box|case\s+postale|c\.?\s?p\.?\s+\d|^\s*box\s+\d)`)
)

func (f Field) checkText(s string) (any, *fault.Field) {
	switch f.Kind {
	case KindDigits:
		if len(s) != f.Max || strings.Trim(s, "0123456789") != "" {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes %d digits", f.Name, f.Max)
		}
	case KindEnum:
		i := slices.IndexFunc(f.Enum, func(e string) bool { return strings.EqualFold(e, s) })
		if i < 0 {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes one of %s", f.Name, strings.Join(f.Enum, ", "))
		}
		return f.Enum[i], nil
	case KindTN:
		n, code := nanp.Parse(s)
		if code != "" {
			return nil, f.wrong(code, "%s is not a telephone number of ten digits", f.Name)
		}
		return n.String(), nil
	case KindEmail:
		a, err := mail.ParseAddress(s)
		if err != nil || a.Name != "" || a.Address != s || !strings.Contains(s[strings.LastIndex(s, "@"):], ".") {
			return nil, f.wrong(fault.CodeInvalidValue, "%s is not a mail address", f.Name)
		}
	case KindPostal:
		if m := zipCode.FindStringSubmatch(s); m != nil {
			if m[2] != "" {
				return m[1] + "-" + m[2], nil
			}
			return m[1], nil
		}
		if m := postalCode.FindStringSubmatch(s); m != nil {
			return strings.ToUpper(m[1] + " " + m[2]), nil
		}
		return nil, f.wrong(fault.CodeInvalidValue, "%s takes 5 digits, 5+4 digits, or a Canadian postal code like K1A 0B1", f.Name)
	case KindState:
		r, ok := RegionOf(s)
		if !ok {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes a state or province of the United States or Canada, like NC", f.Name)
		}
		return r.Code, nil
	case KindStreet:
		if poBox.MatchString(s) {
			return nil, f.wrong(fault.CodePOBox, "%s is a post-office box; the service address is where the telephone rings", f.Name)
		}
	case KindWhen:
		if _, err := time.Parse(time.DateOnly, s); err == nil {
			return s, nil
		}
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes a date like 2026-12-01", f.Name)
		}
		return at.Format(time.RFC3339), nil
	case KindIMEI:
		d := strings.NewReplacer(" ", "", "-", "", "/", "").Replace(s)
		if strings.Trim(d, "0123456789") != "" || len(d) < 11 || len(d) > 18 || len(d) == 15 && !luhn(d) {
			return nil, f.wrong(fault.CodeInvalidValue, "%s takes an IMEI of 15 digits, or an ESN or MEID in digits", f.Name)
		}
		return d, nil
	}
	return s, nil
}

func (f Field) checkList(v any) (any, *fault.Field) {
	list, ok := v.([]any)
	if !ok {
		return nil, f.wrong(fault.CodeWrongType, "%s takes a list", f.Name)
	}
	if len(list) > f.Max {
		return nil, f.wrong(fault.CodeTooMany, "%s takes %d entries", f.Name, f.Max)
	}
	each := Field{Name: f.Name, Kind: map[Kind]Kind{KindTNs: KindTN, KindEmails: KindEmail, KindTexts: KindText}[f.Kind], Max: 254}
	out := make([]any, 0, len(list))
	for i, e := range list {
		normal, wrong := each.Check(e)
		if wrong != nil {
			wrong.Field = fmt.Sprintf("%s[%d]", f.Name, i)
			return nil, wrong
		}
		if normal != nil {
			out = append(out, normal)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}

// luhn checks the check digit of an IMEI.
func luhn(d string) bool {
	sum := 0
	for i, c := range d {
		n := int(c - '0')
		if (len(d)-i)%2 == 0 {
			n *= 2
			if n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
