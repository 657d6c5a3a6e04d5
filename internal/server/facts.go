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
		return fictional{numbering.NewFictional()}
	}
	return base{}
}

// fictional gives every number its true place and a fictional losing carrier.
type fictional struct{ source *numbering.Fictional }

func (f fictional) Lookup(_ context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	return f.source.Lookup(numbers), nil
}

// base knows what a number itself tells. Its losing carrier is unknown.
type base struct{}

func (base) Lookup(_ context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	out := make([]numbering.Facts, len(numbers))
	for i, n := range numbers {
		out[i], _ = numbering.Base(n)
	}
	return out, nil
}
