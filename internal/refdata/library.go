package refdata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
)

// Version is a set of files, of one a kind, from which an index is made.
type Version struct {
	ID      int64
	Created time.Time // wall clock
	Active  bool
	Files   []*File // without their content
}

// Shelf keeps files, versions and addresses. Each method is one transaction.
type Shelf interface {
	// Keep stores files and makes a version of them, with those of the active
	// version whose kind is not among them. A file that is there already is not
	// stored again. The new version is active at once when activate is true;
	// when it would consist of the very files of the active one, that one is
	// returned instead.
	Keep(ctx context.Context, files []*File, activate bool) (Version, error)
	// Activate makes a version the active one. Returns NotFound for an unknown
	// id.
	Activate(ctx context.Context, id int64) (Version, error)
	// Versions lists all versions, the newest first.
	Versions(ctx context.Context) ([]Version, error)
	// Active returns the id of the active version, 0 when there is none.
	Active(ctx context.Context) (int64, error)
	// Version returns a version. Returns NotFound for an unknown id.
	Version(ctx context.Context, id int64) (Version, error)
	// Load returns a version's files with their content.
	Load(ctx context.Context, id int64) ([]*File, error)
	// Sources lists the addresses from which files were fetched, by address.
	Sources(ctx context.Context) ([]Source, error)
	// SaveSources stores what is known of addresses.
	SaveSources(ctx context.Context, sources []Source) error
}

// Import reads files and makes them the active version, all of them or none.
// Of two files of one kind the later one counts.
func Import(ctx context.Context, shelf Shelf, paths []string, badShare float64) (Version, error) {
	var all []*File
	var errs []error
	for _, path := range paths {
		files, err := readFile(path, badShare)
		errs = append(errs, err)
		all = append(all, files...)
	}
	err := errors.Join(errs...)
	if err != nil {
		return Version{}, err
	}
	return shelf.Keep(ctx, latest(all), true)
}

// latest returns one file of each kind: the one of the latest date. Of those of
// one date, or where one does not say its own, it is the last.
func latest(files []*File) []*File {
	byKind := map[Kind]*File{}
	for _, f := range files {
		old := byKind[f.Kind]
		if old == nil || f.Date.IsZero() || !f.Date.Before(old.Date) {
			byKind[f.Kind] = f
		}
	}
	var out []*File
	for _, k := range Kinds {
		if byKind[k] != nil {
			out = append(out, byKind[k])
		}
	}
	return out
}

func readFile(path string, badShare float64) ([]*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return Read(filepath.Base(path), f, info.Size(), badShare)
}

// Facts is the source that knows what the active version says, and what the
// next source says of the numbers that it does not know. A newer version takes
// the place of the old one without anybody waiting.
type Facts struct {
	Shelf Shelf
	// Families reads the losing carriers that somebody has described, and their
	// version; FamiliesVersion asks for the version alone.
	Families        func(context.Context) (carrier.Families, string, error)
	FamiliesVersion func(context.Context) (string, error)
	Next            numbering.Source
	Log             *slog.Logger

	loaded atomic.Pointer[loaded]
}

// loaded is what is in use.
type loaded struct {
	version         int64 // 0: no reference data
	families        carrier.Families
	familiesVersion string
	index           *numbering.Index
}

// empty is in use before anything is.
var empty = loaded{index: Index(nil, carrier.Families{}.Of)}

func (f *Facts) use() *loaded { return cmp.Or(f.loaded.Load(), &empty) }

// Lookup implements numbering.Source. The sandbox's scenario numbers are the
// next source's: no report has them.
func (f *Facts) Lookup(ctx context.Context, numbers []nanp.Number) ([]numbering.Facts, error) {
	out := make([]numbering.Facts, len(numbers))
	index := f.use().index
	var rest []nanp.Number
	var at []int
	for i, n := range numbers {
		known, ok := numbering.Facts{}, false
		if !n.Fictional() {
			known, ok = index.Lookup(n)
		}
		if !ok {
			rest, at = append(rest, n), append(at, i)
			continue
		}
		out[i] = known
	}
	if len(rest) == 0 {
		return out, nil
	}
	found, err := f.Next.Lookup(ctx, rest)
	for k, i := range at[:len(found)] {
		out[i] = found[k]
	}
	return out, err
}

// LineType returns the type of line of an operator, "" where nobody knows.
func (f *Facts) LineType(ocn string) lnp.LineType { return f.use().index.LineType(ocn) }

// Family names the losing carrier to which an operator belongs, the same one
// that its codes are answered with.
func (f *Facts) Family(o numbering.Operator) (id, name string) { return f.use().index.Family(o) }

// Operators yields everybody who holds codes or blocks, once: OCN, losing
// carrier and type of line.
func (f *Facts) Operators() iter.Seq[numbering.Losing] { return f.use().index.Operators() }

// RespOrg returns the company behind a RespOrg id, in any case; ok is false for
// an id that the data do not have, which is no proof that there is none.
func (f *Facts) RespOrg(id string) (company string, ok bool) { return f.use().index.RespOrg(id) }

// Version tells which version is in use, 0 for none.
func (f *Facts) Version() int64 { return f.use().version }

// Refresh takes the active version and the losing carriers into use when they
// are other ones.
func (f *Facts) Refresh(ctx context.Context) error {
	have := f.loaded.Load()
	active, err := f.Shelf.Active(ctx)
	if err != nil {
		return err
	}
	version, err := f.FamiliesVersion(ctx)
	if err != nil {
		return err
	}
	if have != nil && have.version == active && have.familiesVersion == version {
		return nil
	}
	families, version, err := f.Families(ctx)
	if err != nil {
		return err
	}
	if have != nil && have.version == active && reflect.DeepEqual(have.families, families) {
		f.loaded.Store(&loaded{active, families, version, have.index})
		return nil
	}
	var files []*File
	if active != 0 {
		files, err = f.Shelf.Load(ctx, active)
		if err != nil {
			return fmt.Errorf("load version %d of the reference data: %w", active, err)
		}
	}
	index := Index(files, families.Of)
	f.loaded.Store(&loaded{active, families, version, index})
	if active != 0 {
		codes, blocks := index.Size()
		f.Log.Info("the reference data are in use", slog.Int64("version", active), slog.Int("codes", codes), slog.Int("blocks", blocks))
	}
	return nil
}

// Watch refreshes again and again until ctx is cancelled, so that all
// instances follow when one of them imports.
func (f *Facts) Watch(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := f.Refresh(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.Error("the reference data cannot be refreshed", slog.Any("error", err))
		}
	}
}
