package lnp

import (
	"maps"
	"slices"
	"strings"
)

// Kind is what a field of a confirmation holds.
type Kind string

const (
	KindText   Kind = "text"
	KindDigits Kind = "digits"
	KindBool   Kind = "boolean"
	KindCount  Kind = "count" // a whole number, not negative
	KindEnum   Kind = "enum"
	KindTN     Kind = "tn"
	KindTNs    Kind = "tns"
	KindTexts  Kind = "texts"
	KindEmail  Kind = "email"
	KindEmails Kind = "emails"
	KindPostal Kind = "postal" // ZIP, ZIP+4 or Canadian postal code
	KindState  Kind = "state"
	KindStreet Kind = "street" // text that is no post-office box
	KindWhen   Kind = "when"   // a date or a date-time
	KindIMEI   Kind = "imei"
	KindAny    Kind = "any" // a provisioning wish, passed through
)

// Mask says how a field is shown.
type Mask int

const (
	Shown    Mask = iota // as it is
	Secret               // never: ••••
	Last4                // its last four characters
	Personal             // only to tokens with the pii scope
)

// MaskSign is what stands for what is not shown. A value that holds it is
// never taken as a value.
const MaskSign = "•"

const fullMask = "••••"

// Field describes a field of a confirmation: the one place from which it is
// decoded, checked, masked and documented.
type Field struct {
	Name string
	Kind Kind
	Max  int // characters, or entries of a list
	Mask Mask
	Enum []string
	Doc  string
}

// Fields are the fields of a confirmation (api.md §4), in the order of the
// docs. The parts of the address follow lnp-rules §2.2.
var Fields = []Field{
	{Name: "requested_foc_date", Kind: KindWhen, Doc: "The date asked for, 2026-12-01; a date-time for a carrier that takes one. Left out: the earliest."},
	{Name: "btn", Kind: KindTN, Doc: "Billing telephone number of the account at the losing carrier."},
	{Name: "account_number", Kind: KindText, Max: 40, Mask: Last4, Doc: "Account number at the losing carrier, as on the bill."},
	{Name: "pin", Kind: KindText, Max: 30, Mask: Secret, Doc: "PIN, passcode or number-transfer PIN."},
	{Name: "ssn_last4", Kind: KindDigits, Max: 4, Mask: Secret, Doc: "Last four digits of the social security number, where a wireless carrier asks for it."},
	{Name: "tax_id", Kind: KindText, Max: 20, Mask: Secret, Doc: "Tax id of a business, where a carrier asks for it."},
	{Name: "location_type", Kind: KindEnum, Enum: []string{"business", "residential"}, Doc: "Whether the service is a business's or a residence's."},
	{Name: "business_name", Kind: KindText, Max: 100, Mask: Personal, Doc: "Name of the business, exactly as on the bill."},
	{Name: "first_name", Kind: KindText, Max: 50, Mask: Personal, Doc: "First name of the subscriber."},
	{Name: "last_name", Kind: KindText, Max: 50, Mask: Personal, Doc: "Last name of the subscriber."},
	{Name: "authorized_name", Kind: KindText, Max: 100, Mask: Personal, Doc: "Who may order the port for the account; signs the letter of authorization."},
	{Name: "contact_name", Kind: KindText, Max: 100, Mask: Personal, Doc: "Whom the desk can ask."},
	{Name: "contact_phone", Kind: KindTN, Mask: Personal, Doc: "Telephone number of the contact."},
	{Name: "contact_email", Kind: KindEmail, Max: 254, Mask: Personal, Doc: "Mail address of the contact."},
	{Name: "address", Kind: KindStreet, Max: 100, Mask: Personal, Doc: "Service address: house number and street; no post-office box."},
	{Name: "address2", Kind: KindStreet, Max: 100, Mask: Personal, Doc: "Unit, floor, building."},
	{Name: "house_number", Kind: KindText, Max: 10, Mask: Personal, Doc: "SANO, where a carrier wants the address in parts."},
	{Name: "house_suffix", Kind: KindText, Max: 4, Mask: Personal, Doc: "SASF."},
	{Name: "pre_directional", Kind: KindEnum, Enum: []string{"N", "S", "E", "W", "NE", "NW", "SE", "SW"}, Mask: Personal, Doc: "SASD."},
	{Name: "street_name", Kind: KindText, Max: 60, Mask: Personal, Doc: "SASN."},
	{Name: "street_suffix", Kind: KindText, Max: 10, Mask: Personal, Doc: "SATH."},
	{Name: "post_directional", Kind: KindEnum, Enum: []string{"N", "S", "E", "W", "NE", "NW", "SE", "SW"}, Mask: Personal, Doc: "SASS."},
	{Name: "city", Kind: KindText, Max: 60, Mask: Personal, Doc: "City of the service address."},
	{Name: "state", Kind: KindState, Doc: "State or province of the service address, two letters or its name."},
	{Name: "zip", Kind: KindPostal, Mask: Personal, Doc: "ZIP or postal code of the service address; for wireless of the bill."},
	{Name: "country", Kind: KindEnum, Enum: []string{"US", "CA"}, Doc: "Country of the service address."},
	{Name: "partial_port", Kind: KindBool, Doc: "Whether numbers stay on the account."},
	{Name: "remaining_numbers_action", Kind: KindEnum, Enum: []string{"keep", "disconnect"}, Doc: "What becomes of the numbers that stay."},
	{Name: "remaining_numbers", Kind: KindTNs, Max: 1000, Doc: "The numbers that stay."},
	{Name: "new_btn", Kind: KindTN, Doc: "The new billing number, when the old one is ported and others are kept."},
	{Name: "lines_on_account", Kind: KindCount, Doc: "How many lines the account has; more than one is no simple port."},
	{Name: "special_features", Kind: KindTexts, Max: 20, Doc: "Features on the lines, such as hunt group or DSL; any is no simple port."},
	{Name: "reseller", Kind: KindBool, Doc: "Whether the losing carrier is a reseller; then it is no simple port."},
	{Name: "end_user_moving", Kind: KindBool, Doc: "Whether the subscriber moves as well; decides what happens to the 911 record."},
	{Name: "imei", Kind: KindIMEI, Mask: Secret, Doc: "IMEI or ESN of the phone, for Canadian wireless ports."},
	{Name: "customer_reference", Kind: KindText, Max: 100, Doc: "Your own reference; orders can be found by it."},
	{Name: "notes", Kind: KindText, Max: 2000, Mask: Personal, Doc: "Remarks for the carrier."},
	{Name: "notification_emails", Kind: KindEmails, Max: 20, Mask: Personal, Doc: "Who is told by mail."},
}

// NumberFields are the fields of an entry of tns[], beside its did.
var NumberFields = []Field{
	{Name: "pin", Kind: KindText, Max: 30, Mask: Secret, Doc: "The number's own PIN."},
	{Name: "account_number", Kind: KindText, Max: 40, Mask: Last4, Doc: "The number's own account."},
	{Name: "imei", Kind: KindIMEI, Mask: Secret, Doc: "The number's own IMEI or ESN."},
	{Name: "remove", Kind: KindBool, Doc: "Takes the number out of the order."},
	{Name: "caller_id", Kind: KindAny, Doc: "Passed through to provisioning."},
	{Name: "route_id", Kind: KindAny, Doc: "Passed through to provisioning."},
	{Name: "account_location_id", Kind: KindAny, Doc: "Passed through to provisioning."},
	{Name: "sms_routing_profile_id", Kind: KindAny, Doc: "Passed through to provisioning."},
	{Name: "features", Kind: KindAny, Doc: "Passed through to provisioning."},
}

// readOnly are the fields of our own answers that a confirmation may carry
// back, since customers read, edit and send; they are ignored.
var readOnly = wordSet(`id type status account_id upload_id carrier port_type losing_carrier number_type line_type did_count
	reason warnings quote_expires quote_basis charges subtotal taxes discount total monthly_total currency requirements foc confirm
	reject files tags comments allowed_actions next_step created submitted completed updated cancel_reason pon pon_version`)

var numberReadOnly = wordSet(`status state ratecenter lata tollfree portable losing_carrier port_fee mrc message country timezone number_type line_type`)

func wordSet(words string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(words) {
		out[w] = true
	}
	return out
}

var (
	byName       = index(Fields)
	numberByName = index(NumberFields)
)

func index(fields []Field) map[string]Field {
	out := make(map[string]Field, len(fields))
	for _, f := range fields {
		out[f.Name] = f
	}
	return out
}

// FieldNamed finds a field of a confirmation.
func FieldNamed(name string) (Field, bool) {
	f, ok := byName[name]
	return f, ok
}

// NumberFieldNamed finds a field of an entry of tns[].
func NumberFieldNamed(name string) (Field, bool) {
	f, ok := numberByName[name]
	return f, ok
}

// FieldNames lists the names that a confirmation can carry: its fields, tns,
// and the inputs of the call itself.
func FieldNames() []string {
	return append(slices.Sorted(maps.Keys(byName)), "tns", "quote_id", "expected_total", "version")
}

// NumberFieldNames lists the names of the fields of an entry of tns[].
func NumberFieldNames() []string {
	return append(slices.Sorted(maps.Keys(numberByName)), "did")
}

// ReadOnly reports whether a name is one of our own answers' fields, which a
// confirmation may carry and which is ignored.
func ReadOnly(name string) bool { return readOnly[name] }

// NumberReadOnly is ReadOnly for an entry of tns[].
func NumberReadOnly(name string) bool { return numberReadOnly[name] }

// Masked returns a value as it is shown to a token with or without the pii
// scope.
func (f Field) Masked(v any, pii bool) any {
	switch {
	case f.Mask == Shown, f.Mask == Personal && pii:
		return v
	case f.Mask == Last4:
		s, _ := v.(string)
		if r := []rune(s); len(r) > 4 {
			return fullMask + string(r[len(r)-4:])
		}
		return fullMask
	}
	switch f.Kind {
	case KindTNs, KindTexts, KindEmails:
		return []any{fullMask}
	}
	return fullMask
}
