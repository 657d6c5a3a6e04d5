package fault

import (
	"strings"

	"github.com/agext/levenshtein"
)

// typo is how many edits make a name a likely mistake for another (api.md,
// Conventions).
const typo = 2

// Nearest returns the known name for which name is a likely mistake; ok is
// false when there is none.
func Nearest(name string, known []string) (near string, ok bool) {
	best := typo + 1
	for _, k := range known {
		d := levenshtein.Distance(strings.ToLower(name), k, nil)
		if d < best {
			best, near = d, k
		}
	}
	return near, best <= typo
}
