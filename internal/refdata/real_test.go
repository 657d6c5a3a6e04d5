package refdata_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
)

// real is the folder with the publishers' own files. They are never part of
// this repository.
func real(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("PORTIN_REFDATA")
	if folder == "" {
		folder = "../../../shared/refdata"
	}
	_, err := os.Stat(filepath.Join(folder, "FORMATS.md"))
	if err != nil {
		t.Skipf("the publishers' files are not in %s, so what needs them is skipped; set PORTIN_REFDATA", folder)
	}
	return folder
}

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

func readReal(t testing.TB) map[refdata.Kind]*refdata.File {
	t.Helper()
	folder := real(t)
	out := map[refdata.Kind]*refdata.File{}
	for _, pattern := range []string{"CoCode*.zip", "COCode*.zip", "us_thousands*.gz", "NpaRate*.gz", "npa_report*.csv", "ocn_*.csv", "resporg*.csv"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(paths) != 1 {
			t.Fatalf("%s: %v %v", pattern, paths, err)
		}
		for _, f := range readFile(t, paths[0]) {
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

// TestRealNumbers checks numbers that were looked up in the reports by hand.
func TestRealNumbers(t *testing.T) {
	t.Parallel()
	files := readReal(t)
	whole := indexOf(files)
	delete(files, refdata.BlocksUS)
	codes := indexOf(files)
	f, ok := codes.Lookup(9198002000)
	if !ok || f.Losing.OCN != "6324" || f.State != "NC" || f.RateCentre != "RALEIGH" || f.LATA != "426" || f.Zone != "America/New_York" {
		t.Errorf("9198002000 by its code: %+v", f)
	}
	for _, c := range []struct {
		number                         nanp.Number
		state, centre, lata, zone, ocn string
	}{
		{2012010000, "NJ", "JERSEYCITY", "224", "America/New_York", "118F"}, // a block
		{4162000000, "ON", "TORONTO", "", "America/Toronto", "6574"},
		{6702850000, "MP", "SAIPAN", "", "Pacific/Guam", "387C"},
		{7872000000, "PR", "RIOPIEDRAS", "820", "America/Puerto_Rico", "955G"},
		{9072000000, "AK", "VALDEZ", "832", "America/Anchorage", "6872"},
		{2042000000, "MB", "WINNIPEG", "", "America/Winnipeg", "4727"},
		{4232000000, "TN", "MORRISTOWN", "474", "America/New_York", "7476"},
		{2702000000, "KY", "LEITCHFLD", "462", "America/Chicago", "6214"},
	} {
		f, ok := whole.Lookup(c.number)
		if !ok || f.Refusal != "" || f.State != c.state || f.RateCentre != c.centre || f.LATA != c.lata || f.Zone != c.zone || f.Losing.OCN != c.ocn || f.Losing.Verified {
			t.Errorf("%s: %+v; want %+v", c.number, f, c)
		}
	}
	f, _ = whole.Lookup(9077000123)
	if f.Refusal != fault.CodeNXXUnassigned {
		t.Errorf("a code that nobody holds is refused with %q", f.Refusal)
	}
}
