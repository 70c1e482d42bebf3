package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"carousel/internal/result"
)

// searched runs a search over connections that rest between requests, so that it needs little of this machine, and returns its record and summary.
func searched(t *testing.T, want int, args ...string) (*result.Search, string) {
	t.Helper()
	s, stdout, stderr := runSearch(t, want, append(args, "--find-max", "errors<0.1%", "--over", "connections", "--think", "2ms", "-d", "200ms")...)
	if lines := strings.Count(stderr, " connections: ") + strings.Count(stderr, " to confirm: "); lines != len(s.Steps) && want != 99 {
		t.Errorf("%d lines for %d steps:\n%s", lines, len(s.Steps), stderr)
	}
	return s, stdout
}

// runSearch runs a search and returns its record and what it printed. It skips the test if a step does not count because of this machine.
func runSearch(t *testing.T, want int, args ...string) (s *result.Search, summary, progress string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "search.json")
	var stdout, stderr bytes.Buffer
	code := run(&stdout, &stderr, append(args, "-o", file))
	s, err := result.ReadSearch(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range s.Steps {
		if step.Outcome == result.Void || step.Outcome == result.Limited {
			t.Skipf("noisy host: %s", &stderr)
		}
	}
	if code != want {
		t.Errorf("exit code %d, want %d:\n%s%s", code, want, &stderr, &stdout)
	}
	return s, stdout.String(), stderr.String()
}

func TestFindMaxOverConnections(t *testing.T) {
	s := serve(t, seated(12))
	found, summary := searched(t, 0, "-c", "5", s.addr)
	if a := found.Answer; a.Outcome != result.Found || a.Level != 12 || a.Above != 13 || !found.Complete {
		t.Errorf("%+v", a)
	}
	if c := found.Confirming(); c == nil || c.Load.Spec.Connections != 12 || c.Load.Requests.Errors > 0 || c.Load.Spec.Duration.Milliseconds() != 600 {
		t.Errorf("the confirming step is %+v", c)
	}
	if want := regexp.MustCompile(`(?s)^loadgen -c 5 .*--find-max 'errors<0\.1%' --over connections.*\n  connections    12 connections: there errors<0\.1% holds, at 13 connections it does not\n +[0-9]+ steps, confirmed in a window of 600ms\n\nloadgen -c 12 -d 600ms .*\n  verdict  `); !want.MatchString(summary) {
		t.Errorf("the summary is\n%s", summary)
	}
}

// With --find-max, --fail-if applies to the confirming step.
func TestFindMaxWithAGate(t *testing.T) {
	s := serve(t, seated(3))
	found, _ := searched(t, 99, "-c", "1", "--fail-if", "max>1ns", s.addr)
	if a := found.Answer; a.Outcome != result.Found || a.Level != 3 {
		t.Errorf("%+v", a)
	}
}

func TestFindMaxInterrupted(t *testing.T) {
	s := serve(t, answer)
	file := filepath.Join(t.TempDir(), "record.json")
	cmd, stdout := command(t, s, "--find-max", "errors<1%", "--over", "connections", "-c", "4", "-d", "30s", "-o", file)
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Skip(err) // on Windows
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	found, err := result.ReadSearch(file)
	if err != nil {
		t.Fatal(err)
	}
	if found.Complete || found.Answer.Outcome != result.NoAnswer || !strings.Contains(stdout.String(), "INCOMPLETE: the search ended early") {
		t.Errorf("%+v\n%s", found.Answer, stdout)
	}
}
