package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portin/portin/internal/fault"
)

// Sizes of JSON bodies, in bytes.
const (
	smallBody = 1 << 20
	largeBody = 32 << 20 // with up to 100,000 numbers
)

// input is what a call takes, for the document.
type input struct {
	body func(huma.Registry) *huma.RequestBody // nil: no body
}

// reader reads what a call takes.
type reader[In any] struct {
	input
	from func(*call) (In, error)
}

// nothing is for calls without a body.
func nothing() reader[none] {
	return reader[none]{from: func(*call) (none, error) { return none{}, nil }}
}

// strict reads a JSON object into In by the tags of its fields, and refuses
// what In does not have. The body may be left out when In needs nothing.
func strict[In any](limit int64) reader[In] { return object[In](limit, true) }

// lenient is strict for calls of the original, whose clients may send more
// than In has.
func lenient[In any](limit int64) reader[In] { return object[In](limit, false) }

func object[In any](limit int64, closed bool) reader[In] {
	t := reflect.TypeFor[In]()
	return reader[In]{
		input: input{body: func(r huma.Registry) *huma.RequestBody { return jsonBody(r, t, !closed) }},
		from: func(c *call) (In, error) {
			var in In
			fields, err := c.object(limit)
			if err != nil {
				return in, err
			}
			return in, fault.Fields(fill(&in, fields, closed))
		},
	}
}

// object reads the body as one JSON object (api.md, Conventions): 415 for
// another type, 400 for what cannot be parsed, a key that stands twice, or
// something after the end. No body is an empty object.
func (c *call) object(limit int64) (map[string]json.RawMessage, error) {
	text, err := c.body(limit)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // RFC 8259 §8.1: a byte order mark may be ignored
	mediaType, _, _ := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if len(text) == 0 && mediaType == "" {
		return map[string]json.RawMessage{}, nil
	}
	if mediaType != "application/json" && !strings.HasSuffix(mediaType, "+json") {
		return nil, &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes JSON", Hint: "send Content-Type: application/json"}
	}
	err = checkJSON(text)
	if err != nil {
		return nil, err
	}
	var fields map[string]json.RawMessage
	err = json.Unmarshal(text, &fields)
	if err != nil || fields == nil {
		return nil, fault.New(fault.Invalid, fault.CodeWrongType, "the body is a JSON value, and not an object")
	}
	if c.keyed() {
		c.canon = append(c.canon, canonical(text))
	}
	return fields, nil
}

// body reads the whole body.
func (c *call) body(limit int64) ([]byte, error) {
	if e := c.r.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return nil, &fault.Error{Kind: fault.Unsupported, Code: fault.CodeMediaType, Message: "the call takes no compressed body", Hint: "send it without Content-Encoding"}
	}
	text, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if err == nil {
		return text, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, err
	}
	return nil, &fault.Error{Kind: fault.Malformed, Code: fault.CodeMalformedBody, Message: "the body ends before its end", Cause: err}
}

// checkJSON refuses what is not one JSON value in UTF-8 with every key once.
func checkJSON(text []byte) error {
	bad := func(format string, args ...any) error {
		return fault.New(fault.Malformed, fault.CodeMalformedJSON, format, args...)
	}
	if !utf8.Valid(text) {
		return bad("the body is not UTF-8")
	}
	var value json.RawMessage
	d := json.NewDecoder(bytes.NewReader(text))
	err := d.Decode(&value)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return bad("the body is not JSON; the first mistake is at byte %d", syntax.Offset)
	}
	if err != nil {
		return bad("the body is not JSON, or it ends before its end")
	}
	_, err = d.Token()
	if !errors.Is(err, io.EOF) {
		return bad("there is something after the end of the JSON value")
	}
	at, what := flaw(value)
	if what != "" {
		return bad("%s, before byte %d", what, at)
	}
	return nil
}

// flaw finds what JSON allows and we do not: a key that stands twice in one
// object, and a NUL in a text, which no database column takes.
func flaw(text []byte) (at int64, what string) {
	type level struct {
		keys  map[string]bool // nil: an array
		value bool            // a value comes next, not a key
	}
	var open []level
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		t, err := d.Token()
		if err != nil {
			return 0, ""
		}
		if s, ok := t.(string); ok && strings.ContainsRune(s, 0) {
			return d.InputOffset(), "a text holds a NUL"
		}
		if n := len(open) - 1; n >= 0 && open[n].keys != nil && t != json.Delim('}') {
			top := &open[n]
			if !top.value {
				key, _ := t.(string)
				if top.keys[key] {
					return d.InputOffset(), "a key stands twice in one object, the second time"
				}
				top.keys[key] = true
				top.value = true
				continue
			}
			top.value = false
		}
		switch t {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}})
		case json.Delim('['):
			open = append(open, level{})
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
	}
}

// canonical writes JSON in the one form in which two bodies that say the same
// are the same.
func canonical(text []byte) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err := d.Decode(&v)
	if err != nil {
		return text
	}
	return mustJSON(v)
}

// fill puts the fields of an object into a struct by its json tags, and
// reports all that do not fit.
func fill(into any, fields map[string]json.RawMessage, closed bool) []fault.Field {
	v := reflect.ValueOf(into).Elem()
	places := map[string]reflect.Value{}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		places[name] = v.Field(i)
	}
	var faults []fault.Field
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		place, known := places[name]
		if !known {
			if closed {
				faults = append(faults, unknown(name, slices.Sorted(maps.Keys(places))))
			}
			continue
		}
		if string(fields[name]) == "null" {
			continue
		}
		err := json.Unmarshal(fields[name], place.Addr().Interface())
		if err != nil {
			faults = append(faults, wrongType(name, place.Type(), err))
		}
	}
	return faults
}

func wrongType(name string, want reflect.Type, err error) fault.Field {
	if e, ok := errors.AsType[*fault.Error](err); ok {
		return fault.Field{Field: name, Code: e.Code, Message: name + ": " + e.Message}
	}
	return fault.Field{Field: name, Code: fault.CodeWrongType, Message: fmt.Sprintf("%s takes %s", name, inWords(want))}
}

func inWords(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[time.Time]() {
		return "an instant like 2026-12-01T15:00:00Z"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Slice:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "another type"
}

// plainName is what a name of a field looks like. Others are not repeated:
// somebody may have put a customer's data where a name belongs.
var plainName = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)

// unknown reports a field or a parameter that the call does not have.
func unknown(name string, known []string) fault.Field {
	f := fault.Field{Field: name, Code: fault.CodeUnknownField, Message: "the call has no such field"}
	if !plainName.MatchString(name) {
		f.Field = ""
		f.Message = "the call has no field with such a name"
	}
	near, ok := fault.Nearest(name, known)
	switch {
	case ok:
		f.Hint = "did you mean " + near + "?"
	case len(known) > 0:
		f.Hint = "it has " + strings.Join(known, ", ")
	}
	return f
}

// exact reads JSON into a value that may have parts, and refuses what it does
// not have at any depth. What is not sent stays as it is.
type exact[T any] struct{ v T }

// UnmarshalJSON implements json.Unmarshaler.
func (e *exact[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(&e.v)
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fault.New(fault.Invalid, fault.CodeWrongType, "%s takes %s", t.Field, inWords(t.Type))
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if err == nil {
		return nil
	}
	// The decoder says which name it does not know, quoted, and nothing else.
	parts := strings.Split(err.Error(), `"`)
	if len(parts) > 1 && plainName.MatchString(parts[1]) {
		return fault.New(fault.Invalid, fault.CodeUnknownField, "there is no %s in it", parts[1])
	}
	return fault.New(fault.Invalid, fault.CodeUnknownField, "a part of it has a name that it does not take")
}

// Schema implements huma.SchemaProvider.
func (e exact[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// fields are the fields of a JSON object that changes something: what is not
// sent stays.
type fields map[string]json.RawMessage

// readFields reads a JSON object that is described by In.
func readFields[In any](limit int64) reader[fields] {
	return reader[fields]{
		input: input{body: func(r huma.Registry) *huma.RequestBody { return jsonBody(r, reflect.TypeFor[In](), false) }},
		from: func(c *call) (fields, error) {
			got, err := c.object(limit)
			if err != nil {
				return nil, err
			}
			var in In
			return got, fault.Fields(fill(&in, got, true))
		},
	}
}

// id reads a query parameter that is an id; 0 where it is not sent.
func (c *call) id(name string) (int64, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	id, ok := parseID(text)
	if !ok {
		return 0, fault.OneField(name, fault.CodeInvalidValue, "", "%s takes an id", name)
	}
	return id, nil
}
