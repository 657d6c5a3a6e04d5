package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/portin/portin/internal/api"
)

// document is the OpenAPI document as tests use it: to validate every answer,
// and to know which calls were made.
type document struct {
	raw      map[string]any
	compiler *jsonschema.Compiler

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	called  map[string]bool // "GET /account/{account_id}/port-in", of success
	refused map[string]bool
}

// the is the document of the sandbox, which has every route.
var the = sync.OnceValue(func() *document {
	text := api.Document("sandbox")
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		panic(err)
	}
	d := &document{raw: raw.(map[string]any), compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}, called: map[string]bool{}, refused: map[string]bool{}}
	d.compiler.DefaultDraft(jsonschema.Draft2020)
	d.compiler.AssertFormat()
	err = d.compiler.AddResource("openapi.json", raw)
	if err != nil {
		panic(err)
	}
	return d
})

// validating is a transport that checks every answer against the document.
type validating struct {
	t   testing.TB
	url string
}

func (v validating) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
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
	err = the().check(r, res, body)
	if err != nil {
		v.t.Errorf("%s %s = %d %s\nis not what the document says: %v", r.Method, r.URL.Path, res.StatusCode, body, err)
	}
	return res, nil
}

// operation finds the document's path of a request.
func (d *document) operation(r *http.Request) (path string, op map[string]any) {
	parts := strings.Split(r.URL.Path, "/")
	best := -1
	for template, item := range d.raw["paths"].(map[string]any) {
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

func (d *document) check(r *http.Request, res *http.Response, body []byte) error {
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

func (d *document) validate(schema string, body []byte) error {
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

// TestMain checks, when all tests have run, that each call of the document was
// made with success and, where it can fail, without: only what was called was
// validated.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && complete() {
		code = the().uncalled()
	}
	os.Exit(code)
}

// complete reports whether all tests have run.
func complete() bool {
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		if (name == "-test.run" || name == "-test.skip" || name == "-test.list" || name == "-test.bench" || name == "-test.fuzz") && value != "" {
			return false
		}
	}
	return true
}

func (d *document) uncalled() int {
	code := 0
	for path, item := range d.raw["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			call := strings.ToUpper(method) + " " + path
			if !d.called[call] {
				fmt.Println("no test makes this call with success:", call)
				code = 1
			}
			if op.(map[string]any)["security"] != nil && !d.refused[call] {
				fmt.Println("no test sees this call refused:", call)
				code = 1
			}
		}
	}
	return code
}

// TestEveryRouteIsInTheDocument compares what the server routes with what the
// document describes, both ways.
func TestEveryRouteIsInTheDocument(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"sandbox", "production"} {
		var doc struct {
			OpenAPI string
			Paths   map[string]map[string]json.RawMessage
		}
		err := json.Unmarshal(api.Document(mode), &doc)
		if err != nil {
			t.Fatal(err)
		}
		if doc.OpenAPI != "3.1.0" {
			t.Errorf("the document is of OpenAPI %s", doc.OpenAPI)
		}
		described := map[string]bool{}
		for path, item := range doc.Paths {
			for method := range item {
				described[strings.ToUpper(method)+" "+path] = true
			}
		}
		for _, pattern := range api.Patterns(mode) {
			if !described[pattern] {
				t.Errorf("%s: the document lacks %s", mode, pattern)
			}
			delete(described, pattern)
		}
		for call := range described {
			t.Errorf("%s: the document has %s, and nobody answers it", mode, call)
		}
		if mode == "production" && doc.Paths["/sandbox/clock"] != nil {
			t.Error("production has a clock that can be moved")
		}
	}
}
