package refdata_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/refdata"
)

// memory is a shelf for the tests of updates. What a shelf must do is tested in
// package store.
type memory struct {
	refdata.Shelf
	versions []refdata.Version
	sources  map[string]refdata.Source
}

func (m *memory) Active(context.Context) (int64, error) { return int64(len(m.versions)), nil }

func (m *memory) Version(_ context.Context, id int64) (refdata.Version, error) {
	if id < 1 || id > int64(len(m.versions)) {
		return refdata.Version{}, fault.Missing()
	}
	return m.versions[id-1], nil
}

func (m *memory) Keep(_ context.Context, files []*refdata.File, _ bool) (refdata.Version, error) {
	v := refdata.Version{ID: int64(len(m.versions) + 1), Active: true}
	kinds := map[refdata.Kind]bool{}
	for _, f := range files {
		kinds[f.Kind] = true
		v.Files = append(v.Files, f)
	}
	if len(m.versions) > 0 {
		for _, f := range m.versions[len(m.versions)-1].Files {
			if !kinds[f.Kind] {
				v.Files = append(v.Files, f)
			}
		}
	}
	m.versions = append(m.versions, v)
	return v, nil
}

func (m *memory) Sources(context.Context) ([]refdata.Source, error) {
	var out []refdata.Source
	for _, s := range m.sources {
		out = append(out, s)
	}
	return out, nil
}

func (m *memory) SaveSources(_ context.Context, sources []refdata.Source) error {
	for _, s := range sources {
		m.sources[s.URL] = s
	}
	return nil
}

// now is the wall clock of the tests.
var now = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

type fixed struct{}

func (fixed) Now() time.Time { return now }

// publisher is a site that gives files, and an updater that asks it.
type publisher struct {
	*httptest.Server
	mu    sync.Mutex
	files map[string]func(w http.ResponseWriter, r *http.Request)
	asked []string // path and what it was asked if

	shelf   *memory
	updater *refdata.Updater
}

func publish(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{files: map[string]func(http.ResponseWriter, *http.Request){}, shelf: &memory{sources: map[string]refdata.Source{}}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		condition := r.Header.Get("If-None-Match") + r.Header.Get("If-Modified-Since")
		p.asked = append(p.asked, strings.TrimSpace(r.URL.Path+" "+condition))
		give := p.files[r.URL.Path]
		p.mu.Unlock()
		if !strings.HasPrefix(r.UserAgent(), "Mozilla/5.0 ") {
			t.Errorf("asked as %s", r.UserAgent())
		}
		if give == nil {
			http.NotFound(w, r)
			return
		}
		give(w, r)
	}))
	t.Cleanup(p.Close)
	p.updater = &refdata.Updater{Shelf: p.shelf, Wall: fixed{}, Folder: t.TempDir(), BadShare: refdata.BadShare, HTTP: p.Client(), Wait: time.Nanosecond}
	return p
}

// give puts a file at a path, with an ETag where it has one.
func (p *publisher) give(path, text, etag string) string {
	p.put(path, func(w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
		}
		http.ServeContent(w, r, path, time.Time{}, strings.NewReader(text))
	})
	return p.URL + path
}

func (p *publisher) put(path string, give http.HandlerFunc) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[path] = give
	return p.URL + path
}

// take returns what was asked since the last time.
func (p *publisher) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

func (p *publisher) update(t *testing.T, addresses ...string) *refdata.Updated {
	t.Helper()
	out, err := p.updater.Update(t.Context(), addresses)
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(p.updater.Folder)
	if err != nil || len(left) > 0 {
		t.Errorf("the update leaves %v behind, %v", left, err)
	}
	return out
}

// TestUpdate: what has not changed is not fetched again, and makes no version.
func TestUpdate(t *testing.T) {
	t.Parallel()
	p := publish(t)
	us, ca := p.give("/us.txt", codesUS, `"1"`), p.give("/ca.csv", codesCA, "")
	step := func(what string, id int64, isNew bool, asked ...string) *refdata.Updated {
		t.Helper()
		out := p.update(t, us, ca)
		if out.Version.ID != id || out.New != isNew {
			t.Errorf("%s: version %d, new %v; want %d, %v", what, out.Version.ID, out.New, id, isNew)
		}
		got := map[string]bool{}
		for _, a := range p.take() {
			got[a] = true
		}
		want := map[string]bool{}
		for _, a := range asked {
			want[a] = true
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: asked (-want +got):\n%s", what, d)
		}
		return out
	}
	out := step("the first time", 1, true, "/us.txt", "/ca.csv")
	sum := sha256.Sum256([]byte(codesUS))
	want := refdata.Result{Size: int64(len(codesUS)), New: true, Source: refdata.Source{
		URL: us, ETag: `"1"`, Checked: now, Changed: now,
		Gave: []refdata.Given{{Kind: refdata.CodesUS, Name: "us.txt", SHA256: hex.EncodeToString(sum[:])}},
	}}
	if d := cmp.Diff(want, out.Results[0]); d != "" {
		t.Error(d)
	}
	out = step("again", 1, false, `/us.txt "1"`, "/ca.csv")
	if out.Results[0].New || out.Results[0].Size != 0 || out.Results[1].New || out.Results[1].Size != int64(len(codesCA)) {
		t.Errorf("%+v", out.Results)
	}
	p.give("/us.txt", strings.Replace(codesUS, "07/06/2026", "07/07/2026", 1), `"2"`)
	step("a new file", 2, true, `/us.txt "1"`, "/ca.csv")
	// Somebody imports another file of the kind: the address is asked for its own.
	_, err := p.shelf.Keep(t.Context(), []*refdata.File{read(t, "x", strings.Replace(codesUS, "07/06/2026", "06/01/2026", 1))}, true)
	if err != nil {
		t.Fatal(err)
	}
	step("after an import of an older file", 4, true, "/us.txt", "/ca.csv")
	_, err = p.shelf.Keep(t.Context(), []*refdata.File{read(t, "x", strings.Replace(codesUS, "07/06/2026", "08/01/2026", 1))}, true)
	if err != nil {
		t.Fatal(err)
	}
	step("after an import of a newer file", 5, false, "/us.txt", "/ca.csv")
}

// TestUpdateByDate: a site without ETags says when a file was changed.
func TestUpdateByDate(t *testing.T) {
	t.Parallel()
	p := publish(t)
	changed := time.Date(2026, 7, 6, 1, 21, 0, 0, time.UTC)
	us := p.put("/us.txt", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "us.txt", changed, strings.NewReader(codesUS))
	})
	p.update(t, us)
	out := p.update(t, us)
	if got := p.take(); got[1] != "/us.txt Mon, 06 Jul 2026 01:21:00 GMT" || out.Results[0].Size != 0 {
		t.Errorf("asked %q, %+v", got, out.Results)
	}
}

// TestTwoOfAKind: of two addresses that give one kind of report, the later
// report counts, each time.
func TestTwoOfAKind(t *testing.T) {
	t.Parallel()
	p := publish(t)
	late, early := p.give("/late.txt", codesUS, `"1"`), p.give("/early.txt", strings.Replace(codesUS, "07/06/2026", "06/06/2026", 1), `"1"`)
	for i := range 3 {
		out := p.update(t, late, early)
		if out.Version.ID != 1 || out.New != (i == 0) || out.Version.Files[0].Date.String() != "2026-07-06" {
			t.Errorf("update %d: version %d, new %v, of %s", i+1, out.Version.ID, out.New, out.Version.Files[0].Date)
		}
	}
}

// TestNoDate: a report that does not say its date is as new as its address.
func TestNoDate(t *testing.T) {
	t.Parallel()
	p := publish(t)
	us := p.give("/us.txt", codesUS, `"1"`)
	p.update(t, us)
	p.give("/us.txt", strings.ReplaceAll(codesUS, "07/06/2026", ""), `"2"`)
	out := p.update(t, us)
	if !out.New || !out.Version.Files[0].Date.IsZero() {
		t.Errorf("new %v, of %s", out.New, out.Version.Files[0].Date)
	}
}

// TestImportMeanwhile: what somebody imports during the downloads is not
// replaced by an older report.
func TestImportMeanwhile(t *testing.T) {
	t.Parallel()
	p := publish(t)
	us := p.put("/us.txt", func(w http.ResponseWriter, r *http.Request) {
		newer := strings.NewReader(strings.Replace(codesUS, "07/06/2026", "08/06/2026", 1))
		files, err := refdata.Read("newer.txt", newer, newer.Size(), 0)
		if err == nil {
			_, err = p.shelf.Keep(r.Context(), files, true)
		}
		if err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, codesUS)
	})
	out := p.update(t, us)
	if out.New || out.Version.ID != 1 || out.Version.Files[0].Date.String() != "2026-08-06" {
		t.Errorf("version %d, new %v, of %s", out.Version.ID, out.New, out.Version.Files[0].Date)
	}
}

// TestRetries: what may pass is tried again, what will not is told at once.
func TestRetries(t *testing.T) {
	t.Parallel()
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		_, _ = io.WriteString(w, "half")
	}
	status := func(code int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if len(header) > 0 {
				w.Header().Set(header[0], header[1])
			}
			w.WriteHeader(code)
		}
	}
	hang := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	for name, c := range map[string]struct {
		first http.HandlerFunc // what is answered before the file is
		times int              // how often that is answered
		asked int
		fails string
	}{
		"busy":                  {status(503), 1, 2, ""},
		"busy for some seconds": {status(503, "Retry-After", "0"), 2, 3, ""},
		"busy until a date":     {status(429, "Retry-After", now.Format(http.TimeFormat)), 1, 2, ""},
		"busy for good":         {status(500), 99, 5, "500 Internal Server Error"},
		"busy for an hour":      {status(429, "Retry-After", "3600"), 99, 1, "try again in 1h0m0s"},
		"busy until tomorrow":   {status(429, "Retry-After", now.AddDate(0, 0, 1).Format(http.TimeFormat)), 99, 1, "try again in 24h0m0s"},
		"cut off":               {cut, 1, 2, ""},
		"cut off for good":      {cut, 99, 5, "unexpected EOF"},
		"silent":                {hang, 1, 2, ""},
		"slow":                  {hang, 99, 1, "it took too long"},
		"not there":             {status(404), 99, 1, "404 Not Found"},
		"refused":               {status(403), 99, 1, "with a browser"},
		"not changed, unasked":  {status(304), 99, 1, "304 Not Modified"},
		"too large":             {status(200, "Content-Length", "999999999"), 99, 1, "the most that is taken"},
		"a page instead of a file": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<!DOCTYPE html><html>Access denied</html>")
		}, 99, 1, "this is a web page"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := publish(t)
			switch name {
			case "silent":
				p.updater.Idle = 50 * time.Millisecond
			case "slow":
				p.updater.Whole = 50 * time.Millisecond
			}
			left := c.times
			us := p.put("/us.txt", func(w http.ResponseWriter, r *http.Request) {
				if left > 0 {
					left--
					c.first(w, r)
					return
				}
				fmt.Fprint(w, codesUS)
			})
			_, err := p.updater.Update(t.Context(), []string{us})
			if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails) || !strings.HasPrefix(err.Error(), us)) {
				t.Errorf("%v; want %q", err, c.fails)
			}
			if got := len(p.take()); got != c.asked {
				t.Errorf("asked %d times; want %d", got, c.asked)
			}
			if c.fails != "" && (len(p.shelf.versions) > 0 || len(p.shelf.sources) > 0) {
				t.Errorf("kept %v of an update that failed", p.shelf.sources)
			}
		})
	}
}

// TestAllOrNone: one address that fails keeps all from being imported, unless
// they are to go on.
func TestAllOrNone(t *testing.T) {
	t.Parallel()
	p := publish(t)
	us, page, gone := p.give("/us.txt", codesUS, ""), p.give("/ca.csv", "<html>", ""), p.URL+"/gone.zip"
	_, err := p.updater.Update(t.Context(), []string{page, us, gone})
	if err == nil || !strings.Contains(err.Error(), page) || !strings.Contains(err.Error(), gone) || strings.Contains(err.Error(), us) {
		t.Errorf("%v; want both addresses that failed, and no other", err)
	}
	if len(p.shelf.versions) != 0 || len(p.shelf.sources) != 0 {
		t.Errorf("kept %v", p.shelf.sources)
	}
	p.updater.KeepGoing = true
	out := p.update(t, page, us, gone)
	if !out.New || len(out.Version.Files) != 1 || out.Results[0].Err == nil || out.Results[1].Err != nil || out.Results[2].Err == nil {
		t.Errorf("%+v", out)
	}
	if len(p.shelf.sources) != 1 {
		t.Errorf("kept %v", p.shelf.sources)
	}
	_, err = p.updater.Update(t.Context(), []string{page, gone})
	if err == nil {
		t.Error("all fail, and nothing is said")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	p := publish(t)
	for _, a := range []string{"us.txt", "ftp://example.com/us.txt", "https://", "://", "http://ada:secret@example.com/us.txt"} {
		_, err := p.updater.Update(t.Context(), []string{a})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", a, err)
		}
	}
	// A name in an address that is no name of a file.
	out := p.update(t, p.give("/", codesUS, ""), p.give("/a/..", codesCA, ""))
	if len(out.Version.Files) != 2 {
		t.Errorf("%+v", out)
	}
}

// TestNoDowngrade: what was asked for over TLS does not come without it.
func TestNoDowngrade(t *testing.T) {
	t.Parallel()
	p := publish(t)
	us := p.give("/us.txt", codesUS, "")
	secure := httptest.NewTLSServer(http.RedirectHandler(us, http.StatusFound))
	t.Cleanup(secure.Close)
	client := refdata.NewHTTP(time.Minute)
	client.Transport = secure.Client().Transport
	p.updater.HTTP = client
	_, err := p.updater.Update(t.Context(), []string{secure.URL})
	if err == nil || !strings.Contains(err.Error(), "from https to http") || len(p.take()) != 0 {
		t.Errorf("%v", err)
	}
}

// TestCancelled: an update that is broken off ends at once.
func TestCancelled(t *testing.T) {
	t.Parallel()
	p := publish(t)
	ctx, cancel := context.WithCancel(t.Context())
	us := p.put("/us.txt", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	_, err := p.updater.Update(ctx, []string{us})
	if err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) || len(p.take()) != 1 {
		t.Errorf("%v", err)
	}
}

// TestProgress: the bytes that came are told, and the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	p := publish(t)
	var told []refdata.Progress
	p.updater.Tell = func(step refdata.Progress) { told = append(told, step) }
	big := strings.Repeat("# a comment\n", 100_000) + codesUS
	us := p.give("/us.txt", big, "")
	p.update(t, us)
	last := told[len(told)-2]
	if len(told) < 3 || last != (refdata.Progress{URL: us, Have: int64(len(big)), Size: int64(len(big))}) || !told[len(told)-1].Done {
		t.Errorf("%d steps, the last ones %+v, %+v", len(told), last, told[len(told)-1])
	}
}

// TestPublishers: the addresses are well formed, each stands once, and the
// documentation lists it.
func TestPublishers(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reference/refdata.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, a := range refdata.Publishers {
		if !strings.HasPrefix(a, "https://") || seen[a] || !strings.Contains(string(page), "- "+a+"\n") {
			t.Errorf("%s", a)
		}
		seen[a] = true
	}
}
