package sim_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway/gatewaytest"
	"github.com/portin/portin/internal/gateway/sim"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

// start is a Tuesday, 10:00 in New York.
var start = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

const newYork = "America/New_York"

// stopped is a base clock that stands still, so that only the test moves time.
type stopped struct{}

func (stopped) Now() time.Time { return start }

// memory keeps receipts for a test.
type memory struct {
	mu   sync.Mutex
	kept []sim.Receipt
}

func (m *memory) Keep(ctx context.Context, r sim.Receipt) (sim.Receipt, error) {
	err := ctx.Err()
	if err != nil {
		return sim.Receipt{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.kept {
		if k.PON == r.PON && k.Version == r.Version && k.Kind == r.Kind {
			return k, nil
		}
	}
	m.kept = append(m.kept, r)
	return r, nil
}

func (m *memory) Of(_ context.Context, pon string) ([]sim.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(m.kept), func(r sim.Receipt) bool { return r.PON != pon }), nil
}

type bundle struct {
	sim   *sim.Sim
	clock *clock.Offset
}

func setup() bundle {
	c := &clock.Offset{Base: stopped{}}
	return bundle{sim: sim.New(&memory{}, c), clock: c}
}

func (b bundle) advance(to time.Time) { b.clock.SetAhead(to.Sub(start)) }

func date(t time.Time) bizday.Date { return bizday.DateOf(t, time.UTC) }

func request(pon string, version int, numbers ...nanp.Number) order.Request {
	if len(numbers) == 0 {
		numbers = []nanp.Number{9198002000}
	}
	return order.Request{
		PON: pon, Version: version, Numbers: numbers,
		RequestedFOC: date(start.AddDate(0, 0, 3)), Zone: newYork,
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	gatewaytest.Run(t, func(*testing.T) gatewaytest.Bench {
		b := setup()
		return gatewaytest.Bench{
			Gateway: b.sim,
			Request: func(pon string, version int) order.Request { return request(pon, version) },
			Advance: b.advance,
		}
	})
}

// said is one line of what a story must say: seconds after the start.
type said struct {
	on    order.Event
	after time.Duration
}

func TestStories(t *testing.T) {
	t.Parallel()
	// Friday, 00:00 in New York.
	activation := time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC).Sub(start)
	later := func(r order.Request, days int) order.Request {
		r.RequestedFOC = date(start.AddDate(0, 0, days))
		return r
	}
	tests := map[string]struct {
		do   func(t *testing.T, b bundle)
		want []said
	}{
		"happy path": {
			do: func(t *testing.T, b bundle) { submit(t, b, request("P", 1)) },
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second},
			},
		},
		"the scenario number of the happy path": {
			do: func(t *testing.T, b bundle) { submit(t, b, request("P", 1, 9195550100)) },
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second},
			},
		},
		"rejected once": {
			do:   func(t *testing.T, b bundle) { submit(t, b, request("P", 1, 9195550121)) },
			want: []said{{order.Accepted, time.Second}, {order.CarrierReject, 2 * time.Second}},
		},
		"a number that only looks like a scenario": {
			do: func(t *testing.T, b bundle) { submit(t, b, request("P", 1, 9198000121)) },
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second},
			},
		},
		"the most severe story wins": {
			do:   func(t *testing.T, b bundle) { submit(t, b, request("P", 1, 9195550100, 9195550121)) },
			want: []said{{order.Accepted, time.Second}, {order.CarrierReject, 2 * time.Second}},
		},
		"corrected": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1, 9195550121))
				b.advance(start.Add(time.Hour))
				submit(t, b, request("P", 2, 9195550121))
			},
			want: []said{
				{order.Accepted, time.Second}, {order.CarrierReject, 2 * time.Second},
				{order.Accepted, time.Hour + time.Second}, {order.FOCSet, time.Hour + 2*time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second},
			},
		},
		"a second version takes the place of the first's answers": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				b.advance(start.Add(time.Second))
				submit(t, b, later(request("P", 2), 4))
			},
			want: []said{
				{order.Accepted, time.Second}, {order.Accepted, 2 * time.Second}, {order.FOCSet, 3 * time.Second},
				{order.Activation, activation + 24*time.Hour}, {order.NumbersDone, activation + 24*time.Hour + time.Second},
			},
		},
		"a second version while the numbers move comes too late": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				b.advance(start.Add(activation))
				submit(t, b, later(request("P", 2), 4))
			},
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second},
			},
		},
		"cancelled before the date": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				b.advance(start.Add(time.Minute))
				cancel(t, b, 1)
			},
			want: []said{{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second}, {order.CancelDone, time.Minute + time.Second}},
		},
		"cancelled before the first answer": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				cancel(t, b, 1)
			},
			want: []said{{order.CancelDone, time.Second}},
		},
		"cancelled after a reject": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1, 9195550121))
				b.advance(start.Add(time.Minute))
				cancel(t, b, 1)
			},
			want: []said{{order.Accepted, time.Second}, {order.CarrierReject, 2 * time.Second}, {order.CancelDone, time.Minute + time.Second}},
		},
		"cancelled a moment before the numbers move": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				b.advance(start.Add(activation - time.Millisecond))
				cancel(t, b, 1)
			},
			want: []said{{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second}, {order.CancelDone, activation + time.Second - time.Millisecond}},
		},
		"cancelled when the numbers move": {
			do: func(t *testing.T, b bundle) {
				submit(t, b, request("P", 1))
				b.advance(start.Add(activation))
				cancel(t, b, 1)
			},
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, activation}, {order.NumbersDone, activation + time.Second}, {order.CancelRefused, activation + time.Second},
			},
		},
		"the date asked for has passed": {
			do: func(t *testing.T, b bundle) { submit(t, b, later(request("P", 1), -5)) },
			want: []said{
				{order.Accepted, time.Second}, {order.FOCSet, 2 * time.Second},
				{order.Activation, 3 * time.Second}, {order.NumbersDone, 4 * time.Second},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup()
			test.do(t, b)
			b.advance(start.AddDate(1, 0, 0))
			events, next, err := b.sim.Poll(t.Context(), "P", 1)
			if err != nil || !next.IsZero() {
				t.Fatalf("Poll at the end: next %v, %v", next, err)
			}
			var got []said
			for _, e := range events {
				got = append(got, said{e.On, e.At.Sub(start)})
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("the carriers said\n%v\nwant\n%v", got, test.want)
			}
		})
	}
}

func TestRejectNamesTheField(t *testing.T) {
	t.Parallel()
	b := setup()
	submit(t, b, request("P", 1, 9195550121))
	b.advance(start.Add(2 * time.Second))
	events, next, err := b.sim.Poll(t.Context(), "P", 1)
	if err != nil || len(events) != 2 || !next.IsZero() {
		t.Fatalf("Poll = %v, %v, %v", events, next, err)
	}
	e := events[1]
	if e.Reject != "account_number" || e.CarrierCode != "8A" || e.CarrierText == "" || e.Version != 1 {
		t.Errorf("the reject is %+v", e)
	}
}

func TestFirmDate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		zone string
		want time.Time
	}{
		"New York":  {newYork, time.Date(2026, 11, 27, 5, 0, 0, 0, time.UTC)},
		"Anchorage": {"America/Anchorage", time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)},
		"Phoenix":   {"America/Phoenix", time.Date(2026, 11, 27, 7, 0, 0, 0, time.UTC)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup()
			r := request("P", 1)
			r.Zone = test.zone
			submit(t, b, r)
			b.advance(start.Add(2 * time.Second))
			events, next, err := b.sim.Poll(t.Context(), "P", 1)
			if err != nil || len(events) != 2 {
				t.Fatalf("Poll = %v, %v", events, err)
			}
			foc := events[1].FOC
			if foc.Date != r.RequestedFOC || foc.Zone != test.zone || !foc.ActivationTime.Equal(test.want) || !foc.ConfirmedAt.Equal(start.Add(2*time.Second)) {
				t.Errorf("the date is %+v; want %v at midnight, %v", foc, r.RequestedFOC, test.want)
			}
			if !next.Equal(test.want) {
				t.Errorf("next = %v; want %v", next, test.want)
			}
		})
	}
}

func TestUnknownZone(t *testing.T) {
	t.Parallel()
	b := setup()
	r := request("P", 1)
	r.Zone = "America/Nowhere"
	_, err := b.sim.Submit(t.Context(), r)
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("Submit: %v; want Invalid", err)
	}
	_, found, err := b.sim.Find(t.Context(), "P", 1)
	if err != nil || found {
		t.Errorf("Find = %v, %v; what was refused must leave nothing", found, err)
	}
}

func submit(t *testing.T, b bundle, r order.Request) {
	t.Helper()
	_, err := b.sim.Submit(t.Context(), r)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
}

func cancel(t *testing.T, b bundle, version int) {
	t.Helper()
	_, err := b.sim.Cancel(t.Context(), "P", version, "")
	if err != nil {
		t.Fatalf("Cancel: %v", err)
	}
}
