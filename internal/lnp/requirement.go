package lnp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

// Requirement is something that a type of port needs before it can be
// confirmed, or that helps when it is there: a field, one of several fields,
// or a document.
type Requirement struct {
	Field      string       `json:"field,omitempty"`
	AnyOf      []string     `json:"any_of,omitempty"`
	Document   DocumentKind `json:"document,omitempty"`
	Required   bool         `json:"required"`
	Why        string       `json:"why"`
	Formats    []string     `json:"formats,omitempty"`
	MaxBytes   int64        `json:"max_bytes,omitempty"`
	MaxAgeDays int          `json:"max_age_days,omitempty"`
}

// Rule returns the document rule of a requirement for a document.
func (r Requirement) Rule() DocumentRule {
	return DocumentRule{Kind: r.Document, Required: r.Required, Why: r.Why, Formats: r.Formats, MaxBytes: r.MaxBytes, MaxAgeDays: r.MaxAgeDays}
}

// PortFacts is what decides the type of a port.
type PortFacts struct {
	Count           int // numbers in the order
	NumberType      NumberType
	Country         Country
	LineTypes       []LineType // those of the numbers, each once
	LinesOnAccount  int        // 0: not said
	PartialPort     bool
	SpecialFeatures bool
	Reseller        bool
}

// PortTypeOf decides the type of a port (lnp-rules §1.1, §1.2), and says why.
// A wireline port is simple only if it is one number, a whole account, without
// special features and without a reseller.
func PortTypeOf(f PortFacts) (pt PortType, why string) {
	wireless := len(f.LineTypes) > 0 && !slices.ContainsFunc(f.LineTypes, func(l LineType) bool { return l != Wireless })
	mixed := !wireless && slices.Contains(f.LineTypes, Wireless)
	switch {
	case f.NumberType == TollFree:
		return TollFreePort, "toll-free numbers change their RespOrg"
	case f.Country == CA && wireless:
		return CanadaWireless, "Canadian numbers of a wireless carrier"
	case f.Country == CA:
		return CanadaWireline, "Canadian numbers of a wireline carrier"
	case wireless:
		return WirelessPort, "the losing carrier is a wireless carrier"
	case mixed:
		return NonSimple, "some of the numbers may be wireless; nobody has verified it"
	case f.Count > 1:
		return NonSimple, fmt.Sprintf("%d numbers; a simple port is one", f.Count)
	case f.LinesOnAccount > 1:
		return NonSimple, fmt.Sprintf("one number of an account with %d lines", f.LinesOnAccount)
	case f.PartialPort:
		return NonSimple, "numbers stay on the account"
	case f.SpecialFeatures:
		return NonSimple, "the line has special features"
	case f.Reseller:
		return NonSimple, "the losing carrier is a reseller"
	}
	return Simple, "one number, a whole account, no special features, no reseller"
}

// Answers are the confirmation's fields as they stand.
type Answers struct {
	Fields  map[string]any
	Numbers map[nanp.Number]map[string]any // numbers' own fields
	Porting []nanp.Number                  // the numbers that the order ports
}

func (a Answers) text(name string) string {
	s, _ := a.Fields[name].(string)
	return s
}

// has reports whether the order, or each of its numbers for itself, has the
// field.
func (a Answers) has(name string) bool {
	if a.Fields[name] != nil {
		return true
	}
	if _, own := numberByName[name]; !own || len(a.Porting) == 0 {
		return false
	}
	return !slices.ContainsFunc(a.Porting, func(n nanp.Number) bool { return a.Numbers[n][name] == nil })
}

// Requirements lists what a type of port needs (lnp-rules §2), given the
// answers so far, with what the carriers want beyond it.
func Requirements(pt PortType, a Answers, extra []DocumentRule) []Requirement {
	var out []Requirement
	need := func(why string, names ...string) {
		for _, n := range names {
			out = append(out, Requirement{Field: n, Required: true, Why: why})
		}
	}
	may := func(why string, names ...string) {
		for _, n := range names {
			out = append(out, Requirement{Field: n, Why: why})
		}
	}
	name := func() {
		switch a.text("location_type") {
		case "business":
			need("the name of the business, as the losing carrier has it", "business_name")
		case "residential":
			need("the subscriber's name, as the losing carrier has it", "first_name", "last_name")
		default:
			out = append(out, Requirement{AnyOf: []string{"business_name", "last_name"}, Required: true, Why: "the name on the account, as the losing carrier has it"})
			may("with last_name, the subscriber's full name", "first_name")
		}
	}
	address := func() {
		need("the service address, as the losing carrier has it", "address", "city", "state", "zip")
	}
	switch pt {
	case Simple:
		need("a losing carrier may validate a simple port by it (47 CFR 52.36)", "account_number", "zip")
		may("only if the subscriber has set one (47 CFR 52.36(c))", "pin")
	case NonSimple:
		need("identifies the account at the losing carrier", "account_number", "btn")
		need("tells a business's service from a residence's", "location_type")
		name()
		need("who may order the port for the account", "authorized_name")
		address()
		may("if the account has one", "pin")
		partial(a, &out)
	case WirelessPort:
		need("wireless carriers validate by it; for the order, or for each number in tns[]", "account_number", "pin")
		name()
		need("the ZIP code of the bill", "zip")
		may("some wireless carriers ask for it", "ssn_last4", "tax_id")
	case TollFreePort:
		name()
		need("who may order the change; the same who signs the letter of authorization", "authorized_name")
		address()
		may("whom the RespOrg can call", "contact_phone")
	case CanadaWireline:
		need("identifies the account at the losing carrier", "account_number")
		name()
		need("who may order the port for the account", "authorized_name")
		address()
		partial(a, &out)
	case CanadaWireless:
		out = append(out, Requirement{AnyOf: []string{"account_number", "pin", "imei"}, Required: true, Why: "a Canadian wireless carrier validates by any one of them"})
		name()
	}
	for _, r := range documentRules(pt, extra) {
		out = append(out, Requirement{Document: r.Kind, Required: r.Required, Why: r.Why, Formats: r.Formats, MaxBytes: r.MaxBytes, MaxAgeDays: r.MaxAgeDays})
	}
	return out
}

// partial adds what a partial port needs (lnp-rules §2.2).
func partial(a Answers, out *[]Requirement) {
	if a.Fields["partial_port"] != true {
		return
	}
	*out = append(*out, Requirement{Field: "remaining_numbers_action", Required: true, Why: "numbers stay on the account: are they kept or disconnected?"})
	if a.text("remaining_numbers_action") == "keep" && a.portsBTN() {
		*out = append(*out, Requirement{Field: "new_btn", Required: true, Why: "the billing number is ported and other numbers are kept, so the account needs another"})
	}
}

func (a Answers) portsBTN() bool {
	btn, code := nanp.Parse(a.text("btn"))
	return code == "" && slices.Contains(a.Porting, btn)
}

// Sizes and ages of documents (lnp-rules §2.4, §2.5).
const (
	mib             = 1 << 20
	documentMax     = 10 * mib
	somosMax        = 2 * mib
	documentAgeDays = 30
)

// documentRules are the documents of a type of port: those that it needs by
// itself, and those that carriers want beyond. Of two rules for one kind the
// stricter one holds.
func documentRules(pt PortType, extra []DocumentRule) []DocumentRule {
	var out []DocumentRule
	if pt == TollFreePort {
		out = append(out, DocumentRule{Kind: LOA, Required: true, Why: "a RespOrg change needs a letter of authorization, signed within 30 days", Formats: []string{"pdf", "tiff"}, MaxBytes: somosMax, MaxAgeDays: documentAgeDays})
	} else {
		out = append(out, DocumentRule{Kind: LOA, Why: "kept as proof that the subscriber asked for the port", Formats: []string{"pdf", "png", "jpeg", "tiff"}, MaxBytes: documentMax, MaxAgeDays: documentAgeDays})
	}
	out = append(out, DocumentRule{Kind: Bill, Why: "helps when the carrier disputes the details", Formats: []string{"pdf", "png", "jpeg", "tiff"}, MaxBytes: documentMax, MaxAgeDays: documentAgeDays})
	for _, e := range extra {
		i := slices.IndexFunc(out, func(r DocumentRule) bool { return r.Kind == e.Kind })
		if i < 0 {
			out = append(out, e)
			continue
		}
		if e.Required && !out[i].Required {
			out[i].Required, out[i].Why = true, e.Why
		}
		if e.MaxBytes > 0 {
			out[i].MaxBytes = min(out[i].MaxBytes, e.MaxBytes)
		}
		if e.MaxAgeDays > 0 {
			out[i].MaxAgeDays = min(out[i].MaxAgeDays, e.MaxAgeDays)
		}
		if len(e.Formats) > 0 {
			out[i].Formats = slices.DeleteFunc(slices.Clone(out[i].Formats), func(f string) bool { return !slices.Contains(e.Formats, f) })
		}
	}
	return out
}

// CheckAll reports every required field that is missing, and every rule
// between fields that is broken. Documents are checked elsewhere.
func CheckAll(pt PortType, reqs []Requirement, a Answers) []fault.Field {
	var out []fault.Field
	for _, r := range reqs {
		if !r.Required || r.Document != "" {
			continue
		}
		switch {
		case r.Field != "" && !a.has(r.Field):
			out = append(out, fault.Field{Field: r.Field, Code: fault.CodeRequired, Message: r.Field + " is missing: " + r.Why})
		case len(r.AnyOf) > 0 && !slices.ContainsFunc(r.AnyOf, a.has):
			out = append(out, fault.Field{Field: r.AnyOf[0], Code: fault.CodeRequired, Message: "one of " + strings.Join(r.AnyOf, ", ") + " is missing: " + r.Why})
		}
	}
	if pt == NonSimple || pt == CanadaWireline {
		out = append(out, a.oneAccount()...)
		out = append(out, a.newBTN()...)
	}
	return append(out, a.place()...)
}

// oneAccount refuses a wireline order whose numbers are on several accounts.
func (a Answers) oneAccount() []fault.Field {
	accounts := map[string]bool{}
	for _, n := range a.Porting {
		if s, ok := a.Numbers[n]["account_number"].(string); ok {
			accounts[s] = true
		} else if s := a.text("account_number"); s != "" {
			accounts[s] = true
		}
	}
	if len(accounts) < 2 {
		return nil
	}
	return []fault.Field{{Field: "tns", Code: fault.CodeSplitRequired, Message: fmt.Sprintf("the numbers are on %d accounts; a wireline request names one", len(accounts)), Hint: "POST .../split makes a second order of some of the numbers"}}
}

// newBTN checks the billing number that stays (lnp-rules §2.2).
func (a Answers) newBTN() []fault.Field {
	text := a.text("new_btn")
	if text == "" {
		return nil
	}
	n, code := nanp.Parse(text)
	wrong := func(why string) []fault.Field {
		return []fault.Field{{Field: "new_btn", Code: fault.CodeNewBTN, Message: "new_btn " + why}}
	}
	switch {
	case code != "":
		return wrong("is no telephone number")
	case text == a.text("btn"):
		return wrong("is the old billing number")
	case slices.Contains(a.Porting, n):
		return wrong("is one of the numbers that are ported")
	}
	return nil
}

// place checks that the parts of the address belong together.
func (a Answers) place() []fault.Field {
	var out []fault.Field
	state, country, zip := a.text("state"), a.text("country"), a.text("zip")
	r, known := RegionOf(state)
	if known && country != "" && string(r.Country) != country {
		out = append(out, fault.Field{Field: "country", Code: fault.CodeInvalidValue, Message: fmt.Sprintf("%s is not in %s", r.Code, country)})
	}
	if known && zip != "" && (r.Country == CA) != strings.ContainsAny(zip, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		out = append(out, fault.Field{Field: "zip", Code: fault.CodeInvalidValue, Message: "zip has not the form of a postal code of " + r.Name})
	}
	return out
}
