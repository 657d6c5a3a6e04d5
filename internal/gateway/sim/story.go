package sim

import (
	"slices"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
)

// Story is how the simulated carriers treat a request.
type Story struct {
	Ending  int    // the last two digits of NPA-555-01xx, the numbers that ask for it
	Title   string // what happens, for the docs
	Rejects []Reject
}

// Reject is the losing carrier's refusal of one version of a request: the
// first entry of Story.Rejects of version 1, and so on.
type Reject struct {
	Code        lnp.RejectCode
	CarrierCode string // as the clearinghouse writes it (lnp-rules §4.1)
	CarrierText string
}

// Stories lists what the scenario numbers ask for, the most severe first: an
// order with several of them gets the first that applies. Every other number
// goes the happy path.
var Stories = []Story{
	{Ending: 21, Title: "rejected once, accepted on resubmit", Rejects: []Reject{
		{Code: lnp.RejectAccountNumber, CarrierCode: "8A", CarrierText: "ACCOUNT NUMBER DOES NOT MATCH"},
	}},
	happy,
}

var happy = Story{Ending: 0, Title: "happy path: accepted, firm date as asked for, ported"}

// storyOf picks the story of a request by its numbers.
func storyOf(numbers []nanp.Number) Story {
	for _, s := range Stories {
		if slices.ContainsFunc(numbers, func(n nanp.Number) bool { return n.Fictional() && n.Line()%100 == s.Ending }) {
			return s
		}
	}
	return happy
}

// rejectOf returns how a version of a request is refused; ok is false when it
// is accepted.
func (s Story) rejectOf(version int) (r Reject, ok bool) {
	if version < 1 || version > len(s.Rejects) {
		return Reject{}, false
	}
	return s.Rejects[version-1], true
}
