package refdata_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/refdata"
)

// TestForms reads the forms that the reports had over the years, and those of
// others. Each says the same of 919-200.
func TestForms(t *testing.T) {
	t.Parallel()
	const code = "npa,nxx,ocn,company,rate_centre,state\n919,200,12AB,EXAMPLE TEL,RALEIGH,NC\n"
	for name, c := range map[string]struct {
		text       string
		beside     string // another file, of the codes
		kind       refdata.Kind
		rows, used int
		date       string
		ocn, line  string
	}{
		"allutlzd.txt, whose last header cells run together": {
			text: "State\tNPA-NXX\tOCN \tCompany   \tRateCenter\tEffectiveDate\tUse\tAssignDate   \tInitial/Growth\tPooled CodeFile Updated 03/04/2020\n" +
				"NC   \t919-200\t12AB\t\"EXAMPLE TEL\"  \tRALEIGH   \t          \tAS \t05/16/2007   \tG             \tN\n",
			kind: refdata.CodesUS, rows: 1, used: 1, date: "2020-03-04", ocn: "12AB",
		},
		"columns that moved, in other letters and with other punctuation": {
			text: "use|company name|Company|NPA NXX|rate-center|STATE|Ocn\r\nAS||EXAMPLE TEL|919200|RALEIGH|NC|12AB\r\n",
			kind: refdata.CodesUS, rows: 1, used: 1, ocn: "12AB",
		},
		"a code with several holders": {
			text: "State\tNPA-NXX\tOCN\tCompany\tRateCenter\tUse\nNC\t919-200\tMULT\t\"MULTIPLE OCN LISTING\"\tRALEIGH\tAS\n",
			kind: refdata.CodesUS, rows: 1, used: 1,
		},
		"blank lines, lines of nothing but tabs, and comments": {
			text: "# codes\n\n#\n# of one day:\n# 07/06/2026\n# and more\n\nState\tNPA-NXX\tOCN\tCompany\tRateCenter\tUse\n\n\n# North Carolina\nNC\t919-200\t12AB\tEXAMPLE TEL\tRALEIGH\tAS\n\t\t\t\t\t\n  # the end\n\n",
			kind: refdata.CodesUS, rows: 1, used: 1, date: "2026-07-06", ocn: "12AB",
		},
		"AllBlocksAugmentedReport.txt": {
			text: "Region,State,NPA,NXX,X,STATUS,Code Holder,Contaminated (Y or N),Contaminated TNs not Available for Assignment,Rate Center,Block Effective Date,Block Available Date,Assigned To,OCN,Date Assigned\n" +
				"1,NC,919,200,0,AS,EXAMPLE TEL,N,NONE,RALEIGH,01/02/2003,NONE,\"SAMPLE MOBILE, INC.\",0034,01/02/2003\n" +
				"1,NC,919,200,1,AV,EXAMPLE TEL,N,NONE,RALEIGH,NONE,01/02/2003,NONE,NONE,NONE\n",
			beside: code, kind: refdata.BlocksUS, rows: 2, used: 1, ocn: "0034",
		},
		"a block with a company and no OCN": {
			text:   "NPA,NXX,X,STATUS,Assigned To,OCN\n919,200,0,AS,\"SAMPLE MOBILE, INC.\",NONE\n",
			beside: code, kind: refdata.BlocksUS, rows: 1, used: 1, ocn: "",
		},
		"a block with several holders": {
			text:   "NPA,NXX,X,STATUS,Assigned To,OCN\n919,200,0,AS,MULTIPLE OCN LISTING,MULT\n",
			beside: code, kind: refdata.BlocksUS, rows: 1, used: 1, ocn: "",
		},
		"a table of OCNs with comments between its rows, and brands without a name for their column": {
			text:   "ocn,class\n# Format: <4-char OCN>,<wireline|wireless|voip|tollfree>\n#\n# isn't \"quoted\n# 12AB,wireline\n\n12ab,mobile\n# from here on with brands\n34,landline,Sample\n0035,tollfree\n",
			beside: code, kind: refdata.Operators, rows: 3, used: 3, ocn: "12AB", line: "wireless",
		},
		"whole codes by their range": {
			text: "NPA,NXX,StartRange,EndRange,CarrierName,CarrierType,State,City,OCN,LATA,RateCenter\n919,200,0000,9999,EXAMPLE TEL,CLEC,NC,RALEIGH,12AB,426,RALEIGH\n",
			kind: refdata.Own, rows: 1, used: 1, ocn: "12AB", line: "voip",
		},
		"blocks by their range, without leading zeros": {
			text: "NPA,NXX,StartRange,EndRange,CarrierName,CarrierType,State,City,OCN,LATA,RateCenter\n" +
				"919,200,0,9999,EXAMPLE TEL,ILEC,NC,RALEIGH,12AB,426,RALEIGH\n919,200,0,1999,SAMPLE MOBILE,WIRELESS,NC,RALEIGH,34,426,RALEIGH\n",
			kind: refdata.Own, rows: 2, used: 2, ocn: "0034", line: "wireless",
		},
		"a code and its first block": {
			text: "npa,nxx,x,ocn,rate_centre,state\n919,200,,12AB,RALEIGH,NC\n919,200,0,0034,RALEIGH,NC\n",
			kind: refdata.Own, rows: 2, used: 2, ocn: "0034",
		},
		"a byte order mark, and CRLF": {
			text: "\ufeff" + strings.ReplaceAll(code, "\n", "\r\n"), kind: refdata.Own, rows: 1, used: 1, ocn: "12AB",
		},
	} {
		f := read(t, "x", c.text)
		date := ""
		if !f.Date.IsZero() {
			date = f.Date.String()
		}
		if f.Kind != c.kind || f.Rows != c.rows || f.Used() != c.used || date != c.date {
			t.Errorf("%s: %s, %d rows, %d used, bad %v, of %q", name, f.Kind, f.Rows, f.Used(), f.Bad, date)
		}
		files := []*refdata.File{f}
		if c.beside != "" {
			files = append(files, read(t, "x", c.beside))
		}
		x := refdata.Index(files, carrier.Families{}.Of)
		got, ok := x.Lookup(9192000000)
		if !ok || got.Refusal != "" || got.RateCentre != "RALEIGH" || got.Losing.OCN != c.ocn || string(got.Losing.LineType) != c.line {
			t.Errorf("%s: %+v", name, got)
		}
		if c.ocn == "" && got.Losing.ID == "multiple-ocn-listing" {
			t.Errorf("%s: several holders are taken for one: %+v", name, got.Losing)
		}
	}
}

// TestBrands: what a table of OCNs says beside the type of line.
func TestBrands(t *testing.T) {
	t.Parallel()
	f := inUse(t, read(t, "x", "ocn,class\n12AB,voip\n34,wireless,Sample\n"), read(t, "x", "npa,nxx,ocn,company,rate_centre,state,class\n919,200,0034,SAMPLE MOBILE INC,RALEIGH,NC,wireline\n"))
	got := losing(t, f, 9192002000)
	if got.ID != "sample" || got.Name != "Sample" || got.LineType != "wireless" {
		t.Errorf("%+v; want the brand and the type of line of the table", got)
	}
}

// TestBadForms: what cannot be read is told by its line, and takes nothing with
// it.
func TestBadForms(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		bad  []int
		good []nanp.Number
	}{
		"a line break within quotation marks": {
			"npa,nxx,ocn,company,rate_centre,state\n919,200,12AB,\"EXAMPLE\nTEL, LLC\",RALEIGH,NC\n919,201,12AB,EXAMPLE,RALEIGH,NC\n919,202,12AB,\"EXAMPLE, LLC\",RALEIGH,NC\n",
			[]int{2, 3}, []nanp.Number{9192012000, 9192022000},
		},
		"a quotation mark that nothing closes": {
			"npa,nxx,ocn,company,rate_centre,state\n919,200,12AB,\"EXAMPLE,RALEIGH,NC\n919,201,12AB,EXAMPLE \"OLD\" TEL,RALEIGH,NC\n919,202,12AB,\"EXAMPLE\" TEL,RALEIGH,NC\n",
			nil, []nanp.Number{9192002000, 9192012000, 9192022000},
		},
		"ranges of less than a thousand": {
			"NPA,NXX,StartRange,EndRange,State,OCN,RateCenter\n919,200,0000,9999,NC,12AB,RALEIGH\n919,200,0000,0499,NC,0034,RALEIGH\n919,200,2000,1999,NC,0034,RALEIGH\n919,200,10000,19999,NC,0034,RALEIGH\n919,200,3000,,NC,0034,RALEIGH\n",
			[]int{3, 4, 5, 6}, []nanp.Number{9192000000},
		},
		"an area code that stands twice": {
			"NPA_ID,COUNTRY,IN_SERVICE\n919,US,Y\n919,US,N\n", []int{3}, nil,
		},
	} {
		files, err := refdata.Read("x", strings.NewReader(c.text), int64(len(c.text)), 100)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var lines []int
		for _, bad := range files[0].Bad {
			lines = append(lines, bad.Line)
		}
		if d := cmp.Diff(c.bad, lines); d != "" {
			t.Errorf("%s: bad lines %v; %v", name, lines, files[0].Bad)
		}
		x := refdata.Index(files, carrier.Families{}.Of)
		for _, n := range c.good {
			f, ok := x.Lookup(n)
			if !ok || f.Losing.OCN != "12AB" || f.RateCentre == "" {
				t.Errorf("%s: %s is %+v", name, n, f)
			}
		}
	}
}
