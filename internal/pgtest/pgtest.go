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
	u, err := url.Parse(server)
	if err != nil {
		t.Fatalf("%s is not a URL", Env) // it may hold a password
	}
	name := "portin_" + strings.ToLower(rand.Text())
	err = do(server, "CREATE DATABASE "+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := do(server, "DROP DATABASE "+name+" WITH (FORCE)")
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

var server = sync.OnceValues(func() (string, error) {
	if u := os.Getenv(Env); u != "" {
		return u, nil
	}
	return borrow()
})

// held is a pipe that ends with this process, however that ends: it tells
// scripts/postgres to stop and remove the server.
var held *os.File

func borrow() (string, error) {
	script, err := script()
	if err != nil {
		return "", err
	}
	stdin, hold, err := os.Pipe()
	if err != nil {
		return "", err
	}
	held = hold
	out, stdout, err := os.Pipe()
	if err != nil {
		return "", errors.Join(err, stdin.Close())
	}
	cmd := exec.Command(script, "lend")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stdout
	err = errors.Join(cmd.Run(), stdin.Close(), stdout.Close())
	var said strings.Builder
	lines := bufio.NewScanner(out)
	for err == nil && lines.Scan() {
		if strings.HasPrefix(lines.Text(), "postgres://") {
			return lines.Text(), out.Close()
		}
		fmt.Fprintln(&said, lines.Text())
	}
	for lines.Scan() {
		fmt.Fprintln(&said, lines.Text())
	}
	return "", fmt.Errorf("start PostgreSQL, or set %s: %w\n%s", Env, errors.Join(err, lines.Err(), out.Close(), errors.New("no server")), said.String())
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
