package server_test

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/pricing"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/refdata/refdatatest"
	"github.com/portin/portin/internal/routing"
	"github.com/portin/portin/internal/server"
)

// uploadSize is how many numbers the largest upload has.
const uploadSize = 100_000

// yard is a sandbox with the publishers' reference data, where they are.
type yard struct {
	b      *testing.B
	url    string
	user   string
	token  string
	folder string
	facts  func(nanp.Number) numbering.Facts // Refusal is set where the number is not assigned
	random *rand.Rand
	used   map[nanp.Number]bool
	bare   *sql.DB // a table of the same form, which gets the same rows
}

func newYard(b *testing.B) *yard {
	b.Helper()
	y := newNumbers(b)
	s, err := server.New(b.Context(), server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: y.folder, Routing: porting.DefaultRouting, Log: slog.New(slog.DiscardHandler)})
	y.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		err := <-done
		if err != nil {
			b.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	c := s.Credentials()
	y.url, y.user, y.token = c.BaseURL, c.Username, c.Token
	return y
}

// newNumbers is a yard without a server: numbers, and what is known of them.
func newNumbers(b *testing.B) *yard {
	b.Helper()
	y := &yard{b: b, folder: b.TempDir(), random: rand.New(rand.NewPCG(1, 2)), used: map[nanp.Number]bool{}}
	y.facts = func(n nanp.Number) numbering.Facts {
		facts, err := numbering.Fictional{}.Lookup(b.Context(), []nanp.Number{n})
		y.must(err)
		return facts[0]
	}
	y.importReal()
	return y
}

func (y *yard) must(err error) {
	y.b.Helper()
	if err != nil {
		y.b.Fatal(err)
	}
}

// importReal takes in the publishers' files, where they are.
func (y *yard) importReal() {
	y.b.Helper()
	folder, ok := refdatatest.Find()
	if !ok {
		y.b.Logf("the publishers' files are not in %s; the numbers are fictional ones", folder)
		return
	}
	office, err := server.OpenOffice(y.b.Context(), server.Config{Sandbox: true, Data: y.folder}, true)
	y.must(err)
	version, err := refdata.Import(y.b.Context(), office.Reference(), refdatatest.Files(y.b, folder), refdata.BadShare)
	y.must(err)
	files, err := office.Reference().Load(y.b.Context(), version.ID)
	y.must(err)
	index := refdata.Index(files, func(o numbering.Operator) (string, string) { return o.OCN, o.Company })
	y.facts = func(n nanp.Number) numbering.Facts {
		f, known := index.Lookup(n)
		if !known && !n.TollFree() {
			f.Refusal = fault.CodeNXXUnassigned
		}
		return f
	}
	y.must(office.Close())
}

// numbers returns assigned numbers that were not returned before: of the United
// States and Canada, and every hundredth one toll-free.
func (y *yard) numbers(n int) []nanp.Number {
	out := make([]nanp.Number, 0, n)
	for len(out) < n {
		d := nanp.Number(2_000_000_000 + y.random.Int64N(8_000_000_000))
		if len(out)%100 == 0 {
			d = nanp.Number(8_002_000_000 + y.random.Int64N(7_000_000))
		}
		if n, code := nanp.Parse(d.String()); y.used[d] || code != "" || n.Refusal() != "" || y.facts(d).Refusal != "" {
			continue
		}
		y.used[d] = true
		out = append(out, d)
	}
	return out
}

func body(numbers ...nanp.Number) []byte {
	text, err := json.Marshal(map[string]any{"dids": numbers})
	if err != nil {
		panic(err)
	}
	return text
}

// upload sends numbers, and returns how many were taken.
func (y *yard) upload(text []byte) (int, error) {
	r, err := http.NewRequest(http.MethodPost, y.url+"/inbound/port-in/upload/text", bytes.NewReader(text))
	if err != nil {
		return 0, err
	}
	r.SetBasicAuth(y.user, y.token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	var out struct{ Accepted int }
	err = json.Unmarshal(answer, &out)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %.300s", res.StatusCode, answer)
	}
	return out.Accepted, err
}

// BenchmarkUpload100k uploads a hundred thousand numbers over HTTP, from the
// request to its answer, and inserts the very rows that this made into a table
// with the same indexes by a prepared statement, the fastest that the driver
// can do. It reports both, and how many times slower the whole upload is.
func BenchmarkUpload100k(b *testing.B) {
	y := newYard(b)
	var whole, bare time.Duration
	for b.Loop() {
		b.StopTimer()
		text := body(y.numbers(uploadSize)...)
		b.StartTimer()
		start := time.Now()
		n, err := y.upload(text)
		whole += time.Since(start)
		y.must(err)
		if n != uploadSize {
			b.Fatalf("%d of %d numbers were taken", n, uploadSize)
		}
		b.StopTimer()
		bare += y.bareInsert()
		b.StartTimer()
	}
	rows := uploadSize * float64(b.N)
	b.ReportMetric(rows/whole.Seconds(), "rows/s")
	b.ReportMetric(rows/bare.Seconds(), "bare-rows/s")
	b.ReportMetric(float64(bare)/float64(whole), "of-bare")
}

// bareInsert copies the numbers of the newest upload into a table of the same
// form in a file of its own, which has those of the uploads before as well, and
// returns how long the writing took.
func (y *yard) bareInsert() time.Duration {
	y.b.Helper()
	from, err := sql.Open("sqlite", "file:"+filepath.Join(y.folder, "portin.db")+"?_pragma=query_only(1)")
	y.must(err)
	defer from.Close()
	if y.bare == nil {
		y.openBare(from)
	}
	rows, err := from.Query(`
		SELECT order_id, did, account_id, position, status, held, port_fee, mrc, facts FROM order_number
		WHERE order_id IN (SELECT id FROM port_order WHERE upload_id = (SELECT MAX(id) FROM upload)) ORDER BY order_id, did`)
	y.must(err)
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		row := make([]any, 9)
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		y.must(rows.Scan(into...))
		all = append(all, row)
	}
	y.must(rows.Err())
	if len(all) != uploadSize {
		y.b.Fatalf("the upload made %d rows", len(all))
	}
	start := time.Now()
	tx, err := y.bare.Begin()
	y.must(err)
	insert, err := tx.Prepare(`INSERT INTO order_number (order_id, did, account_id, position, status, held, port_fee, mrc, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	y.must(err)
	for _, row := range all {
		_, err = insert.Exec(row...)
		y.must(err)
	}
	y.must(tx.Commit())
	return time.Since(start)
}

// openBare makes the table, as the server's database has it.
func (y *yard) openBare(from *sql.DB) {
	y.b.Helper()
	const pragmas = "?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-32000)&_pragma=temp_store(MEMORY)&_txlock=immediate"
	var err error
	y.bare, err = sql.Open("sqlite", "file:"+filepath.Join(y.b.TempDir(), "bare.db")+pragmas)
	y.must(err)
	y.bare.SetMaxOpenConns(1)
	y.b.Cleanup(func() { _ = y.bare.Close() })
	schema, err := from.Query(`SELECT sql FROM sqlite_master WHERE tbl_name = 'order_number' AND sql IS NOT NULL ORDER BY type DESC`)
	y.must(err)
	defer schema.Close()
	for schema.Next() {
		var statement string
		y.must(schema.Scan(&statement))
		_, err = y.bare.Exec(statement)
		y.must(err)
	}
	y.must(schema.Err())
}

// BenchmarkOthersDuringUpload100k uploads one number at a time, in four
// connections, while a hundred thousand are uploaded in another one, and
// reports how long those small ones took: their median, the 99th percentile
// and the longest.
func BenchmarkOthersDuringUpload100k(b *testing.B) {
	y := newYard(b)
	var took []time.Duration
	for b.Loop() {
		b.StopTimer()
		large := body(y.numbers(uploadSize)...)
		small := y.numbers(4 * 5000)
		b.StartTimer()
		stop := make(chan struct{})
		var mu sync.Mutex
		var others sync.WaitGroup
		for i := range 4 {
			others.Go(func() {
				for _, d := range small[i*5000 : (i+1)*5000] {
					select {
					case <-stop:
						return
					default:
					}
					start := time.Now()
					_, err := y.upload(body(d))
					if err != nil {
						b.Error(err)
						return
					}
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
			})
		}
		_, err := y.upload(large)
		close(stop)
		others.Wait()
		y.must(err)
	}
	slices.Sort(took)
	at := func(share float64) float64 {
		return float64(took[int(share*float64(len(took)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.5), "ms-p50")
	b.ReportMetric(at(0.99), "ms-p99")
	b.ReportMetric(at(1), "ms-longest")
	b.ReportMetric(float64(len(took))/float64(b.N), "calls")
}

// BenchmarkPlan100k looks up, routes, splits and prices a hundred thousand
// assigned numbers in a market of nine carriers, some of which cover the whole
// country and some single rate centres, LATAs and exchanges.
func BenchmarkPlan100k(b *testing.B) {
	y := newNumbers(b)
	numbers := y.numbers(uploadSize)
	carriers, prices := y.market(numbers)
	facts := make([]numbering.Facts, len(numbers))
	orders := 0
	for b.Loop() {
		for i, n := range numbers {
			facts[i] = y.facts(n)
		}
		plan := routing.Plan(routing.Request{AccountID: 1, Facts: facts, Carriers: carriers, Prices: prices, Months: 12, Tolerance: pricing.MustParse("10")})
		priced := 0
		for _, g := range plan.Groups {
			members := make([]numbering.Facts, len(g.Members))
			for i, m := range g.Members {
				members[i] = facts[m]
			}
			_, fees := pricing.Compute(pricing.Request{Prices: prices, CarrierID: g.Carrier.ID, PortType: g.PortType, Facts: members})
			priced += len(fees)
		}
		if priced+len(plan.Refused) != uploadSize {
			b.Fatalf("%d numbers have a price, and %d are refused", priced, len(plan.Refused))
		}
		orders = len(plan.Groups)
	}
	b.ReportMetric(float64(orders), "orders")
	b.ReportMetric(uploadSize*float64(b.N)/b.Elapsed().Seconds(), "numbers/s")
}

// market is carriers that cover the numbers in different ways.
func (y *yard) market(numbers []nanp.Number) ([]carrier.Gaining, pricing.Prices) {
	var lata, centres, exchanges []carrier.Area
	for i, n := range numbers {
		f := y.facts(n)
		if f.Type != lnp.Local || f.Country != lnp.US {
			continue
		}
		lata = append(lata, carrier.Area{Type: lnp.Local, LATA: cmp.Or(f.LATA, "none")})
		centres = append(centres, carrier.Area{Type: lnp.Local, State: f.State, RateCentre: cmp.Or(f.RateCentre, "none")})
		if i%2 == 0 {
			exchanges = append(exchanges, carrier.Area{Type: lnp.Local, NPANXX: n.String()[:6]})
		}
	}
	local := func(states ...string) (out []carrier.Area) {
		for _, s := range states {
			out = append(out, carrier.Area{Type: lnp.Local, Country: lnp.US, State: s})
		}
		return out
	}
	var carriers []carrier.Gaining
	var decks []pricing.Deck
	for i, areas := range [][]carrier.Area{
		{{Type: lnp.Local, Country: lnp.US}}, local("CA", "OR", "WA", "NV", "AZ"), local("NY", "NJ", "PA", "CT", "MA"), lata[:len(lata)/2], lata[len(lata)/3:],
		centres, exchanges, {{Type: lnp.Local, Country: lnp.CA}}, {{Type: lnp.TollFree}},
	} {
		id := int64(i + 1)
		carriers = append(carriers, carrier.Gaining{ID: id, Name: fmt.Sprint("Carrier ", id), On: true, Priority: i % 3, Capabilities: carrier.Capabilities{Wireless: true, TollFree: true}, Coverage: carrier.Cover(areas...), Limits: carrier.Limits{NumbersPerOrder: 5000}})
		d := pricing.Deck{ID: id, CarrierID: id, Currency: "USD", Rates: []pricing.Rate{{PortFee: pricing.MustParse("5.25"), MRC: pricing.MustParse("0.45")}}}
		for j, s := range []string{"CA", "TX", "NY", "FL", "IL", "PA", "OH"} {
			d.Rates = append(d.Rates,
				pricing.Rate{State: s, PortFee: pricing.MustParse("4").Add(pricing.MustParse("0.1").Times(i + j)), MRC: pricing.MustParse("0.5")},
				pricing.Rate{State: s, PortType: lnp.WirelessPort, PortFee: pricing.MustParse("6"), MRC: pricing.MustParse("0.5")})
		}
		decks = append(decks, d)
	}
	return carriers, pricing.NewBook(decks).For(1, time.Unix(0, 0))
}
