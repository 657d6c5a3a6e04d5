package lnp

import "strings"

// Region is an administrative part of a country: a state, a province or a
// territory.
type Region struct {
	Code    string // two letters, as in addresses
	Name    string
	Country Country
	NPAC    string // the NPAC region that ports its numbers
}

// npacZones is the predominant clock zone of each NPAC region, by which 47 CFR
// 52.35(e)(1) counts the hours of a simple port (lnp-rules §8.1).
var npacZones = map[string]string{
	"Northeast":    "America/New_York",
	"Mid-Atlantic": "America/New_York",
	"Southeast":    "America/New_York",
	"Midwest":      "America/Chicago",
	"Southwest":    "America/Chicago",
	"Western":      "America/Denver",
	"West Coast":   "America/Los_Angeles",
	"Canada":       "America/Toronto",
}

// regions lists the states, provinces and territories by NPAC region
// (lnp-rules §8.1).
var regions = buildRegions(map[string]string{
	"Northeast":    "VT Vermont,NH New Hampshire,ME Maine,NY New York,CT Connecticut,RI Rhode Island,MA Massachusetts",
	"Mid-Atlantic": "NJ New Jersey,PA Pennsylvania,DE Delaware,MD Maryland,WV West Virginia,VA Virginia,DC District of Columbia",
	"Southeast":    "AL Alabama,FL Florida,GA Georgia,KY Kentucky,LA Louisiana,MS Mississippi,NC North Carolina,SC South Carolina,TN Tennessee,PR Puerto Rico,VI U.S. Virgin Islands",
	"Midwest":      "IL Illinois,IN Indiana,MI Michigan,OH Ohio,WI Wisconsin",
	"Southwest":    "TX Texas,OK Oklahoma,KS Kansas,AR Arkansas,MO Missouri",
	"Western":      "AK Alaska,AZ Arizona,CO Colorado,ID Idaho,IA Iowa,MN Minnesota,MT Montana,NE Nebraska,NM New Mexico,ND North Dakota,OR Oregon,SD South Dakota,UT Utah,WA Washington,WY Wyoming",
	"West Coast":   "CA California,NV Nevada,HI Hawaii,GU Guam,MP Northern Mariana Islands,AS American Samoa",
	"Canada":       "AB Alberta,BC British Columbia,MB Manitoba,NB New Brunswick,NL Newfoundland and Labrador,NS Nova Scotia,NT Northwest Territories,NU Nunavut,ON Ontario,PE Prince Edward Island,QC Quebec,SK Saskatchewan,YT Yukon",
})

func buildRegions(lists map[string]string) map[string]Region {
	out := map[string]Region{}
	for npac, list := range lists {
		country := US
		if npac == "Canada" {
			country = CA
		}
		for entry := range strings.SplitSeq(list, ",") {
			code, name, _ := strings.Cut(entry, " ")
			out[code] = Region{Code: code, Name: name, Country: country, NPAC: npac}
		}
	}
	return out
}

// RegionOf finds a state or province by its code or its name, in any case.
func RegionOf(text string) (Region, bool) {
	text = strings.TrimSpace(text)
	if r, ok := regions[strings.ToUpper(text)]; ok {
		return r, true
	}
	for _, r := range regions {
		if strings.EqualFold(r.Name, text) {
			return r, true
		}
	}
	return Region{}, false
}

// ClockZone returns the IANA zone of the clock that counts for a wireline port
// in a state or province: the predominant one of its NPAC region. It is not
// the zone of the number: an Alabama number counts by Eastern time. For
// toll-free and unknown places it is Eastern time.
func ClockZone(state string) string {
	r, ok := regions[state]
	if !ok {
		return "America/New_York"
	}
	return npacZones[r.NPAC]
}
