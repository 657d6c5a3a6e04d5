package store

import (
	"context"
	"slices"
	"time"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/refdata"
)

// Reference keeps the reference data. It implements refdata.Shelf.
type Reference struct{ store *Store }

var _ refdata.Shelf = Reference{}

// Reference returns the store of the reference data.
func (s *Store) Reference() Reference { return Reference{store: s} }

// fileInfo binds a file without its content.
func fileInfo(f *refdata.File, id *int64) []any {
	return []any{id, &f.Kind, &f.Name, fixed{f.SHA256[:]}, text{&f.Date}, &f.Rows, asJSON{&f.Skipped}, asJSON{&f.Bad}, &f.BadRows}
}

const fileInfoNames = `id, kind, name, sha256, file_date, row_count, skipped, bad, bad_rows`

type version struct {
	id      int64
	created time.Time
	active  bool
	files   []int64
}

func versions(tx *Tx, where string, args ...any) ([]version, error) {
	return all(tx, `SELECT id, created_at, active, files FROM reference_version `+where, args, func(v *version) []any {
		return []any{&v.id, instant{&v.created}, &v.active, asJSON{&v.files}}
	})
}

// Keep implements refdata.Shelf.
func (r Reference) Keep(ctx context.Context, files []*refdata.File, activate bool) (refdata.Version, error) {
	var out refdata.Version
	packed := make([][]byte, len(files))
	for i, f := range files {
		var err error
		packed[i], err = f.Content.Pack()
		if err != nil {
			return out, fault.Wrap(err, "pack reference data")
		}
	}
	err := r.store.Update(ctx, func(tx *Tx) error {
		err := lockVersions(tx)
		if err != nil {
			return err
		}
		before, err := versions(tx, `WHERE active`)
		if err != nil {
			return err
		}
		var ids []int64
		for i, f := range files {
			id, err := keepFile(tx, f, packed[i])
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		if len(before) > 0 {
			old, err := fileInfos(tx, before[0].files)
			if err != nil {
				return err
			}
			for i, f := range old {
				if !slices.ContainsFunc(files, func(g *refdata.File) bool { return g.Kind == f.Kind }) {
					ids = append(ids, before[0].files[i])
				}
			}
		}
		if activate && len(before) > 0 && sameIDs(ids, before[0].files) {
			out, err = versionOf(tx, before[0].id)
			return err
		}
		var id int64
		err = tx.Row(`INSERT INTO reference_version (created_at, active, files) VALUES ($1, $2, $3) RETURNING id`,
			[]any{at(tx.Wall()), false, asJSON{ids}}, &id)
		if err != nil {
			return err
		}
		if activate {
			err = activateVersion(tx, id)
			if err != nil {
				return err
			}
		}
		out, err = versionOf(tx, id)
		return err
	})
	return out, err
}

// lockVersions lets one transaction at a time change which version is active:
// of two on PostgreSQL, each would make its version of what the other replaces.
// Readers do not wait.
func lockVersions(tx *Tx) error {
	if !tx.postgres {
		return nil
	}
	_, err := tx.Exec(`LOCK TABLE reference_version IN SHARE ROW EXCLUSIVE MODE`)
	return err
}

// sameIDs reports whether two lists have the same ids, whatever their order.
func sameIDs(a, b []int64) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func keepFile(tx *Tx, f *refdata.File, packed []byte) (int64, error) {
	have, err := all(tx, `SELECT id FROM reference_file WHERE kind = $1 AND sha256 = $2`, []any{f.Kind, f.SHA256[:]}, func(id *int64) []any { return []any{id} })
	if err != nil || len(have) > 0 {
		return firstOf(have), err
	}
	var id int64
	values := append(fileInfo(f, &id)[1:], at(tx.Wall()), packed)
	err = tx.Row(`INSERT INTO reference_file (kind, name, sha256, file_date, row_count, skipped, bad, bad_rows, imported_at, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`, values, &id)
	return id, err
}

func firstOf(ids []int64) int64 {
	if len(ids) == 0 {
		return 0
	}
	return ids[0]
}

func activateVersion(tx *Tx, id int64) error {
	_, err := tx.Exec(`UPDATE reference_version SET active = $1 WHERE active`, false)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE reference_version SET active = $1 WHERE id = $2`, true, id)
	return err
}

// fileInfos returns files in the order of their ids in the list.
func fileInfos(tx *Tx, ids []int64) ([]*refdata.File, error) {
	out := make([]*refdata.File, len(ids))
	for i, id := range ids {
		found, err := all(tx, `SELECT `+fileInfoNames+` FROM reference_file WHERE id = $1`, []any{id}, func(f *refdata.File) []any {
			return fileInfo(f, new(int64))
		})
		f, err := one(found, err)
		if err != nil {
			return nil, err
		}
		out[i] = f
	}
	return out, nil
}

func versionOf(tx *Tx, id int64) (refdata.Version, error) {
	found, err := versions(tx, `WHERE id = $1`, id)
	v, err := one(found, err)
	if err != nil {
		return refdata.Version{}, err
	}
	files, err := fileInfos(tx, v.files)
	return refdata.Version{ID: v.id, Created: v.created, Active: v.active, Files: files}, err
}

// Activate implements refdata.Shelf.
func (r Reference) Activate(ctx context.Context, id int64) (refdata.Version, error) {
	var out refdata.Version
	err := r.store.Update(ctx, func(tx *Tx) error {
		err := lockVersions(tx)
		if err != nil {
			return err
		}
		_, err = versionOf(tx, id)
		if err != nil {
			return err
		}
		err = activateVersion(tx, id)
		if err != nil {
			return err
		}
		out, err = versionOf(tx, id)
		return err
	})
	return out, err
}

// Versions implements refdata.Shelf.
func (r Reference) Versions(ctx context.Context) ([]refdata.Version, error) {
	var out []refdata.Version
	err := r.store.View(ctx, func(tx *Tx) error {
		out = nil
		found, err := versions(tx, `ORDER BY id DESC`)
		if err != nil {
			return err
		}
		for _, v := range found {
			whole, err := versionOf(tx, v.id)
			if err != nil {
				return err
			}
			out = append(out, whole)
		}
		return nil
	})
	return out, err
}

// Active implements refdata.Shelf.
func (r Reference) Active(ctx context.Context) (int64, error) {
	var id int64
	err := r.store.View(ctx, func(tx *Tx) error {
		found, err := versions(tx, `WHERE active`)
		id = 0
		if len(found) > 0 {
			id = found[0].id
		}
		return err
	})
	return id, err
}

// Version implements refdata.Shelf.
func (r Reference) Version(ctx context.Context, id int64) (refdata.Version, error) {
	var out refdata.Version
	err := r.store.View(ctx, func(tx *Tx) error {
		var err error
		out, err = versionOf(tx, id)
		return err
	})
	return out, err
}

// Load implements refdata.Shelf.
func (r Reference) Load(ctx context.Context, id int64) ([]*refdata.File, error) {
	var out []*refdata.File
	err := r.store.View(ctx, func(tx *Tx) error {
		v, err := versionOf(tx, id)
		if err != nil {
			return err
		}
		out = v.Files
		found, err := versions(tx, `WHERE id = $1`, id)
		if err != nil {
			return err
		}
		for i, fileID := range found[0].files {
			var packed []byte
			err = tx.Row(`SELECT content FROM reference_file WHERE id = $1`, []any{fileID}, &packed)
			if err != nil {
				return err
			}
			err = out[i].Content.Unpack(packed)
			if err != nil {
				return fault.Wrap(err, "unpack reference data")
			}
		}
		return nil
	})
	return out, err
}

func sourceColumns(s *refdata.Source) columns {
	return columns{
		{"url", &s.URL}, {"etag", &s.ETag}, {"last_modified", &s.LastModified},
		{"checked_at", instant{&s.Checked}}, {"changed_at", instant{&s.Changed}}, {"gave", asJSON{&s.Gave}},
	}
}

// Sources implements refdata.Shelf.
func (r Reference) Sources(ctx context.Context) ([]refdata.Source, error) {
	var out []refdata.Source
	err := r.store.View(ctx, func(tx *Tx) error {
		var err error
		out, err = all(tx, `SELECT `+sourceColumns(&refdata.Source{}).names()+` FROM reference_source ORDER BY url`, nil, func(s *refdata.Source) []any {
			return sourceColumns(s).values()
		})
		return err
	})
	return out, err
}

// SaveSources implements refdata.Shelf.
func (r Reference) SaveSources(ctx context.Context, sources []refdata.Source) error {
	return r.store.Update(ctx, func(tx *Tx) error {
		for i := range sources {
			c := sourceColumns(&sources[i])
			_, err := tx.Exec(`INSERT INTO reference_source (`+c.names()+`) VALUES (`+c.holders()+`) ON CONFLICT (url) DO UPDATE SET
				etag = EXCLUDED.etag, last_modified = EXCLUDED.last_modified, checked_at = EXCLUDED.checked_at, changed_at = EXCLUDED.changed_at, gave = EXCLUDED.gave`, c.values()...)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
