package server

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/portin/portin/internal/blob"
	"github.com/portin/portin/internal/clock"
	"github.com/portin/portin/internal/intake"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/sandbox"
	"github.com/portin/portin/internal/seal"
	"github.com/portin/portin/internal/store"
)

// The settings that bind a database to what it was made for.
const (
	settingMode = "mode"      // "sandbox" or "production"
	settingKey  = "key_check" // a MAC of nothing, made with the key
)

// house is what the server and the operator's commands have in common: the
// database, the documents and the use cases on top of them.
type house struct {
	service  *porting.Service
	store    *store.Store
	business *clock.Offset // ahead of the wall clock in the sandbox only
	blobs    *blob.Folder  // nil in an office: opening it clears what is half written
	lock     *fileLock     // nil in an office
	facts    *refdata.Facts
}

// openHouse opens the data folder: for the one server, or shared with it for an
// office.
func openHouse(ctx context.Context, c Config, shared bool) (h *house, err error) {
	err = os.MkdirAll(c.Data, 0o700)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	h = &house{business: &clock.Offset{}}
	defer func() {
		if err != nil {
			h, err = nil, errors.Join(err, h.close())
		}
	}()
	if !shared {
		h.lock, err = tryLock(c.Data, serverLock)
		if errors.Is(err, errLocked) {
			return h, fmt.Errorf("another portin works on the data folder %s: stop it first, or use --data with another folder", c.Data)
		}
		if err != nil {
			return h, err
		}
	}
	// One process after the other makes the key, and brings the database up to
	// date.
	opening, err := waitLock(ctx, c.Data, openingLock)
	if err != nil {
		return h, err
	}
	defer func() { err = errors.Join(err, opening.release()) }()
	ring, err := openKeys(c)
	if err != nil {
		return h, err
	}
	if c.Postgres == "" {
		err = private(filepath.Join(c.Data, databaseFile))
		if err != nil {
			return h, err
		}
	}
	h.store, err = store.Open(ctx, storeConfig(c, ring, h.business))
	if err != nil {
		return h, fmt.Errorf("open the database: %w", err)
	}
	sandboxed, err := h.bind(ctx, c, ring, shared)
	if err != nil {
		return h, err
	}
	if sandboxed {
		err = sandbox.RestoreClock(ctx, h.store.Porting(), h.business)
		if err != nil {
			return h, err
		}
	}
	h.facts = h.newFacts(c, sandboxed)
	h.service = &porting.Service{
		Store: h.store.Porting(), Facts: h.source(c, sandboxed), Ring: ring,
		Business: h.business, Wall: clock.Wall{}, Log: c.Log, Limits: order.DefaultLimits,
		Intake:  intake.Options{Limits: intake.Default, Fictional: sandboxed},
		Sandbox: sandboxed, AllowUnassigned: !sandboxed,
		Registry: h.registry(shared), Gateways: gatewaysOf(sandboxed), Routing: c.Routing,
	}
	if shared {
		return h, nil
	}
	h.blobs, err = blob.OpenFolder(filepath.Join(c.Data, "files"))
	h.service.Blobs = h.blobs
	return h, err
}

// gatewaysOf lists the adapters that a mode has.
func gatewaysOf(sandboxed bool) []string {
	if sandboxed {
		return []string{sandbox.Simulator}
	}
	return nil
}

// private makes a file that only its owner can read, unless it is there. SQLite
// gives the files beside its database the same mode.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return f.Close()
}

func storeConfig(c Config, ring *seal.Ring, business clock.Clock) store.Config {
	s := store.Config{PostgresURL: c.Postgres, Ring: ring, Business: business, Wall: clock.Wall{}}
	if c.Postgres == "" {
		s.SQLitePath = filepath.Join(c.Data, databaseFile)
	}
	return s
}

// bind makes sure that the database is of the mode and of the key, and notes
// both in a new one. An operator's command follows the mode that it finds.
func (h *house) bind(ctx context.Context, c Config, ring *seal.Ring, shared bool) (sandboxed bool, err error) {
	mac := ring.MAC(settingKey)
	check := hex.EncodeToString(mac[:])
	want := modeOf(c.Sandbox)
	err = h.store.Porting().Update(ctx, func(tx porting.Tx) error {
		mode, err := tx.Setting(settingMode)
		if err != nil {
			return err
		}
		if mode == "" {
			sandboxed = c.Sandbox
			err = tx.SetSetting(settingMode, want)
			if err != nil {
				return err
			}
			return tx.SetSetting(settingKey, check)
		}
		sandboxed = mode == modeOf(true)
		if !shared && mode != want {
			return fmt.Errorf("the data folder is of the %s, not of the %s: use --data with another folder", mode, want)
		}
		kept, err := tx.Setting(settingKey)
		if err != nil {
			return err
		}
		if kept != check {
			return errors.New("the encryption key is not the one that the database was made with: restore the right key from your backup")
		}
		return nil
	})
	return sandboxed, err
}

func modeOf(sandboxed bool) string {
	if sandboxed {
		return "sandbox"
	}
	return "production"
}

func (h *house) close() error {
	var errs []error
	if h.blobs != nil {
		errs = append(errs, h.blobs.Close())
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	return errors.Join(append(errs, h.lock.release())...)
}

// Office is what an operator's commands work with: the use cases, without a
// server.
type Office struct {
	Service *porting.Service
	house   *house
	config  Config
}

// OpenOffice opens the data folder for an operator's command, which has to do
// with accounts and tokens and not with documents. A server may be
// running on it, or start: SQLite lets a second process read and write, and the
// command takes part in nothing that only one process may do. Unless found is
// true, a folder without a database is an error.
func OpenOffice(ctx context.Context, c Config, found bool) (*Office, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	_, err := os.Stat(filepath.Join(c.Data, databaseFile))
	if errors.Is(err, fs.ErrNotExist) && c.Postgres == "" && !found {
		return nil, fmt.Errorf("there is no portin in the folder %s: name its folder with --data", c.Data)
	}
	h, err := openHouse(ctx, c, true)
	if err != nil {
		return nil, err
	}
	return &Office{Service: h.service, house: h, config: c}, nil
}

// Reference is where the reference data are kept.
func (o *Office) Reference() refdata.Shelf { return o.house.store.Reference() }

// Close closes the data folder.
func (o *Office) Close() error { return o.house.close() }
