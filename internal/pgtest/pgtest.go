// Package pgtest lends PostgreSQL databases to tests.
package pgtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Env names the variable with the URL of a server on which databases may be
// made. Without it, each test binary starts a server of its own.
const Env = "PORTIN_TEST_POSTGRES"

// URL makes an empty database for a test, which is dropped after it, and
// returns its URL.
func URL(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server.url)
	if err != nil {
		t.Fatalf("%s is not a URL", Env) // it may hold a password
	}
	name := "portin_" + strings.ToLower(rand.Text())
	err = do(server.url, "CREATE DATABASE "+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := do(server.url, "DROP DATABASE "+name+" WITH (FORCE)")
		if err != nil {
			t.Error(err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

func do(server, statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// lent is a server. Its pipe ends with this process, however that ends, which
// tells scripts/postgres to stop and remove the server.
type lent struct {
	url  string
	pipe *os.File
}

var server = sync.OnceValues(func() (*lent, error) {
	if u := os.Getenv(Env); u != "" {
		return &lent{url: u}, nil
	}
	return borrow()
})

func borrow() (*lent, error) {
	script, err := script()
	if err != nil {
		return nil, err
	}
	stdin, pipe, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, stdout, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, stdin.Close(), pipe.Close())
	}
	cmd := exec.Command(script, "lend") // returns when the server's keeper is on its own
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stdout
	err = errors.Join(cmd.Run(), stdin.Close(), stdout.Close())
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "postgres://") {
			return &lent{lines.Text(), pipe}, out.Close()
		}
		fmt.Fprintln(&said, lines.Text())
	}
	err = errors.Join(err, lines.Err(), out.Close(), pipe.Close())
	return nil, fmt.Errorf("no PostgreSQL server, and %s is not set: %s (%v)", Env, strings.TrimSpace(said.String()), err)
}

// script finds scripts/postgres from the folder of any package.
func script() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for parent := filepath.Dir(dir); parent != dir; dir, parent = parent, filepath.Dir(parent) {
		path := filepath.Join(dir, "scripts", "postgres")
		_, err := os.Stat(path)
		if err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("scripts/postgres is in no folder above; run the tests in the source tree, or set %s", Env)
}
