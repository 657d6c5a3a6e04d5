package api_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/portin/portin/internal/lnp"
	"github.com/portin/portin/internal/nanp"
	"github.com/portin/portin/internal/order"
)

var update = flag.Bool("update", false, "write the answers into the golden files")

// TestGolden plays the stories of testdata/golden. A story is a txtar archive
// that begins in an empty house, and goes on call by call:
//
//	-- request --
//	POST /inbound/port-in/upload/text
//	As: reader            (a user of the house; clerk when it is left out)
//	File: numbers.csv     (the body is sent as the part file of a form)
//
//	{"dids": ["9195550100"]}
//	-- response --
//	200
//	(the headers that a client may rely on)
//
//	(the body)
//	-- carrier --
//	1 foc                 (what the carrier does with order 1)
//	-- clock --
//	+72h
//	-- replan --
//	1                     (what is due for the drafts of a changed carrier)
//
// What is random stands as *.
func TestGolden(t *testing.T) {
	t.Parallel()
	stories, err := filepath.Glob("testdata/golden/*.txt")
	if err != nil || len(stories) == 0 {
		t.Fatalf("there are no stories: %v", err)
	}
	for _, path := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			story := txtar.Parse(text)
			h := open(t)
			played := &txtar.Archive{Comment: story.Comment}
			for _, part := range story.Files {
				switch part.Name {
				case "request":
					played.Files = append(played.Files, part, txtar.File{Name: "response", Data: h.play(part.Data)})
				case "response":
				case "carrier":
					h.carrier(string(part.Data))
					played.Files = append(played.Files, part)
				case "clock":
					d, err := time.ParseDuration(strings.TrimPrefix(strings.TrimSpace(string(part.Data)), "+"))
					h.must(err)
					h.now.SetAhead(h.now.Ahead() + d)
					played.Files = append(played.Files, part)
				case "replan":
					id, err := strconv.ParseInt(strings.TrimSpace(string(part.Data)), 10, 64)
					h.must(err)
					h.must(h.service.Replan(t.Context(), id))
					played.Files = append(played.Files, part)
				default:
					t.Fatalf("a story has no part %q", part.Name)
				}
			}
			got := txtar.Format(played)
			if *update {
				h.must(os.WriteFile(path, got, 0o644))
				return
			}
			if !bytes.Equal(got, text) {
				t.Errorf("%s differs (go test ./internal/api -run Golden -update writes it anew):\n%s", path, difference(string(text), string(got)))
			}
		})
	}
}

// difference shows the first lines in which two texts differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d\nwant: %s\n got: %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("want %d lines, got %d", len(w), len(g))
}

// play sends a request of a story, and writes its answer as the story does.
func (h *house) play(data []byte) []byte {
	h.t.Helper()
	head, body, _ := strings.Cut(string(data), "\n\n")
	lines := bufio.NewScanner(strings.NewReader(head))
	lines.Scan()
	method, path, _ := strings.Cut(lines.Text(), " ")
	as, file, header := "clerk", "", http.Header{}
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "As":
			as = value
		case "File":
			file = value
		default:
			header.Set(name, value)
		}
	}
	var send io.Reader
	body = strings.TrimRight(body, "\n")
	switch {
	case file != "":
		var content http.Header
		data := []byte(body)
		if body = strings.TrimSpace(body); strings.HasPrefix(body, "testdata/") {
			var err error
			data, err = os.ReadFile(body)
			h.must(err)
		}
		content, send = form(h.t, file, "", data, nil)
		header.Set("Content-Type", content.Get("Content-Type"))
	case body != "":
		send = strings.NewReader(body)
		if header.Get("Content-Type") == "" {
			header.Set("Content-Type", "application/json")
		}
	}
	a, err := h.do(h.request(as, method, path, header, send))
	h.must(err)
	var out bytes.Buffer
	fmt.Fprintln(&out, a.Status)
	for _, name := range []string{"Content-Type", "Content-Disposition", "ETag", "Allow", "WWW-Authenticate", "Retry-After", "Deprecation", "Link", "Idempotent-Replayed"} {
		if v := a.Header.Get(name); v != "" {
			fmt.Fprintf(&out, "%s: %s\n", name, v)
		}
	}
	out.WriteString("\n")
	if a.Header.Get("Content-Type") == "application/json" {
		h.must(json.Indent(&out, a.Body, "", "  "))
	} else if strings.HasPrefix(a.Header.Get("Content-Type"), "text/") {
		out.Write(a.Body)
	} else if len(a.Body) > 0 {
		fmt.Fprintf(&out, "(%d bytes)", len(a.Body))
	}
	return random.ReplaceAll(append(bytes.TrimRight(out.Bytes(), "\n"), '\n', '\n'), []byte("${1}*"))
}

// random matches what no two runs have in common.
var random = regexp.MustCompile(`(\bq_|\breq_|\bpk_test_|"key_id": ")[0-9A-Za-z]+`)

// carrier plays the carrier's part of a story: lines of an order's id and what
// the carrier does with it.
func (h *house) carrier(script string) {
	h.t.Helper()
	for line := range strings.Lines(strings.TrimSpace(script)) {
		words := strings.Fields(line)
		id, err := strconv.ParseInt(words[0], 10, 64)
		h.must(err)
		switch words[1] {
		case "receives":
			h.send(id)
		case "accepts":
			h.said(id, order.CarrierEvent{On: order.Accepted})
		case "rejects":
			h.said(id, order.CarrierEvent{On: order.CarrierReject, Reject: lnp.RejectCode(words[2]), CarrierCode: "6A", CarrierText: "ACCT NBR INV"})
		case "foc":
			h.said(id, order.CarrierEvent{On: order.FOCSet})
		case "ports":
			h.said(id, order.CarrierEvent{On: order.NumbersDone, AllPorted: true})
		case "fails":
			h.said(id, order.CarrierEvent{On: order.NumbersDone, Failed: []nanp.Number{number(h.t, words[2])}})
		case "cancels":
			h.said(id, order.CarrierEvent{On: order.CancelDone})
		default:
			h.t.Fatalf("a carrier does not %s", words[1])
		}
	}
}
