package pgtest_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/portin/portin/internal/pgtest"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// Two tests that got one database would see each other's rows; one that is
// not dropped, or only when nobody is connected, would stay for ever on a
// server that is not ours.
func TestURL(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	var gone string
	t.Run("borrower", func(t *testing.T) {
		gone = pgtest.URL(t)
		conn, err := pgx.Connect(ctx, gone) // never closed
		if err != nil {
			t.Fatal(err)
		}
		_, err = conn.Exec(ctx, "CREATE TABLE mine (id bigint)")
		if err != nil {
			t.Fatal(err)
		}
		var tables int
		err = connect(t, pgtest.URL(t)).QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&tables)
		if err != nil || tables != 0 {
			t.Errorf("a fresh database has %d tables, %v", tables, err)
		}
	})
	_, err := pgx.Connect(ctx, gone)
	if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "3D000" {
		t.Errorf("the database after its test: %v; want that it does not exist", err)
	}
}

// TestBorrower is what TestEnds starts in a process of its own. It does
// nothing else.
func TestBorrower(t *testing.T) {
	end := os.Getenv("PGTEST_END")
	if end == "" {
		return
	}
	_, err := os.Stdout.WriteString("\n" + pgtest.URL(t) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	switch end {
	case "panic":
		panic("as asked")
	case "kill":
		_, _ = io.Copy(io.Discard, os.Stdin)
	}
}

// However a test binary ends, its server ends too, and its files are removed.
func TestEnds(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"well", "panic", "kill"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0], "-test.run=^TestBorrower$")
			cmd.Env = append(without(pgtest.Env), "PGTEST_END="+end)
			_, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			said, all := start(t, cmd)
			dir := host(t, line(t, said, "postgres://"))
			_, err = os.Stat(dir)
			if err != nil {
				t.Error(err)
			}
			if end == "kill" {
				err = cmd.Process.Kill()
				if err != nil {
					t.Fatal(err)
				}
			}
			_, _ = io.Copy(io.Discard, said)
			err = cmd.Wait()
			if (err == nil) != (end == "well") {
				t.Errorf("the borrower's end: %v", err)
			}
			wantGone(t, all, dir)
		})
	}
}

// The script hands on its command's standard input, status and signals, and
// has removed the server when it returns.
func TestRun(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command string
		signal  os.Signal
		status  int
	}{
		"well":   {command: `echo "$PORTIN_TEST_POSTGRES"; cat`},
		"ill":    {command: `echo "$PORTIN_TEST_POSTGRES"; exit 7`, status: 7},
		"signal": {command: `trap 'exit 9' TERM; echo "$PORTIN_TEST_POSTGRES"; while :; do read -r || exit 1; done`, signal: syscall.SIGTERM, status: 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("../../scripts/postgres", "run", "bash", "-c", c.command)
			cmd.Env = without(pgtest.Env)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			said, all := start(t, cmd)
			dir := host(t, line(t, said, "postgres://"))
			if c.signal != nil {
				err = cmd.Process.Signal(c.signal)
			} else {
				_, _ = io.WriteString(stdin, "as I said\n") // the command may have gone
				err = stdin.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			if name == "well" {
				line(t, said, "as I said")
			}
			_, _ = io.Copy(io.Discard, said)
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("status %d, want %d", got, c.status)
			}
			_, err = os.Stat(dir)
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s is there when the script has returned: %v", dir, err)
			}
			wantGone(t, all, dir)
		})
	}
}

// A server that is given is used, and no other one started.
func TestGiven(t *testing.T) {
	t.Parallel()
	given := pgtest.URL(t)
	want := host(t, given)
	cmd := exec.Command("../../scripts/postgres", "run", os.Args[0], "-test.run=^TestBorrower$")
	cmd.Env = append(without(pgtest.Env), pgtest.Env+"="+given, "PGTEST_END=well")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	said := bufio.NewReader(strings.NewReader(string(out)))
	if got := host(t, line(t, said, "postgres://")); got != want {
		t.Errorf("the server is at %s, given was %s", got, want)
	}
}

// start starts a command, and returns its output, and a pipe that the command
// and all that it starts have open.
func start(t *testing.T, cmd *exec.Cmd) (said *bufio.Reader, all *os.File) {
	t.Helper()
	all, held, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = all.Close() })
	cmd.ExtraFiles = []*os.File{held}
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = cmd.Start()
	if err != nil {
		t.Fatal(err)
	}
	err = held.Close()
	if err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(out), all
}

// wantGone waits until all that a command has started has ended, and checks
// that the server's folder went with it.
func wantGone(t *testing.T, all *os.File, dir string) {
	t.Helper()
	_, err := io.Copy(io.Discard, all)
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

// line reads up to a line that begins so.
func line(t *testing.T, said *bufio.Reader, prefix string) string {
	t.Helper()
	for {
		s, err := said.ReadString('\n')
		if strings.HasPrefix(s, prefix) {
			return strings.TrimSpace(s)
		}
		if err != nil {
			t.Fatalf("nothing begins with %q: %v", prefix, err)
		}
	}
}

// host is where the server of a URL is: a folder, for a private one.
func host(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	if h := u.Query().Get("host"); filepath.IsAbs(h) {
		return h
	}
	return u.Host
}

func without(name string) []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, name+"=") })
}
