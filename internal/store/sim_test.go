package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/portin/portin/internal/gateway/sim"
	"github.com/portin/portin/internal/order"
)

func TestTheFirstReceiptStays(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		ctx := context.Background()
		receipts := h.SimReceipts()
		first := filled[sim.Receipt](t, 0)
		first.PON, first.Version, first.Kind = "PI00000001", 1, order.SendRequest
		keep := func(r sim.Receipt) sim.Receipt {
			t.Helper()
			kept, err := receipts.Keep(ctx, r)
			if err != nil {
				t.Fatal(err)
			}
			return kept
		}
		same(t, "kept", keep(first), first)
		again := first
		again.At, again.Numbers = noon.Add(time.Hour), nil
		same(t, "the same once more", keep(again), first)
		second, stop := again, again
		second.Version, stop.Kind = 2, order.SendCancel
		same(t, "the next version", keep(second), second)
		same(t, "the cancellation", keep(stop), stop)
		other := first
		other.PON = "PI00000002"
		same(t, "another order's", keep(other), other)
		of, err := receipts.Of(ctx, first.PON)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "of the first order", of, []sim.Receipt{first, second, stop})
		none, err := receipts.Of(ctx, "PI00000003")
		if err != nil {
			t.Fatal(err)
		}
		same(t, "of no order", none, []sim.Receipt(nil))
	})
}
