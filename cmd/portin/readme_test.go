package main_test

import (
	"context"
	"debug/elf"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// fence matches a block of code of a page, and the remark before it that says
// why it is not run.
var fence = regexp.MustCompile("(?ms)^(<!-- not run[^\n]*-->\n)?```(\\w+)\n(.*?)^```$")

// block is a block of commands, and what the page says that it prints.
type block struct {
	commands string
	prints   []string
}

// blocks reads a page's blocks of commands.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	for _, m := range fence.FindAllStringSubmatch(string(text), -1) {
		switch {
		case m[1] != "":
		case m[2] == "sh":
			out = append(out, block{commands: m[3]})
		case m[2] == "json":
			last := &out[len(out)-1]
			last.prints = append(last.prints, m[3])
		default:
			t.Errorf("%s has a block of %s: run it, or say why it is not run", page, m[2])
		}
	}
	return out
}

// TestReadme runs the commands of README.md, one after the other in one shell,
// as somebody does who follows it; and compares what they print with what the
// page says.
func TestReadme(t *testing.T) {
	t.Parallel()
	for target, want := range map[string]string{"run": "bin/portin dev\n", "test": "go test"} {
		out, err := exec.Command("make", "-C", "../..", "--no-print-directory", "-n", target).Output()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("make %s does %q, %v", target, out, err)
		}
	}
	p := open(t, "../../README.md")
	server := spawn(t, p.program, filepath.Join(p.folder, "portin-data"), http.DefaultTransport)
	defer server.kill(t)
	printed := p.run(t, 4)
	if last := printed[len(printed)-1]; !strings.Contains(last, `"status":"completed"`) {
		t.Errorf("the story ends with\n%s", last)
	}
}

// TestHowTo runs the commands of the how-to pages.
func TestHowTo(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/how-to/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("there are no pages: %v", err)
	}
	for _, name := range pages {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			open(t, name).run(t, 1)
		})
	}
}

// page is a page of the docs, and a folder with the program to follow it in.
type page struct {
	folder, program string
	blocks          []block
}

func open(t *testing.T, name string) page {
	t.Helper()
	p := page{folder: t.TempDir(), blocks: blocks(t, name)}
	p.program = filepath.Join(p.folder, "bin", "portin")
	err := os.Mkdir(filepath.Dir(p.program), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	err = os.Link(build(t), p.program)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run runs the commands of a page, one after the other in one shell, and
// compares what they print with what the page says, in so many places at least.
// It returns what each block prints.
func (p page) run(t *testing.T, least int) []string {
	t.Helper()
	const end = "--- end of the block ---"
	var script strings.Builder
	for _, b := range p.blocks {
		fmt.Fprintf(&script, "%s\necho; echo '%s'\n", b.commands, end)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail")
	cmd.Dir = p.folder
	cmd.Stdin = strings.NewReader(script.String())
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	printed := strings.Split(string(out), end)
	claims := 0
	for i, b := range p.blocks {
		for _, want := range b.prints {
			claims++
			if !prints(t, printed[i], want) {
				t.Errorf("%s\nprints\n%s\nand not\n%s", b.commands, printed[i], want)
			}
		}
	}
	if claims < least {
		t.Errorf("the page says %d times what its commands print", claims)
	}
	return printed[:len(p.blocks)]
}

// prints reports whether one of the lines is JSON that says what the page says.
func prints(t *testing.T, lines, page string) bool {
	t.Helper()
	var want any
	err := json.Unmarshal([]byte(page), &want)
	if err != nil {
		t.Fatalf("the page shows what is not JSON: %v\n%s", err, page)
	}
	for line := range strings.Lines(lines) {
		var got any
		err = json.Unmarshal([]byte(line), &got)
		if err == nil && says(got, want) {
			return true
		}
	}
	return false
}

// says reports whether got is what a page shows: with more fields perhaps, and
// with text where the page has dots.
func says(got, want any) bool {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		for name, v := range want {
			ok = ok && says(object[name], v)
		}
		return ok
	case []any:
		list, ok := got.([]any)
		ok = ok && len(list) == len(want)
		for i := 0; ok && i < len(want); i++ {
			ok = says(list[i], want[i])
		}
		return ok
	case string:
		text, ok := got.(string)
		begin, dots := strings.CutSuffix(want, "...")
		return ok && (text == want || dots && strings.HasPrefix(text, begin))
	}
	return got == want
}

// TestStaticBinary: the program needs nothing of the machine that it runs on.
func TestStaticBinary(t *testing.T) {
	t.Parallel()
	f, err := elf.Open(build(t))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	libraries, err := f.ImportedLibraries()
	if err != nil || len(libraries) > 0 {
		t.Errorf("the program needs %v, %v", libraries, err)
	}
}
