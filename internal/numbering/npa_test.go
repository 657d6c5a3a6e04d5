package numbering_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata/refdatatest"
)

func TestBase(t *testing.T) {
	t.Parallel()
	cases := []struct {
		n       nanp.Number
		typ     lnp.NumberType
		country lnp.Country
		state   string
		zone    string
		code    fault.Code
	}{
		{9198002000, lnp.Local, lnp.US, "NC", "America/New_York", ""},
		{8502002000, lnp.Local, lnp.US, "FL", "America/Chicago", ""},
		{9152002000, lnp.Local, lnp.US, "TX", "America/Denver", ""},
		{6022002000, lnp.Local, lnp.US, "AZ", "America/Phoenix", ""},
		{7872002000, lnp.Local, lnp.US, "PR", "America/Puerto_Rico", ""},
		{6702002000, lnp.Local, lnp.US, "MP", "Pacific/Guam", ""},
		{4162002000, lnp.Local, lnp.CA, "ON", "America/Toronto", ""},
		{7092002000, lnp.Local, lnp.CA, "NL", "America/St_Johns", ""},
		{8002002000, lnp.TollFree, lnp.US, "", "", ""},
		{8762002000, "", "", "", "", fault.CodeOutsideUSCA},
		{2002002000, "", "", "", "", fault.CodeNPAUnassigned},
		{5002002000, "", "", "", "", fault.CodeNonGeographic},
		{9002002000, "", "", "", "", fault.CodePremium},
		{8222002000, lnp.TollFree, lnp.US, "", "", fault.CodeTollFreeClosed},
		{9199582000, lnp.Local, lnp.US, "NC", "America/New_York", fault.CodeServiceCode},
		{9195550100, lnp.Local, lnp.US, "NC", "America/New_York", fault.CodeFictional},
		{2005550100, "", "", "", "", fault.CodeNPAUnassigned},
	}
	for _, c := range cases {
		f := numbering.Base(c.n)
		if f.Type != c.typ || f.Country != c.country || f.State != c.state || f.Zone != c.zone || f.Refusal != c.code {
			t.Errorf("%v: %+v", c.n, f)
		}
	}
}

func TestEveryZoneExists(t *testing.T) {
	t.Parallel()
	for npa := 200; npa < 1000; npa++ {
		a, ok := numbering.LookupNPA(npa)
		if !ok {
			continue
		}
		if _, err := time.LoadLocation(a.Zone); err != nil {
			t.Errorf("%d: %v", npa, err)
		}
		if a.Country == "US" || a.Country == "CA" {
			r, ok := lnp.RegionOf(a.State)
			if !ok || string(r.Country) != a.Country {
				t.Errorf("%d: %s is no region of %s", npa, a.State, a.Country)
			}
		}
	}
}

// The table against NANPA's own report, where it is at hand.
func TestAreaCodesAgainstNANPA(t *testing.T) {
	t.Parallel()
	f, err := os.Open(filepath.Join(refdatatest.Folder(t), "npa_report_2026-08-17.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	inService := map[int]bool{}
	for line := 1; ; line++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		const id, use, location, country, service = 0, 7, 8, 9, 10
		if line < 3 || row[service] != "Y" || row[use] != "G" {
			continue
		}
		npa, err := strconv.Atoi(row[id])
		if err != nil {
			t.Fatal(err)
		}
		inService[npa] = true
		a, ok := numbering.LookupNPA(npa)
		if !ok {
			t.Errorf("%d (%s) is missing", npa, row[location])
			continue
		}
		if row[country] != a.Country && (row[country] == "US" || row[country] == "CANADA" && a.Country != "CA") {
			t.Errorf("%d is in %s, not %s", npa, row[country], a.Country)
		}
		if row[country] == "US" && len(row[location]) == 2 && row[location] != a.State && row[location] != "NN" {
			t.Errorf("%d is in %s, not %s", npa, row[location], a.State)
		}
	}
	for npa := 200; npa < 1000; npa++ {
		if _, ok := numbering.LookupNPA(npa); ok && !inService[npa] {
			t.Errorf("%d is not in service", npa)
		}
	}
}
