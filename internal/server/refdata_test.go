package server_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/server"
)

// reports are small files in the publishers' forms, with companies that are
// made up.
var reports = map[string]string{
	"us.txt": "State\tNPA-NXX\tOCN\tCompany\tRateCenter\tEffectiveDate\tUse\tAssignDate\tInitial/Growth\tPooled Code\tIn Service\tFile Updated 07/06/2026\n" +
		"NC\t919-200\t12AB\t\"EXAMPLE TEL, LLC - NC\"\tRALEIGH\t\tAS\t\t\tY\tYes\n" +
		"TN\t221-200\t12AB\t\"EXAMPLE TEL, LLC - TN\"\tCHATTNOOGA\t\tAS\t\t\tN\tYes\n" +
		"NC\t919-201\t\t\t\t\tUA\t\t\tN\t\n",
	"blocks.csv":  "NPA,NXX,X,STATUS,Assigned To,OCN\n919,200,7,AS,\"SAMPLE MOBILE, INC.\",0034\n",
	"ca.csv":      "\"NPA\",\"CO Code (NXX)\",\"Status\",\"Exchange Area\",\"Province\",\"Company\",\"OCN\"\n,,,,,,2025-09-12\n902,200,\"In Service\",\"Charlottetown\",\"PE\",\"Maple, Inc.\",\"8888\"\n",
	"areas.csv":   "File Date,08/17/2026\nNPA_ID,USE,LOCATION,COUNTRY,IN_SERVICE,OVERLAY_COMPLEX,TIME_ZONE\n221,G,TN,US,Y,221/423,EC\n704,G,NC,US,N,,E\n",
	"centres.csv": "State,NPA,Rate Center Abbr,LATA\nNC,919,RALEIGH,426\n",
	"ocn.csv":     "ocn,class,brand\n12AB,wireline,\n0034,wireless,Sample\n",
}

// imported is a sandbox whose data folder has the reports.
func imported(t *testing.T) *running {
	t.Helper()
	folder, files := t.TempDir(), t.TempDir()
	var paths []string
	for name, text := range reports {
		path := filepath.Join(files, name)
		err := os.WriteFile(path, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	office, err := server.OpenOffice(t.Context(), server.Config{Sandbox: true, Data: folder}, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = refdata.Import(t.Context(), office.Reference(), paths, refdata.BadShare)
	if err != nil {
		t.Fatal(err)
	}
	err = office.Close()
	if err != nil {
		t.Fatal(err)
	}
	return start(t, folder)
}

// get reads an answer, which must have a status.
func get(t *testing.T, r *running, method, path string, body any, status int, into any) {
	t.Helper()
	a, err := r.Call(t.Context(), method, path, body, "")
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != status {
		t.Fatalf("%s %s = %d %s; want %d", method, path, a.Status, a.Body, status)
	}
	err = json.Unmarshal(a.Body, into)
	if err != nil {
		t.Fatal(err)
	}
}

// TestReferenceData: who holds a number is answered from the reports, wherever
// it is asked.
func TestReferenceData(t *testing.T) {
	t.Parallel()
	r := imported(t)
	type place struct{ OCN, Company, State, RC, LATA, Zone, Line string }
	for did, want := range map[string]place{
		"9192001234": {"12AB", "EXAMPLE TEL", "NC", "RALEIGH", "426", "America/New_York", "wireline"},
		"9192007234": {"0034", "Sample", "NC", "RALEIGH", "426", "America/New_York", "wireless"}, // the holder of the block
		"9022001234": {"8888", "Maple", "PE", "CHARLOTTETOWN", "", "America/Halifax", ""},
		"2212001234": {"12AB", "EXAMPLE TEL", "TN", "CHATTNOOGA", "", "America/New_York", "wireline"}, // only the report knows the area code
	} {
		var lrn struct {
			LRN      string
			Source   string
			Verified bool
			LERG     struct{ NPA, NXX, Y, LATA, OCN, Company, RC, State string }
		}
		get(t, r, http.MethodGet, "/lrn/extended/"+did, nil, http.StatusOK, &lrn)
		got := place{lrn.LERG.OCN, lrn.LERG.Company, lrn.LERG.State, lrn.LERG.RC, lrn.LERG.LATA, want.Zone, want.Line}
		if got != want || lrn.LRN != did || lrn.Verified || lrn.LERG.NPA+lrn.LERG.NXX+lrn.LERG.Y != did[:7] {
			t.Errorf("the look-up of %s: %+v; want %+v", did, lrn, want)
		}
		var o struct {
			TNs []struct {
				State, Ratecenter, LATA, Timezone, LineType string
				LosingCarrier                               struct {
					OCN, Name string
					Line      string `json:"line_type"`
				} `json:"losing_carrier"`
			}
		}
		get(t, r, http.MethodGet, r.OrderPath(upload(t, r, did), ""), nil, http.StatusOK, &o)
		n := o.TNs[0]
		got = place{n.LosingCarrier.OCN, n.LosingCarrier.Name, n.State, n.Ratecenter, n.LATA, n.Timezone, n.LosingCarrier.Line}
		if got != want {
			t.Errorf("the order of %s: %+v; want %+v", did, got, want)
		}
	}
	// What the reports refuse, and where the refusal is told.
	refused := map[string]string{"9192010000": "exchange_not_in_service", "9199990000": "exchange_not_in_service", "7042001234": "area_code_not_in_service", "2322001234": "area_code_not_in_service"}
	var dids []string
	for did, code := range refused {
		dids = append(dids, did)
		var problem struct{ Errors []struct{ Code string } }
		get(t, r, http.MethodGet, "/lrn/extended/"+did, nil, http.StatusUnprocessableEntity, &problem)
		if len(problem.Errors) != 1 || problem.Errors[0].Code != code {
			t.Errorf("the look-up of %s: %+v; want %s", did, problem, code)
		}
	}
	var problem struct {
		Rejected []struct{ DID, Code string }
	}
	get(t, r, http.MethodPost, "/inbound/port-in/upload/text", map[string]any{"dids": dids}, http.StatusUnprocessableEntity, &problem)
	got := map[string]string{}
	for _, x := range problem.Rejected {
		got[x.DID] = x.Code
	}
	if d := cmp.Diff(refused, got); d != "" {
		t.Errorf("an upload is refused with (-want +got):\n%s", d)
	}
}

// TestFamilies: an edit of the losing carriers is followed by itself.
func TestFamilies(t *testing.T) {
	t.Parallel()
	r := imported(t)
	office, err := server.OpenOffice(t.Context(), server.Config{Data: r.folder}, false)
	if err != nil {
		t.Fatal(err)
	}
	err = office.Service.Store.Update(t.Context(), func(tx porting.Tx) error {
		return errors.Join(tx.SaveFamily(carrier.Family{ID: "own", Name: "Own Name", OCNs: []string{"12AB"}}), tx.SetSetting("market_version", "1"))
	})
	err = errors.Join(err, office.Close())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var lrn struct{ LERG struct{ Company string } }
		get(t, r, http.MethodGet, "/lrn/extended/9192001234", nil, http.StatusOK, &lrn)
		if lrn.LERG.Company == "Own Name" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after 30 seconds the number is still %s's", lrn.LERG.Company)
		case <-tick.C:
		}
	}
}
