package main

import (
	"encoding/json"
	"net"
	"strings"
	"testing"
	"time"
)

// TestRefusedRings forbids io_uring, as many containers do: the model is listed as unavailable with the reason, and does not start.
func TestRefusedRings(t *testing.T) {
	const reason = "io_uring is forbidden here"
	out, err := self("ringless", "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	if line := lineOf(string(out), "uring"); !strings.Contains(line, "unavailable: "+reason) {
		t.Errorf("--list: %q", line)
	}
	out, err = self("ringless", "--list", "--json").Output()
	var rows []struct {
		Name, Reason string
		Available    bool
	}
	if err == nil {
		err = json.Unmarshal(out, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if refused := r.Name == "uring"; r.Available == refused || refused && !strings.HasPrefix(r.Reason, reason) {
			t.Errorf("--list --json: %+v", r)
		}
	}
	var stderr safeBuffer
	cmd := self("ringless", "--model", "uring", "--addr", "127.0.0.1:0")
	cmd.Stderr = &stderr
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitUsage || !strings.HasPrefix(stderr.String(), "servers: model uring is unavailable: "+reason) {
		t.Errorf("--model uring: %v, %q", err, stderr.String())
	}
}

func lineOf(text, name string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, name+" ") {
			return line
		}
	}
	return ""
}

// TestPortIsFree kills a server with requests under way, which own the sockets, and listens in its place at once.
func TestPortIsFree(t *testing.T) {
	skipUnavailable(t, "uring")
	for range 20 {
		v, err := ours("uring").start()
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			c, err := net.DialTimeout("tcp", v.addr, patience)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.Write([]byte(get))
			c.SetReadDeadline(time.Now().Add(patience))
			c.Read(make([]byte, 77))
		}
		v.kill()
		again, err := ours("uring").start("--addr", v.addr)
		if err != nil {
			t.Fatal(err)
		}
		again.kill()
	}
}
