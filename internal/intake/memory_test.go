package intake_test

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/portin/portin/internal/intake"
)

// written is a file that is made while it is read, so that it takes no memory
// itself. Every MiB it looks at the memory that is in use.
type written struct {
	next func(i int) string // the i-th piece, "" at the end
	i    int
	rest string
	left int64 // of the file's size
	read int64
	peak int64
}

func (w *written) Read(p []byte) (int, error) {
	if w.rest == "" {
		w.rest = w.next(w.i)
		w.i++
	}
	n := copy(p[:min(int64(len(p)), w.left)], w.rest)
	if n == 0 {
		w.look()
		return 0, io.EOF
	}
	w.rest = w.rest[n:]
	w.left -= int64(n)
	if (w.read+int64(n))>>20 > w.read>>20 {
		w.look()
	}
	w.read += int64(n)
	return n, nil
}

func (w *written) look() { w.peak = max(w.peak, live()) }

// live returns the bytes on the heap that something refers to.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// largest are the files of 32 MiB that could take the most memory.
var largest = []struct {
	name string
	next func(i int) string
	want int   // accepted numbers; -1: the file is refused
	size int64 // 0: 32 MiB
}{
	{"wide rows", func(i int) string {
		if i == 0 {
			return "account,did,note,address\n"
		}
		if i > 100_000 {
			return ""
		}
		return fmt.Sprintf("9198009999,%d,%s,\"1 Main St\n%s\"\n", numberAt(i), pad[:154], pad[:144])
	}, 100_000, 0},
	{"one line", func(i int) string {
		if i >= 100_000 {
			return ""
		}
		return fmt.Sprintf("%d%s,", numberAt(i), spaces[:300])
	}, 100_000, 0},
	{"one cell", func(int) string { return pad }, 0, 0},
	{"one cell of digits", func(int) string { return strings.Repeat("9198002000", 100) }, 0, 0},
	{"one cell in quotes", func(i int) string {
		if i == 0 {
			return `"`
		}
		return pad
	}, 0, 0},
	{"one cell beside a number", func(i int) string {
		if i == 0 {
			return "did,note\n9198002000,"
		}
		return pad
	}, 1, 0},
	{"rejected cells, all echoed", func(i int) string {
		if i >= 100_000 {
			return ""
		}
		return fmt.Sprintf("%032d%s\n", i, spaces[:300])
	}, 0, 0},
	{"rejected cells of several", func(i int) string {
		if i >= 20_000 {
			return ""
		}
		return fmt.Sprintf("%d,\"1;%015d;%030d;%031d\"%s\n", numberAt(i), i, i, i, spaces[:60])
	}, 20_000, 0},
	{"duplicates", func(i int) string {
		if i >= 100_000 {
			return ""
		}
		return "(919) 800-2000" + spaces[:320] + "\n"
	}, 1, 0},
	{"ranges", func(i int) string {
		if i >= 10 {
			return ""
		}
		return fmt.Sprintf("919%03d0000-919%03d9999\n", nxx[i], nxx[i])
	}, 100_000, 0},
	// Memory for every cell or line would show in a part of the size.
	{"columns without end", func(i int) string {
		if i == 0 {
			return "did\n9198002000"
		}
		return strings.Repeat(",", 1000)
	}, 1, 4 << 20},
	{"blank lines", func(int) string { return strings.Repeat("\n", 1000) }, 0, 4 << 20},
	{"quotation marks", func(int) string { return strings.Repeat(`"`, 1000) }, 0, 0},
	{"open quotation marks", func(int) string { return strings.Repeat(`"a,`, 300) }, -1, 0},
}

var pad, spaces = strings.Repeat("a", 1000), strings.Repeat(" ", 1000)

// The largest files keep less than 32 MiB in use, which is what a heap of
// 64 MiB has room for, garbage included. The test is not parallel: it looks at
// the memory of the whole process.
func TestMemory(t *testing.T) {
	const most = 32 << 20
	for _, c := range largest {
		t.Run(c.name, func(t *testing.T) {
			base := live()
			w := &written{next: c.next, left: cmp.Or(c.size, 32<<20)}
			r, err := intake.File(w, intake.Options{})
			w.look()
			if (err != nil) != (c.want < 0) || err == nil && len(r.Numbers) != c.want {
				t.Errorf("%v, %+.200v", err, r)
			}
			t.Logf("%.1f MiB of %.1f MiB read", float64(w.peak-base)/(1<<20), float64(w.read)/(1<<20))
			if w.peak > base+most {
				t.Errorf("%d bytes in use", w.peak-base)
			}
			runtime.KeepAlive(r)
		})
	}
}
