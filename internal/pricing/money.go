// Package pricing computes what a port costs: rate decks, quotes, exact
// decimals. It asks no clock.
package pricing

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"
)

// Money is an exact amount. The zero Money is nothing to pay. Its currency
// stands beside it.
type Money struct{ d decimal.Decimal }

// Parse reads a decimal like 5, 5.0 or 0.0125, without an exponent and with at
// most four decimals.
func Parse(s string) (Money, error) {
	if s == "" || strings.ContainsAny(s, "eE") {
		return Money{}, fmt.Errorf("not an amount of money")
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() < -4 || len(s) > 20 {
		return Money{}, fmt.Errorf("not an amount of money")
	}
	return Money{d}, nil
}

// MustParse is Parse for amounts in the program; it panics on a wrong one.
func MustParse(s string) Money {
	m, err := Parse(s)
	if err != nil {
		panic(s + ": " + err.Error())
	}
	return m
}

// Add returns the sum.
func (m Money) Add(n Money) Money { return Money{m.d.Add(n.d)} }

// Sub returns the difference.
func (m Money) Sub(n Money) Money { return Money{m.d.Sub(n.d)} }

// Times returns n times the amount.
func (m Money) Times(n int) Money { return Money{m.d.Mul(decimal.NewFromInt(int64(n)))} }

// Percent returns that many percent of the amount, rounded half away from zero
// to cents.
func (m Money) Percent(p Money) Money {
	return Money{m.d.Mul(p.d).Shift(-2).Round(2)}
}

// Units returns the amount in ten-thousandths, of which every amount that Parse
// takes is a whole number. What is beyond the range of an int64 becomes its end.
func (m Money) Units() int64 {
	n := m.d.Shift(4)
	switch {
	case n.Cmp(most) > 0:
		return math.MaxInt64
	case n.Cmp(most.Neg()) < 0:
		return -math.MaxInt64
	}
	return n.IntPart()
}

var most = decimal.NewFromInt(math.MaxInt64)

// OfUnits returns an amount of ten-thousandths.
func OfUnits(n int64) Money { return Money{decimal.New(n, -4)} }

// Cmp returns -1, 0 or 1 as m is less than, equal to or more than n.
func (m Money) Cmp(n Money) int { return m.d.Cmp(n.d) }

// Equal reports whether the amounts are the same, 5 and 5.00 alike.
func (m Money) Equal(n Money) bool { return m.d.Equal(n.d) }

// IsZero reports whether there is nothing to pay.
func (m Money) IsZero() bool { return m.d.IsZero() }

// String writes the amount with one to four decimals: 5.0, 0.5, 12.3456.
func (m Money) String() string {
	s := m.d.Round(4).String()
	if !strings.Contains(s, ".") {
		return s + ".0"
	}
	return s
}

// MarshalJSON writes the amount as a JSON number, as String does.
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads a JSON number, or a string with one.
func (m *Money) UnmarshalJSON(b []byte) error {
	got, err := Parse(strings.Trim(string(b), `"`))
	if err != nil {
		return err
	}
	*m = got
	return nil
}

// Value implements driver.Valuer: money is stored as text.
func (m Money) Value() (driver.Value, error) { return m.String(), nil }

// Scan implements sql.Scanner.
func (m *Money) Scan(v any) error {
	switch v := v.(type) {
	case string:
		return m.UnmarshalJSON([]byte(v))
	case []byte:
		return m.UnmarshalJSON(v)
	}
	return fmt.Errorf("money is stored as text, not as %T", v)
}
