package nanp_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/refdata/refdatatest"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const want = nanp.Number(9198002000)
	good := []string{
		"9198002000", "19198002000", "+19198002000", "1-919-800-2000", "+1 (919) 800-2000", "(919) 800-2000",
		"919.800.2000", "919 800 2000", "tel:+1-919-800-2000", "TEL:9198002000", " 9198002000\r\n", "919/800-2000",
		"919\u00a0800\u00a02000", "919\u2010800\u20132000", "919\u2212800\u22122000", "\ufeff9198002000", "\u202a9198002000\u202c",
		"(919)8002000", "919_800_2000", "1.919.800.2000", "1 (919) 800 2000", "+1.919.800.2000", "\u00a0tel:+19198002000",
		"9198002000.0", "19198002000.00", "9198002000,0", "919\u00ad800\uff0d2000",
	}
	for _, s := range good {
		n, code := nanp.Parse(s)
		if n != want || code != "" {
			t.Errorf("Parse(%q) = %v, %q", s, n, code)
		}
		n, code = nanp.Parse([]byte(s))
		if n != want || code != "" {
			t.Errorf("Parse of bytes %q = %v, %q", s, n, code)
		}
	}
	others := map[string]fault.Code{
		"": fault.CodeNotANumber, "   ": fault.CodeNotANumber, "919555": fault.CodeNotANumber, "919800200": fault.CodeNotANumber,
		"91980020000": fault.CodeNotANumber, "call me": fault.CodeNotANumber, "9198002OOO": fault.CodeNotANumber,
		"919+8002000": fault.CodeNotANumber, "9.198E+09": fault.CodeScientific, "9,198E+09": fault.CodeScientific,
		"9.19800E+9": fault.CodeScientific, "9E+09": fault.CodeScientific, "9198002000 x12": fault.CodeExtension,
		"919-800-2000 ext. 5": fault.CodeExtension, "9198002000#5": fault.CodeExtension, "tel:+19198002000;ext=7": fault.CodeExtension,
		"9198002000,,12": fault.CodeExtension, "+442071838750": fault.CodeForeign, "+4915123456789": fault.CodeForeign,
		"011442071838750": fault.CodeForeign, "+1919800200": fault.CodeNotANumber, "1198002000": fault.CodeNPAInvalid,
		"0198002000": fault.CodeNPAInvalid, "9118002000": fault.CodeNPAInvalid, "2918002000": fault.CodeNPAInvalid,
		"3708002000": fault.CodeNPAInvalid, "9608002000": fault.CodeNPAInvalid, "9190002000": fault.CodeNXXInvalid,
		"9191002000": fault.CodeNXXInvalid, "+9198002000": fault.CodeForeign,
		"9718002000": "", "9798002000": "", "3698002000": "",
		"919800200.0": fault.CodeNotANumber, "1919800200.0": fault.CodeNPAInvalid, "919800200.5": fault.CodeNotANumber,
		"sip:9198002000": fault.CodeNotANumber, "0019198002000": fault.CodeNotANumber, "29198002000": fault.CodeNotANumber,
		"4118002000": fault.CodeNPAInvalid, "9998002000": fault.CodeNPAInvalid, "9194112000": "",
		"9198002000 extension 12": fault.CodeExtension, "9198002000X5": fault.CodeExtension, "9198002000 x": fault.CodeNotANumber,
		"9198002000 extra": fault.CodeNotANumber, "919.8E7": fault.CodeScientific, "\u00a0": fault.CodeNotANumber,
		"tel:": fault.CodeNotANumber, "+": fault.CodeNotANumber, "++19198002000": fault.CodeNotANumber,
		"9198002000\x96": fault.CodeNotANumber, "9198002000-9198002099": fault.CodeNotANumber,
		"9198002000,27601": fault.CodeNotANumber, "9198002000;9198002001": fault.CodeNotANumber, "9198002000x9198002001": fault.CodeNotANumber,
		strings.Repeat("9", 1000): fault.CodeNotANumber,
	}
	for s, want := range others {
		n, code := nanp.Parse(s)
		if code != want || (n != 0) != (want == "") {
			t.Errorf("Parse(%q) = %v, %q; want %q", s, n, code, want)
		}
	}
}

func TestRefusal(t *testing.T) {
	t.Parallel()
	cases := map[nanp.Number]fault.Code{
		9198002000: "", 8005551212: "", 8442002000: "", 9195550100: fault.CodeFictional, 9195550199: fault.CodeFictional,
		9195550200: fault.CodeServiceCode, 9195551212: fault.CodeServiceCode, 9194112000: fault.CodeServiceCode,
		9199502000: fault.CodeServiceCode, 9199582000: fault.CodeServiceCode, 9199762000: fault.CodePremium,
		9005550100: fault.CodePremium, 8009762000: "", 8004112000: "",
		9002002000: fault.CodePremium, 5002002000: fault.CodeNonGeographic, 5332002000: fault.CodeNonGeographic,
		6002002000: fault.CodeNonGeographic, 7002002000: fault.CodeNonGeographic, 7102002000: fault.CodeNonGeographic,
		8222002000: fault.CodeTollFreeClosed, 8892002000: fault.CodeTollFreeClosed, 8005550100: "",
	}
	for n, want := range cases {
		got := n.Refusal()
		if got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
		}
		if n.Fictional() != (want == fault.CodeFictional) {
			t.Errorf("%v: Fictional is %v", n, n.Fictional())
		}
	}
}

// The oracle knows which forms of numbers are possible; it takes more than we
// do (extensions, other countries), so it is asked about plain forms only.
func TestParseAgreesWithLibphonenumber(t *testing.T) {
	t.Parallel()
	agreed := 0
	for _, form := range []string{"%03d%03d%04d", "(%03d) %03d-%04d", "+1 %03d %03d %04d", "1-%03d-%03d-%04d"} {
		for npa := 200; npa < 1000; npa += 7 {
			s := fmt.Sprintf(form, npa, 200+npa%700, npa)
			theirs, err := phonenumbers.Parse(s, "US")
			if err != nil || theirs.GetCountryCode() != 1 {
				continue
			}
			ours, code := nanp.Parse(s)
			if phonenumbers.IsValidNumber(theirs) && (code != "" || uint64(ours) != theirs.GetNationalNumber()) {
				t.Errorf("%s: valid for libphonenumber, %q for us", s, code)
			}
			agreed++
		}
	}
	for _, s := range []string{"tel:+1-919-800-2000", "919.800.2000", "919 800 2000", "1 919 800 2000", "(919)8002000", "+1.919.800.2000"} {
		theirs, err := phonenumbers.Parse(s, "US")
		ours, code := nanp.Parse(s)
		if err != nil || code != "" || uint64(ours) != theirs.GetNationalNumber() {
			t.Errorf("%s: %v, %q; libphonenumber says %v, %v", s, ours, code, theirs, err)
		}
		agreed++
	}
	for _, s := range []string{"919555", "call me", "+442071838750", "9118002000", "9191002000", "0198002000", "91980020000", ""} {
		theirs, err := phonenumbers.Parse(s, "US")
		_, code := nanp.Parse(s)
		if code == "" || err == nil && theirs.GetCountryCode() == 1 && phonenumbers.IsValidNumber(theirs) {
			t.Errorf("%s: %q; libphonenumber says %v, %v", s, code, theirs, err)
		}
	}
	if agreed < 300 {
		t.Errorf("only %d numbers were compared", agreed)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var got struct {
		DIDs []nanp.Number `json:"dids"`
	}
	err := json.Unmarshal([]byte(`{"dids": ["(919) 800-2000", 19198002001]}`), &got)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(got)
	if err != nil || string(b) != `{"dids":["9198002000","9198002001"]}` {
		t.Errorf("%s, %v", b, err)
	}
	refused := map[string]fault.Code{
		`true`: fault.CodeNotANumber, `null`: fault.CodeNotANumber, `{}`: fault.CodeNotANumber, `["9198002000"]`: fault.CodeNotANumber,
		`"x"`: fault.CodeNotANumber, `""`: fault.CodeNotANumber, `-9198002000`: fault.CodeNotANumber, `919.8002000`: fault.CodeNotANumber,
		`919800200.0`: fault.CodeNotANumber, `9.198E+09`: fault.CodeScientific, `9198002000e0`: fault.CodeScientific,
		`"9198002000 x5"`: fault.CodeExtension, `"+442071838750"`: fault.CodeForeign, `1198002000`: fault.CodeNPAInvalid,
		`"9191002000"`: fault.CodeNXXInvalid, `"` + strings.Repeat("secret ", 100) + `"`: fault.CodeNotANumber,
	}
	for body, want := range refused {
		n := nanp.Number(1)
		err := n.UnmarshalJSON([]byte(body))
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.Kind != fault.Invalid || e.Code != want || n != 1 {
			t.Errorf("%s: %v, number %v; want %s", body, err, n, want)
		}
		if ok && strings.Contains(e.Error(), "secret") {
			t.Errorf("the error repeats the text: %v", e)
		}
	}
	var whole nanp.Number
	err = json.Unmarshal([]byte(`9198002000.0`), &whole)
	if err != nil || whole != 9198002000 {
		t.Errorf("9198002000.0: %v, %v", whole, err)
	}
}

func TestWritten(t *testing.T) {
	t.Parallel()
	n := nanp.Number(9198000042)
	if n.Written() != "(919) 800-0042" || n.String() != "9198000042" || n.NPA() != 919 || n.NXX() != 800 || n.Line() != 42 {
		t.Errorf("%q, %q, %d, %d, %d", n.Written(), n.String(), n.NPA(), n.NXX(), n.Line())
	}
	again, code := nanp.Parse(n.Written())
	if again != n || code != "" {
		t.Errorf("%s reads as %v, %q", n.Written(), again, code)
	}
	if nanp.Number(0).Written() != "" || nanp.Number(0).String() != "" {
		t.Error("no number is written as something")
	}
}

// The tables of special codes against NANPA's report, where it is at hand:
// what has no geographic use is refused, and what has is not.
func TestSpecialCodesAgainstNANPA(t *testing.T) {
	t.Parallel()
	dir, ok := refdatatest.Find()
	if !ok {
		t.Log("NANPA's report is not at hand (PORTIN_REFDATA); the tables are compared with lnp-rules §3.1 alone")
		for _, npa := range []nanp.Number{500, 521, 522, 523, 524, 525, 526, 527, 528, 529, 533, 544, 566, 577, 588, 600, 622, 633, 644, 700, 710} {
			if (npa*1e7 + 2345678).Refusal() != fault.CodeNonGeographic {
				t.Errorf("%d is not refused", npa)
			}
		}
		return
	}
	f, err := os.Open(filepath.Join(dir, "npa_report_2026-08-17.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, row := range rows[2:] {
		const id, reserved, use, service = 0, 3, 7, 10
		npa, err := strconv.ParseUint(row[id], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n := nanp.Number(npa*1e7 + 2345678)
		switch {
		case row[service] == "Y" && row[use] == "G":
			if n.Refusal() != "" || n.TollFree() {
				t.Errorf("%d is geographic: %q", npa, n.Refusal())
			}
		case n.TollFree() && row[service] == "Y":
			if n.Refusal() != "" {
				t.Errorf("%d is in service: %q", npa, n.Refusal())
			}
		case row[service] == "Y", strings.HasPrefix(row[reserved], "Reserved for 5XX"), strings.HasPrefix(row[reserved], "Set aside for toll free"):
			if n.Refusal() == "" {
				t.Errorf("%d is not refused: %v", npa, row[:11])
			}
		default:
			continue
		}
		compared++
	}
	if compared < 400 {
		t.Errorf("only %d area codes were compared", compared)
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	s, b := "+1 (919) 800-2000", []byte("tel:+1-919-800-2000")
	allocs := testing.AllocsPerRun(1000, func() {
		nanp.Parse(s)
		nanp.Parse(b)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"9198002000", "+1 (919) 800-2000", "9.198E+09", "tel:+1-919-800-2000;ext=1", "011442071838750", "\u202a919\u00a08002000", "9198002000.0", "9198002000 ext. 5", "9198002000-9198002099", "e", "+", ".e1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, code := nanp.Parse(s)
		if (n == 0) == (code == "") {
			t.Fatalf("Parse(%q) = %v, %q", s, n, code)
		}
		if code != "" {
			return
		}
		again, code := nanp.Parse(n.String())
		if again != n || code != "" {
			t.Fatalf("%q reads as %v, which reads as %v, %q", s, n, again, code)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		nanp.Parse("+1 (919) 800-2000")
	}
}

func BenchmarkParseLibphonenumber(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := phonenumbers.Parse("+1 (919) 800-2000", "US")
		if err != nil {
			b.Fatal(err)
		}
	}
}
