package refdata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"github.com/sethvargo/go-retry"
)

// Publishers are the addresses at which the publishers offer their reports to
// everybody.
var Publishers = []string{
	"https://reports.nanpa.com/public/CoCodeAssignment_Utilized_AllStates_Public.zip",
	"https://reports.nanpa.com/public/ThousandsBlockAssignment_All_Augmented.zip",
	"https://reports.nanpa.com/public/npa_report.csv",
	"https://cnac.ca/data/COCodeStatus_ALL.zip",
	"https://cnac.ca/data/COBlockStatus_ALL.zip",
}

// Source is an address from which reports are fetched, and what is known of it.
type Source struct {
	URL          string
	ETag         string    // as its server last said
	LastModified string    // likewise
	Checked      time.Time // wall clock: when its server last answered
	Changed      time.Time // wall clock: when it last gave something new
	Gave         []Given
}

// Given is a report that an address gave.
type Given struct {
	Kind   Kind   `json:"kind"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// The limits of a download.
const (
	downloadMax   = 256 << 20       // bytes
	downloadTries = 5               // of one address
	downloadAsked = 2 * time.Minute // the longest wait that a server may ask for
)

// userAgent is a browser's, with our name behind it: the publishers' sites turn
// unknown programs away.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 portin"

var (
	errIdle    = errors.New("nothing came for too long")
	errTooLong = errors.New("it took too long")
	errPlain   = errors.New("it leads from https to http")
)

// newHTTP returns the client that fetches reports.
func newHTTP(idle time.Duration) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = idle
	return &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if via[len(via)-1].URL.Scheme == "https" && r.URL.Scheme != "https" {
			return errPlain
		}
		if len(via) == 10 {
			return errors.New("it leads on and on")
		}
		return nil
	}}
}

// checkAddress refuses what is no address to fetch from. A password in it would
// be stored and shown.
func checkAddress(text string) error {
	a, err := url.Parse(text)
	if err != nil || a.Scheme != "https" && a.Scheme != "http" || a.Host == "" {
		return fmt.Errorf("%q is no address: https://... is meant", text)
	}
	if a.User != nil {
		return fmt.Errorf("the address at %s has a user name in it, which would be shown to everybody", a.Host)
	}
	return nil
}

// fetched is what came from an address.
type fetched struct {
	path      string // of the file; "" when it has not changed
	size      int64
	etag      string
	modified  string
	unchanged bool
}

// fetch fetches a file into a folder, again and again while there is hope. With
// an ETag or a date in s, a file that has not changed is not fetched.
func (u *Updater) fetch(ctx context.Context, s Source, folder string) (*fetched, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, u.Whole, errTooLong)
	defer cancel()
	var asked time.Duration // how long the server asked to wait
	steps := retry.WithMaxRetries(downloadTries-1, retry.WithCappedDuration(30*time.Second, retry.WithJitterPercent(20, retry.NewExponential(u.Wait))))
	wait := retry.BackoffFunc(func() (time.Duration, bool) {
		next, stop := steps.Next()
		return max(next, asked), stop
	})
	return retry.DoValue(ctx, wait, func(ctx context.Context) (*fetched, error) {
		f, again, err := u.try(ctx, s, folder)
		asked = again
		if err == nil || again == never || ctx.Err() != nil {
			return f, err
		}
		return nil, retry.RetryableError(err)
	})
}

// never says that there is no hope in another try.
const never time.Duration = -1

// try fetches a file once. When that fails, again says how long to wait at
// least before the next try.
func (u *Updater) try(ctx context.Context, s Source, folder string) (f *fetched, again time.Duration, err error) {
	ctx, stall := context.WithCancelCause(ctx)
	defer stall(nil)
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL, nil)
	if err != nil {
		return nil, never, err
	}
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("Accept-Encoding", "identity") // so that the length can be checked
	if s.ETag != "" {
		r.Header.Set("If-None-Match", s.ETag)
	}
	if s.LastModified != "" {
		r.Header.Set("If-Modified-Since", s.LastModified)
	}
	res, err := u.HTTP.Do(r)
	if errors.Is(err, errPlain) {
		return nil, never, err
	}
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusNotModified && s.ETag+s.LastModified != "":
		return &fetched{etag: s.ETag, modified: s.LastModified, unchanged: true}, 0, nil
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusRequestTimeout, res.StatusCode >= 500:
		again = u.retryAfter(res.Header.Get("Retry-After"))
		if again > downloadAsked {
			return nil, never, fmt.Errorf("it is answered %s, try again in %v", res.Status, again.Round(time.Second))
		}
		return nil, again, fmt.Errorf("it is answered %s", res.Status)
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		return nil, never, fmt.Errorf("it is answered %s: the site may turn this network away; fetch the file with a browser, and import it", res.Status)
	case res.StatusCode != http.StatusOK:
		return nil, never, fmt.Errorf("it is answered %s", res.Status)
	case res.ContentLength > downloadMax:
		return nil, never, fmt.Errorf("it has %d bytes; the most that is taken is %d", res.ContentLength, downloadMax)
	}
	f = &fetched{path: filepath.Join(folder, fileName(r.URL)), etag: res.Header.Get("ETag"), modified: res.Header.Get("Last-Modified")}
	out, err := os.Create(f.path)
	if err != nil {
		return nil, never, err
	}
	timer := time.AfterFunc(u.Idle, func() { stall(errIdle) })
	defer timer.Stop()
	in := &meter{in: res.Body, seen: func(n int64) {
		timer.Reset(u.Idle)
		u.tell(Progress{URL: s.URL, Have: n, Size: res.ContentLength})
	}}
	f.size, err = io.Copy(out, io.LimitReader(in, downloadMax+1))
	err = errors.Join(err, out.Close())
	switch {
	case err != nil:
		return nil, 0, err
	case f.size > downloadMax:
		return nil, never, fmt.Errorf("it has more than %d bytes", downloadMax)
	case res.ContentLength >= 0 && f.size != res.ContentLength:
		return nil, 0, fmt.Errorf("%d of %d bytes came", f.size, res.ContentLength)
	}
	return f, 0, nil
}

// retryAfter reads how long a server asks to wait: seconds, or until a date.
func (u *Updater) retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err == nil {
		return time.Duration(max(seconds, 0)) * time.Second
	}
	at, err := http.ParseTime(text)
	if err == nil {
		return max(at.Sub(u.Wall.Now()), 0)
	}
	return 0
}

// fileName is the last part of an address, as the name of a file.
func fileName(a *url.URL) string {
	name := path.Base(a.Path)
	if name == "." || name == "/" || !filepath.IsLocal(name) {
		return a.Hostname()
	}
	return name
}

// meter counts what is read through it.
type meter struct {
	in   io.Reader
	n    int64
	seen func(n int64)
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.in.Read(p)
	m.n += int64(n)
	if n > 0 {
		m.seen(m.n)
	}
	return n, err
}
