// Package bizday knows business days: calendars with their holidays, the hours
// in which carriers work, and from which date on a number can be ported
// (lnp-rules §1.1-1.3, §8.3; 47 CFR 52.35). It asks no clock: times are passed
// in.
package bizday

import (
	"fmt"
	"time"
	_ "time/tzdata" // the zones, for machines that have none
)

// Date is a day of the calendar, without a zone. The zero Date is none.
type Date struct {
	year  int
	month time.Month
	day   int
}

// NewDate returns the date; days and months beyond their range roll over.
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
}

// DateOf returns the date of an instant in a zone; nil is UTC.
func DateOf(t time.Time, zone *time.Location) Date {
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// ParseDate reads 2026-12-01.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("a date is written 2026-12-01")
	}
	return DateOf(t, time.UTC), nil
}

// IsZero reports whether the date is none.
func (d Date) IsZero() bool { return d == Date{} }

// String writes 2026-12-01, or "" of the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText writes what String does.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what String wrote.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	got, err := ParseDate(string(b))
	if err != nil {
		return err
	}
	*d = got
	return nil
}

// AddDays returns the date n days later, or earlier.
func (d Date) AddDays(n int) Date { return NewDate(d.year, d.month, d.day+n) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool { return d.utc().Before(e.utc()) }

// After reports whether d is later than e.
func (d Date) After(e Date) bool { return e.Before(d) }

// DaysUntil returns how many days e is later than d.
func (d Date) DaysUntil(e Date) int { return int(e.utc().Sub(d.utc()) / (24 * time.Hour)) }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// At returns the instant of a time of day in a zone. Where the clocks jump
// over it, it is the instant after the jump.
func (d Date) At(hour, minute int, zone *time.Location) time.Time {
	return time.Date(d.year, d.month, d.day, hour, minute, 0, 0, zone)
}

func (d Date) utc() time.Time { return time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC) }
