package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"carousel/internal/result"
)

// command starts loadgen in a process of its own with the target s, and waits until it has sent requests.
func command(t *testing.T, s *server, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command("loadgen", append(args, s.addr)...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for deadline := time.Now().Add(20 * time.Second); s.answered.Load() < 100; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it sends nothing")
		}
	}
	return cmd, &stdout
}

func TestSignals(t *testing.T) {
	for _, c := range []struct {
		signal syscall.Signal
		engine string
		code   int
	}{
		{syscall.SIGINT, "auto", 130},
		{syscall.SIGTERM, "auto", 143},
		{syscall.SIGINT, "net", 130},
		{syscall.SIGINT, "hey", 130},
	} {
		t.Run(c.signal.String()+" "+c.engine, func(t *testing.T) {
			s := serve(t, answer)
			file, trace := filepath.Join(t.TempDir(), "record.json"), filepath.Join(t.TempDir(), "trace.json")
			args := []string{"-c", "4", "-d", "60s", "--engine", c.engine, "-o", file}
			if c.engine != result.Hey { // it does not trace
				args = append(args, "--trace", trace)
			}
			cmd, stdout := command(t, s, args...)
			if err := cmd.Process.Signal(c.signal); err != nil {
				t.Skip(err) // on Windows
			}
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if !strings.Contains(stdout.String(), "INCOMPLETE") {
				t.Errorf("the summary does not say that the run was cut short:\n%s", stdout)
			}
			l, err := result.ReadLoad(file)
			if err != nil {
				t.Fatal(err)
			}
			if l.Complete || l.Requests.OK < 100-5 { // the replies to the latest requests may not be read yet
				t.Errorf("complete %v, %+v", l.Complete, l.Requests)
			}
			balanced(t, l)
			if c.engine == result.Hey {
				return
			}
			text, err := os.ReadFile(trace)
			if n := int64(bytes.Count(text, []byte(`"cat":"request"`))); err != nil || l.Trace == nil || l.Trace.Requests != n || n != l.Requests.Sent || !json.Valid(text) {
				t.Errorf("the trace has %d of %d requests: %v", n, l.Requests.Sent, err)
			}
		})
	}
}

// A second signal ends the grace, and nothing that was measured is lost.
func TestSecondSignal(t *testing.T) {
	s := serve(t, func(s *server, conn net.Conn) {
		if s.answered.Load() < 100 {
			answer(s, conn)
		}
		io.Copy(io.Discard, conn)
	})
	file := filepath.Join(t.TempDir(), "record.json")
	cmd, stdout := command(t, s, "-c", "4", "-d", "60s", "--grace", "60s", "-o", file, "-H", "Connection: close")
	for range 2 {
		time.Sleep(200 * time.Millisecond) // time for each connection to send a request; none is answered
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Skip(err) // on Windows
		}
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	l, err := result.ReadLoad(file)
	if err != nil {
		t.Fatal(err)
	}
	if balanced(t, l); l.Complete || l.Requests.Unanswered != 4 || !strings.Contains(stdout.String(), "4 unanswered") {
		t.Errorf("complete %v, %+v, summary:\n%s", l.Complete, l.Requests, stdout)
	}
}

// Signals end a comparison in the same way.
func TestSignalsInTurns(t *testing.T) {
	s := serve(t, answer)
	file := filepath.Join(t.TempDir(), "record.json")
	cmd, stdout := command(t, s, "-c", "4", "-d", "60s", "--slice", "5ms", "--vs", "b="+s.addr, "--fail-if", "rate_ratio<0.5", "-o", file)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Skip(err) // on Windows
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	c, err := result.ReadComparison(file)
	if err != nil {
		t.Fatal(err)
	}
	if c.Complete || len(c.Servers) != 2 || !strings.Contains(stdout.String(), "INCOMPLETE") {
		t.Errorf("complete %v, %d servers:\n%s", c.Complete, len(c.Servers), stdout)
	}
	for _, one := range c.Servers {
		balanced(t, one.Load)
	}
}

// A third signal ends the process even if it still waits, here to write the record to a FIFO without a reader.
func TestThirdSignal(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "record")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip(err)
	}
	s := serve(t, answer)
	cmd, _ := command(t, s, "-c", "4", "-d", "60s", "-o", fifo)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	for deadline := time.After(20 * time.Second); ; { // the first ends the window, the second the grace, the third the process
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case <-ended:
			if code := cmd.ProcessState.ExitCode(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			return
		case <-deadline:
			t.Fatal("it is still there")
		case <-time.After(100 * time.Millisecond):
		}
	}
}
