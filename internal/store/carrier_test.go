package store_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
)

// kept checks that things are read as they were written, by id, and that
// another one of the same id takes the place of the first. make makes thing i,
// which begins from seed.
func kept[T any](t *testing.T, h *house, make func(i, seed int) T, save func(tx porting.Tx, v T) error, all func(tx porting.Tx) ([]T, error)) {
	t.Helper()
	read := func() []T {
		var out []T
		h.see(func(tx porting.Tx) error {
			var err error
			out, err = all(tx)
			return err
		})
		return out
	}
	same(t, "of none", read(), []T(nil))
	for _, i := range []int{3, 1, 2} {
		h.do(func(tx porting.Tx) error { return save(tx, make(i, 0)) })
	}
	same(t, "read", read(), []T{make(1, 0), make(2, 0), make(3, 0)})
	h.do(func(tx porting.Tx) error { return save(tx, make(2, 500)) })
	same(t, "changed", read(), []T{make(1, 0), make(2, 500), make(3, 0)})
	var bare T
	h.do(func(tx porting.Tx) error { return save(tx, bare) })
	same(t, "with an empty one", read(), []T{bare, make(1, 0), make(2, 500), make(3, 0)})
}

// filled is a thing of which every field is set.
func filled[T any](t testing.TB, seed int) T {
	t.Helper()
	var v T
	fill(t, reflect.ValueOf(&v).Elem(), &seed)
	return v
}

func TestCarriers(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		kept(t, h, func(i, seed int) carrier.Gaining {
			g := filled[carrier.Gaining](t, seed)
			g.ID = int64(i)
			return g
		}, func(tx porting.Tx, g carrier.Gaining) error {
			return errors.Join(tx.SaveCarrier(g), tx.SaveCoverage(g.ID, g.Coverage))
		}, porting.Tx.Carriers)
	})
}

func TestDecks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		kept(t, h, func(i, seed int) pricing.Deck {
			d := filled[pricing.Deck](t, seed)
			d.ID = int64(i)
			return d
		}, porting.Tx.SaveDeck, porting.Tx.Decks)
	})
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		kept(t, h, func(i, seed int) carrier.Family {
			f := filled[carrier.Family](t, seed)
			f.ID = string(rune('a' + i))
			return f
		}, porting.Tx.SaveFamily, porting.Tx.Families)
	})
}
