package refdata_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/refdata"
)

// The small files have the form of the publishers' own, and numbers and
// companies that are made up.
const (
	codesUS = "State\tNPA-NXX\tOCN \tCompany                  \tRateCenter\tEffectiveDate\tUse\tAssignDate   \tInitial/Growth\tPooled Code \tIn Service  \tFile Updated 07/06/2026\r\n" +
		"NC   \t919-200\t12AB\t\"EXAMPLE TEL, LLC - NC\"   \tRALEIGH   \t             \tAS \t05/16/2007   \tG\tY\tYes      \r\n" +
		"NC   \t919-201\t0034\t\"SAMPLE \"\"OLD\"\" MOBILE\"   \tCARY      \t             \tAS \t05/16/2007   \tG\tN\tYes      \r\n" +
		"NN   \t670-200\t77ZZ\tISLAND PHONES            \tSAIPAN    \t             \tAS \t05/16/2007   \tG\tN\tYes      \r\n" +
		"NC   \t919-555\tXXXX\tMULT                     \tXXXXXXXXXX\t             \tUA \t             \t \tN\t         \r\n" +
		"TN   \t423-900\t12AB\tEXAMPLE TEL, LLC - TN    \tNEWCITY   \t             \tAS \t             \t \tN\tYes      \r\n"
	codesCA = "\"NPA\",\"CO Code (NXX)\",\"Status\",\"Pooled\",\"Exchange Area\",\"Province\",\"Company\",\"OCN\",\"Remarks\"\n" +
		",,,,,,,2025-09-12\n" +
		"416,200,\"In Service\",\"N\",\"Toronto\",\"ON\",\"Maple, Inc.\",\"8888\",\n" +
		"416,201,\"Available\",\"N\",\"Toronto\",\"ON\",,,\n" +
		"418,300,\"Assigned\",\"N\",\"M\xe9gantic\",\"QC\",\"Maple, Inc.\",\"8888\",\n"
	blocksUS = "Region,State,NPA,NXX,X,STATUS,Code Holder,Contaminated (Y or N),Rate Center,Block Effective Date,Assigned To,OCN,Date Assigned\n" +
		"1,NC,919,200,7,AS,EXAMPLE TEL,N,RALEIGH,,\"SAMPLE MOBILE, INC.\",0034,\n" +
		"1,NC,919,200,8,AV,EXAMPLE TEL,N,RALEIGH,,,,\n"
	centres   = "State,NPA,Rate Center Abbr,Rate Center Full Name,LATA,NPA Complex,FCC Top 100 MSA Name,Pooling Status\nNC,919,RALEIGH,RALEIGH,426,919/984,(NA),M\n"
	areas     = "File Date,08/17/2026\nNPA_ID,type_of_code,ASSIGNABLE,COUNTRY,IN_SERVICE,TIME_ZONE\n919,General Purpose Code,Yes,US,Y,E\n200,Easily Recognizable Code,Yes,,N,\n"
	operators = "# a comment\nocn,class,brand\n34,wireless,Sample\n12AB,voip,\n"
	resporgs  = "\ufeff\"ID\",\"Company Name\",\"Company Address\",\"Primary Contact\"\n\"EXM01\",\"Example\",\"1 Main Street\",\"Ada\"\n"
	own       = "npa,nxx,x,country,state,rate_centre,lata,ocn,company\n919,202,,US,NC,APEX,426,12AB,EXAMPLE TEL\n919,202,3,,,,,0034,SAMPLE MOBILE\n919,203,-,,NC,APEX,426,12AB,EXAMPLE TEL\n"
)

func read(t *testing.T, name, text string) *refdata.File {
	t.Helper()
	files, err := refdata.Read(name, strings.NewReader(text), int64(len(text)), refdata.BadShare)
	if err != nil {
		t.Fatal(err)
	}
	return files[0]
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind       refdata.Kind
		text       string
		rows, used int
		date       string
	}{
		{refdata.CodesUS, codesUS, 5, 4, "2026-07-06"}, {refdata.CodesCA, codesCA, 3, 2, "2025-09-12"}, {refdata.BlocksUS, blocksUS, 2, 1, ""},
		{refdata.Centres, centres, 1, 1, ""}, {refdata.Areas, areas, 2, 1, "2026-08-17"}, {refdata.Operators, operators, 2, 2, ""},
		{refdata.RespOrgs, resporgs, 1, 1, ""}, {refdata.Own, own, 3, 3, ""},
		{refdata.BlocksUS, "npa,nxx,block,assigned_to,ocn,ocn_match\n201,201,0,\"EXAMPLE, LLC\",118F,name\n", 1, 1, ""},
		{refdata.BlocksCA, "NPA,CO Code (NXX),Block,Status,Block Holder,Block Holder OCN,Code Holder OCN\n416,200,1,IS,Maple,8888,8887\n416,200,2,AV,,,8887\n", 2, 1, ""},
		{refdata.Own, "NPA,NXX,THOUSANDS,COMPANY TYPE,OCN,COMPANY,LATA,RATECENTER,CLLI,STATE\n919,200,-,CLEC,12AB,EXAMPLE,426,RALEIGH,X,NC\n", 1, 1, ""},
	} {
		f := read(t, "report.txt", c.text)
		date := ""
		if !f.Date.IsZero() {
			date = f.Date.String()
		}
		if f.Kind != c.kind || f.Rows != c.rows || f.Used() != c.used || f.BadRows != 0 || date != c.date {
			t.Errorf("%s: %s, %d rows, %d used, %d bad %v, of %s", c.kind, f.Kind, f.Rows, f.Used(), f.BadRows, f.Bad, date)
		}
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	var files []*refdata.File
	for _, text := range []string{blocksUS, own, codesUS, codesCA, operators, centres, areas, resporgs} { // in no order
		files = append(files, read(t, "x", text))
	}
	x := refdata.Index(files, carrier.Families{}.Of)
	for _, c := range []struct {
		number                                nanp.Number
		refusal                               fault.Code
		state, centre, lata, zone, ocn, id, l string
	}{
		{9192001234, "", "NC", "RALEIGH", "426", "America/New_York", "12AB", "example-tel", "voip"},
		{9192007234, "", "NC", "RALEIGH", "426", "America/New_York", "0034", "sample", "wireless"},  // the block overrides the code
		{9192008234, "", "NC", "RALEIGH", "426", "America/New_York", "12AB", "example-tel", "voip"}, // a block that is available
		{6702000000, "", "MP", "SAIPAN", "", "Pacific/Guam", "77ZZ", "island-phones", ""},           // NN
		{4162000000, "", "ON", "TORONTO", "", "America/Toronto", "8888", "maple", ""},               // Canada
		{4183000000, "", "QC", "MÉGANTIC", "", "America/Toronto", "8888", "maple", ""},              // Latin-1
		{4239000000, "", "TN", "NEWCITY", "", "America/New_York", "12AB", "example-tel", "voip"},    // the same family in another state
		{9192020000, "", "NC", "APEX", "426", "America/New_York", "12AB", "example-tel", "voip"},    // our own form
		{9192023000, "", "NC", "APEX", "426", "America/New_York", "0034", "sample", "wireless"},     // and its block
		{4162010000, fault.CodeNXXUnassigned, "ON", "", "", "America/Toronto", "", "", ""},          // available
		{9195551212, fault.CodeServiceCode, "NC", "", "", "America/New_York", "", "", ""},           // unavailable
		{9197770000, fault.CodeNXXUnassigned, "NC", "", "", "America/New_York", "", "", ""},         // not in the report
		{8092000000, fault.CodeOutsideUSCA, "", "", "", "", "", "", ""},
	} {
		f, _ := x.Lookup(c.number)
		got := []string{f.State, f.RateCentre, f.LATA, f.Zone, f.Losing.OCN, f.Losing.ID, string(f.Losing.LineType)}
		want := []string{c.state, c.centre, c.lata, c.zone, c.ocn, c.id, c.l}
		if f.Refusal != c.refusal || f.Refusal == "" && !cmp.Equal(want, got) {
			t.Errorf("%s: %v, refused %q; want %v, %q", c.number, got, f.Refusal, want, c.refusal)
		}
	}
	f, _ := x.Lookup(2122000000)
	if f.Losing.ID != "" {
		t.Errorf("an area code that no report has is answered %+v", f)
	}
	f, _ = x.Lookup(9192001234)
	if f.Losing.Source != "nanpa" || f.Losing.Verified || f.Losing.AsOf.Format("2006-01-02") != "2026-07-06" {
		t.Errorf("%+v", f.Losing)
	}
	// The file of the blocks has no date, so nobody knows of which day it is.
	f, _ = x.Lookup(9192007234)
	if f.Losing.Source != "nanpa" || !f.Losing.AsOf.IsZero() {
		t.Errorf("the holder of a block: %+v", f.Losing)
	}
}

// TestZones: the codes of a rate centre have one zone, whatever area code they
// are of, and whether the table of zones has them.
func TestZones(t *testing.T) {
	t.Parallel()
	rows := []string{codesUS[:strings.Index(codesUS, "\r\n")+2]}
	add := func(npa int, state, centre string, codes ...int) {
		for _, nxx := range codes {
			rows = append(rows, fmt.Sprintf("%s\t%d-%d\t12AB\tEXAMPLE\t%s\t\tAS\t\t\tN\tYes\r\n", state, npa, nxx, centre))
		}
	}
	// The table has 850-200, 850-206 and 423-202, and no others of these.
	add(850, "FL", "WESTTOWN", 206, 990, 991, 992, 993, 996, 997)
	add(448, "FL", "WESTTOWN", 200)
	add(850, "FL", "EASTTOWN", 200)
	for nxx := 500; nxx < 540; nxx++ {
		add(448, "FL", "EASTTOWN", nxx)
	}
	add(850, "FL", "EASTVILLE", 960, 961, 962, 963, 964, 965)
	add(850, "FL", "HAMLET", 985)
	add(423, "TN", "EASTTOWN", 202, 999)
	add(221, "TN", "EASTTOWN", 200)
	add(221, "TN", "HAMLET", 201)
	add(867, "NU", "BAYTOWN", 999)
	// 221 is not in our table.
	report := read(t, "x", "NPA_ID,USE,LOCATION,COUNTRY,IN_SERVICE,TIME_ZONE\n221,G,TN,US,Y,EC\n")
	x := refdata.Index([]*refdata.File{read(t, "x", strings.Join(rows, "")), report}, carrier.Families{}.Of)
	for n, want := range map[nanp.Number]string{
		8502060000: "America/Chicago", 8509910000: "America/Chicago", 4482000000: "America/Chicago", // as the table has one of eight
		8502000000: "America/New_York", 4485000000: "America/New_York", // one of 41 is a number that moved
		8509600000: "America/New_York", // the table would have one of so many
		8509850000: "America/Chicago",  // nobody knows; most of the area code
		4232020000: "America/New_York", 4239990000: "America/New_York", 2212000000: "America/New_York", 2212010000: "America/Chicago",
		8679990000: "America/Iqaluit",
	} {
		got, _ := x.Lookup(n)
		if got.Zone != want {
			t.Errorf("%s is in %s; want %s", n, got.Zone, want)
		}
	}
}

// TestAreas: the report of area codes says which are in service, and where the
// new ones are.
func TestAreas(t *testing.T) {
	t.Parallel()
	const head = "File Date,08/17/2026\nNPA_ID,type_of_code,USE,LOCATION,COUNTRY,IN_SERVICE,OVERLAY,OVERLAY_COMPLEX,PARENT_NPA_ID,TIME_ZONE\n"
	for _, c := range []struct {
		row                  string // without the type
		refusal              fault.Code
		country, state, zone string
	}{
		{"273,G,QUEBEC,CANADA,Y,Yes,\"273/367/418/581 \",418,E", "", "CA", "QC", "America/Toronto"},
		{"273,G,QUEBEC,CANADA,N,Yes,273/367/418/581,418,E", fault.CodeNPAUnassigned, "", "", ""},
		{"565,G,GA,US,Y,Yes,565/912,912,E", "", "US", "GA", "America/New_York"},
		{"387,G,NOVA SCOTIA - PRINCE EDWARD ISLAND,CANADA,Y,Yes,387/782/902,902,A", "", "CA", "NS", "America/Halifax"},
		{"387,G,NORTHWEST TERRITORIES -YUKON - NUNAVUT,CANADA,Y,Yes,387/867,867,CMP", "", "CA", "YT", "America/Whitehorse"},
		{"387,G,NEWFOUNDLAND AND LABRADOR,CANADA,Y,No,,,N", "", "CA", "NL", "America/St_Johns"},
		{"387,G,PRINCE EDWARD ISLAND,CANADA,Y,No,,902,A", "", "CA", "PE", "America/Halifax"},
		{"387,G,BRITISH COLUMBIA,CANADA,Y,No,,604,MP", "", "CA", "BC", "America/Vancouver"},
		{"221,G,CNMI,US,Y,No,,,(UTC+10)", "", "US", "MP", "Pacific/Guam"},
		{"221,G,AS,US,Y,No,,,UTC-11", "", "US", "AS", "Pacific/Pago_Pago"},
		{"221,G,AK,US,Y,No,,,AK", "", "US", "AK", "America/Anchorage"},
		{"221,G,PR,US,Y,Yes,787/939,809,A", "", "US", "PR", "America/Puerto_Rico"},
		{"221,G,IN,US,Y,No,,,E", "", "US", "IN", "America/Indiana/Indianapolis"},
		{"221,G,AZ,US,Y,No,,,M", "", "US", "AZ", "America/Phoenix"},
		{"221,G,TN,US,Y,Yes,221/423,423,EC", "", "US", "TN", "America/New_York"},
		{"221,G,TN,US,Y,No,,502,EC", "", "US", "TN", "America/Chicago"},
		{"221,G,TX,US,Y,Yes,221/915,915,C", "", "US", "TX", "America/Chicago"},
		{"221,G,,US,Y,Yes,221/907,907,AK", "", "US", "AK", "America/Anchorage"},
		{"221,G,JAMAICA,JAMAICA,Y,Yes,221/658/876,876,E", fault.CodeOutsideUSCA, "", "", ""},
		{"221,N,NANP AREA,US,Y,,,,", fault.CodeNonGeographic, "", "", ""},
		{"221,,,,Y,,,,", fault.CodeNonGeographic, "", "", ""},
		{"900,N,NANP AREA,,Y,,,,", fault.CodePremium, "", "", ""},
		{"800,N,NANP AREA,,Y,,,,", "", "US", "", ""},
		{"919,G,NC,US,N,No,,,E", fault.CodeNPAUnassigned, "", "", ""},
		{"915,G,TX,US,Y,No,,,CM", "", "US", "TX", "America/Denver"}, // our table knows better
	} {
		kind, rest, _ := strings.Cut(c.row, ",")
		f := read(t, "x", head+kind+",General Purpose Code,"+rest+"\n")
		n, err := strconv.Atoi(kind)
		if err != nil {
			t.Fatal(err)
		}
		source := inUse(t, f)
		facts, err := source.Lookup(t.Context(), []nanp.Number{nanp.Number(n*1e7 + 200_2000)})
		if err != nil {
			t.Fatal(err)
		}
		got := facts[0]
		if got.Refusal != c.refusal || string(got.Country) != c.country || got.State != c.state || got.Zone != c.zone {
			t.Errorf("%s: %+v; want %q, %s %s %s", c.row, got, c.refusal, c.country, c.state, c.zone)
		}
	}
}

// TestNewAreaCode: where the codes of an area code are known and nothing else of
// it, as of one that is newer than portin, it is in service.
func TestNewAreaCode(t *testing.T) {
	t.Parallel()
	const rows = "npa,nxx,ocn,rate_centre,state\n221,200,12AB,NASHVILLE,TN\n"
	for report, refusal := range map[string]fault.Code{
		"":                                      "",
		"NPA_ID,COUNTRY,IN_SERVICE\n221,US,N\n": fault.CodeNPAUnassigned,
	} {
		files := []*refdata.File{read(t, "x", rows)}
		if report != "" {
			files = append(files, read(t, "x", report))
		}
		f, _ := refdata.Index(files, carrier.Families{}.Of).Lookup(2212002000)
		if f.Refusal != refusal || refusal == "" && (f.State != "TN" || f.Country != lnp.US || f.Zone != "America/Chicago" || f.Losing.OCN != "12AB") {
			t.Errorf("%+v; want %q", f, refusal)
		}
	}
}

// TestPartOfAnAreaCode: our own form need not have all codes, so what it lacks
// is not refused.
func TestPartOfAnAreaCode(t *testing.T) {
	t.Parallel()
	x := refdata.Index([]*refdata.File{read(t, "x", own)}, carrier.Families{}.Of)
	f, ok := x.Lookup(9197770000)
	if ok || f.Refusal != "" {
		t.Errorf("a code that our own form lacks: %+v", f)
	}
}

func TestWrappings(t *testing.T) {
	t.Parallel()
	var zipped, gzipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for _, part := range []struct{ name, text string }{{"a.txt", codesUS}, {"b.csv", codesCA}, {"__MACOSX/._a.txt", "\x00\x05\x16\x07"}} {
		w, err := z.Create(part.name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(w, part.text)
	}
	g := gzip.NewWriter(&gzipped)
	fmt.Fprint(g, codesUS)
	err := errors.Join(z.Close(), g.Close())
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"reports.bin": zipped.Bytes(), "codes.gz": gzipped.Bytes(), "no name": []byte(codesUS)} {
		files, err := refdata.Read(name, bytes.NewReader(b), int64(len(b)), refdata.BadShare)
		if err != nil || files[0].Rows != 5 || files[0].SHA256 == [32]byte{} {
			t.Errorf("%s: %v", name, err)
		}
		if name == "reports.bin" && (len(files) != 2 || files[1].Kind != refdata.CodesCA) {
			t.Errorf("%s holds %d reports", name, len(files))
		}
	}
}

// TestArchiveBomb: an archive is refused by what it says that it holds, before
// anything is unpacked.
func TestArchiveBomb(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := range 3 {
		_, err := z.CreateRaw(&zip.FileHeader{Name: strconv.Itoa(i), UncompressedSize64: 1 << 29})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := z.Close()
	if err != nil {
		t.Fatal(err)
	}
	_, err = refdata.Read("bomb.zip", bytes.NewReader(b.Bytes()), int64(b.Len()), 100)
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("it was read: %v", err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a page":       "<!DOCTYPE html>\n<html><body>Access denied</body></html>",
		"a page, BOM":  "\ufeff\n <html>",
		"binary":       "\x00\x01\x02\x03",
		"no header":    "1,2,3\n4,5,6\n",
		"empty":        "",
		"only header":  codesUS[:strings.Index(codesUS, "\r\n")+2],
		"a broken zip": "PK\x03\x04",
		"a broken gz":  "\x1f\x8b\x08",
	} {
		_, err := refdata.Read(name, strings.NewReader(text), int64(len(text)), refdata.BadShare)
		if err == nil || !strings.HasPrefix(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if page := strings.HasPrefix(name, "a page"); page != errors.Is(err, refdata.ErrHTML) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBadRows: a bad row is told by its line and left out; too many refuse the
// file.
func TestBadRows(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("npa,nxx,ocn,rate_centre,state\n")
	for nxx := 200; nxx < 400; nxx++ {
		fmt.Fprintf(&b, "919,%d,12AB,RALEIGH,NC\n", nxx)
	}
	b.WriteString("919,99,12AB,RALEIGH,NC\n")    // 202: no exchange
	b.WriteString("919,400,12-B,RALEIGH,NC\n")   // 203: no OCN
	b.WriteString("\n919,200,12AB,RALEIGH,NC\n") // 205: again
	text := b.String()
	f := read(t, "x", text)
	var lines []int
	for _, bad := range f.Bad {
		lines = append(lines, bad.Line)
	}
	if d := cmp.Diff([]int{202, 203, 205}, lines); d != "" || f.Used() != 200 || f.Rows != 203 {
		t.Errorf("%d rows, %d used, bad %v", f.Rows, f.Used(), f.Bad)
	}
	_, err := refdata.Read("x", strings.NewReader(text), int64(len(text)), 1)
	if err == nil || !strings.Contains(err.Error(), "line 202") {
		t.Errorf("with more bad rows than the share: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	for _, text := range []string{codesUS, codesCA, blocksUS, centres, areas, operators, resporgs, own, "<html>", "PK\x03\x04", "\"", "npa,nxx,ocn,rc,state\n\"9\"\"1\",\"a\"b,"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := refdata.Read("x", bytes.NewReader(b), int64(len(b)), 100)
		if err != nil {
			return
		}
		for _, file := range files {
			if file.Used() < 0 || file.BadRows < len(file.Bad) {
				t.Fatalf("%d rows, %d used, %d bad", file.Rows, file.Used(), file.BadRows)
			}
			packed, err := file.Content.Pack()
			if err != nil {
				t.Fatal(err)
			}
			var c refdata.Content
			err = c.Unpack(packed)
			if err != nil {
				t.Fatal(err)
			}
		}
		refdata.Index(files, carrier.Families{}.Of)
	})
}
