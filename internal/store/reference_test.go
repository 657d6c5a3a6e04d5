package store_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/portin/portin/internal/bizday"
	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/numbering"
	"github.com/portin/portin/internal/refdata"
)

// report is a file of reference data; sum tells it from others of its kind.
func report(kind refdata.Kind, sum byte) *refdata.File {
	return &refdata.File{
		Kind: kind, Name: string(kind) + ".csv", SHA256: [32]byte{sum}, Date: bizday.NewDate(2026, 7, 6), Rows: 4, BadRows: 1,
		Skipped: map[string]int{"use UA": 1}, Bad: []refdata.Bad{{Line: 3, Message: "it is bad"}},
		Content: refdata.Content{
			Codes: []uint32{919_200, 919_201}, Status: []numbering.CodeStatus{numbering.CodeLive, numbering.CodeIdle}, CodeOf: []uint32{0, 0}, PlaceOf: []uint32{0, 0},
			Holders: []refdata.Holder{{OCN: "12AB", Company: "Example, LLC"}}, Places: []refdata.Place{{Country: lnp.US, State: "NC", RateCentre: "RALEIGH"}},
		},
	}
}

// ids are the kinds and sums of a version's files.
func ids(v refdata.Version) map[refdata.Kind]byte {
	out := map[refdata.Kind]byte{}
	for _, f := range v.Files {
		out[f.Kind] = f.SHA256[0]
	}
	return out
}

func TestReference(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		shelf, ctx := h.Reference(), t.Context()
		active, err := shelf.Active(ctx)
		if err != nil || active != 0 {
			t.Fatalf("an empty shelf has the version %d, %v", active, err)
		}
		first, err := shelf.Keep(ctx, []*refdata.File{report(refdata.CodesUS, 1), report(refdata.CodesCA, 2)}, true)
		if err != nil {
			t.Fatal(err)
		}
		second, err := shelf.Keep(ctx, []*refdata.File{report(refdata.CodesUS, 3)}, true)
		if err != nil {
			t.Fatal(err)
		}
		third, err := shelf.Keep(ctx, []*refdata.File{report(refdata.CodesUS, 1)}, false) // a file that is there already
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []struct {
			version refdata.Version
			files   map[refdata.Kind]byte
			active  bool
		}{
			{first, map[refdata.Kind]byte{refdata.CodesUS: 1, refdata.CodesCA: 2}, true},
			{second, map[refdata.Kind]byte{refdata.CodesUS: 3, refdata.CodesCA: 2}, true},
			{third, map[refdata.Kind]byte{refdata.CodesUS: 1, refdata.CodesCA: 2}, false},
		} {
			if d := cmp.Diff(c.files, ids(c.version)); d != "" || c.version.Active != c.active || !c.version.Created.Equal(noon.Add(time.Hour)) {
				t.Errorf("version %d: active %v, of %v\n%s", i+1, c.version.Active, c.version.Created, d)
			}
		}
		again, err := shelf.Keep(ctx, []*refdata.File{report(refdata.CodesUS, 3)}, true) // nothing new
		if err != nil || again.ID != second.ID {
			t.Errorf("the very files of the active version make the version %d, %v; want %d", again.ID, err, second.ID)
		}
		active, err = shelf.Active(ctx)
		if err != nil || active != second.ID {
			t.Errorf("active is %d, %v; want %d", active, err, second.ID)
		}
		back, err := shelf.Activate(ctx, first.ID)
		if err != nil || !back.Active {
			t.Errorf("%+v, %v", back, err)
		}
		_, err = shelf.Activate(ctx, 99)
		wantMissing(t, "activate an unknown version", err)
		_, err = shelf.Version(ctx, 99)
		wantMissing(t, "an unknown version", err)
		whole, err := shelf.Version(ctx, second.ID)
		if err != nil || whole.ID != second.ID || whole.Active || !maps.Equal(ids(whole), ids(second)) {
			t.Errorf("%+v, %v", whole, err)
		}
		all, err := shelf.Versions(ctx)
		if err != nil || len(all) != 3 || all[0].ID != third.ID || all[0].Active || all[1].Active || !all[2].Active {
			t.Errorf("%+v, %v", all, err)
		}
		files, err := shelf.Load(ctx, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := []*refdata.File{report(refdata.CodesUS, 1), report(refdata.CodesCA, 2)}
		if d := cmp.Diff(want, files, cmp.Comparer(func(a, b bizday.Date) bool { return a == b })); d != "" {
			t.Errorf("loaded (-want +got):\n%s", d)
		}
	})
}

func TestReferenceSources(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		shelf, ctx := h.Reference(), t.Context()
		gave := []refdata.Given{{Kind: refdata.CodesUS, Name: "a.txt", SHA256: "00ff"}}
		b := refdata.Source{URL: "https://example.com/b.zip", Checked: noon, Changed: noon, Gave: gave}
		a := refdata.Source{
			URL: "https://example.com/a.zip", ETag: `W/"1"`, LastModified: "Mon, 06 Jul 2026 01:21:00 GMT", Checked: noon.Add(time.Hour), Changed: noon,
			Gave: append(gave, refdata.Given{Kind: refdata.CodesCA, Name: "b.txt", SHA256: "ff00"}),
		}
		for _, sources := range [][]refdata.Source{{b, {URL: a.URL, ETag: "old", Checked: noon, Changed: noon, Gave: gave}}, {a}} {
			err := shelf.SaveSources(ctx, sources)
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := shelf.Sources(ctx)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "the addresses", got, []refdata.Source{a, b})
	})
}

// TestReferenceAtOnce: imports of several kinds at once lose nothing of each
// other.
func TestReferenceAtOnce(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, h *house) {
		shelf, ctx := h.Reference(), t.Context()
		var group errgroup.Group
		for _, kind := range refdata.Kinds {
			group.Go(func() error {
				_, err := shelf.Keep(ctx, []*refdata.File{report(kind, 1)}, true)
				return err
			})
		}
		err := group.Wait()
		if err != nil {
			t.Fatal(err)
		}
		id, err := shelf.Active(ctx)
		if err != nil {
			t.Fatal(err)
		}
		v, err := shelf.Version(ctx, id)
		if err != nil || len(v.Files) != len(refdata.Kinds) {
			t.Errorf("the active version has %v, %v", ids(v), err)
		}
	})
}
