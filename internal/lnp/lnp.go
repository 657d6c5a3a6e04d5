// Package lnp holds the trade's vocabulary and its rules as data: types of
// numbers, lines and ports, the fields of a confirmation, what each type of
// port requires, and why carriers reject (lnp-rules §§0-4).
package lnp

// NumberType tells local numbers from toll-free ones, which follow another
// process (RespOrg change instead of an LSR).
type NumberType string

const (
	Local    NumberType = "local"
	TollFree NumberType = "toll_free"
)

// Country is an ISO 3166 country of the numbering plan in which portin ports.
type Country string

const (
	US Country = "US"
	CA Country = "CA"
)

// LineType is the kind of service that a number has at the losing carrier; ""
// where nobody knows.
type LineType string

const (
	Wireline LineType = "wireline"
	Wireless LineType = "wireless"
	VoIP     LineType = "voip"
)

// PortType decides intervals and requirements (lnp-rules §1.1, §2).
type PortType string

const (
	Simple         PortType = "simple"          // one wireline or VoIP number, a whole account (47 CFR 52.35, 52.36)
	NonSimple      PortType = "non_simple"      // any other wireline or VoIP port
	WirelessPort   PortType = "wireless"        // from a wireless carrier
	TollFreePort   PortType = "toll_free"       // a RespOrg change (Somos ROC)
	CanadaWireline PortType = "canada_wireline" // CRTC 2005-72
	CanadaWireless PortType = "canada_wireless" // CRTC 2005-72
)

// DocumentKind is a kind of file that an order can carry.
type DocumentKind string

const (
	LOA   DocumentKind = "loa"   // letter of authorization
	Bill  DocumentKind = "bill"  // a copy of the losing carrier's bill
	CSR   DocumentKind = "csr"   // customer service record
	Other DocumentKind = "other" // anything else the desk asked for
)

// DocumentKinds lists the kinds in the order of the docs.
var DocumentKinds = []DocumentKind{LOA, Bill, CSR, Other}

// DocumentRule says what a carrier wants of one kind of document.
type DocumentRule struct {
	Kind       DocumentKind `json:"document"`
	Required   bool         `json:"required"`
	Why        string       `json:"why"`
	Formats    []string     `json:"formats"` // of pdf, png, jpeg, tiff
	MaxBytes   int64        `json:"max_bytes"`
	MaxAgeDays int          `json:"max_age_days"` // 0: no limit
}

// Complete fills in what a rule does not say: every format, and the largest
// size that is taken.
func (r DocumentRule) Complete() DocumentRule {
	if len(r.Formats) == 0 {
		r.Formats = []string{"pdf", "png", "jpeg", "tiff"}
	}
	if r.MaxBytes == 0 {
		r.MaxBytes = documentMax
	}
	return r
}
