package cli

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portin/portin/internal/fault"
	"github.com/portin/portin/internal/server"
)

func TestExitStatus(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none")
	tests := map[string]struct {
		args []string
		want int
		says string // on standard error
	}{
		"nothing":               {nil, 2, "portin needs a command"},
		"a mistyped command":    {[]string{"serv"}, 2, `unknown command "serv"`},
		"a mistyped subcommand": {[]string{"admin", "acount"}, 2, `unknown command "acount"`},
		"a group":               {[]string{"admin", "token"}, 2, "needs a command: create, list, revoke"},
		"below dev":             {[]string{"dev", "clok"}, 2, `unknown command "clok"`},
		"below clock":           {[]string{"dev", "clock", "advence"}, 2, `unknown command "advence"`},
		"an unknown flag":       {[]string{"serve", "--port", "1"}, 2, "unknown flag"},
		"a missing argument":    {[]string{"dev", "clock", "advance"}, 2, "accepts 1 arg"},
		"a missing flag":        {[]string{"admin", "token", "list"}, 2, `required flag(s) "account"`},
		"a flag of a wrong type": {
			[]string{"admin", "token", "list", "--account", "mine"}, 2, "invalid argument",
		},
		"an argument too many": {[]string{"version", "now"}, 2, "unknown command"},
		"no sandbox":           {[]string{"dev", "env", "--data", none}, 1, "there is no sandbox in"},
		"no sandbox's clock":   {[]string{"dev", "clock", "--data", none}, 1, "there is no sandbox in"},
		"no configuration":     {[]string{"serve", "--config", none + ".yaml"}, 1, "no such file"},
		"no data folder":       {[]string{"admin", "account", "list", "--data", none}, 1, "there is no portin in"},
		"help":                 {[]string{"--help"}, 0, ""},
		"version":              {[]string{"version"}, 0, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			got := Run(t.Context(), test.args, &stdout, &stderr)
			if got != test.want || !strings.Contains(stderr.String(), test.says) {
				t.Errorf("portin %v = %d\n%s\nwant %d and %q", test.args, got, stderr.String(), test.want, test.says)
			}
			if (stdout.Len() > 0) != (test.want == 0) {
				t.Errorf("portin %v = %d, and prints %q", test.args, got, stdout.String())
			}
		})
	}
}

// TestBannersFirstCall makes the call that the banner of `portin dev` shows,
// as it is printed.
func TestBannersFirstCall(t *testing.T) {
	t.Parallel()
	s, err := server.New(t.Context(), server.Config{Sandbox: true, Listen: "127.0.0.1:0", Data: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() {
		cancel()
		err := <-done
		if err != nil {
			t.Error(err)
		}
	}()
	var out bytes.Buffer
	err = banner(&out, s.Credentials(), "/tmp/my data")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "--data '/tmp/my data'") {
		t.Errorf("the banner's commands do not name the folder:\n%s", out.String())
	}
	var line string
	for l := range strings.Lines(out.String()) {
		if strings.Contains(l, "curl ") {
			line = strings.TrimSpace(l)
		}
	}
	words := shellWords(line)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, words[len(words)-1], nil)
	if err != nil {
		t.Fatal(err)
	}
	body := ""
	for i := 1; i+1 < len(words); i += 2 {
		flag, value := words[i], words[i+1]
		switch flag {
		case "-u":
			user, password, _ := strings.Cut(value, ":")
			req.SetBasicAuth(user, password)
		case "-H":
			name, v, _ := strings.Cut(value, ": ")
			req.Header.Set(name, v)
		case "-d":
			body = value
		default:
			t.Fatalf("the test does not know curl %s", flag)
		}
	}
	res, err := http.Post(req.URL.String(), "", nil) // without credentials it must not work
	if err != nil || res.StatusCode != http.StatusUnauthorized {
		t.Fatalf("without credentials: %v, %v", res.Status, err)
	}
	res.Body.Close()
	again, err := http.NewRequestWithContext(t.Context(), http.MethodPost, req.URL.String(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	again.Header = req.Header
	res, err = http.DefaultClient.Do(again)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(text.String(), `"orderIds"`) {
		t.Errorf("%s\n= %s %s %v", line, res.Status, text.String(), err)
	}
}

// shellWords splits a line that has plain words and single quotes only.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	return words
}

func TestSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		err := os.WriteFile(path, []byte(text), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	full := file("full.yaml", "listen: 127.0.0.1:1\ndata: /from/file\nkey: from-file\n")
	byFile := file("key", "from-key-file\n")
	list := file("list.yaml", "refdata_sources:\n  - https://example.com/a\n  - https://example.com/b\n")
	tests := map[string]struct {
		args  []string
		env   map[string]string
		want  settings
		error string
		not   string // must not be in the error
	}{
		"defaults": {want: settings{Listen: defaultListen, Data: defaultData}},
		"file": {
			args: []string{"--config", full},
			want: settings{Listen: "127.0.0.1:1", Data: "/from/file", Key: "from-file"},
		},
		"file named by the environment": {
			env:  map[string]string{"PORTIN_CONFIG": full},
			want: settings{Listen: "127.0.0.1:1", Data: "/from/file", Key: "from-file"},
		},
		"environment over file": {
			args: []string{"--config", full}, env: map[string]string{"PORTIN_DATA": "/from/env"},
			want: settings{Listen: "127.0.0.1:1", Data: "/from/env", Key: "from-file"},
		},
		"flags over environment": {
			args: []string{"--config", full, "--data", "/from/flag", "--listen", "127.0.0.1:2"},
			env:  map[string]string{"PORTIN_DATA": "/from/env", "PORTIN_LISTEN": "127.0.0.1:3"},
			want: settings{Listen: "127.0.0.1:2", Data: "/from/flag", Key: "from-file"},
		},
		"a flag that says the default": {
			args: []string{"--data", defaultData}, env: map[string]string{"PORTIN_DATA": "/from/env"},
			want: settings{Listen: defaultListen, Data: defaultData},
		},
		"secret by file": {
			env:  map[string]string{"PORTIN_KEY_FILE": byFile},
			want: settings{Listen: defaultListen, Data: defaultData, Key: "from-key-file", KeyFile: byFile},
		},
		"secret by file over secret in the file": {
			args: []string{"--config", full}, env: map[string]string{"PORTIN_KEY_FILE": byFile},
			want: settings{Listen: "127.0.0.1:1", Data: "/from/file", Key: "from-key-file", KeyFile: byFile},
		},
		"list in the file": {
			args: []string{"--config", list},
			want: settings{Listen: defaultListen, Data: defaultData, RefdataSources: []string{"https://example.com/a", "https://example.com/b"}},
		},
		"list in the environment": {
			args: []string{"--config", list}, env: map[string]string{"PORTIN_REFDATA_SOURCES": "https://example.com/c, https://example.com/d,"},
			want: settings{Listen: defaultListen, Data: defaultData, RefdataSources: []string{"https://example.com/c", "https://example.com/d"}},
		},
		"secret given twice": {
			env:   map[string]string{"PORTIN_KEY": "a", "PORTIN_KEY_FILE": byFile},
			error: "key and key_file are both set",
		},
		"secret file is empty":   {env: map[string]string{"PORTIN_DATABASE_FILE": file("empty", "\n")}, error: "is empty"},
		"secret file is missing": {env: map[string]string{"PORTIN_DATABASE_FILE": filepath.Join(folder, "no")}, error: "database_file"},
		"unknown name":           {args: []string{"--config", file("typo.yaml", "key: my-secret\nlissten: 127.0.0.1:1\n")}, error: "lissten", not: "my-secret"},
		"name that stands twice": {args: []string{"--config", file("twice.yaml", "key: my-secret\nkey: my-other-secret\n")}, error: "twice.yaml", not: "secret"},
		"no YAML":                {args: []string{"--config", file("bad.yaml", "key: 'my-secret\n")}, error: "bad.yaml", not: "my-secret"},
		"wrong type":             {args: []string{"--config", file("type.yaml", "key: [my-secret]\n")}, error: "type.yaml", not: "my-secret"},
		"empty file":             {args: []string{"--config", file("none.yaml", "")}, want: settings{Listen: defaultListen, Data: defaultData}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := newServe()
			err := cmd.ParseFlags(test.args)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readSettings(cmd, func(name string) (string, bool) {
				v, ok := test.env[name]
				return v, ok
			})
			if test.error != "" {
				if err == nil || !strings.Contains(err.Error(), test.error) || test.not != "" && strings.Contains(err.Error(), test.not) {
					t.Errorf("the error is %v; want %q in it and not %q", err, test.error, test.not)
				}
				return
			}
			if err != nil || !cmp.Equal(got, test.want) {
				t.Errorf("readSettings = %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tests := map[string]time.Time{
		"":                          {},
		"90d":                       now.AddDate(0, 0, 90),
		"36h":                       now.Add(36 * time.Hour),
		"2027-01-31":                time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC),
		"2027-01-31T12:00:00-05:00": time.Date(2027, 1, 31, 17, 0, 0, 0, time.UTC),
	}
	for text, want := range tests {
		got, err := expiry(text, now)
		if err != nil || !got.Equal(want) {
			t.Errorf("expiry(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, bad := range []string{"never", "-1d", "0d", "-5h", "2027-13-01", "d"} {
		got, err := expiry(bad, now)
		if err == nil {
			t.Errorf("expiry(%q) = %v", bad, got)
		}
	}
}

func TestShellQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "''",
		"http://127.0.0.1:8080": "http://127.0.0.1:8080",
		"a b":                   "'a b'",
		"it's":                  `'it'\''s'`,
		"$(reboot)":             "'$(reboot)'",
	} {
		got := shellQuote(in)
		if got != want {
			t.Errorf("shellQuote(%q) = %s; want %s", in, got, want)
		}
	}
}

func TestVersionOf(t *testing.T) {
	t.Parallel()
	built := func(version string, settings ...debug.BuildSetting) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: version}, Settings: settings}
	}
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123456789abcdef01234567"}
	tests := map[string]struct {
		linked string
		info   *debug.BuildInfo
		want   string
	}{
		"linked":    {"v1.2.3", built("v1.0.0"), "v1.2.3"},
		"module":    {"", built("v1.0.0", revision), "v1.0.0"},
		"revision":  {"", built("(devel)", revision), "development-0123456789ab"},
		"changed":   {"", built("", revision, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "development-0123456789ab+changes"},
		"unchanged": {"", built("", revision, debug.BuildSetting{Key: "vcs.modified", Value: "false"}), "development-0123456789ab"},
		"neither":   {"", built("(devel)"), "development"},
		"nothing":   {"", nil, "unknown"},
	}
	for name, test := range tests {
		got := versionOf(test.linked, test.info)
		if got != test.want {
			t.Errorf("%s: %s; want %s", name, got, test.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	err := failure{&fault.Error{
		Kind: fault.Invalid, Message: "2 fields need a correction",
		Fields: []fault.Field{{Field: "scopes[0]", Message: "there is no such scope", Hint: "the scopes are a, b"}, {Field: "username", Message: "it has a blank"}},
	}}
	want := "2 fields need a correction\n  scopes[0]: there is no such scope; the scopes are a, b\n  username: it has a blank"
	if got := describe(err); got != want {
		t.Errorf("describe = %q; want %q", got, want)
	}
}
