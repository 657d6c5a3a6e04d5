// Package dip asks others who serves a number: an LRN dip over HTTP in the
// form of the original API. Its answers are of today, while reports of codes
// do not know which numbers were ported.
package dip

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2/expirable"
	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/errgroup"

	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

// Config says whom to ask, and how much.
type Config struct {
	URL      string // "https://api.example.com"; /lrn/extended/... follows
	Username string
	Token    string
	HTTP     *http.Client
	Wall     clock.Clock
	Log      *slog.Logger

	Parallel int           // questions at once
	Timeout  time.Duration // of one question
	Budget   time.Duration // of all questions of one look-up; what is not answered by then stays as it was
	Keep     time.Duration // how long an answer is good
	Size     int           // how many answers are kept

	// Family names the losing carrier of an operator, LineType its type of line
	// where that is known.
	Family   func(numbering.Operator) (id, name string)
	LineType func(ocn string) lnp.LineType
}

// Defaults are what Config's zero fields mean.
var Defaults = Config{Parallel: 16, Timeout: 3 * time.Second, Budget: 15 * time.Second, Keep: 24 * time.Hour, Size: 200_000}

// Dip is a source that asks about what the next source knows of.
type Dip struct {
	config  Config
	next    numbering.Source
	kept    *expirable.LRU[nanp.Number, answer]
	breaker *gobreaker.CircuitBreaker[*answer]
}

// New returns a source that asks about the numbers that next knows of. What
// cannot be learned stays as next has it.
func New(c Config, next numbering.Source) *Dip {
	c = c.withDefaults()
	return &Dip{
		config: c, next: next,
		kept: expirable.NewLRU[nanp.Number, answer](c.Size, nil, c.Keep),
		breaker: gobreaker.NewCircuitBreaker[*answer](gobreaker.Settings{
			Name: "lrn dip", Timeout: 30 * time.Second,
			ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= 5 },
			IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
			OnStateChange: func(_ string, from, to gobreaker.State) {
				c.Log.Warn("LRN dips", slog.String("were", from.String()), slog.String("are", to.String()))
			},
		}),
	}
}

func (c Config) withDefaults() Config {
	if c.Parallel == 0 {
		c.Parallel = Defaults.Parallel
	}
	if c.Timeout == 0 {
		c.Timeout = Defaults.Timeout
	}
	if c.Budget == 0 {
		c.Budget = Defaults.Budget
	}
	if c.Keep == 0 {
		c.Keep = Defaults.Keep
	}
	if c.Size == 0 {
		c.Size = Defaults.Size
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return c
}

// answer is what was answered about a number.
type answer struct {
	operator numbering.Operator // none: nothing is known
	at       time.Time
	verified bool
	lata     string
	centre   string
}

// Lookup implements numbering.Source. It never fails for a question that failed:
// the holder of the code stands then, unverified.
func (d *Dip) Lookup(ctx context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	facts, err := d.next.Lookup(ctx, numbers)
	if err != nil {
		return nil, err
	}
	ask, cancel := context.WithTimeout(ctx, d.config.Budget)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(d.config.Parallel)
	for i := range facts {
		f := &facts[i]
		if f.Refusal != "" || f.Type != lnp.Local || f.Losing.Verified {
			continue
		}
		have, ok := d.kept.Get(f.Number)
		if ok {
			d.apply(have, f)
			continue
		}
		if ask.Err() != nil || d.breaker.State() == gobreaker.StateOpen {
			continue
		}
		group.Go(func() error {
			a, err := d.breaker.Execute(func() (*answer, error) { return d.ask(ask, f.Number) })
			if err == nil {
				d.kept.Add(f.Number, *a)
				d.apply(*a, f)
			}
			return nil
		})
	}
	return facts, errors.Join(group.Wait(), ctx.Err())
}

// apply puts an answer into the facts. An answer that knows nothing changes
// nothing. Which losing carrier an operator belongs to may change while the
// answer is kept.
func (d *Dip) apply(a answer, f *numbering.Facts) {
	if a.operator.OCN == "" {
		return
	}
	f.Losing = numbering.Losing{OCN: a.operator.OCN, Source: "dip", AsOf: a.at, Verified: a.verified, LineType: d.config.LineType(a.operator.OCN)}
	f.Losing.ID, f.Losing.Name = d.config.Family(a.operator)
	if a.lata != "" {
		f.LATA = a.lata
	}
	if a.centre != "" {
		f.RateCentre = a.centre
	}
}

// answerMax is more than any answer has.
const answerMax = 64 << 10

// ask asks about one number. An answer that cannot be read is an error: it
// must not be taken for one that knows nothing.
func (d *Dip) ask(ctx context.Context, n nanp.Number) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, d.config.Timeout)
	defer cancel()
	address, err := url.JoinPath(d.config.URL, "lrn", "extended", n.String())
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?format=json", nil)
	if err != nil {
		return nil, err
	}
	r.SetBasicAuth(d.config.Username, d.config.Token)
	r.Header.Set("Accept", "application/json")
	res, err := d.config.HTTP.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerMax))
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusNotFound {
		return &answer{}, nil
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the LRN dip is answered %d", res.StatusCode)
	}
	return d.read(body)
}

// wire is the answer of the original (FORMATS.md 10); portin's own adds whether
// somebody who knows was asked. Values come as strings and as numbers.
type wire struct {
	LRN  any `json:"lrn"`
	LERG struct {
		LATA    any `json:"lata"`
		OCN     any `json:"ocn"`
		Company any `json:"company"`
		RC      any `json:"rc"`
	} `json:"lerg"`
	Verified *bool `json:"verified"`
}

func (d *Dip) read(body []byte) (*answer, error) {
	var w wire
	err := json.Unmarshal(body, &w)
	if err != nil {
		return nil, errors.New("the LRN dip's answer is no JSON")
	}
	o := numbering.Operator{OCN: strings.ToUpper(text(w.LERG.OCN)), Company: text(w.LERG.Company)}
	if o.OCN == "" {
		return &answer{}, nil
	}
	return &answer{
		operator: o, at: d.config.Wall.Now(), verified: w.Verified == nil || *w.Verified,
		lata: text(w.LERG.LATA), centre: strings.ToUpper(text(w.LERG.RC)),
	}, nil
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return fmt.Sprintf("%.0f", v)
	}
	return ""
}
