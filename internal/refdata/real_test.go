package refdata_test

import (
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/refdata/refdatatest"
)

func readFile(t testing.TB, path string) []*refdata.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	files, err := refdata.Read(filepath.Base(path), f, info.Size(), refdata.BadShare)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// realFiles are the publishers' files by kind, which are read once.
var (
	realFiles map[refdata.Kind]*refdata.File
	realOnce  sync.Once
)

func readReal(t testing.TB) map[refdata.Kind]*refdata.File {
	t.Helper()
	folder := refdatatest.Folder(t)
	realOnce.Do(func() { realFiles = readAll(t, folder) })
	return maps.Clone(realFiles)
}

func readAll(t testing.TB, folder string) map[refdata.Kind]*refdata.File {
	t.Helper()
	out := map[refdata.Kind]*refdata.File{}
	for _, path := range refdatatest.Files(t, folder) {
		for _, f := range readFile(t, path) {
			out[f.Kind] = f
		}
	}
	return out
}

func indexOf(files map[refdata.Kind]*refdata.File) *numbering.Index {
	var all []*refdata.File
	for _, f := range files {
		all = append(all, f)
	}
	return refdata.Index(all, carrier.Families{}.Of)
}

func TestRealCounts(t *testing.T) {
	t.Parallel()
	files := readReal(t)
	for kind, want := range map[refdata.Kind]struct {
		rows, used int
		date       string
	}{
		refdata.CodesUS: {204_327, 197_816, "2026-07-06"}, refdata.CodesCA: {44_000, 28_318, "2025-09-12"}, refdata.BlocksUS: {858_876, 858_876, "0001-01-01"},
		refdata.Areas: {800, 485, "2026-08-17"}, refdata.Centres: {24_722, 24_722, "0001-01-01"}, refdata.Operators: {3230, 3230, "0001-01-01"}, refdata.RespOrgs: {1421, 1421, "0001-01-01"},
	} {
		f := files[kind]
		if f == nil {
			t.Errorf("there is no %s", kind)
			continue
		}
		date := f.Date.String()
		if f.Date.IsZero() {
			date = "0001-01-01"
		}
		if f.Rows != want.rows || f.Used() != want.used || date != want.date || f.BadRows != 0 {
			t.Errorf("%s: %d rows, %d used, %d bad, of %s; want %+v", kind, f.Rows, f.Used(), f.BadRows, date, want)
		}
	}
}

// TestRealNumbers checks numbers that were looked up in the reports by hand, and
// their zones on a map.
func TestRealNumbers(t *testing.T) {
	t.Parallel()
	files := readReal(t)
	whole := indexOf(files)
	delete(files, refdata.BlocksUS)
	codes := indexOf(files)
	for _, c := range []struct {
		number                         nanp.Number
		state, centre, lata, zone, ocn string
		line                           lnp.LineType
	}{
		// Blocks of pooled codes, and what is left of these.
		{9198000000, "NC", "RALEIGH", "426", "America/New_York", "3235", lnp.VoIP},
		{9198002000, "NC", "RALEIGH", "426", "America/New_York", "", ""}, // a company without OCN
		{9198007000, "NC", "RALEIGH", "426", "America/New_York", "6214", lnp.Wireless},
		{9198009999, "NC", "RALEIGH", "426", "America/New_York", "6324", lnp.Wireless},
		{2012010000, "NJ", "JERSEYCITY", "224", "America/New_York", "118F", lnp.VoIP},
		{2012012000, "NJ", "JERSEYCITY", "224", "America/New_York", "624H", lnp.Wireless},
		{2142001000, "TX", "DALLAS", "552", "America/Chicago", "5562", lnp.Wireless},
		{2142000000, "TX", "DALLAS", "552", "America/Chicago", "9533", lnp.Wireline},
		{6022004000, "AZ", "PHOENIX", "666", "America/Phoenix", "6529", lnp.Wireless},
		{6022000000, "AZ", "PHOENIX", "666", "America/Phoenix", "9636", lnp.Wireline},
		// Codes that are not pooled; one with several holders.
		{2122000000, "NY", "NWYRCYZN01", "132", "America/New_York", "384C", lnp.VoIP},
		{9072000000, "AK", "VALDEZ", "832", "America/Anchorage", "6872", lnp.Wireless},
		{5519900000, "NJ", "", "", "America/New_York", "", ""},
		// Territories.
		{6702850000, "MP", "SAIPAN", "", "Pacific/Guam", "387C", lnp.Wireless},
		{7872000000, "PR", "RIOPIEDRAS", "820", "America/Puerto_Rico", "955G", lnp.VoIP},
		{7872007000, "PR", "RIOPIEDRAS", "820", "America/Puerto_Rico", "9726", lnp.VoIP},
		{3402000000, "VI", "CHTAMSTTHS", "", "America/St_Thomas", "073H", lnp.VoIP},
		// Area codes with two zones, on both sides.
		{8502060000, "FL", "PENSACOLA", "448", "America/Chicago", "6214", lnp.Wireless},
		{8502220000, "FL", "TALLAHASSE", "953", "America/New_York", "0340", lnp.Wireline},
		{2702000000, "KY", "LEITCHFLD", "462", "America/Chicago", "6214", lnp.Wireless},
		{2707650000, "KY", "ELIZABTHTN", "462", "America/New_York", "9690", lnp.Wireline},
		{6053420000, "SD", "RAPID CITY", "640", "America/Denver", "9631", lnp.Wireline},
		{6052240000, "SD", "PIERRE", "640", "America/Chicago", "9631", lnp.Wireline},
		{7012250000, "ND", "DICKINSON", "638", "America/Denver", "9631", lnp.Wireline},
		{7012230000, "ND", "BISMARCK", "638", "America/Chicago", "9631", lnp.Wireline},
		{8128380000, "IN", "MT VERNON", "330", "America/Chicago", "9325", lnp.Wireline},
		{9067740000, "MI", "IRON MT", "342", "America/Chicago", "9323", lnp.Wireline},
		{9062250000, "MI", "MARQUETTE", "342", "America/New_York", "9323", lnp.Wireline},
		{4232650000, "TN", "CHATTNOOGA", "472", "America/New_York", "9419", lnp.Wireline},
		// Canada: no LATA, and provinces that share an area code.
		{4162000000, "ON", "TORONTO", "", "America/Toronto", "6574", lnp.Wireless},
		{8072740000, "ON", "FORT FRANCES", "", "America/Winnipeg", "8051", lnp.Wireline},
		{2042000000, "MB", "WINNIPEG", "", "America/Winnipeg", "4727", lnp.VoIP},
		{4182000000, "QC", "BAIE-ST-PAUL", "", "America/Toronto", "8306", lnp.VoIP},
		{4189860000, "QC", "CAP-AUX-MEULES", "", "America/Halifax", "8239", lnp.Wireline},
		{2502000000, "BC", "REVELSTOKE", "", "America/Vancouver", "8821", lnp.Wireless},
		{2503420000, "BC", "INVERMERE", "", "America/Edmonton", "8086", lnp.Wireline},
		{7092000000, "NL", "CLARENVILLE", "", "America/St_Johns", "154E", lnp.VoIP},
		{7098960000, "NL", "HAPPY VALLEY - GOOSE BAY", "", "America/Halifax", "8085", lnp.Wireline},
		{9022000000, "PE", "CHARLOTTETOWN", "", "America/Halifax", "154E", lnp.VoIP},
		{7822000000, "NS", "HALIFAX", "", "America/Halifax", "421G", lnp.Wireless},
		{8672000000, "NT", "YELLOWKNIFE", "", "America/Edmonton", "940G", lnp.VoIP},
		{8673930000, "YT", "WHITEHORSE", "", "America/Whitehorse", "8092", lnp.Wireline},
	} {
		f, ok := whole.Lookup(c.number)
		if !ok || f.Refusal != "" || f.State != c.state || f.RateCentre != c.centre || f.LATA != c.lata || f.Zone != c.zone || f.Losing.OCN != c.ocn || f.Losing.LineType != c.line || f.Losing.Verified {
			t.Errorf("%s: %+v; want %+v", c.number, f, c)
		}
	}
	f, ok := codes.Lookup(9198002000)
	if !ok || f.Losing.OCN != "6324" || f.Losing.Source != "nanpa" || f.Losing.AsOf.Format(time.DateOnly) != "2026-07-06" {
		t.Errorf("9198002000 by its code: %+v", f)
	}
	for number, want := range map[nanp.Number]fault.Code{
		9077000123: fault.CodeNXXUnassigned, // unavailable
		6712000000: fault.CodeNXXUnassigned,
		2365610000: fault.CodeNXXUnassigned, // available
		2089590000: fault.CodeServiceCode,
		2732000000: fault.CodeNPAUnassigned, // from 2027 on
		5652000000: fault.CodeNPAUnassigned,
		8762002000: fault.CodeOutsideUSCA,
		5332002000: fault.CodeNonGeographic,
		9002002000: fault.CodePremium,
		8002002000: "",
	} {
		f, _ := whole.Lookup(number)
		if f.Refusal != want {
			t.Errorf("%s is refused with %q; want %q", number, f.Refusal, want)
		}
	}
	company, ok := whole.RespOrg("aam01")
	if !ok || company == "" {
		t.Errorf("RespOrg AAM01 is %q, %v", company, ok)
	}
}

// TestRealZones: the codes of a rate centre in an area code with two zones are
// in one of them.
func TestRealZones(t *testing.T) {
	t.Parallel()
	x := indexOf(readReal(t))
	type centre struct {
		npa         int
		state, name string
	}
	zones := map[centre]string{}
	n := 0
	for code := nanp.Number(200_200); code < 1_000_000; code++ {
		f, ok := x.Lookup(code * 10_000)
		if !ok || f.Refusal != "" || f.RateCentre == "" {
			continue
		}
		n++
		at := centre{int(code / 1000), f.State, f.RateCentre}
		if zones[at] != "" && zones[at] != f.Zone {
			t.Errorf("%+v is in %s and in %s", at, zones[at], f.Zone)
		}
		zones[at] = f.Zone
	}
	if n < 200_000 {
		t.Errorf("only %d codes", n)
	}
}
