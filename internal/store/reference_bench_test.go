package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
)

// realFiles are the publishers' own files, which are never part of this
// repository.
func realFiles(b *testing.B) []string {
	b.Helper()
	folder := os.Getenv("PORTIN_REFDATA")
	if folder == "" {
		folder = "../../../shared/refdata"
	}
	var out []string
	for _, pattern := range []string{"CoCode*.zip", "COCode*.zip", "us_thousands*.gz", "NpaRate*.gz", "npa_report*.csv", "ocn_*.csv", "resporg*.csv"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil || len(paths) != 1 {
			b.Skipf("the publishers' files are not in %s; set PORTIN_REFDATA", folder)
		}
		out = append(out, paths...)
	}
	return out
}

// BenchmarkRealImport takes the publishers' files, as they ship them, into an
// empty database, until they are active.
func BenchmarkRealImport(b *testing.B) {
	paths := realFiles(b)
	rows := 0
	for b.Loop() {
		b.StopTimer()
		shelf := sqliteHouse(b).Reference()
		b.StartTimer()
		v, err := refdata.Import(b.Context(), shelf, paths, refdata.BadShare)
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range v.Files {
			rows += f.Rows
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRealLoad makes the index out of the database, as a server does when
// it starts.
func BenchmarkRealLoad(b *testing.B) {
	shelf := sqliteHouse(b).Reference()
	v, err := refdata.Import(b.Context(), shelf, realFiles(b), refdata.BadShare)
	if err != nil {
		b.Fatal(err)
	}
	var x *numbering.Index
	for b.Loop() {
		files, err := shelf.Load(b.Context(), v.ID)
		if err != nil {
			b.Fatal(err)
		}
		x = refdata.Index(files, carrier.Families{}.Of)
	}
	codes, blocks := x.Size()
	b.ReportMetric(float64(codes+blocks)*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}
