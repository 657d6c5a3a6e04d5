package nanp

import (
	"slices"

	"github.com/portin/portin/internal/fault"
)

// The special codes of lnp-rules §3.1, as far as NANPA's report has them.
// Area codes that are not named here are geographic, or not in service, which
// package numbering knows.
var (
	tollFree = []int{800, 833, 844, 855, 866, 877, 888}
	// tollFreeClosed are assigned or set aside for toll-free service, and not
	// in service.
	tollFreeClosed = []int{822, 880, 881, 882, 883, 884, 885, 886, 887, 889}
	// nonGeographic belong to no place: personal numbers (5XX), Canada's
	// non-geographic services (6XX), the interexchange carriers' 700 and the
	// government's 710. Codes that NANPA keeps for these services are among
	// them, before they open.
	nonGeographic = []int{
		500, 521, 522, 523, 524, 525, 526, 527, 528, 529, 532, 533, 535, 538, 542, 543, 544, 545, 546, 547, 549,
		550, 552, 553, 554, 556, 558, 566, 569, 577, 578, 588, 589,
		600, 622, 633, 644, 655, 677, 688, 700, 710,
	}
	premiumNPA = []int{900}
	// serviceNXX are central-office codes that no subscriber has: Feature
	// Group B and test lines. 555 and N11 are treated in Refusal.
	serviceNXX = []int{950, 958, 959}
	premiumNXX = 976
)

// TollFree reports whether the number is a toll-free one, in service or not.
// Toll-free numbers are moved by a RespOrg change.
func (n Number) TollFree() bool {
	return slices.Contains(tollFree, n.NPA()) || slices.Contains(tollFreeClosed, n.NPA())
}

// Fictional reports whether the number is one of 555-0100 to 555-0199 of a
// geographic area code, which belong to nobody: films use them, and the
// sandbox's scenarios do.
func (n Number) Fictional() bool {
	return n.geographic() && n.NXX() == 555 && n.Line()/100 == 1
}

func (n Number) geographic() bool {
	return !n.TollFree() && !slices.Contains(nonGeographic, n.NPA()) && !slices.Contains(premiumNPA, n.NPA())
}

// Refusal says why a number can never be ported, by its form alone
// (lnp-rules §3.1): toll_free_not_in_service, non_geographic, premium,
// fictional or service_code; "" when nothing in its form speaks against it.
func (n Number) Refusal() fault.Code {
	npa, nxx := n.NPA(), n.NXX()
	switch {
	case slices.Contains(tollFree, npa):
		return ""
	case slices.Contains(tollFreeClosed, npa):
		return fault.CodeTollFreeClosed
	case slices.Contains(premiumNPA, npa):
		return fault.CodePremium
	case !n.geographic():
		return fault.CodeNonGeographic
	case nxx == premiumNXX:
		return fault.CodePremium
	case n.Fictional():
		return fault.CodeFictional
	case nxx == 555, nxx%100 == 11, slices.Contains(serviceNXX, nxx):
		return fault.CodeServiceCode
	}
	return ""
}
