package refdata_test

import (
	"cmp"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
	"github.com/portin/portin/internal/refdata/refdatatest"
)

// BenchmarkRealRead reads NANPA's report of codes, out of its archive.
func BenchmarkRealRead(b *testing.B) {
	paths, err := filepath.Glob(filepath.Join(refdatatest.Folder(b), "CoCode*.zip"))
	if err != nil || len(paths) != 1 {
		b.Fatal(paths, err)
	}
	rows := 0
	for b.Loop() {
		rows += readFile(b, paths[0])[0].Rows
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

// heap is how much of the heap is in use.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkRealIndex makes the index of all files, and reports what it occupies.
func BenchmarkRealIndex(b *testing.B) {
	files := readReal(b)
	before := heap()
	var x *numbering.Index
	for b.Loop() {
		x = indexOf(files)
	}
	b.ReportMetric((float64(heap())-float64(before))/(1<<20), "MiB")
	runtime.KeepAlive(files)
	codes, blocks := x.Size()
	b.ReportMetric(float64(codes), "codes")
	b.ReportMetric(float64(blocks), "blocks")
}

// byMap and bySearch know the same codes and blocks as the index does, and give
// the same answers: a plain map, and a sorted list. Blocks have seven digits,
// codes six.
type (
	byMap    map[uint32]*numbering.Facts
	bySearch []entry
	entry    struct {
		key   uint32
		facts *numbering.Facts
	}
)

func (m byMap) Lookup(n nanp.Number) (numbering.Facts, bool) {
	f, ok := m[uint32(n/1000)]
	if !ok {
		f, ok = m[uint32(n/10_000)]
	}
	if !ok {
		return numbering.Facts{}, false
	}
	out := *f
	out.Number = n
	return out, true
}

func (s bySearch) Lookup(n nanp.Number) (numbering.Facts, bool) {
	find := func(key uint32) (int, bool) {
		return slices.BinarySearchFunc(s, key, func(e entry, key uint32) int { return cmp.Compare(e.key, key) })
	}
	i, ok := find(uint32(n / 1000))
	if !ok {
		i, ok = find(uint32(n / 10_000))
	}
	if !ok {
		return numbering.Facts{}, false
	}
	out := *s[i].facts
	out.Number = n
	return out, true
}

// rivals makes a map and a sorted list of what an index knows. Facts that are
// the same stand once.
func rivals(x *numbering.Index, files map[refdata.Kind]*refdata.File) (byMap, bySearch) {
	m := byMap{}
	once := map[numbering.Facts]*numbering.Facts{}
	add := func(key uint32, n nanp.Number) {
		f, ok := x.Lookup(n)
		if !ok || f.Refusal != "" {
			return
		}
		f.Number = 0
		if once[f] == nil {
			once[f] = &f
		}
		m[key] = once[f]
	}
	taken := map[uint32]bool{} // blocks
	for _, key := range files[refdata.BlocksUS].Content.Blocks {
		taken[key] = true
		add(key, nanp.Number(key)*1000)
	}
	for _, kind := range []refdata.Kind{refdata.CodesUS, refdata.CodesCA} {
		for _, key := range files[kind].Content.Codes {
			for block := 10 * key; block < 10*key+10; block++ {
				if !taken[block] {
					add(key, nanp.Number(block)*1000)
					break
				}
			}
		}
	}
	var s bySearch
	for key, f := range m {
		s = append(s, entry{key, f})
	}
	slices.SortFunc(s, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return m, s
}

// BenchmarkRealLookup looks up random numbers of codes in use, and the same in
// a map and in a sorted list of the same codes and blocks.
func BenchmarkRealLookup(b *testing.B) {
	files := readReal(b)
	x := indexOf(files)
	m, s := rivals(x, files)
	files = nil
	random := rand.New(rand.NewPCG(1, 2))
	numbers := make([]nanp.Number, 0, 1<<18)
	for len(numbers) < cap(numbers) {
		n := nanp.Number(2_000_000_000 + random.Uint64N(8_000_000_000))
		want, ok := x.Lookup(n)
		if !ok || want.Refusal != "" {
			continue
		}
		inMap, _ := m.Lookup(n)
		inList, _ := s.Lookup(n)
		if inMap != want || inList != want {
			b.Fatalf("%s is %+v in the index, %+v in the map, %+v in the list", n, want, inMap, inList)
		}
		numbers = append(numbers, n)
	}
	runtime.GC()
	var index, plain, sorted time.Duration
	for b.Loop() {
		start := time.Now()
		for _, n := range numbers {
			x.Lookup(n)
		}
		index += time.Since(start)
		start = time.Now()
		for _, n := range numbers {
			m.Lookup(n)
		}
		plain += time.Since(start)
		start = time.Now()
		for _, n := range numbers {
			s.Lookup(n)
		}
		sorted += time.Since(start)
	}
	b.ReportMetric(float64(len(numbers)*b.N)/index.Seconds(), "lookups/s")
	b.ReportMetric(float64(plain)/float64(index), "x-map")
	b.ReportMetric(float64(sorted)/float64(index), "x-sorted")
	b.ReportMetric(float64(len(m)), "keys")
}
