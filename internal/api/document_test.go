package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/portin/portin/internal/api"
	"github.com/portin/portin/internal/api/apitest"
)

// the is the document of the sandbox, which has every route.
var the = sync.OnceValue(func() *apitest.Document {
	d, err := apitest.New(api.Document("sandbox"))
	if err != nil {
		panic(err)
	}
	return d
})

// TestMain checks, when all tests have run, that each call of the document was
// made with success and, where it can fail, without: only what was called was
// validated.
func TestMain(m *testing.M) {
	code := m.Run()
	if code == 0 && complete() {
		for _, line := range the().Uncalled() {
			fmt.Println(line)
			code = 1
		}
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
