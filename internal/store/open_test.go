package store_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/portin/portin/internal/pgtest"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/store"
)

func TestAnExistingDatabaseKeepsItsData(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		o := h.order(h.account(), 9198002000)
		schema := func(h *house) [][]any {
			if h.postgres() {
				return h.ask(`SELECT version_id, tstamp FROM goose_db_version ORDER BY id`)
			}
			return h.ask(`SELECT version_id, tstamp FROM goose_db_version UNION ALL SELECT rootpage, sql FROM sqlite_master`)
		}
		before := schema(h)
		err := h.Close()
		if err != nil {
			t.Fatal(err)
		}
		again := open(t, h.config)
		same(t, "the schema after a second start", schema(again), before)
		again.see(func(tx porting.Tx) error {
			got, err := tx.Order(o.AccountID, o.ID)
			if err != nil {
				return err
			}
			same(t, "order", *got, *o)
			numbers, err := tx.Numbers(o.ID)
			same(t, "numbers", numbers, list(9198002000))
			return err
		})
		if next := again.order(o.AccountID, 9198002001); next.ID <= o.ID {
			t.Errorf("the next order has the id %d; the last one %d", next.ID, o.ID)
		}
	})
}

func TestSeveralOpenAFreshDatabase(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]func(t *testing.T) store.Config{
		"sqlite": func(t *testing.T) store.Config {
			return store.Config{SQLitePath: filepath.Join(t.TempDir(), "portin.db")}
		},
		"postgres": func(t *testing.T) store.Config { return store.Config{PostgresURL: pgtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shared := config(t, c(t))
			var wg sync.WaitGroup
			stores := make([]*store.Store, 4)
			errs := make([]error, len(stores))
			for i := range stores {
				wg.Go(func() { stores[i], errs[i] = store.Open(context.Background(), shared) })
			}
			wg.Wait()
			for i, s := range stores {
				if errs[i] != nil {
					t.Errorf("Open: %v", errs[i])
					continue
				}
				h := &house{Store: s, t: t, config: shared}
				h.order(h.account(), 9198002000)
				err := s.Close()
				if err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			open(t, shared).see(func(tx porting.Tx) error {
				page, _, err := tx.ListOrders(porting.Filter{Rows: 10})
				if len(page) != len(stores) {
					t.Errorf("%d orders; want one of each of the %d that opened it", len(page), len(stores))
				}
				return err
			})
		})
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portin.db")
	err := os.WriteFile(path, []byte(strings.Repeat("this is a letter and no database\n", 200)), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]store.Config{
		"another file": {SQLitePath: path},
		"no folder":    {SQLitePath: filepath.Join(t.TempDir(), "none", "portin.db")},
		"no server":    {PostgresURL: "postgres://nobody@127.0.0.1:1/none?connect_timeout=1"},
	} {
		s, err := store.Open(context.Background(), config(t, c))
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		}
	}
}
