package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"carousel/internal/sock"
	"carousel/internal/traceevent"
)

// requested are the paths that each client of a traced server requests, one after another.
var requested = []string{"/", "/sleep/2ms", "/block/2ms", "/bytes/600000", "/"}

// TestTrace has three clients send requests to a traced server, and finds each request in the trace: an arrow from its bytes over turns to its
// reply. The reader rejects a file in which slices do not nest, or arrows are not complete.
func TestTrace(t *testing.T) {
	for i, m := range models {
		if m.hidden {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			skipUnavailable(t, m.name)
			file := filepath.Join(t.TempDir(), []string{"trace.json", "trace.json.gz", "TRACE.JSON.GZ"}[i%3])
			v, err := ours(m.name).start("--trace", file)
			if err != nil {
				t.Fatal(err)
			}
			defer v.kill()
			peers := make([]string, 3)
			var all sync.WaitGroup
			for i := range peers {
				all.Go(func() {
					var err error
					if peers[i], err = askAll(v.addr); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			v.until(t, func() bool { return true })
			if _, err := v.stop(); err != nil {
				t.Fatal(err)
			}
			f := traced(t, file)
			if name := f.Processes[1]; name != "servers "+m.name || f.Other["model"] != m.name {
				t.Errorf("it is the trace of %q, %v", name, f.Other)
			}
			if several := len(f.Processes) > 1; several != (m.name == "prefork") {
				t.Errorf("it is of %v", f.Processes)
			}
			if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(f.Other["began"])); err != nil {
				t.Error(err)
			}
			for _, peer := range peers {
				if err := follow(f, peer); err != nil {
					t.Errorf("the client from %s: %v", peer, err)
				}
			}
		})
	}
}

// askAll sends all of requested on one connection, and returns the address of its own end.
func askAll(addr string) (self string, err error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	r := bufio.NewReader(c)
	for _, path := range requested {
		if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", path); err != nil {
			return "", err
		}
		resp, err := nethttp.ReadResponse(r, nil)
		if err != nil {
			return "", err
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
			return "", fmt.Errorf("%s: %s, %w", path, resp.Status, err)
		}
	}
	return c.LocalAddr().String(), nil
}

// traced reads a trace.
func traced(t *testing.T, file string) *traceevent.File {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(strings.ToLower(file), ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if text, err = io.ReadAll(z); err != nil {
			t.Fatal(err)
		}
	}
	f, err := traceevent.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// follow checks the requests of a client in a trace: bytes read, turns, bytes sent.
func follow(f *traceevent.File, peer string) error {
	lane := 0
	for tid, l := range f.Lanes {
		if l.Text("peer") == peer {
			lane = tid
		}
	}
	if lane == 0 {
		return fmt.Errorf("no lane is its")
	}
	turns := f.Pick(traceevent.Slice, "turn")
	for _, turn := range turns {
		if turn.TID == lane && !slices.ContainsFunc(turns, func(e traceevent.Event) bool {
			return e.Name == f.Lanes[lane].Name && e.PID == turn.PID && e.At == turn.At && e.Length == turn.Length
		}) {
			return fmt.Errorf("nobody gives it the turn that it has at %d for %d", turn.At, turn.Length)
		}
	}
	arrows := 0
	for _, from := range f.Pick(traceevent.FlowFrom, "request") {
		if from.TID != lane {
			continue
		}
		arrows++
		ends, steps := points(f, traceevent.FlowTo, from.ID), points(f, traceevent.FlowStep, from.ID)
		to := ends[0] // there is exactly one: the reader rejects a trace with any other number
		if to.TID != lane || to.At <= from.At {
			return fmt.Errorf("request %d goes from %d on lane %d to %d on lane %d", arrows, from.At, lane, to.At, to.TID)
		}
		if len(steps) == 0 {
			return fmt.Errorf("request %d has no turn", arrows)
		}
		for _, step := range steps {
			if !slices.ContainsFunc(turns, func(e traceevent.Event) bool {
				return e.Name == f.Lanes[lane].Name && e.TID == step.TID && e.At <= step.At && step.At <= e.At+e.Length
			}) {
				return fmt.Errorf("request %d passes %q at %d, which gives its client no turn then", arrows, f.Lanes[step.TID].Name, step.At)
			}
		}
		for _, bytes := range []string{"bytes are read", "bytes are sent"} {
			if !hasLine(f, lane, bytes, from.At, to.At) {
				return fmt.Errorf("between %d and %d, the ends of request %d, no %s", from.At, to.At, arrows, bytes)
			}
		}
	}
	if arrows != len(requested) {
		return fmt.Errorf("%d requests are in it, it made %d", arrows, len(requested))
	}
	return nil
}

// points returns the events of one phase of an arrow.
func points(f *traceevent.File, phase byte, id string) (some []traceevent.Event) {
	for _, e := range f.Pick(phase, "request") {
		if e.ID == id {
			some = append(some, e)
		}
	}
	return some
}

// hasLine reports whether a lane has a line that contains what between two instants.
func hasLine(f *traceevent.File, lane int, what string, from, to int64) bool {
	return slices.ContainsFunc(f.Pick(traceevent.Instant, "say"), func(e traceevent.Event) bool {
		return e.TID == lane && from <= e.At && e.At <= to && strings.Contains(e.Name, what)
	})
}

// Ctrl-C ends a server as SIGTERM does, and its trace is written.
func TestTraceOnInterrupt(t *testing.T) {
	if !sock.Linux {
		t.Skip("no signal can be sent here")
	}
	t.Parallel()
	file := filepath.Join(t.TempDir(), "trace.json")
	v, err := ours("epoll").start("--trace", file)
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	peer, err := askAll(v.addr)
	if err != nil {
		t.Fatal(err)
	}
	server, err := os.FindProcess(v.proc.PID())
	if err == nil {
		err = server.Signal(os.Interrupt)
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-v.proc.Done():
	case <-time.After(patience):
		t.Fatal("it does not end")
	}
	if err := v.proc.Wait(); err != nil {
		t.Fatalf("%v; it says %s", err, v.stderr.String())
	}
	if err := follow(traced(t, file), peer); err != nil {
		t.Error(err)
	}
}

// A file that a trace cannot be written to is refused before the server starts.
func TestTraceRefused(t *testing.T) {
	dir := t.TempDir()
	for file, why := range map[string]string{
		dir: "is a folder",
		filepath.Join(dir, "missing", "trace.json"): "cannot be written",
		"-":                              "names a file",
		"":                               "names a file",
		filepath.Join(dir, "t.json.ZST"): "as .gz or not at all",
	} {
		var stdout, stderr bytes.Buffer
		if code := run(&stdout, &stderr, []string{"--model", "goroutine", "--addr", "127.0.0.1:0", "--trace", file}); code != exitUsage {
			t.Errorf("--trace %s: exit code %d", file, code)
		}
		if stdout.Len() > 0 || !strings.Contains(stderr.String(), why) || !strings.Contains(stderr.String(), file) {
			t.Errorf("--trace %s: it prints %q, and %q, which lacks %q", file, stdout.String(), stderr.String(), why)
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
}
