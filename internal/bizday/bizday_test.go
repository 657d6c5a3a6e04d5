package bizday_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func rules(t testing.TB, pt lnp.PortType) bizday.Rules {
	t.Helper()
	return bizday.Rules{PortType: pt, Calendar: bizday.USCalendar, Hours: bizday.DefaultHours, Zone: zone(t, "America/New_York")}
}

// The table of lnp-rules §1.3, in a week without holidays and around one.
func TestSimplePortClock(t *testing.T) {
	t.Parallel()
	r := rules(t, lnp.Simple)
	const layout = "2006-01-02 15:04:05"
	cases := []struct{ name, received, deemed, answer, earliest string }{
		{"Monday morning", "2026-10-05 09:15:00", "2026-10-05 09:15:00", "2026-10-05 13:15:00", "2026-10-06"},
		{"at the cut-off", "2026-10-05 13:00:00", "2026-10-05 13:00:00", "2026-10-05 17:00:00", "2026-10-06"},
		{"a second after", "2026-10-05 13:00:01", "2026-10-06 08:00:00", "2026-10-06 12:00:00", "2026-10-07"},
		{"evening", "2026-10-05 18:00:00", "2026-10-06 08:00:00", "2026-10-06 12:00:00", "2026-10-07"},
		{"Friday afternoon", "2026-10-09 14:00:00", "2026-10-12 08:00:00", "2026-10-12 12:00:00", "2026-10-13"},
		{"Saturday", "2026-10-10 10:00:00", "2026-10-12 08:00:00", "2026-10-12 12:00:00", "2026-10-13"},
		{"Sunday", "2026-10-11 10:00:00", "2026-10-12 08:00:00", "2026-10-12 12:00:00", "2026-10-13"},
		{"Friday morning", "2026-10-09 10:00:00", "2026-10-09 10:00:00", "2026-10-09 14:00:00", "2026-10-12"},
		{"before Thanksgiving", "2026-11-25 15:00:00", "2026-11-30 08:00:00", "2026-11-30 12:00:00", "2026-12-01"},
		{"before opening", "2026-10-05 06:30:00", "2026-10-05 08:00:00", "2026-10-05 12:00:00", "2026-10-06"},
		{"before the clocks change", "2026-10-30 14:00:00", "2026-11-02 08:00:00", "2026-11-02 12:00:00", "2026-11-03"},
		{"leap day", "2028-02-28 18:00:00", "2028-02-29 08:00:00", "2028-02-29 12:00:00", "2028-03-01"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			at, err := time.ParseInLocation(layout, c.received, r.Zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Receipt(at).In(r.Zone).Format(layout); got != c.deemed {
				t.Errorf("deemed received %s, want %s", got, c.deemed)
			}
			if got := r.AnswerDue(at).In(r.Zone).Format(layout); got != c.answer {
				t.Errorf("answer due %s, want %s", got, c.answer)
			}
			if got := r.Earliest(at).String(); got != c.earliest {
				t.Errorf("earliest %s, want %s", got, c.earliest)
			}
		})
	}
}

func TestIntervals(t *testing.T) {
	t.Parallel()
	monday := time.Date(2026, 10, 5, 14, 0, 0, 0, time.UTC) // 10:00 in New York
	friday := time.Date(2026, 10, 10, 3, 0, 0, 0, time.UTC) // Friday 23:00 in New York
	cases := []struct {
		pt   lnp.PortType
		at   time.Time
		want string
	}{
		{lnp.NonSimple, monday, "2026-10-09"},
		{lnp.NonSimple, friday, "2026-10-16"},
		{lnp.TollFreePort, monday, "2026-10-07"},
		{lnp.CanadaWireline, monday, "2026-10-07"},
		{lnp.WirelessPort, monday, "2026-10-05"},
		{lnp.WirelessPort, friday, "2026-10-10"},
		{lnp.CanadaWireless, monday, "2026-10-05"},
		{lnp.CanadaWireless, friday, "2026-10-12"},
	}
	for _, c := range cases {
		if got := rules(t, c.pt).Earliest(c.at).String(); got != c.want {
			t.Errorf("%s at %s: %s, want %s", c.pt, c.at, got, c.want)
		}
	}
}

func TestHolidays(t *testing.T) {
	t.Parallel()
	cases := []struct {
		calendar *bizday.Calendar
		date     string
		want     string
	}{
		{bizday.USCalendar, "2026-07-03", "Independence Day"}, // kept on Friday
		{bizday.USCalendar, "2026-07-04", ""},
		{bizday.USCalendar, "2027-07-05", "Independence Day"}, // kept on Monday
		{bizday.USCalendar, "2021-12-31", "New Year's Day"},   // of 2022, a Saturday
		{bizday.USCalendar, "2026-11-26", "Thanksgiving"},
		{bizday.USCalendar, "2024-11-29", "the day after Thanksgiving"}, // the fifth Friday
		{bizday.USCalendar, "2026-05-25", "Memorial Day"},
		{bizday.USCalendar, "2026-09-07", "Labor Day"},
		{bizday.USCalendar, "2026-12-25", "Christmas Day"},
		{bizday.USCalendar, "2026-10-12", ""},
		{bizday.CanadaCalendar, "2026-04-03", "Good Friday"},
		{bizday.CanadaCalendar, "2027-03-26", "Good Friday"},
		{bizday.CanadaCalendar, "2026-05-18", "Victoria Day"},
		{bizday.CanadaCalendar, "2027-05-24", "Victoria Day"},
		{bizday.CanadaCalendar, "2026-10-12", "Thanksgiving"},
		{bizday.CanadaCalendar, "2026-12-28", "Boxing Day"}, // the 26th is a Saturday
		{bizday.CanadaCalendar, "2022-12-26", "Boxing Day"},
		{bizday.CanadaCalendar, "2022-12-27", "Christmas Day"}, // the 25th is a Sunday, and Monday is taken
		{bizday.CanadaCalendar, "2028-07-03", "Canada Day"},
	}
	for _, c := range cases {
		d, err := bizday.ParseDate(c.date)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := c.calendar.Holiday(d); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.calendar.Name, c.date, got, c.want)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	r := rules(t, lnp.NonSimple)
	r.MaxDays = 30
	at := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)
	cases := map[string]fault.Code{
		"2026-11-23": fault.CodeFOCPast, "2026-11-25": fault.CodeFOCTooEarly, "2026-11-27": fault.CodeFOCNotBusiness,
		"2026-12-01": fault.CodeFOCTooEarly, "2026-12-02": "", "2026-12-05": fault.CodeFOCNotBusiness, "2026-12-24": "",
		"2026-12-28": fault.CodeFOCTooLate,
	}
	for s, want := range cases {
		d, err := bizday.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		var got fault.Code
		if f := r.Check(d, at); f != nil {
			got = f.Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", s, got, want)
		}
	}
}

func TestEarliestAlwaysHolds(t *testing.T) {
	t.Parallel()
	types := []lnp.PortType{lnp.Simple, lnp.NonSimple, lnp.WirelessPort, lnp.TollFreePort, lnp.CanadaWireline, lnp.CanadaWireless}
	zones := []string{"America/New_York", "America/Denver", "America/St_Johns", "Pacific/Guam", "America/Phoenix"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		cal := rapid.SampledFrom([]*bizday.Calendar{bizday.USCalendar, bizday.CanadaCalendar}).Draw(t, "calendar")
		r := bizday.Rules{PortType: rapid.SampledFrom(types).Draw(t, "type"), Calendar: cal, Hours: bizday.DefaultHours, Zone: z}
		at := time.Unix(rapid.Int64Range(1767225600, 1956528000).Draw(t, "at"), 0)
		later := at.Add(time.Duration(rapid.Int64Range(0, int64(240*time.Hour)).Draw(t, "later")))
		earliest := r.Earliest(at)
		if f := r.Check(earliest, at); f != nil {
			t.Fatalf("the earliest date %s is refused: %s", earliest, f.Message)
		}
		if r.Earliest(later).Before(earliest) {
			t.Fatalf("a later request has an earlier date")
		}
		if r.Receipt(at).Before(at) || r.AnswerDue(at).Before(r.Receipt(at)) {
			t.Fatal("time runs backward")
		}
		for _, d := range r.Dates(at, 5) {
			if f := r.Check(d, at); f != nil {
				t.Fatalf("the offered date %s is refused: %s", d, f.Message)
			}
		}
	})
}
