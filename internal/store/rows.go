package store

import "github.com/portin/portin/internal/fault"

// all runs a query and reads its rows into values, through the pointers that
// into gives for each.
func all[T any](t *Tx, query string, args []any, into func(*T) []any) ([]T, error) {
	rows, err := t.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var v T
		err = rows.Scan(into(&v)...)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// one is the first of what was found, or NotFound.
func one[T any](found []T, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fault.Missing()
	}
	return &found[0], nil
}
