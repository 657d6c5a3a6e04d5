package nanp_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	const want = nanp.Number(9198002000)
	good := []string{
		"9198002000", "19198002000", "+19198002000", "1-919-800-2000", "+1 (919) 800-2000", "(919) 800-2000",
		"919.800.2000", "919 800 2000", "tel:+1-919-800-2000", "TEL:9198002000", " 9198002000\r\n", "919/800-2000",
		"919\u00a0800\u00a02000", "919\u2010800\u20132000", "919\u2212800\u22122000", "\ufeff9198002000", "\u202a9198002000\u202c",
		"(919)8002000", "919_800_2000",
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
	bad := map[string]fault.Code{
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
	}
	for s, want := range bad {
		n, code := nanp.Parse(s)
		if code != want || n != 0 {
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
		9002002000: fault.CodePremium, 5002002000: fault.CodeNonGeographic, 5332002000: fault.CodeNonGeographic,
		6002002000: fault.CodeNonGeographic, 7002002000: fault.CodeNonGeographic, 7102002000: fault.CodeNonGeographic,
		8222002000: fault.CodeTollFreeClosed, 8892002000: fault.CodeTollFreeClosed, 8005550100: "",
	}
	for n, want := range cases {
		if got := n.Refusal(); got != want {
			t.Errorf("%v: %q, want %q", n, got, want)
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
	for _, bad := range []string{`{"dids":[true]}`, `{"dids":[9.198E+09]}`, `{"dids":["x"]}`, `{"dids":[{}]}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was taken", bad)
		}
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
	for _, s := range []string{"9198002000", "+1 (919) 800-2000", "9.198E+09", "tel:+1-919-800-2000;ext=1", "011442071838750", "\u202a919\u00a08002000", "e", "+", ".e1"} {
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
