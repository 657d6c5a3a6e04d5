package refdata_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
)

func read(t testing.TB, path string) []*refdata.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	files, err := refdata.Read(filepath.Base(path), f, info.Size(), refdata.BadShare)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestX(t *testing.T) {
	paths, _ := filepath.Glob("/work/shared/refdata/*.*")
	var all []*refdata.File
	for _, p := range paths {
		if filepath.Ext(p) == ".md" || filepath.Base(p) == "lata.csv" {
			continue
		}
		at := time.Now()
		for _, f := range read(t, p) {
			fmt.Println(f.Kind, f.Name, f.Date, f.Rows, f.Used(), f.BadRows, f.Skipped, time.Since(at))
			if len(f.Bad) > 0 {
				fmt.Println(f.Bad[:min(3, len(f.Bad))])
			}
			all = append(all, f)
		}
	}
	at := time.Now()
	x := refdata.Index(all, func(o numbering.Operator) (string, string) { return carrier.Slug(o.Company), o.Company })
	fmt.Println(time.Since(at))
	fmt.Println(x.Size())
	for _, s := range []string{"9198002000", "2012010000", "4162000000", "6702850000", "7872000000", "2085550123", "4232000000", "2702000000"} {
		n, _ := nanp.Parse(s)
		f, r, ok := x.Lookup(n)
		fmt.Printf("%s %+v %s %v\n", s, f, r, ok)
	}
}
