// Package server builds the whole of portin from a configuration, and runs it.
package server

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"golang.org/x/sync/errgroup"

	"github.com/portin/portin/internal/api"
	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/gateway"
	"github.com/portin/portin/internal/gateway/sim"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/worker"
)

// Config says what to build.
type Config struct {
	Sandbox  bool
	Listen   string // host:port; port 0 takes a free one
	Data     string // the data folder; made when it is not there
	Postgres string // URL, with its password; "": SQLite in the data folder
	Key      string // keys as package seal writes them, one a line; "": those of the data folder
	LRN      LRN
	Sources  []string // addresses of reference data; none: the publishers'
	Routing  porting.Routing
	Log      *slog.Logger
}

// LRN says whom to ask who serves a number today.
type LRN struct {
	URL      string // "": nobody is asked
	Username string
	Token    string
}

// drainWithin is how long what runs may go on after the server was told to
// stop.
const drainWithin = 10 * time.Second

// refreshEvery is how soon an instance follows an import of reference data.
const refreshEvery = 2 * time.Second

// Server is a whole portin: database, worker, and the doors.
type Server struct {
	config      Config
	house       *house
	worker      *worker.Worker
	listener    net.Listener
	http        *http.Server
	credentials sandbox.Credentials
	life        context.Context // until the server is told to stop
	end         context.CancelFunc
}

// New builds a server: it opens the data folder, brings the database up to
// date, and listens. Run must be called then, or Close.
func New(ctx context.Context, c Config) (s *Server, err error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s = &Server{config: c}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	defer func() {
		if err != nil {
			s, err = nil, errors.Join(err, s.Close())
		}
	}()
	s.house, err = openHouse(ctx, c, false)
	if err != nil {
		return s, err
	}
	if c.Postgres == "" {
		err = s.house.store.Recover(ctx)
		if err != nil {
			return s, fmt.Errorf("recover: %w", err)
		}
	}
	service := s.house.service
	gateways := gateway.Set{}
	sweepEvery := time.Second
	var moves api.SandboxClock
	if c.Sandbox {
		err = sandbox.Seed(ctx, service.Store)
		if err != nil {
			return s, fmt.Errorf("seed the sandbox: %w", err)
		}
		gateways[sandbox.Simulator] = sim.New(s.house.store.SimReceipts(), s.house.business)
		sweepEvery = 200 * time.Millisecond
		moves = sandboxClock{sandbox.NewClock(s.house.business, service.Store, service), s.life}
	}
	err = s.house.facts.Refresh(ctx)
	if err != nil {
		return s, err
	}
	s.worker, err = worker.New(worker.Config{
		Driver: s.driver(), Porting: service, Gateways: gateways, Log: c.Log, SweepEvery: sweepEvery, StopWithin: drainWithin,
	})
	if err != nil {
		return s, err
	}
	s.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return s, err
	}
	if c.Sandbox {
		s.credentials, err = sandbox.Admit(ctx, service, c.Data, s.BaseURL())
		if err != nil {
			return s, err
		}
	}
	s.http = &http.Server{
		Handler: api.New(api.Config{
			Service: service, Mode: modeOf(c.Sandbox), Clock: moves, Log: c.Log, Ready: s.ready,
		}),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       2 * time.Minute, // 32 MiB at 270 kB/s
		WriteTimeout:      5 * time.Minute, // moving the sandbox clock takes its time
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// driver is River's way into the store's database.
func (s *Server) driver() riverdriver.Driver[*sql.Tx] {
	if s.config.Postgres != "" {
		return riverdatabasesql.New(s.house.store.Writer())
	}
	return riversqlite.New(s.house.store.Writer())
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// BaseURL is the address of the API for a client on this machine.
func (s *Server) BaseURL() string {
	host, port, err := net.SplitHostPort(s.listener.Addr().String())
	if err != nil {
		return "http://" + s.listener.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// Credentials are those of the sandbox; zero in production.
func (s *Server) Credentials() sandbox.Credentials { return s.credentials }

// ready reports whether the server takes calls: it is not stopping, and the
// database answers.
func (s *Server) ready(ctx context.Context) error {
	if s.life.Err() != nil {
		return fault.New(fault.Unavailable, fault.CodeBusy, "the server is stopping")
	}
	return s.house.service.Store.View(ctx, func(porting.Tx) error { return nil })
}

// Run serves until ctx is cancelled. Then the server is no longer ready, takes
// no new calls, and gives the calls and jobs that run ten seconds to finish.
// Everything is closed when Run returns.
func (s *Server) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.worker.Run(ctx) })
	group.Go(func() error {
		s.house.facts.Watch(ctx, refreshEvery)
		return nil
	})
	group.Go(func() error {
		err := s.http.Serve(s.listener)
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	})
	group.Go(func() error {
		<-ctx.Done()
		return s.drain()
	})
	return errors.Join(group.Wait(), s.Close())
}

// drain lets the calls that run come to their end, and cuts off those that
// take too long.
func (s *Server) drain() error {
	s.end()
	ctx, cancel := context.WithTimeout(context.Background(), drainWithin)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.config.Log.Warn("calls that ran too long were cut off")
		return s.http.Close()
	}
	return err
}

// Close gives up everything that New took. It is for a server that does not
// Run.
func (s *Server) Close() error {
	s.end()
	var errs []error
	if s.listener != nil {
		err := s.listener.Close()
		if !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.house != nil {
		errs = append(errs, s.house.close())
	}
	return errors.Join(errs...)
}

// sandboxClock shows the sandbox's clock to the API. Moving it ends when the
// server stops, since nobody does then what becomes due.
type sandboxClock struct {
	*sandbox.Clock
	life context.Context
}

func (c sandboxClock) Advance(ctx context.Context, to time.Time) (api.Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.life, cancel)()
	r, err := c.Clock.Advance(ctx, to)
	if c.life.Err() != nil {
		return api.Report{}, &fault.Error{Kind: fault.Unavailable, Code: fault.CodeBusy, Message: "the server is stopping", RetryAfter: time.Second, Cause: err}
	}
	return api.Report(r), err
}
