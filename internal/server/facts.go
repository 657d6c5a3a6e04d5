package server

import (
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/porting"
)

// facts returns who knows about numbers.
func facts(sandboxed bool) porting.Facts {
	if sandboxed {
		return numbering.Fictional{}
	}
	return numbering.Registered{}
}
