package pricing_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/portin/portin/internal/pricing"
)

func TestMoney(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"5": "5.0", "5.0": "5.0", "5.10": "5.1", "0.5": "0.5", "12.3456": "12.3456", "0": "0.0", "-1": "-1.0"} {
		m, err := pricing.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(m)
		if err != nil || string(b) != want {
			t.Errorf("%s: %s, %v; want %s", in, b, err, want)
		}
		var back pricing.Money
		err = json.Unmarshal(b, &back)
		if err != nil || !back.Equal(m) {
			t.Errorf("%s does not come back: %v, %v", in, back, err)
		}
		v, err := m.Value()
		if err != nil {
			t.Fatal(err)
		}
		err = back.Scan(v)
		if err != nil || !back.Equal(m) {
			t.Errorf("%s is not stored: %v, %v", in, back, err)
		}
	}
	for _, bad := range []string{"", "x", "1e5", "0.00001", "1,5", "999999999999999999999"} {
		if m, err := pricing.Parse(bad); err == nil {
			t.Errorf("%q reads as %v", bad, m)
		}
	}
	tenth := pricing.MustParse("0.1")
	sum := pricing.Money{}
	for range 10 {
		sum = sum.Add(tenth)
	}
	if sum.Cmp(pricing.MustParse("1")) != 0 {
		t.Errorf("ten tenths are %v", sum)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{"5": 50000, "0.0125": 125, "-1": -10000, "99999999999999999999": math.MaxInt64, "-9999999999999999999": -math.MaxInt64} {
		m := pricing.MustParse(in)
		if got := m.Units(); got != want {
			t.Errorf("%s is %d units, want %d", in, got, want)
		}
		if back := pricing.OfUnits(want); want != math.MaxInt64 && want != -math.MaxInt64 && !back.Equal(m) {
			t.Errorf("%s comes back as %s", in, back)
		}
	}
}
