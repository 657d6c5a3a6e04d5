// Package api is the JSON door: HTTP calls become use cases of package porting,
// and what these return becomes answers (api.md). It decides nothing about
// orders.
//
// Every call is a route: how it is reached, who may make it, what it takes and
// what it answers. The multiplexer and the OpenAPI document are both made from
// the one list of routes.
package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
)

// Config is what the API needs.
type Config struct {
	Service *porting.Service
	Mode    string       // "sandbox" or "production"
	Clock   SandboxClock // nil outside of the sandbox
	Log     *slog.Logger
	Ready   func(context.Context) error // why the server takes no calls now
}

// SandboxClock is the sandbox's business clock.
type SandboxClock interface {
	Now() time.Time
	// Advance moves the clock to an instant, and waits until what becomes due
	// on the way is done. Returns Invalid for an instant that is not ahead.
	Advance(ctx context.Context, to time.Time) (Report, error)
}

// Report is what moving the clock has done.
type Report struct {
	From, To time.Time
	Steps    int  // instants at which something was due
	Quiet    bool // all that was due is done
	Happened []order.Entry
}

// api holds the routes.
type api struct {
	Config
	routes   []route
	mux      *http.ServeMux
	document []byte
}

// New returns the API as a handler.
func New(c Config) http.Handler {
	a := &api{Config: c, mux: http.NewServeMux()}
	a.routes = a.table()
	for i := range a.routes {
		r := &a.routes[i]
		for _, p := range r.paths {
			a.mux.HandleFunc(p, func(w http.ResponseWriter, req *http.Request) { a.handle(r, w, req) })
		}
	}
	a.document = describe(a.routes, c.Mode)
	return a
}

// requestIDHeader carries the id by which the operator finds a call in the
// log.
const requestIDHeader = "X-Request-Id"

// ServeHTTP implements http.Handler: what holds for every answer, whatever the
// route.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	seen := &observed{ResponseWriter: w}
	id := "req_" + rand.Text()
	h := w.Header()
	h.Set(requestIDHeader, id)
	h.Set("X-Portin-Mode", a.Mode)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	handler, pattern := a.mux.Handler(r)
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			a.Log.Error("a call panicked", slog.String("request_id", id), slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			if seen.status == 0 {
				a.refuse(seen, fault.Wrap(nil, "panic"))
			}
		}
		a.Log.Info("call", slog.String("request_id", id), slog.String("method", r.Method), slog.String("route", pattern),
			slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", time.Since(began)))
	}()
	if pattern == "" {
		a.refuse(seen, unrouted(handler, seen, r))
		return
	}
	a.mux.ServeHTTP(seen, r)
}

// unrouted tells a path that does not exist from a method that a path does not
// have, by what the multiplexer would answer.
func unrouted(h http.Handler, w http.ResponseWriter, r *http.Request) error {
	probe := probe{header: http.Header{}}
	h.ServeHTTP(&probe, r)
	if probe.status != http.StatusMethodNotAllowed {
		return fault.New(fault.NotFound, fault.CodeNotFound, "there is no such call")
	}
	allow := probe.header.Get("Allow")
	w.Header().Set("Allow", allow)
	return &fault.Error{Kind: fault.Method, Code: fault.CodeMethod, Message: "the path does not have this method", Hint: "it has " + allow}
}

// probe takes an answer and throws its body away.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) WriteHeader(status int)      { p.status = status }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }

// observed remembers what was answered.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// Unwrap lets http.ResponseController reach the connection.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (o *observed) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (o *observed) Write(b []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

// refuse answers a call with an error.
func (a *api) refuse(w http.ResponseWriter, err error) {
	id := w.Header().Get(requestIDHeader)
	p := problemOf(err, id)
	if p.StatusCode >= http.StatusInternalServerError {
		level := slog.LevelError
		if errors.Is(err, context.Canceled) {
			level = slog.LevelDebug // the caller has gone
		}
		a.Log.Log(context.Background(), level, "a call failed", slog.String("request_id", id), slog.String("error", err.Error()))
	}
	h := w.Header()
	if p.StatusCode == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="portin", charset="UTF-8"`)
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", fmt.Sprint(p.retryAfter))
	}
	send(w, p.StatusCode, mustJSON(p))
}

// send writes a JSON answer.
func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	// The caller may have gone; nothing can be done about it here.
	_, _ = w.Write(body)
}
