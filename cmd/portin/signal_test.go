//go:build unix

package main_test

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSecondSignal: a call that does not end holds the first SIGTERM up; the
// second one does not wait for it.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	c := spawn(t, build(t), t.TempDir(), &http.Transport{})
	address := strings.TrimPrefix(c.client.Credentials.BaseURL, "http://")
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	login := base64.StdEncoding.EncodeToString([]byte(c.client.Credentials.Username + ":" + c.client.Credentials.Token))
	_, err = fmt.Fprintf(conn, "POST /inbound/port-in/upload/text HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n", address, login)
	if err != nil {
		t.Fatal(err)
	}
	// The server asks for the body when the call has begun.
	said, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(said, "100 Continue") {
		t.Fatalf("%q, %v", said, err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.cmd.Wait() // says that a signal ended it
		close(ended)
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(30 * time.Second)
	for signals := 0; ; {
		_ = c.cmd.Process.Signal(syscall.SIGTERM) // fails when it has ended meanwhile
		signals++
		select {
		case <-ended:
			status, ok := c.cmd.ProcessState.Sys().(syscall.WaitStatus)
			if !ok || !status.Signaled() || status.Signal() != syscall.SIGTERM {
				t.Errorf("after %d signals: %v; the first one must let the call end, the second one end the process", signals, c.cmd.ProcessState)
			}
			return
		case <-late:
			c.kill(t)
			t.Fatal("the process does not end")
		case <-tick.C:
		}
	}
}

// TestTerminate: one SIGTERM ends an idle server in good order.
func TestTerminate(t *testing.T) {
	t.Parallel()
	c := spawn(t, build(t), t.TempDir(), &http.Transport{})
	err := c.cmd.Process.Signal(syscall.SIGTERM)
	if err != nil {
		t.Fatal(err)
	}
	err = c.cmd.Wait()
	if err != nil {
		t.Errorf("after SIGTERM: %v\n%s", err, c.stderr)
	}
}
