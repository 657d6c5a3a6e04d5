package refdata_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/carrier"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
)

// shelf has versions of some files, and the losing carriers beside it.
type shelf struct {
	refdata.Shelf
	active   int64 // 0: none
	versions map[int64][]*refdata.File
	loads    int

	families carrier.Families
	market   string
}

func (s *shelf) Active(context.Context) (int64, error) { return s.active, nil }

func (s *shelf) Load(_ context.Context, id int64) ([]*refdata.File, error) {
	s.loads++
	return s.versions[id], nil
}

func (s *shelf) facts() *refdata.Facts {
	return &refdata.Facts{
		Shelf: s, Next: numbering.Registered{}, Log: slog.New(slog.DiscardHandler),
		Families:        func(context.Context) (carrier.Families, string, error) { return s.families, s.market, nil },
		FamiliesVersion: func(context.Context) (string, error) { return s.market, nil },
	}
}

// inUse is the source that knows some files.
func inUse(t *testing.T, files ...*refdata.File) *refdata.Facts {
	t.Helper()
	s := &shelf{active: 1, versions: map[int64][]*refdata.File{1: files}}
	f := s.facts()
	refresh(t, f)
	return f
}

func refresh(t *testing.T, f *refdata.Facts) {
	t.Helper()
	err := f.Refresh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

func losing(t *testing.T, f *refdata.Facts, n nanp.Number) numbering.Losing {
	t.Helper()
	facts, err := f.Lookup(t.Context(), []nanp.Number{n})
	if err != nil {
		t.Fatal(err)
	}
	return facts[0].Losing
}

// TestRefresh: a new version is followed, and so is an edit of the losing
// carriers; nothing is loaded when neither has changed.
func TestRefresh(t *testing.T) {
	t.Parallel()
	s := &shelf{versions: map[int64][]*refdata.File{1: {read(t, "x", codesUS)}, 2: {read(t, "x", codesUS), read(t, "x", blocksUS)}}}
	f := s.facts()
	step := func(what, id string, version int64, loads int) {
		t.Helper()
		refresh(t, f)
		refresh(t, f)
		got := losing(t, f, 9192007234)
		if got.ID != id || f.Version() != version || s.loads != loads {
			t.Errorf("%s: %q of version %d after %d loads; want %q, %d, %d", what, got.ID, f.Version(), s.loads, id, version, loads)
		}
	}
	step("nothing", "", 0, 0)
	s.active = 1
	step("a version", "example-tel", 1, 1)
	s.active = 2
	step("the next", "sample-mobile", 2, 2)
	s.families, s.market = carrier.Families{{ID: "own", Name: "Own Name", OCNs: []string{"0034"}}}, "1"
	step("a family", "own", 2, 3)
	s.market = "2"
	step("an edit of something else", "own", 2, 3)
	s.families, s.market = nil, "3"
	step("a family that is gone", "sample-mobile", 2, 4)
	s.active = 0
	step("no version any more", "", 0, 4)
	id, _ := f.Family(numbering.Operator{OCN: "0034", Company: "Sample, Inc."})
	if id != "sample" {
		t.Errorf("without reference data an operator belongs to %q", id)
	}
}

func TestOperators(t *testing.T) {
	t.Parallel()
	f := inUse(t, read(t, "x", codesUS), read(t, "x", codesCA), read(t, "x", blocksUS), read(t, "x", operators))
	got := slices.Collect(f.Operators())
	want := []numbering.Losing{
		{ID: "example-tel", OCN: "12AB", Name: "EXAMPLE TEL", LineType: "voip"},
		{ID: "sample", OCN: "0034", Name: "Sample", LineType: "wireless"},
		{ID: "island-phones", OCN: "77ZZ", Name: "ISLAND PHONES"},
		{ID: "maple", OCN: "8888", Name: "Maple"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Who is asked elsewhere about an operator names the same carrier.
	for _, l := range want {
		id, name := f.Family(numbering.Operator{OCN: l.OCN, Company: l.Name})
		if id != l.ID || name != l.Name {
			t.Errorf("%s belongs to %s, %s; want %+v", l.OCN, id, name, l)
		}
	}
}

func TestRespOrg(t *testing.T) {
	t.Parallel()
	f := inUse(t, read(t, "x", resporgs))
	got := map[string]string{}
	for _, id := range []string{"EXM01", "exm01", "EXM02", ""} {
		company, ok := f.RespOrg(id)
		if ok {
			got[id] = company
		}
	}
	want := map[string]string{"EXM01": "Example", "exm01": "Example"}
	if !maps.Equal(got, want) {
		t.Errorf("%v; want %v", got, want)
	}
}
