package nanp_test

import (
	"testing"

	"github.com/portin/portin/internal/nanp"
)

func TestByExchange(t *testing.T) {
	t.Parallel()
	var table nanp.ByExchange[int]
	*table.At(9198002000) = 7
	*table.At(9999990000)++
	for n, want := range map[nanp.Number]int{9198002000: 7, 9198009999: 7, 9198012000: 0, 9208002000: 0, 9999999999: 1, 0: 0} {
		if got := table.Get(n); got != want {
			t.Errorf("%s: %d, want %d", n, got, want)
		}
	}
}
