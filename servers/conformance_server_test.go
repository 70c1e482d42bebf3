package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/forbid"
	"carousel/internal/usage"
)

// actAs is the environment variable that makes the test binary run as a program instead of a test: "servers", or a variant of it. "twins" has
// models that are wrong on purpose; "unwatched" can watch few descriptors; "ringless" has no io_uring; "others" measures how long other
// goroutines than the model's wait for the processor.
const actAs = "CAROUSEL_ACT_AS"

func TestMain(m *testing.M) {
	if program := os.Getenv(actAs); program != "" {
		switch program {
		case "twins":
			models = twins()
			debug.SetGCPercent(10) // collect often: only memory that a model keeps may count, not garbage
		case "unwatched":
			forbid.Watches(watchable)
		case "ringless":
			forbid.Rings()
		case "others":
			watchOthers()
		}
		os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]))
	}
	flag.Set("test.parallel", "16") // the cases mostly wait; a flag on the command line overrides this
	os.Exit(m.Run())
}

// self is the command that runs a program.
func self(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), actAs+"="+program)
	return cmd
}

// subject is a server to be examined: a command that listens on a free port, prints READY and its usage line as
// servers does, and takes its flags.
type subject func(flags ...string) *exec.Cmd

// ours is the subject that runs one of our models.
func ours(name string) subject { return modelOf("servers", name) }

// modelOf is the subject that runs one of a program's models.
func modelOf(program, name string) subject {
	return func(flags ...string) *exec.Cmd {
		return self(program, append([]string{"--model", name, "--addr", "127.0.0.1:0"}, flags...)...)
	}
}

// server is a subject's running process.
type server struct {
	addr   string
	proc   *child.Process
	stderr safeBuffer
}

// start starts a process and waits for its READY line.
func (s subject) start(flags ...string) (*server, error) { return s.startOn(nil, flags...) }

// startOn is start on the processors cpus, if there are any.
func (s subject) startOn(cpus []int, flags ...string) (*server, error) {
	v := new(server)
	cmd := s(flags...)
	if cmd.Stderr == nil {
		cmd.Stderr = &v.stderr
	}
	var err error
	if v.proc, err = child.Start(cmd, cpus...); err != nil {
		return nil, err
	}
	if v.addr, err = child.Ready(v.proc.Stdout, patience); err != nil {
		v.kill()
		return nil, fmt.Errorf("%w; stderr: %s", err, v.stderr.String())
	}
	return v, nil
}

// grace is how long a server may take to end: a second is what it promises, the rest is for a busy machine.
const grace = 5 * time.Second

// stop ends the process as its user would and returns its usage line. It is an error when the process does not end in
// time, ends with a code other than 0 (a data race is 66), or printed anything but READY and the usage line.
func (v *server) stop() (usage.Line, error) {
	var line usage.Line
	err := v.proc.Stop(grace)
	out, _ := io.ReadAll(v.proc.Stdout)
	if err != nil {
		return line, fmt.Errorf("SIGTERM: %w; stdout: %q, stderr: %q", err, out, v.stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&line); err != nil || bytes.IndexByte(out, '\n') != len(out)-1 {
		return line, fmt.Errorf("want one usage line, got %q: %v", out, err)
	}
	return line, nil
}

// kill ends the process at once.
func (v *server) kill() {
	v.proc.Stop(0)
	v.proc.Stdout.Close()
}

// safeBuffer is a buffer that a process fills while a test reads it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
