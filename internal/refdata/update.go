package refdata

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/portin/portin/internal/clock"
)

// Updater fetches reports from the addresses of their publishers, and makes a
// new version of what is new.
type Updater struct {
	Shelf     Shelf
	Wall      clock.Clock
	Folder    string // for the files while they are read
	BadShare  float64
	KeepGoing bool // what came is imported when something else did not come
	// Tell is told how a download goes on, from several goroutines. May be nil.
	Tell func(Progress)

	HTTP  *http.Client
	Wait  time.Duration // before the second try of an address; longer before each next one
	Idle  time.Duration // without a byte, after which a try is given up
	Whole time.Duration // for one address, all tries together
}

// Progress is how far a download is.
type Progress struct {
	URL  string
	Have int64 // bytes
	Size int64 // bytes; -1 when its server does not say
	Done bool  // nothing more comes of this address
}

// Updated is what an update has brought.
type Updated struct {
	Version Version // that is active now
	New     bool
	Results []Result // by address, as they were given
}

// Result is what came of one address.
type Result struct {
	Source Source // as it is known now
	Size   int64  // bytes; 0 when its server said that nothing has changed
	New    bool   // its reports are other ones than before
	Err    error
}

// downloads is how many addresses are asked at once.
const downloads = 3

// Update fetches the addresses and imports what they gave. Unless KeepGoing is
// set, all must give something that can be read; the error names each that did
// not. Of two reports of one kind, and of what is active already, the later one
// counts.
func (u *Updater) Update(ctx context.Context, addresses []string) (*Updated, error) {
	v := *u
	v.Wait, v.Idle, v.Whole = cmp.Or(v.Wait, 2*time.Second), cmp.Or(v.Idle, time.Minute), cmp.Or(v.Whole, 30*time.Minute)
	if v.HTTP == nil {
		v.HTTP = newHTTP(v.Idle)
		defer v.HTTP.CloseIdleConnections()
	}
	return v.update(ctx, addresses)
}

func (u *Updater) update(ctx context.Context, addresses []string) (_ *Updated, err error) {
	for _, a := range addresses {
		err = checkAddress(a)
		if err != nil {
			return nil, err
		}
	}
	active, err := u.active(ctx)
	if err != nil {
		return nil, err
	}
	known, err := u.Shelf.Sources(ctx)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(u.Folder, "update-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()

	out := &Updated{Results: make([]Result, len(addresses))}
	files := make([][]*File, len(addresses))
	var group errgroup.Group
	group.SetLimit(downloads)
	for i, a := range addresses {
		group.Go(func() error {
			s := Source{URL: a}
			at := slices.IndexFunc(known, func(k Source) bool { return k.URL == a })
			if at >= 0 {
				s = known[at]
			}
			out.Results[i], files[i] = u.ask(ctx, s, active, filepath.Join(folder, strconv.Itoa(i)))
			u.tell(Progress{URL: a, Done: true})
			return nil
		})
	}
	_ = group.Wait() // no function of it returns an error
	var failed []error
	var good []Source
	for _, r := range out.Results {
		if r.Err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.Source.URL, r.Err))
			continue
		}
		good = append(good, r.Source)
	}
	if len(failed) > 0 && (!u.KeepGoing || len(good) == 0) {
		return nil, errors.Join(failed...)
	}
	// Downloads take long: somebody may have imported meanwhile.
	before := active.Files
	active, err = u.active(ctx)
	if err != nil {
		return nil, err
	}
	out.Version = active
	fresh := slices.DeleteFunc(latest(slices.Concat(append([][]*File{active.Files}, files...)...)), func(f *File) bool {
		return slices.Contains(before, f) || slices.Contains(active.Files, f)
	})
	if len(fresh) > 0 {
		out.Version, err = u.Shelf.Keep(ctx, fresh, true)
		if err != nil {
			return nil, err
		}
		out.New = out.Version.ID != active.ID
	}
	return out, u.Shelf.SaveSources(ctx, good)
}

// active returns the active version; none has the id 0.
func (u *Updater) active(ctx context.Context) (Version, error) {
	id, err := u.Shelf.Active(ctx)
	if err != nil || id == 0 {
		return Version{}, err
	}
	return u.Shelf.Version(ctx, id)
}

// ask fetches from one address, and reads what came. A report that is active
// already is the active version's.
func (u *Updater) ask(ctx context.Context, s Source, active Version, folder string) (Result, []*File) {
	fail := func(err error) (Result, []*File) { return Result{Source: s, Err: err}, nil }
	conditional := s
	if !active.has(s.Gave) {
		conditional.ETag, conditional.LastModified = "", ""
	}
	err := os.Mkdir(folder, 0o700)
	if err != nil {
		return fail(err)
	}
	got, err := u.fetch(ctx, conditional, folder)
	if err != nil {
		return fail(err)
	}
	now := u.Wall.Now()
	s.Checked, s.ETag, s.LastModified = now, got.etag, got.modified
	if got.unchanged {
		return Result{Source: s}, nil
	}
	files, err := readFile(got.path, u.BadShare)
	if err != nil {
		return fail(err)
	}
	var gave []Given
	for i, f := range files {
		g := Given{Kind: f.Kind, Name: f.Name, SHA256: hex.EncodeToString(f.SHA256[:])}
		gave = append(gave, g)
		same := active.find(g)
		if same != nil {
			files[i] = same
		}
	}
	r := Result{Source: s, Size: got.size, New: !slices.Equal(s.Gave, gave)}
	if r.New {
		r.Source.Changed, r.Source.Gave = now, gave
	}
	return r, files
}

// has reports whether a version has all the reports that an address gave, of
// which there must be some.
func (v *Version) has(gave []Given) bool {
	return len(gave) > 0 && !slices.ContainsFunc(gave, func(g Given) bool { return v.find(g) == nil })
}

// find returns the file of a version that an address gave, nil for none.
func (v *Version) find(g Given) *File {
	for _, f := range v.Files {
		if f.Kind == g.Kind && hex.EncodeToString(f.SHA256[:]) == g.SHA256 {
			return f
		}
	}
	return nil
}

func (u *Updater) tell(p Progress) {
	if u.Tell != nil {
		u.Tell(p)
	}
}
