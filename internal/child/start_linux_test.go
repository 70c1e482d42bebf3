package child

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/host"
)

// terminates reports whether Stop sends SIGTERM before it kills.
const terminates = true

func init() {
	roles["parent"] = func() {
		p, err := Start(play("stubborn"))
		if err != nil {
			panic(err)
		}
		if _, err := Ready(p.Stdout, patience); err != nil {
			panic(err)
		}
		fmt.Println(p.PID())
		p.Wait()
	}
	roles["keeper"] = func() {
		code, err := Keep(os.Args[1:])
		if err != nil {
			panic(err)
		}
		os.Exit(code)
	}
	roles["keeping parent"] = func() {
		p, err := startKept(escape)
		if err != nil {
			panic(err)
		}
		io.Copy(os.Stdout, p.Stdout)
		p.Wait()
	}
	roles["limited parent"] = func() {
		cmd := exec.Command("sh", "-c", "ulimit -Sn")
		cmd.Stdout = os.Stdout
		p, err := Start(cmd)
		if err != nil {
			panic(err)
		}
		p.Wait()
	}
}

// escape makes a daemon, which leaves its session and its parent, and prints its number.
const escape = `setsid sh -c 'sleep 60 & echo $!'`

// startKept starts a script below a keeper.
func startKept(script string) (*Process, error) {
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), role+"=keeper")
	return StartTree(cmd, []string{self})
}

// self is the path of this test binary.
var self, _ = os.Executable()

// ends waits until the process pid has ended. A zombie has ended: its new parent may be slow to reap it.
func ends(t *testing.T, pid int) {
	t.Helper()
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
	}
	t.Errorf("process %d is still there", pid)
	syscall.Kill(pid, syscall.SIGKILL)
}

func TestDiesWithItsParent(t *testing.T) {
	for _, role := range []string{"parent", "keeping parent"} {
		t.Run(role, func(t *testing.T) { diesWith(t, play(role)) })
	}
}

// diesWith starts a parent, which prints the number of a process, kills the parent, and waits until that process has ended.
func diesWith(t *testing.T, parent *exec.Cmd) {
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if pid == 0 {
		t.Fatalf("the parent said %q, %v", line, err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("child %d before its parent's end: %v", pid, err)
	}
	parent.Process.Kill()
	parent.Wait()
	ends(t, pid)
}

func TestOutlivesTheThreadThatStartedIt(t *testing.T) {
	started := make(chan *Process)
	thread := make(chan int, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		p, err := Start(play("polite"))
		if err != nil {
			t.Error(err)
		}
		thread <- unix.Gettid()
		started <- p
	}()
	p := <-started
	if p == nil {
		t.FailNow()
	}
	defer p.Stdout.Close()
	tid := <-thread
	if tid != os.Getpid() { // the first thread of a process never ends
		ends(t, tid)
	}
	if _, err := Ready(p.Stdout, patience); err != nil {
		t.Error(err)
	}
	if err := p.Stop(patience); err != nil {
		t.Errorf("Stop = %v: the child died with a thread", err)
	}
}

func TestConfined(t *testing.T) {
	var mine unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mine); err != nil {
		t.Fatal(err)
	}
	cpu := 0
	for !mine.IsSet(cpu) {
		cpu++
	}
	allowed := func(cpus ...int) string {
		p := start(t, exec.Command("grep", "Cpus_allowed_list", "/proc/self/status"), cpus...)
		out, err := io.ReadAll(p.Stdout)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(strings.TrimPrefix(string(out), "Cpus_allowed_list:"))
	}
	if got := allowed(cpu); got != strconv.Itoa(cpu) {
		t.Errorf("confined to processor %d, the child may use %s", cpu, got)
	}
	if got := allowed(); mine.Count() > 1 && got == strconv.Itoa(cpu) {
		t.Errorf("an unconfined child after a confined one may use %s only", got)
	}
	if _, err := Start(exec.Command("true"), 1023); err == nil {
		t.Error("a processor that is not there was accepted")
	}
}

func TestInheritsDescriptorLimit(t *testing.T) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || limit.Max <= 300 {
		t.Skipf("hard limit %d: no room for a lower soft limit (%v)", limit.Max, err)
	}
	cmd := exec.Command("sh", "-c", `ulimit -Sn 300 && exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), role+"=limited parent")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := strconv.Atoi(strings.TrimSpace(string(out))); got <= 300 {
		t.Errorf("the runtime raised the limit from 300 towards %d, its child got %d", limit.Max, got)
	}
}

// A child leads a session and a process group of its own: a ctrl-C at this terminal does not reach it, and processors are shared by session.
func TestHasASessionOfItsOwn(t *testing.T) {
	ours, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	for name, begin := range map[string]func() (*Process, error){
		"plain": func() (*Process, error) { return Start(play("polite")) },
		"kept":  func() (*Process, error) { return startKept("echo READY a:1; sleep 60") },
	} {
		t.Run(name, func(t *testing.T) {
			p, err := begin()
			if err != nil {
				t.Fatal(err)
			}
			defer p.Stdout.Close()
			defer p.Stop(0)
			if _, err := Ready(p.Stdout, patience); err != nil {
				t.Fatal(err)
			}
			session, err := unix.Getsid(p.PID())
			group, err2 := unix.Getpgid(p.PID())
			if err != nil || err2 != nil || session != p.PID() || group != p.PID() || session == ours {
				t.Errorf("child %d is in session %d and group %d, this process in session %d (%v, %v)", p.PID(), session, group, ours, err, err2)
			}
			if err := host.RaiseSession(p.PID()); err == nil { // a higher priority does the child no harm
				if again, err := unix.Getsid(p.PID()); err != nil || again != session {
					t.Errorf("raised, it is in session %d (%v)", again, err)
				}
			}
		})
	}
}

// What a child starts is in the child's session, unless it leaves it.
func TestSessionIsInherited(t *testing.T) {
	p := start(t, exec.Command("sh", "-c", "sleep 60 & echo $!; wait"))
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	pid, _ := strconv.Atoi(strings.TrimSpace(line))
	if pid == 0 {
		t.Fatalf("it said %q, %v", line, err)
	}
	if session, err := unix.Getsid(pid); err != nil || session != p.PID() {
		t.Errorf("the child of child %d is in session %d, %v", p.PID(), session, err)
	}
}

func TestLeavesNothingOfItsGroup(t *testing.T) {
	p := start(t, exec.Command("sh", "-c", "sleep 60 & echo $!"))
	out, err := bufio.NewReader(p.Stdout).ReadString('\n')
	pid, _ := strconv.Atoi(strings.TrimSpace(out))
	if pid == 0 {
		t.Fatalf("it said %q, %v", out, err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	ends(t, pid)
}

// A daemon is kept: it stays a descendant of the Process, gets its SIGTERM, and ends with it.
func TestKeepsADaemon(t *testing.T) {
	for _, c := range []struct {
		name, script string
		grace        time.Duration
	}{
		{"its parent is gone", escape, patience},
		{"its parent waits", escape + "; sleep 60", patience},
		{"it is killed", "trap '' TERM; " + escape + "; sleep 60", time.Millisecond},
		{"at once", escape, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := startKept(c.script)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Stdout.Close()
			line, err := bufio.NewReader(p.Stdout).ReadString('\n')
			pid, _ := strconv.Atoi(strings.TrimSpace(line))
			if pid == 0 {
				t.Fatalf("it said %q, %v", line, err)
			}
			for end := time.Now().Add(patience); !slices.Contains(host.Descendants(p.PID()), pid); time.Sleep(time.Millisecond) {
				if time.Now().After(end) { // its parent may be about to end
					t.Fatalf("the daemon %d is never among the descendants", pid)
				}
			}
			p.Stop(c.grace)
			if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
				t.Errorf("the daemon is still there: %v", err)
			}
		})
	}
}

func TestKeeperEndsAsItsCommand(t *testing.T) {
	for script, code := range map[string]int{"exit 7": 7, "kill -TERM $$": 128 + int(syscall.SIGTERM), ":": 0, "exec /nonexistent": 127} {
		p, err := startKept(script)
		if err != nil {
			t.Fatal(err)
		}
		p.Wait()
		p.Stdout.Close()
		if got := p.cmd.ProcessState.ExitCode(); got != code {
			t.Errorf("%s: exit code %d, want %d", script, got, code)
		}
	}
}
