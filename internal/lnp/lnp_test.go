package lnp_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

func TestFieldCheck(t *testing.T) {
	t.Parallel()
	cases := []struct {
		field string
		in    any
		want  any
		code  fault.Code
	}{
		{"zip", "27601", "27601", ""},
		{"zip", json.Number("27601"), "27601", ""},
		{"zip", "27601 1234", "27601-1234", ""},
		{"zip", "k1a0b1", "K1A 0B1", ""},
		{"zip", "2760", nil, fault.CodeInvalidValue},
		{"state", "nc", "NC", ""},
		{"state", "north carolina", "NC", ""},
		{"state", "Quebec", "QC", ""},
		{"state", "XX", nil, fault.CodeInvalidValue},
		{"btn", "(919) 800-2000", "9198002000", ""},
		{"btn", "919800", nil, fault.CodeNotANumber},
		{"account_number", json.Number("123456"), "123456", ""},
		{"account_number", json.Number("1.5"), nil, fault.CodeWrongType},
		{"account_number", true, nil, fault.CodeWrongType},
		{"account_number", "  ", nil, ""},
		{"account_number", strings.Repeat("1", 41), nil, fault.CodeTooLong},
		{"first_name", "a\x00b", nil, fault.CodeInvalidValue},
		{"ssn_last4", "123", nil, fault.CodeInvalidValue},
		{"partial_port", "yes", nil, fault.CodeWrongType},
		{"lines_on_account", json.Number("3"), int64(3), ""},
		{"lines_on_account", json.Number("-1"), nil, fault.CodeInvalidValue},
		{"location_type", "Business", "business", ""},
		{"location_type", "farm", nil, fault.CodeInvalidValue},
		{"contact_email", "jo@example.com", "jo@example.com", ""},
		{"contact_email", "Jo <jo@example.com>", nil, fault.CodeInvalidValue},
		{"address", "12 Main St", "12 Main St", ""},
		{"address", "P.O. Box 12", nil, fault.CodePOBox},
		{"address", "PO BOX 12", nil, fault.CodePOBox},
		{"address", "Post Office Box 12", nil, fault.CodePOBox},
		{"address", "Case postale 12", nil, fault.CodePOBox},
		{"address", "C.P. 12", nil, fault.CodePOBox},
		{"address", "3 Pobox Lane", "3 Pobox Lane", ""},
		{"address", "4 Box Elder Road", "4 Box Elder Road", ""},
		{"requested_foc_date", "2026-12-01", "2026-12-01", ""},
		{"requested_foc_date", "12/01/2026", nil, fault.CodeInvalidValue},
		{"requested_foc_date", "2026-02-30", nil, fault.CodeInvalidValue},
		{"imei", "490154203237518", "490154203237518", ""},
		{"imei", "490154203237519", nil, fault.CodeInvalidValue},
		{"special_features", []any{"DSL"}, []any{"DSL"}, ""},
		{"special_features", []any{}, nil, ""},
		{"special_features", "DSL", nil, fault.CodeWrongType},
		{"remaining_numbers", []any{"9198002000", json.Number("9198002001")}, []any{"9198002000", "9198002001"}, ""},
		{"remaining_numbers", []any{"x"}, nil, fault.CodeNotANumber},
	}
	for _, c := range cases {
		f, ok := lnp.FieldNamed(c.field)
		if !ok {
			t.Fatalf("no field %s", c.field)
		}
		got, wrong := f.Check(c.in)
		var code fault.Code
		if wrong != nil {
			code = wrong.Code
		}
		if code != c.code || !cmp.Equal(got, c.want) {
			t.Errorf("%s %v: %v, %q; want %v, %q", c.field, c.in, got, code, c.want, c.code)
		}
	}
}

func TestFaultsRepeatNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "Hidden\x01Value-4711"
	for _, f := range slices.Concat(lnp.Fields, lnp.NumberFields) {
		for _, in := range []any{secret, []any{secret}, strings.Repeat(secret, 200)} {
			_, wrong := f.Check(in)
			if wrong != nil && strings.Contains(wrong.Message+wrong.Hint, "4711") {
				t.Errorf("%s repeats the value: %s", f.Name, wrong.Message)
			}
		}
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	cases := []struct {
		field string
		value any
		pii   bool
		want  any
	}{
		{"pin", "4711", true, "••••"},
		{"account_number", "123456789", false, "••••6789"},
		{"account_number", "1234", false, "••••"},
		{"first_name", "Jo", false, "••••"},
		{"first_name", "Jo", true, "Jo"},
		{"state", "NC", false, "NC"},
		{"notification_emails", []any{"jo@example.com"}, false, []any{"••••"}},
	}
	for _, c := range cases {
		f, _ := lnp.FieldNamed(c.field)
		if got := f.Masked(c.value, c.pii); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.field, got, c.want)
		}
	}
}

func TestPortType(t *testing.T) {
	t.Parallel()
	one := lnp.PortFacts{Count: 1, NumberType: lnp.Local, Country: lnp.US, LineTypes: []lnp.LineType{lnp.Wireline}}
	with := func(change func(*lnp.PortFacts)) lnp.PortFacts {
		f := one
		change(&f)
		return f
	}
	cases := []struct {
		name  string
		facts lnp.PortFacts
		want  lnp.PortType
	}{
		{"one whole account", one, lnp.Simple},
		{"voip", with(func(f *lnp.PortFacts) { f.LineTypes = []lnp.LineType{lnp.VoIP} }), lnp.Simple},
		{"nobody knows", with(func(f *lnp.PortFacts) { f.LineTypes = []lnp.LineType{""} }), lnp.Simple},
		{"two numbers", with(func(f *lnp.PortFacts) { f.Count = 2 }), lnp.NonSimple},
		{"one of three lines", with(func(f *lnp.PortFacts) { f.LinesOnAccount = 3 }), lnp.NonSimple},
		{"partial", with(func(f *lnp.PortFacts) { f.PartialPort = true }), lnp.NonSimple},
		{"features", with(func(f *lnp.PortFacts) { f.SpecialFeatures = true }), lnp.NonSimple},
		{"reseller", with(func(f *lnp.PortFacts) { f.Reseller = true }), lnp.NonSimple},
		{"wireless", with(func(f *lnp.PortFacts) { f.Count = 3; f.LineTypes = []lnp.LineType{lnp.Wireless} }), lnp.WirelessPort},
		{"mixed", with(func(f *lnp.PortFacts) { f.LineTypes = []lnp.LineType{lnp.Wireless, lnp.Wireline} }), lnp.NonSimple},
		{"toll-free", with(func(f *lnp.PortFacts) { f.NumberType = lnp.TollFree }), lnp.TollFreePort},
		{"canada", with(func(f *lnp.PortFacts) { f.Country = lnp.CA }), lnp.CanadaWireline},
		{"canada wireless", with(func(f *lnp.PortFacts) { f.Country = lnp.CA; f.LineTypes = []lnp.LineType{lnp.Wireless} }), lnp.CanadaWireless},
	}
	for _, c := range cases {
		got, why := lnp.PortTypeOf(c.facts)
		if got != c.want || why == "" {
			t.Errorf("%s: %s (%s), want %s", c.name, got, why, c.want)
		}
	}
}

func faultsOf(pt lnp.PortType, a lnp.Answers) map[string]fault.Code {
	out := map[string]fault.Code{}
	for _, f := range lnp.CheckAll(pt, lnp.Requirements(pt, a, nil), a) {
		out[f.Field] = f.Code
	}
	return out
}

func TestCheckAll(t *testing.T) {
	t.Parallel()
	const n, m = nanp.Number(9198002000), nanp.Number(9198002001)
	full := map[string]any{
		"account_number": "1", "btn": "9198002000", "location_type": "business", "business_name": "B", "authorized_name": "A",
		"address": "1 Main St", "city": "Raleigh", "state": "NC", "zip": "27601", "pin": "1", "last_name": "L", "first_name": "F",
	}
	with := func(change func(map[string]any)) map[string]any {
		f := map[string]any{}
		for k, v := range full {
			f[k] = v
		}
		change(f)
		return f
	}
	r := fault.CodeRequired
	cases := []struct {
		name string
		pt   lnp.PortType
		a    lnp.Answers
		want map[string]fault.Code
	}{
		{"simple, empty", lnp.Simple, lnp.Answers{}, map[string]fault.Code{"account_number": r, "zip": r}},
		{"simple, all that may be asked", lnp.Simple, lnp.Answers{Fields: map[string]any{"account_number": "1", "zip": "27601"}}, nil},
		{"non-simple, empty", lnp.NonSimple, lnp.Answers{}, map[string]fault.Code{
			"account_number": r, "btn": r, "location_type": r, "business_name": r, "authorized_name": r, "address": r, "city": r, "state": r, "zip": r,
		}},
		{"non-simple, full", lnp.NonSimple, lnp.Answers{Fields: full}, nil},
		{"residential", lnp.NonSimple, lnp.Answers{Fields: with(func(f map[string]any) { f["location_type"] = "residential"; delete(f, "first_name") })}, map[string]fault.Code{"first_name": r}},
		{"partial", lnp.NonSimple, lnp.Answers{Fields: with(func(f map[string]any) { f["partial_port"] = true }), Porting: []nanp.Number{n}}, map[string]fault.Code{"remaining_numbers_action": r}},
		{"partial with the BTN", lnp.NonSimple, lnp.Answers{Fields: with(func(f map[string]any) { f["partial_port"] = true; f["remaining_numbers_action"] = "keep" }), Porting: []nanp.Number{n}}, map[string]fault.Code{"new_btn": r}},
		{"new BTN is ported", lnp.NonSimple, lnp.Answers{Fields: with(func(f map[string]any) { f["new_btn"] = "9198002001" }), Porting: []nanp.Number{n, m}}, map[string]fault.Code{"new_btn": fault.CodeNewBTN}},
		{"two accounts", lnp.NonSimple, lnp.Answers{Fields: full, Porting: []nanp.Number{n, m}, Numbers: map[nanp.Number]map[string]any{m: {"account_number": "2"}}}, map[string]fault.Code{"tns": fault.CodeSplitRequired}},
		{"wireless, PINs of the numbers", lnp.WirelessPort, lnp.Answers{
			Fields: with(func(f map[string]any) { delete(f, "pin") }), Porting: []nanp.Number{n, m},
			Numbers: map[nanp.Number]map[string]any{n: {"pin": "1"}, m: {"pin": "2"}},
		}, nil},
		{"wireless, one PIN is missing", lnp.WirelessPort, lnp.Answers{
			Fields: with(func(f map[string]any) { delete(f, "pin") }), Porting: []nanp.Number{n, m},
			Numbers: map[nanp.Number]map[string]any{n: {"pin": "1"}},
		}, map[string]fault.Code{"pin": r}},
		{"canada wireless needs one of three", lnp.CanadaWireless, lnp.Answers{Fields: map[string]any{"last_name": "L"}}, map[string]fault.Code{"account_number": r}},
		{"canada wireless with an IMEI", lnp.CanadaWireless, lnp.Answers{Fields: map[string]any{"last_name": "L", "imei": "1"}}, nil},
		{"wrong country", lnp.Simple, lnp.Answers{Fields: with(func(f map[string]any) { f["country"] = "CA" })}, map[string]fault.Code{"country": fault.CodeInvalidValue}},
		{"postal code of the other country", lnp.Simple, lnp.Answers{Fields: with(func(f map[string]any) { f["zip"] = "K1A 0B1" })}, map[string]fault.Code{"zip": fault.CodeInvalidValue}},
	}
	for _, c := range cases {
		got := faultsOf(c.pt, c.a)
		if len(got) == 0 {
			got = nil
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	find := func(pt lnp.PortType, kind lnp.DocumentKind, extra ...lnp.DocumentRule) lnp.Requirement {
		for _, r := range lnp.Requirements(pt, lnp.Answers{}, extra) {
			if r.Document == kind {
				return r
			}
		}
		return lnp.Requirement{}
	}
	if r := find(lnp.TollFreePort, lnp.LOA); !r.Required || r.MaxBytes != 2<<20 || !slices.Equal(r.Formats, []string{"pdf", "tiff"}) {
		t.Errorf("toll-free: %+v", r)
	}
	if r := find(lnp.NonSimple, lnp.LOA); r.Required {
		t.Errorf("non-simple: %+v", r)
	}
	strict := lnp.DocumentRule{Kind: lnp.Bill, Required: true, Why: "w", Formats: []string{"pdf"}, MaxAgeDays: 15}
	if r := find(lnp.NonSimple, lnp.Bill, strict); !r.Required || r.MaxAgeDays != 15 || !slices.Equal(r.Formats, []string{"pdf"}) {
		t.Errorf("a carrier's own rule: %+v", r)
	}
}

func TestRejects(t *testing.T) {
	t.Parallel()
	for _, r := range lnp.Rejects {
		if r.Meaning == "" || r.Fix == "" || lnp.RejectOf(r.Code).Code != r.Code {
			t.Errorf("%s is incomplete", r.Code)
		}
		if r.Path == lnp.PathCorrect && len(r.Fields) == 0 {
			t.Errorf("%s asks for a correction of nothing", r.Code)
		}
	}
	if lnp.RejectOf("no such code").Code != lnp.RejectOther {
		t.Error("an unknown code is not other")
	}
}

func TestClockZone(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{"AL": "America/New_York", "MI": "America/Chicago", "WA": "America/Denver", "HI": "America/Los_Angeles", "BC": "America/Toronto", "": "America/New_York"} {
		if got := lnp.ClockZone(state); got != want {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}
