package api

import (
	"regexp"
	"strconv"
	"time"

	"github.com/portin/portin/internal/fault"
)

// clockIn moves the sandbox's clock forward: by a duration or to an instant.
type clockIn struct {
	Advance string    `json:"advance,omitempty" doc:"A duration: 72h, 90m, 3d"`
	To      time.Time `json:"to,omitzero" doc:"An instant"`
}

// clockBody is the sandbox's time.
type clockBody struct {
	Now instant `json:"now"`
}

// movedBody is what moving the clock has done.
type movedBody struct {
	From     moment          `json:"from"`
	To       moment          `json:"to"`
	Steps    int             `json:"steps" doc:"Instants on the way at which something was due"`
	Quiet    bool            `json:"quiet" doc:"All that was due is done; false when something takes longer, it goes on by itself"`
	Happened []happenedEvent `json:"happened"`
}

// happenedEvent is an event of any order.
type happenedEvent struct {
	OrderID int64 `json:"order_id"`
	Event
}

func doClock(c *call, _ none) (time.Time, error) { return c.api.Clock.Now(), nil }

func showClock(_ *call, now time.Time) clockBody { return clockBody{Now: instant(now)} }

// advanceMax is how far the clock is moved in one call: the sandbox must do
// all that becomes due on the way.
const advanceMax = 366 * 24 * time.Hour

// days matches a duration in days, which Go's have not.
var days = regexp.MustCompile(`^([0-9]{1,3})d$`)

func doAdvance(c *call, in clockIn) (Report, error) {
	now := c.api.Clock.Now()
	to := in.To
	switch {
	case in.Advance == "" && in.To.IsZero():
		return Report{}, fault.OneField("advance", fault.CodeRequired, `send {"advance": "72h"} or {"to": "2026-12-01T15:00:00Z"}`, "neither advance nor to says how far")
	case in.Advance != "" && !in.To.IsZero():
		return Report{}, fault.OneField("to", fault.CodeInvalidValue, "", "send either advance or to")
	case in.Advance != "":
		d, err := duration(in.Advance)
		if err != nil {
			return Report{}, fault.OneField("advance", fault.CodeInvalidValue, "", "advance takes a duration like 72h, 90m or 3d")
		}
		to = now.Add(d)
	}
	if to.Sub(now) > advanceMax {
		return Report{}, fault.OneField("advance", fault.CodeInvalidValue, "move it in several calls", "one call moves the clock by a year at most")
	}
	return c.api.Clock.Advance(c.r.Context(), to)
}

func duration(text string) (time.Duration, error) {
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(text)
}

func showAdvance(_ *call, r Report) movedBody {
	b := movedBody{From: moment(r.From), To: moment(r.To), Steps: r.Steps, Quiet: r.Quiet, Happened: make([]happenedEvent, len(r.Happened))}
	for i, e := range r.Happened {
		b.Happened[i] = happenedEvent{OrderID: e.OrderID, Event: eventOf(e)}
	}
	return b
}
