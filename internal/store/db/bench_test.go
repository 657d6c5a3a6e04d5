package db_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/portin/portin/internal/store/db"
)

// three is a transaction of three inserts.
func three(d *db.DB) func(int64) error {
	return func(i int64) error {
		return d.Update(context.Background(), func(tx *db.Tx) error {
			for grp := range 3 {
				_, err := tx.Exec(insertItem, fmt.Sprint(i), grp)
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkUpdate is what a group commit gives: by one caller, and by many.
func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			spread(b, callers, three(open(b, sqliteConfig(b))))
		})
	}
}

// BenchmarkLoop is the same without groups: each transaction has a COMMIT of
// its own, on the same connection.
func BenchmarkLoop(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			writer := open(b, sqliteConfig(b)).Writer()
			spread(b, callers, func(i int64) error {
				ctx := context.Background()
				tx, err := writer.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				for grp := range 3 {
					_, err = tx.ExecContext(ctx, `INSERT INTO item (name, grp) VALUES (?1, ?2)`, fmt.Sprint(i), grp)
					if err != nil {
						return err
					}
				}
				return tx.Commit()
			})
		})
	}
}

// BenchmarkSync is the limit of one COMMIT at a time: four pages of a
// write-ahead log, and an fsync.
func BenchmarkSync(b *testing.B) {
	f, err := os.Create(filepath.Join(b.TempDir(), "wal"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	frames := make([]byte, 4*4120)
	for b.Loop() {
		_, err = f.Write(frames)
		if err != nil {
			b.Fatal(err)
		}
		err = f.Sync()
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPostgres is Update on PostgreSQL, whose commits gather by
// themselves. pgtest's servers of its own do not sync.
func BenchmarkPostgres(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			spread(b, callers, three(open(b, postgresConfig(b))))
		})
	}
}

// BenchmarkView is a snapshot, and a look into it.
func BenchmarkView(b *testing.B) {
	d := open(b, sqliteConfig(b))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			err := d.View(context.Background(), func(tx *db.Tx) error {
				var n int
				return tx.Row(`SELECT count(*) FROM item WHERE name = $1`, []any{"x"}, &n)
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

// spread lets callers do b.N transactions together.
func spread(b *testing.B, callers int, transact func(i int64) error) {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range callers {
		all.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				err := transact(i)
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}
