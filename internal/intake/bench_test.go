package intake_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/portin/portin/internal/intake"
)

// customers is a CSV of 100,000 rows as a customer's spreadsheet has them.
var customers = func() string {
	var b strings.Builder
	b.WriteString("Account,Customer Name,Phone Number,Street,City,ZIP\n")
	for i := range 100_000 {
		fmt.Fprintf(&b, "9198%06d,\"Example, Inc. %d\",%s,%d Main St,Raleigh,27601\n", i, i%977, numberAt(i).Written(), i%999)
	}
	return b.String()
}()

var numbersAlone = lines(100_000)

func benchmarkFile(b *testing.B, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := intake.File(strings.NewReader(text), intake.Options{})
		if err != nil || len(r.Numbers) != 100_000 {
			b.Fatal(err)
		}
	}
}

func BenchmarkFile(b *testing.B)        { benchmarkFile(b, customers) }
func BenchmarkFileNumbers(b *testing.B) { benchmarkFile(b, numbersAlone) }
func BenchmarkFileUTF16(b *testing.B)   { benchmarkFile(b, encoded(utf16le, customers)) }

func benchmarkEncodingCSV(b *testing.B, text string) {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(strings.NewReader(text))
		r.ReuseRecord = true
		for {
			_, err := r.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// The same bytes by the standard library, which finds cells and does nothing
// with them.
func BenchmarkEncodingCSV(b *testing.B)        { benchmarkEncodingCSV(b, customers) }
func BenchmarkEncodingCSVNumbers(b *testing.B) { benchmarkEncodingCSV(b, numbersAlone) }

func BenchmarkList(b *testing.B) {
	entries := make([]json.RawMessage, 100_000)
	size := 0
	for i := range entries {
		entries[i] = json.RawMessage(`"` + numberAt(i).String() + `"`)
		size += len(entries[i])
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		r, err := intake.List(entries, intake.Options{})
		if err != nil || len(r.Numbers) != len(entries) {
			b.Fatal(err)
		}
	}
}
