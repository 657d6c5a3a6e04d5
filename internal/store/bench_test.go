package store_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
	"github.com/portin/portin/internal/porting"
	"github.com/portin/portin/internal/store"
)

func sqliteHouse(b *testing.B) *house {
	b.Helper()
	return open(b, config(b, store.Config{SQLitePath: filepath.Join(b.TempDir(), "portin.db")}))
}

// BenchmarkInsertOrder writes an order of a hundred thousand numbers, and then
// the same rows by a prepared statement, the fastest that the driver can do.
// It reports both, and their ratio.
func BenchmarkInsertOrder(b *testing.B) {
	h := sqliteHouse(b)
	numbers := inARow(100_000)
	var ours, bare time.Duration
	for b.Loop() {
		rows := list(numbers...)
		a, o := h.order(h.account()), h.order(h.account())
		order := draft(a.AccountID, a.UploadID, len(rows))
		start := time.Now()
		h.do(func(tx porting.Tx) error { return tx.InsertOrder(&order, rows) })
		ours += time.Since(start)

		facts := make([]string, len(rows))
		for i, n := range rows {
			text, err := json.Marshal(n.Facts)
			if err != nil {
				b.Fatal(err)
			}
			facts[i] = string(text)
		}
		start = time.Now()
		insertRows(b, h, o, rows, facts)
		bare += time.Since(start)
	}
	n := float64(b.N)
	b.ReportMetric(float64(ours.Milliseconds())/n, "ms/order")
	b.ReportMetric(float64(bare.Milliseconds())/n, "ms/bare-loop")
	b.ReportMetric(float64(ours)/float64(bare), "ratio")
}

// BenchmarkBigOrder does all that is done with many numbers at once.
func BenchmarkBigOrder(b *testing.B) {
	for b.Loop() {
		sqliteHouse(b).bigOrder(100_000)
	}
}

func insertRows(b *testing.B, h *house, o *order.Order, rows []order.Number, facts []string) {
	b.Helper()
	tx, err := h.Writer().BeginTx(context.Background(), nil)
	if err != nil {
		b.Fatal(err)
	}
	insert, err := tx.Prepare(`
		INSERT INTO order_number (order_id, account_id, did, position, status, held, port_fee, mrc, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		b.Fatal(err)
	}
	for i, n := range rows {
		_, err = insert.Exec(o.ID, o.AccountID, uint64(n.Facts.Number), i, string(n.Status), true, n.PortFee.String(), n.MRC.String(), facts[i])
		if err != nil {
			b.Fatal(err)
		}
	}
	err = tx.Commit()
	if err != nil {
		b.Fatal(err)
	}
}

// manyOrders is how many orders, of five numbers each, there are to read from.
const manyOrders = 100_000

// BenchmarkReads reads orders one by one and in pages of fifty.
func BenchmarkReads(b *testing.B) {
	h := sqliteHouse(b)
	acct := h.account()
	var last order.Order
	for first := 0; first < manyOrders; first += 500 {
		h.do(func(tx porting.Tx) error {
			u := porting.Upload{AccountID: acct, Accepted: 2500, Created: noon}
			err := tx.InsertUpload(&u)
			if err != nil {
				return err
			}
			for i := first; i < first+500; i++ {
				last = draft(acct, u.ID, 5)
				did := nanp.Number(9192000000 + 5*i)
				if i%1000 == 0 {
					last.Status, last.Reference = order.Rejected, "rare"
				}
				err = tx.InsertOrder(&last, list(did, did+1, did+2, did+3, did+4))
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	page := func(f porting.Filter) func(tx porting.Tx) error {
		f.Rows = 50
		return func(tx porting.Tx) error {
			_, _, err := tx.ListOrders(f)
			return err
		}
	}
	for _, c := range []struct {
		name string
		read func(tx porting.Tx) error
	}{
		{"order", func(tx porting.Tx) error {
			_, err := tx.Order(acct, last.ID/2)
			return err
		}},
		{"numbers", func(tx porting.Tx) error {
			_, err := tx.Numbers(last.ID / 2)
			return err
		}},
		{"newest", page(porting.Filter{AccountID: acct})},
		{"deep", page(porting.Filter{AccountID: acct, Before: last.ID / 10})},
		{"rare status", page(porting.Filter{AccountID: acct, Statuses: []order.Status{order.Rejected}})},
		{"rare status at the desk", page(porting.Filter{Statuses: []order.Status{order.Rejected}})},
		{"number", page(porting.Filter{AccountID: acct, Number: 9192000000})},
		{"reference", page(porting.Filter{AccountID: acct, Reference: "rare"})},
		{"carrier without orders", page(porting.Filter{AccountID: acct, CarrierID: 7})},
		{"losing carrier without orders", page(porting.Filter{AccountID: acct, LosingID: "none"})},
		{"search of a DID", page(porting.Filter{AccountID: acct, Query: "919-200-0003"})},
		{"search of part of a DID", page(porting.Filter{AccountID: acct, Query: "200-0003"})},
		{"search of a reference", page(porting.Filter{AccountID: acct, Query: "rar"})},
		{"search of nothing", page(porting.Filter{AccountID: acct, Query: "nobody"})},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				h.see(c.read)
			}
		})
	}
}
