package dip_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/dip"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

// today is when the questions are asked.
var today = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

type fixed struct{}

func (fixed) Now() time.Time { return today }

// holders is a source that knows the holders of codes.
type holders struct{}

func (holders) Lookup(_ context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	out := make([]numbering.Facts, len(numbers))
	for i, n := range numbers {
		out[i] = numbering.Base(n)
		out[i].Losing = numbering.Losing{ID: "holder", OCN: "0001", Name: "Holder", Source: "nanpa"}
	}
	return out, nil
}

const good = `{"lrn": "9195550000", "lerg": {"npa": "919", "nxx": "555", "y": "0", "lata": 426, "ocn": "12ab", "company": "NEW CARRIER, LLC - NC", "rc": "Raleigh", "state": "NC"}}`

// peer is somebody who is asked.
func peer(t *testing.T, answer http.HandlerFunc, change func(*dip.Config)) (*dip.Dip, *atomic.Int32) {
	t.Helper()
	asked := new(atomic.Int32)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		user, token, _ := r.BasicAuth()
		if user != "portin" || token != "secret" || r.URL.Query().Get("format") != "json" || !strings.HasPrefix(r.URL.Path, "/lrn/extended/") {
			t.Errorf("asked %s as %s", r.URL, user)
		}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	c := dip.Config{
		URL: s.URL, Username: "portin", Token: "secret", Wall: fixed{}, Log: slog.New(slog.DiscardHandler), HTTP: s.Client(),
		Family: carrier.Families{}.Of,
		LineType: func(ocn string) lnp.LineType {
			if ocn == "12AB" {
				return lnp.VoIP
			}
			return ""
		},
	}
	if change != nil {
		change(&c)
	}
	return dip.New(c, holders{}), asked
}

func say(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }
}

func lookup(t *testing.T, d *dip.Dip, numbers ...nanp.Number) []numbering.Facts {
	t.Helper()
	f, err := d.Lookup(t.Context(), numbers)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	d, asked := peer(t, say(good), nil)
	f := lookup(t, d, 9192000001, 8005551000)
	want := numbering.Losing{ID: "new-carrier", OCN: "12AB", Name: "NEW CARRIER", LineType: lnp.VoIP, Source: "dip", AsOf: today, Verified: true}
	if f[0].Losing != want || f[0].LATA != "426" || f[0].RateCentre != "RALEIGH" {
		t.Errorf("%+v", f[0])
	}
	if f[1].Losing.ID != "holder" || asked.Load() != 1 {
		t.Errorf("a toll-free number is asked about: %+v, %d questions", f[1].Losing, asked.Load())
	}
	lookup(t, d, 9192000001)
	if asked.Load() != 1 {
		t.Error("an answer is not kept")
	}
}

// TestKeptAnswer: the losing carriers may be sorted anew while an answer is
// kept.
func TestKeptAnswer(t *testing.T) {
	t.Parallel()
	var families carrier.Families
	d, asked := peer(t, say(good), func(c *dip.Config) {
		c.Family = func(o numbering.Operator) (string, string) { return families.Of(o) }
	})
	for _, want := range []string{"new-carrier", "sorted-anew"} {
		f := lookup(t, d, 9192000001)
		if f[0].Losing.ID != want || !f[0].Losing.Verified {
			t.Errorf("%+v; want %s", f[0].Losing, want)
		}
		families = carrier.Families{{ID: "sorted-anew", Name: "Sorted Anew", OCNs: []string{"12AB"}}}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestNoAnswer: whatever the peer does, the holder of the code stands,
// unverified.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kept   bool // the peer has said that it knows nothing, and is not asked again
	}{
		"error":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, false},
		"a page":      {say("<html>Access denied</html>"), false},
		"cut off":     {say(good[:40]), false},
		"redirect":    {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Location", "/"); w.WriteHeader(302) }, false},
		"not found":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, true},
		"no operator": {say(`{"lrn": null, "lerg": {}}`), true},
		"too slow":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, asked := peer(t, c.answer, func(c *dip.Config) { c.Timeout = 100 * time.Millisecond; c.HTTP = nil })
			for range 2 {
				f := lookup(t, d, 9192000001)
				if f[0].Losing.ID != "holder" || f[0].Losing.Verified {
					t.Errorf("%+v", f[0].Losing)
				}
			}
			if want := map[bool]int32{true: 1, false: 2}[c.kept]; asked.Load() != want {
				t.Errorf("asked %d times; want %d", asked.Load(), want)
			}
		})
	}
}

// TestUnverified: a portin that has only the holder of the code itself says so,
// and it is not taken for more.
func TestUnverified(t *testing.T) {
	t.Parallel()
	d, _ := peer(t, say(strings.Replace(good, `"lerg"`, `"verified": false, "lerg"`, 1)), nil)
	f := lookup(t, d, 9192000001)
	if f[0].Losing.ID != "new-carrier" || f[0].Losing.Verified {
		t.Errorf("%+v", f[0].Losing)
	}
}

// TestBreaker: a peer that fails again and again is left alone.
func TestBreaker(t *testing.T) {
	t.Parallel()
	d, asked := peer(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, func(c *dip.Config) { c.Parallel = 1 })
	var numbers []nanp.Number
	for i := range 100 {
		numbers = append(numbers, nanp.Number(9192000000+i))
	}
	lookup(t, d, numbers...)
	if n := asked.Load(); n != 5 {
		t.Errorf("a peer that fails is asked %d times; want 5", n)
	}
}

// TestParallel: no more questions at once than the peer allows.
func TestParallel(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, most := 0, 0
	all := make(chan struct{})
	d, asked := peer(t, func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		now++
		most = max(most, now)
		if now == 4 {
			select {
			case <-all:
			default:
				close(all)
			}
		}
		mu.Unlock()
		<-all // so that as many come together as may
		mu.Lock()
		now--
		mu.Unlock()
		fmt.Fprint(w, good)
	}, func(c *dip.Config) { c.Parallel = 4 })
	var numbers []nanp.Number
	for i := range 40 {
		numbers = append(numbers, nanp.Number(9192000000+i))
	}
	for _, f := range lookup(t, d, numbers...) {
		if !f.Losing.Verified {
			t.Errorf("%s was not asked about", f.Number)
		}
	}
	if most != 4 || asked.Load() != 40 {
		t.Errorf("%d questions, %d at once", asked.Load(), most)
	}
}
