package server

import (
	"context"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/porting"
)

// facts returns who knows about numbers.
func facts(sandboxed bool) porting.Facts {
	if sandboxed {
		return numbering.Fictional{}
	}
	return base{}
}

// base knows what a number itself tells. Its losing carrier is unknown.
type base struct{}

// Lookup implements porting.Facts.
func (base) Lookup(_ context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	out := make([]numbering.Facts, len(numbers))
	for i, n := range numbers {
		out[i], _ = numbering.Base(n)
		out[i].Number = n
	}
	return out, nil
}
