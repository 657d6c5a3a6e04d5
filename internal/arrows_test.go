// Package internal_test checks the house itself: who may import whom.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/portin/portin/"

// floors lists the rooms from the ground up. A room may import rooms of lower
// floors, and of its own floor only those that stand before it.
var floors = [][]string{
	{"fault", "clock", "seal"}, // base
	{"nanp", "lnp", "bizday", "numbering", "sheet", "carrier", "pricing", "routing", "order", "loa"},                                               // pure
	{"account", "audit", "intake", "blob", "document", "porting"},                                                                                  // use cases, and what they read
	{"pgtest", "refdata", "refdata/refdatatest", "dip", "store/db", "gateway", "gateway/gatewaytest", "gateway/sim", "store", "worker", "sandbox"}, // outside
	{"api", "api/apitest"},                  // doors
	{"server", "server/servertest"},         // wiring
	{"cli", "cli/clitest", "../cmd/portin"}, // the command line, which starts the wiring
}

// only says who alone may import a room that its floor would give to more.
var only = map[string][]string{
	"store": {"server", "server/servertest"},
	"api":   {"server", "server/servertest"},
}

// pure rooms do no I/O and ask no clock, so they must not import these.
var (
	pure   = floors[1]
	impure = []string{"os", "net", "net/http", "database/sql", module + "internal/clock"}
)

func rank(room string) (int, bool) {
	n := 0
	for _, floor := range floors {
		for _, r := range floor {
			if r == room {
				return n, true
			}
			n++
		}
	}
	return 0, false
}

// imports returns what each room imports, tests aside.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
				return err
			}
			src, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
			if err != nil {
				return err
			}
			room := filepath.ToSlash(filepath.Dir(p))
			for _, i := range f.Imports {
				name, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					return err
				}
				out[room] = append(out[room], name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestArrowsGoDown(t *testing.T) {
	t.Parallel()
	all := imports(t)
	if len(all) < 15 {
		t.Fatalf("only %d rooms were found", len(all))
	}
	for room, names := range all {
		mine, known := rank(room)
		if !known {
			t.Errorf("%s stands on no floor", room)
			continue
		}
		for _, name := range names {
			target, ours := strings.CutPrefix(name, module+"internal/")
			if !ours {
				continue
			}
			theirs, known := rank(target)
			if !known || theirs >= mine {
				t.Errorf("%s imports %s, which is not below it", room, target)
			}
			if who, limited := only[target]; limited && !slices.Contains(who, room) {
				t.Errorf("%s imports %s, which only %v may", room, target, who)
			}
		}
	}
}

func TestPureRoomsAskNobody(t *testing.T) {
	t.Parallel()
	all := imports(t)
	for _, room := range pure {
		for _, name := range all[room] {
			if slices.Contains(impure, name) {
				t.Errorf("%s imports %s", path.Base(room), name)
			}
		}
	}
}
