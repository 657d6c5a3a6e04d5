package intake

import (
	"slices"
	"strings"
	"unicode"
)

// rank says how clearly a column's name promises the numbers to be ported.
type rank int

const (
	otherName  rank = iota - 1 // names another thing, perhaps a telephone number too: btn, contact phone
	noName                     // says nothing
	partName                   // has a word for telephone or number in it
	numberName                 // number
	phoneName                  // phone number
	portName                   // did, tn, ported number
)

// names are whole names of columns, without blanks and signs, in English and
// in the languages of spreadsheets that are set to another one.
var names = map[rank][]string{
	portName: {
		"did", "dids", "didnumber", "didnumbers", "tn", "tns", "tnnumber", "wtn", "ctn", "portedtn", "portedtns", "porttn", "porttns", "tntoport", "tnstoport",
		"didtoport", "didstoport", "portednumber", "portednumbers", "portednbr", "portnumber", "portinnumber", "portingnumber", "portingnumbers", "numbertoport", "numberstoport",
		"phonenumbertoport", "phonenumberstoport", "telephonenumbertoport", "telephonenumberstoport", "e164", "msisdn", "msisdns", "mdn", "tfn", "tfns",
	},
	phoneName: {
		"phone", "phones", "phonenumber", "phonenumbers", "phoneno", "telephone", "telephones", "telephonenumber", "telephonenumbers", "telephoneno", "tel", "telno", "telnumber",
		"mobile", "mobilenumber", "mobilephone", "cell", "cellnumber", "cellphone", "cellphonenumber", "wireless", "wirelessnumber", "tollfree", "tollfreenumber", "ani", "dnis",
		"telefon", "telefonnummer", "telefonnummern", "rufnummer", "rufnummern", "telefono", "teléfono", "numerodetelefono", "númerodeteléfono",
		"téléphone", "numérodetéléphone", "numerodetelephone", "nodetéléphone", "telefone",
	},
	numberName: {"number", "numbers", "num", "nbr", "nummer", "nummern", "numero", "numéro", "número", "numéros", "números"},
}

// nameWords make a name likely that has other words too; otherWords make it
// another column's.
var (
	nameWords = []string{
		"did", "dids", "tn", "tns", "phone", "phones", "telephone", "tel", "mobile", "cell", "number", "numbers", "msisdn", "e164",
		"telefon", "telefonnummer", "rufnummer", "nummer", "numero", "numéro", "número", "téléphone", "teléfono", "telefono",
	}
	otherWords = []string{
		"btn", "atn", "eatn", "billing", "bill", "account", "acct", "contact", "fax", "emergency", "alternate", "alternative", "alt", "callback", "zip", "postal", "pin", "ssn",
		"order", "pon", "invoice", "customer", "client", "house", "street", "building", "suite", "unit", "apartment", "serial", "id", "row", "line", "index", "reference", "ref",
		"ticket", "case", "lrn", "forward", "forwarding", "remaining", "new", "old", "support", "home", "office", "imei", "esn", "iccid", "sim", "extension", "ext",
	}
)

var exactNames = func() map[string]rank {
	m := map[string]rank{}
	for r, list := range names {
		for _, name := range list {
			m[name] = r
		}
	}
	return m
}()

const (
	// nameMax is the longest name of a column, in bytes.
	nameMax = 64
	// nameDigits is how many digits the name of a column may have: e164.
	nameDigits = 4
)

// nameRank tells how clearly text names the column of the numbers. key is the
// name without blanks, signs and numbering, by which did_1 and did_2 are the
// same.
func nameRank(text []byte) (r rank, key string) {
	if len(text) > nameMax || countDigits(text) > nameDigits {
		return noName, ""
	}
	words := nameWordsOf(string(plain(text)))
	key = strings.Join(words, "")
	if exactNames[key] == noName {
		key = strings.TrimRight(key, "0123456789")
	}
	r = exactNames[key]
	if r != noName {
		return r, key
	}
	hasOneOf := func(list []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	switch {
	case hasOneOf(otherWords):
		return otherName, key
	case hasOneOf(nameWords):
		return partName, key
	}
	return noName, key
}

// nameWordsOf parts a name into its words, in lower case: phone_number,
// "Phone Number" and phoneNumber have the same.
func nameWordsOf(name string) []string {
	var spaced strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = ' '
		case lower && unicode.IsUpper(r):
			spaced.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		spaced.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(spaced.String())
}

// isName reports whether a cell is nothing but the name of the numbers'
// column, as it stands above them, and again where files were joined.
func isName(text []byte) bool {
	if len(text) > nameMax || countDigits(text) > nameDigits {
		return false
	}
	return exactNames[strings.Join(nameWordsOf(string(plain(text))), "")] != noName
}
