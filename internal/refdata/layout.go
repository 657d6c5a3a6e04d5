package refdata

// layout is how a report is known by its header, and read.
type layout struct {
	kind    Kind
	columns []column
	row     func(*parser)
}

// column is a column of a report under all names that were seen for it,
// reduced to letters and digits.
type column struct {
	key   string // within this package
	names []string
	must  bool // the report is not one of this kind without it
}

func (l *layout) fits(have map[string]int) bool {
	for _, c := range l.columns {
		if c.must && find(have, c.names) < 0 {
			return false
		}
	}
	return true
}

// find returns the column that has one of the names; -1 for none.
func find(have map[string]int, names []string) int {
	for _, n := range names {
		i, ok := have[n]
		if ok {
			return i
		}
	}
	return -1
}

func must(key string, names ...string) column { return column{key, append(names, key), true} }
func may(key string, names ...string) column  { return column{key, append(names, key), false} }

// layouts are the reports that are known, the more telling ones first.
var layouts = []layout{
	{BlocksCA, []column{must("npa"), must("nxx", "cocodenxx", "cocode"), must("x", "block", "thousands", "blockid"), must("holder", "blockholderocn"), may("company", "blockholder", "blockholdercompany"), may("status")}, (*parser).blockCA},
	{CodesCA, []column{must("npa"), must("nxx", "cocodenxx"), must("status"), must("centre", "exchangearea"), must("state", "province"), must("company"), must("ocn")}, (*parser).codeCA},
	{CodesUS, []column{must("code", "npanxx"), must("use"), must("ocn"), must("company"), must("state"), must("centre", "ratecenter")}, (*parser).codeUS},
	{BlocksUS, []column{must("npa"), must("nxx"), must("x", "block", "blockid", "thousands"), must("holder", "assignedto"), must("ocn"), may("status")}, (*parser).blockUS},
	{Areas, []column{must("npa", "npaid"), must("country"), must("inservice"), may("use"), may("location"), may("zone", "timezone"), may("complex", "overlaycomplex"), may("parent", "parentnpaid")}, (*parser).area},
	{Centres, []column{must("state"), must("npa"), must("abbr", "ratecenterabbr"), must("lata")}, (*parser).centre},
	{Own, []column{
		must("npa"), must("nxx"), must("ocn"), must("centre", "ratecentre", "ratecenter", "rcabbre", "rc"), must("state", "locstate", "province"),
		may("x", "block", "thousands", "blockid"), may("lata", "rclata"), may("company", "companyname", "carriername"), may("country"), may("status"),
		may("from", "startrange", "linefr"), may("to", "endrange", "lineto"), may("line", "linetype", "class", "category", "companytype", "carriertype"),
	}, (*parser).own},
	{Operators, []column{must("ocn"), must("line", "linetype", "class", "category", "companytype"), may("company", "companyname", "name"), may("brand")}, (*parser).operator},
	{RespOrgs, []column{must("id", "resporgid", "resporg"), must("company", "companyname")}, (*parser).respOrg},
}

// parser reads the rows of a report.
type parser struct {
	f       *File
	t       *table
	at      map[string]int // the columns by key
	last    int            // of the columns that must be there
	holders map[Holder]uint32
	places  map[Place]uint32
	texts   map[string]string
	seen    []uint64        // bits of codes or blocks that were read
	lines   map[string]bool // OCNs whose type of line was read
}

func newParser(f *File, t *table, l *layout) *parser {
	have := map[string]int{}
	for i, cell := range t.row {
		name := named(cell)
		if _, twice := have[name]; !twice {
			have[name] = i
		}
	}
	p := &parser{f: f, t: t, at: map[string]int{}, holders: map[Holder]uint32{}, places: map[Place]uint32{}, texts: map[string]string{}}
	for _, c := range l.columns {
		p.at[c.key] = find(have, c.names)
		if c.must {
			p.last = max(p.last, p.at[c.key])
		}
	}
	if l.kind == Operators && len(t.row) == 2 {
		p.at["brand"] = 2 // a table without a name for it has it there
	}
	return p
}
