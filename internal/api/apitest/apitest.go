// Package apitest holds answers to what the OpenAPI document says of them.
package apitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is the OpenAPI document as tests use it: to validate every answer,
// and to know which calls were made. It is safe for concurrent use.
type Document struct {
	Raw      map[string]any // as JSON
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	called  map[string]bool // "GET /account/{account_id}/port-in", of success
	refused map[string]bool
}

// New reads a document.
func New(text []byte) (*Document, error) {
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	object, ok := raw.(map[string]any)
	if !ok {
		return nil, errors.New("the document is no object")
	}
	d := &Document{Raw: object, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}, called: map[string]bool{}, refused: map[string]bool{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	return d, d.compiler.AddResource("openapi.json", raw)
}

// Fetch reads the document of a server.
func Fetch(ctx context.Context, baseURL string, over http.RoundTripper) (*Document, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, baseURL+"/openapi.json", nil)
	if err != nil {
		return nil, err
	}
	res, err := over.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err != nil {
		return nil, err
	}
	return New(text)
}

// Transport returns a transport over another one that fails the test for each
// answer that is not what the document says.
func (d *Document) Transport(t testing.TB, over http.RoundTripper) http.RoundTripper {
	return validating{t, d, over}
}

// validating is a transport that checks every answer against the document.
type validating struct {
	t    testing.TB
	d    *Document
	over http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (v validating) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := v.over.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	err = res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	err = v.d.check(r, res, body)
	if err != nil {
		v.t.Errorf("%s %s = %d %s\nis not what the document says: %v", r.Method, r.URL.Path, res.StatusCode, body, err)
	}
	return res, nil
}

// operation finds the document's path of a request.
func (d *Document) operation(r *http.Request) (path string, op map[string]any) {
	parts := strings.Split(r.URL.Path, "/")
	best := -1
	for template, item := range d.Raw["paths"].(map[string]any) {
		o, ok := item.(map[string]any)[strings.ToLower(r.Method)].(map[string]any)
		if !ok {
			continue
		}
		literal, fits := 0, true
		want := strings.Split(template, "/")
		if len(want) != len(parts) {
			continue
		}
		for i, w := range want {
			switch {
			case w == parts[i]:
				literal++
			case !strings.HasPrefix(w, "{"):
				fits = false
			}
		}
		if fits && literal > best {
			best, path, op = literal, template, o
		}
	}
	return path, op
}

func (d *Document) check(r *http.Request, res *http.Response, body []byte) error {
	if res.Header.Get("X-Request-Id") == "" || res.Header.Get("X-Portin-Mode") != "sandbox" {
		return fmt.Errorf("the headers are %v", res.Header)
	}
	path, op := d.operation(r)
	responses := map[string]any{"default": nil}
	if op != nil {
		responses = op["responses"].(map[string]any)
	}
	status := fmt.Sprint(res.StatusCode)
	_, success := responses[status]
	d.mu.Lock()
	if success {
		d.called[r.Method+" "+path] = true
	} else {
		d.refused[r.Method+" "+path] = true
	}
	d.mu.Unlock()
	if !success {
		if res.StatusCode < 400 {
			return fmt.Errorf("the document has no %s", status)
		}
		return d.validate("openapi.json#/components/schemas/Problem", body)
	}
	content, _ := responses[status].(map[string]any)["content"].(map[string]any)
	if content == nil {
		if len(body) > 0 {
			return fmt.Errorf("there is a body")
		}
		return nil
	}
	mediaType, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	if _, ok := content[mediaType]; !ok {
		if _, any := content["*/*"]; !any {
			return fmt.Errorf("the document has no %s", mediaType)
		}
		return nil
	}
	if mediaType != "application/json" {
		return nil
	}
	escaped := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	return d.validate("openapi.json#/paths/"+escaped.Replace(path)+"/"+strings.ToLower(r.Method)+"/responses/"+status+"/content/application~1json/schema", body)
}

func (d *Document) validate(schema string, body []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.schemas[schema]
	if !ok {
		var err error
		s, err = d.compiler.Compile(schema)
		if err != nil {
			return err
		}
		d.schemas[schema] = s
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// Uncalled lists the calls of the document that were not made with success, and
// those that can be refused and were not.
func (d *Document) Uncalled() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for path, item := range d.Raw["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			call := strings.ToUpper(method) + " " + path
			if !d.called[call] {
				out = append(out, "no test makes this call with success: "+call)
			}
			if op.(map[string]any)["security"] != nil && !d.refused[call] {
				out = append(out, "no test sees this call refused: "+call)
			}
		}
	}
	return out
}
