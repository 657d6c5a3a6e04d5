package store

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/portin/portin/internal/seal"
)

// column binds a column to where its value lives in Go. Its value is written
// and read through the same pointer, so that the list of a table's columns
// stands in one place.
type column struct {
	name  string
	value any // a pointer, or one of the types below
}

type columns []column

// names lists the columns for a SELECT or an INSERT.
func (cs columns) names() string {
	names := make([]string, len(cs))
	for i, c := range cs {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// values are the arguments, and what Scan fills.
func (cs columns) values() []any {
	out := make([]any, len(cs))
	for i, c := range cs {
		out[i] = c.value
	}
	return out
}

// holders are the parameters of an INSERT.
func (cs columns) holders() string {
	out := make([]string, len(cs))
	for i := range cs {
		out[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(out, ", ")
}

// sets is the SET clause of an UPDATE.
func (cs columns) sets() string {
	out := make([]string, len(cs))
	for i, c := range cs {
		out[i] = fmt.Sprintf("%s = $%d", c.name, i+1)
	}
	return strings.Join(out, ", ")
}

// insert writes a row and sets the id that it got.
func (cs columns) insert(t *Tx, table string, id *int64) error {
	return t.Row("INSERT INTO "+table+" ("+cs.names()+") VALUES ("+cs.holders()+") RETURNING id", cs.values(), id)
}

// instant is a time in a column: Unix milliseconds, the zero time as NULL.
type instant struct{ t *time.Time }

func (i instant) Value() (driver.Value, error) {
	if i.t.IsZero() {
		return nil, nil
	}
	return i.t.UnixMilli(), nil
}

func (i instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.t = time.Time{}
	case int64:
		*i.t = time.UnixMilli(v).UTC()
	default:
		return fmt.Errorf("an instant is stored as an integer, not as %T", v)
	}
	return nil
}

// at is an instant to compare with or to write.
func at(t time.Time) instant { return instant{&t} }

// asJSON is a value that is kept as JSON text; a nil pointer is NULL.
type asJSON struct{ v any }

func (j asJSON) Value() (driver.Value, error) {
	b, err := json.Marshal(j.v)
	if err != nil {
		return nil, err
	}
	if string(b) == "null" {
		return nil, nil
	}
	return string(b), nil
}

func (j asJSON) Scan(v any) error {
	b, err := raw(v)
	if err != nil || b == nil {
		return err
	}
	return json.Unmarshal(b, j.v)
}

// jsonList is a slice that is kept as a JSON array; no slice is an empty one.
type jsonList[T any] struct{ vs *[]T }

func (l jsonList[T]) Value() (driver.Value, error) { return list(*l.vs) }

func (l jsonList[T]) Scan(v any) error { return asJSON{l.vs}.Scan(v) }

// object is JSON text of an object whose numbers keep every digit.
type object struct{ m *map[string]any }

func (o object) Value() (driver.Value, error) {
	b, err := json.Marshal(*o.m)
	return string(b), err
}

func (o object) Scan(v any) error {
	b, err := raw(v)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(o.m)
}

// text is a value that writes and reads itself as text, such as a date.
type text struct {
	v interface {
		MarshalText() ([]byte, error)
		UnmarshalText([]byte) error
	}
}

func (x text) Value() (driver.Value, error) {
	b, err := x.v.MarshalText()
	return string(b), err
}

func (x text) Scan(v any) error {
	b, err := raw(v)
	if err != nil {
		return err
	}
	return x.v.UnmarshalText(b)
}

// fixed is an array of bytes.
type fixed struct{ b []byte }

func (f fixed) Value() (driver.Value, error) { return f.b, nil }

func (f fixed) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(f.b) {
		return fmt.Errorf("%d bytes are wanted", len(f.b))
	}
	copy(f.b, b)
	return nil
}

// sealed is a value that is encrypted at rest: its JSON, bound to its place. A
// nil pointer and an empty string are NULL. The row's uid must be known when
// the column is read, so it stands before it in the list.
type sealed struct {
	ring   *seal.Ring
	table  string
	column string
	uid    *seal.UID
	v      any
}

func (s sealed) place() seal.Place {
	return seal.Place{Table: s.table, Column: s.column, UID: *s.uid}
}

func (s sealed) Value() (driver.Value, error) {
	b, err := json.Marshal(s.v)
	if err != nil {
		return nil, err
	}
	if string(b) == "null" || string(b) == `""` {
		return nil, nil
	}
	return s.ring.Seal(s.place(), b), nil
}

func (s sealed) Scan(v any) error {
	if v == nil {
		return nil
	}
	b, ok := v.([]byte)
	if !ok {
		return errors.New("a sealed value is stored as bytes")
	}
	plain, err := s.ring.Open(s.place(), b)
	if err != nil {
		return fmt.Errorf("%s.%s: %w", s.table, s.column, err)
	}
	return json.Unmarshal(plain, s.v)
}

func raw(v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case string:
		return []byte(v), nil
	case []byte:
		return v, nil
	}
	return nil, fmt.Errorf("text is wanted, not %T", v)
}

// list is a parameter that is a JSON array, for Tx.Values and Tx.Objects. No
// values at all are an empty array, never null, which SQLite takes for one row.
func list[T any](vs []T) (string, error) {
	if vs == nil {
		return "[]", nil
	}
	b, err := json.Marshal(vs)
	return string(b), err
}
