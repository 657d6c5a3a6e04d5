package sim

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

var epoch = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

// drawReceipts makes what carriers may get about one PON, the oldest first.
func drawReceipts(t *rapid.T) []Receipt {
	at := epoch
	var out []Receipt
	version := 0
	for range rapid.IntRange(1, 6).Draw(t, "receipts") {
		wait := rapid.SampledFrom([]time.Duration{0, time.Millisecond, 700 * time.Millisecond, time.Second, 90 * time.Second, 20 * time.Hour, 60 * time.Hour}).Draw(t, "wait")
		at = at.Add(wait)
		if version > 0 && rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
			r := Receipt{PON: "P", Version: version, Kind: order.SendCancel, At: at}
			if !slices.ContainsFunc(out, func(k Receipt) bool { return k.Kind == r.Kind && k.Version == r.Version }) {
				out = append(out, r)
			}
			continue
		}
		version++
		out = append(out, Receipt{
			PON: "P", Version: version, Kind: order.SendRequest, At: at,
			Numbers:   rapid.SliceOfN(rapid.SampledFrom([]nanp.Number{9198002000, 9195550100, 9195550121}), 1, 3).Draw(t, "numbers"),
			Requested: bizday.DateOf(at.AddDate(0, 0, rapid.IntRange(-2, 5).Draw(t, "days")), time.UTC),
			Zone:      rapid.SampledFrom([]string{"America/New_York", "America/Los_Angeles", "America/St_Johns", "Pacific/Guam"}).Draw(t, "zone"),
		})
	}
	return out
}

func drawTime(t *rapid.T, label string) time.Time {
	seconds := rapid.Int64Range(0, int64(20*24*time.Hour/time.Second)).Draw(t, label)
	if rapid.Bool().Draw(t, label+" soon") {
		seconds %= 10
	}
	return epoch.Add(time.Duration(seconds) * time.Second)
}

func keys(events []order.CarrierEvent) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Key
	}
	return out
}

func same(a, b []order.CarrierEvent) bool {
	return slices.EqualFunc(a, b, func(x, y order.CarrierEvent) bool {
		return x.Key == y.Key && x.On == y.On && x.Version == y.Version && x.At.Equal(y.At)
	})
}

func isPrefix(a, b []order.CarrierEvent) bool { return len(a) <= len(b) && same(a, b[:len(a)]) }

func TestAnswersAreAFunction(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		receipts, now := drawReceipts(t), drawTime(t, "now")
		a, nextA := at(receipts, now)
		b, nextB := at(slices.Clone(receipts), now)
		if !same(a, b) || !nextA.Equal(nextB) {
			t.Fatalf("asked twice at %v: %v, %v and %v, %v", now, keys(a), nextA, keys(b), nextB)
		}
	})
}

func TestAnswersAreNeverTakenBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		receipts := drawReceipts(t)
		early, late := drawTime(t, "early"), drawTime(t, "late")
		if late.Before(early) {
			early, late = late, early
		}
		had := func(now time.Time) []Receipt {
			return slices.DeleteFunc(slices.Clone(receipts), func(r Receipt) bool { return r.At.After(now) })
		}
		// Once with all that comes, once as the carriers lived it: at each
		// time they have only what came until then.
		a, _ := at(receipts, early)
		b, _ := at(receipts, late)
		if !isPrefix(a, b) {
			t.Fatalf("at %v: %v; at %v: %v", early, keys(a), late, keys(b))
		}
		a, _ = at(had(early), early)
		b, _ = at(had(late), late)
		if !isPrefix(a, b) {
			t.Fatalf("lived, at %v: %v; at %v: %v", early, keys(a), late, keys(b))
		}
	})
}

func TestAnswersComeToAnEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		receipts := drawReceipts(t)
		now := epoch
		seen := map[string]bool{}
		for range 100 {
			events, next := at(receipts, now)
			for i, e := range events {
				if e.At.After(now) || i > 0 && e.At.Before(events[i-1].At) {
					t.Fatalf("at %v the carriers said %s of %v", now, e.Key, e.At)
				}
			}
			if next.IsZero() {
				for _, e := range events {
					if seen[e.Key] {
						t.Fatalf("the key %s stands twice", e.Key)
					}
					seen[e.Key] = true
				}
				last := events[len(events)-1].On
				if last != order.NumbersDone && last != order.CarrierReject && last != order.CancelDone && last != order.CancelRefused {
					t.Fatalf("the carriers fall silent after %s: %v", last, keys(events))
				}
				return
			}
			if !next.After(now) {
				t.Fatalf("at %v there will be more at %v", now, next)
			}
			now = next
		}
		t.Fatal("no end")
	})
}
