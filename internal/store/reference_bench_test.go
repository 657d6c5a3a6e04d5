package store_test

import (
	"testing"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/refdata/refdatatest"
)

// BenchmarkRealImport takes the publishers' files, as they ship them, into an
// empty database, until they are active.
func BenchmarkRealImport(b *testing.B) {
	paths := refdatatest.Files(b, refdatatest.Folder(b))
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
	v, err := refdata.Import(b.Context(), shelf, refdatatest.Files(b, refdatatest.Folder(b)), refdata.BadShare)
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
