package child

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// role is the environment variable that makes the test binary play a role instead of running tests.
const role = "CHILD_ROLE"

var roles = map[string]func(){}

func TestMain(m *testing.M) {
	if play, ok := roles[os.Getenv(role)]; ok {
		play()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func init() {
	roles["polite"] = func() {
		term := make(chan os.Signal, 1)
		signal.Notify(term, syscall.SIGTERM)
		os.Stdout.WriteString("starting\nREADY 127.0.0.1:4711\n")
		<-term
		os.Stdout.WriteString("last words\n")
	}
	roles["stubborn"] = func() {
		signal.Ignore(syscall.SIGTERM)
		os.Stdout.WriteString("READY 127.0.0.1:4711\n")
		time.Sleep(time.Minute)
	}
	roles["failing"] = func() {
		os.Stderr.WriteString("port in use\n")
		os.Exit(3)
	}
}

func play(part string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), role+"="+part)
	return cmd
}

// patience bounds waits that end at once unless something is broken.
const patience = 20 * time.Second

func start(t *testing.T, cmd *exec.Cmd, cpus ...int) *Process {
	t.Helper()
	p, err := Start(cmd, cpus...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop(0)
		if p.Stdout != nil {
			p.Stdout.Close()
		}
	})
	return p
}

func TestLastWordsAreReadable(t *testing.T) {
	p := start(t, play("polite"))
	addr, err := Ready(p.Stdout, patience)
	if err != nil || addr != "127.0.0.1:4711" {
		t.Fatalf("Ready = %q, %v", addr, err)
	}
	stopped := p.Stop(patience)
	if stopped != nil && terminates {
		t.Errorf("Stop = %v, want exit code 0", stopped)
	}
	rest, err := io.ReadAll(p.Stdout)
	if err != nil || string(rest) != "last words\n" && terminates {
		t.Errorf("after its end it said %q, %v", rest, err)
	}
	if again := p.Stop(patience); again != stopped {
		t.Errorf("a second Stop = %v, the first %v", again, stopped)
	}
}

func TestStubbornIsKilled(t *testing.T) {
	p := start(t, play("stubborn"))
	if _, err := Ready(p.Stdout, patience); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(time.Millisecond); err == nil {
		t.Error("Stop of a child that had to be killed reports success")
	}
	select {
	case <-p.Done():
	default:
		t.Error("Stop returned before the child had ended")
	}
}

func TestExitCodeAndStderr(t *testing.T) {
	cmd := play("failing")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	p := start(t, cmd)
	if _, err := Ready(p.Stdout, patience); err == nil {
		t.Error("a child that ended was ready")
	}
	err := p.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != 3 {
		t.Errorf("Wait = %v, want exit code 3", err)
	}
	if got := stderr.String(); got != "port in use\n" {
		t.Errorf("stderr %q is not whole when Wait returns", got)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := Start(exec.Command("/nonexistent/server")); err == nil || !strings.Contains(err.Error(), "/nonexistent/server") {
		t.Errorf("error %v does not name the command", err)
	}
	cmd := play("polite")
	r, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := Start(cmd); err == nil {
		t.Error("a StdoutPipe was accepted")
	}
}

func TestReady(t *testing.T) {
	for _, c := range []struct{ name, said, addr, rest, err string }{
		{"at once", "READY [::1]:80\nmore\n", "[::1]:80", "more\n", ""},
		{"after chatter", "hello\r\nREADY a:1\r\n", "a:1", "", ""},
		{"never", "hello\n", "", "", `it printed "hello\n"`},
		{"cut short", "READY a:1", "", "", "output ended"},
		{"not at the start of a line", "not READY a:1\n", "", "", "output ended"},
		{"endless", strings.Repeat("x", 1<<20), "", strings.Repeat("x", 1<<20-64<<10), "65536 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := strings.NewReader(c.said)
			addr, err := Ready(r, patience)
			if addr != c.addr || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("Ready = %q, %v; want %q, %q", addr, err, c.addr, c.err)
			}
			if rest, _ := io.ReadAll(r); string(rest) != c.rest {
				t.Errorf("left %d bytes, want %d", len(rest), len(c.rest))
			}
		})
	}
}

func TestReadyGivesUp(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	if addr, err := Ready(r, time.Millisecond); err == nil {
		t.Errorf("a silent child was ready at %q", addr)
	}
}
