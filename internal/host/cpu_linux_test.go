package host

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/usage"
)

// role names the environment variable that makes the test binary play a part instead of testing.
const role = "HOST_ROLE"

// burnt is what a burner uses, of its thread's processor time.
const burnt = 150 * time.Millisecond

var roles = map[string]func(){
	// A process that burns on a thread, which then ends, and stays alive.
	"burner": func() {
		ended := make(chan int)
		go func() {
			runtime.LockOSThread()
			burn(burnt)
			ended <- unix.Gettid()
		}()
		for tid := <-ended; tid != os.Getpid(); time.Sleep(time.Millisecond) {
			if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", tid)); err != nil {
				break
			}
		}
		hold()
	},
	// A process that starts HOST_CHILD as its child; both burn and stay alive.
	"family": func() {
		child := play(os.Getenv("HOST_CHILD"))
		child.Stderr = os.Stderr
		in, _ := child.StdinPipe()
		defer in.Close()
		out, _ := child.StdoutPipe()
		if err := child.Start(); err != nil {
			panic(err)
		}
		bufio.NewReader(out).ReadString('\n')
		burn(burnt)
		hold()
	},
	// A process whose child burnt, ended and was waited for.
	"widow": func() {
		if err := play("brief").Run(); err != nil {
			panic(err)
		}
		hold()
	},
	"brief": func() { burn(burnt) },
	// A process that once had much memory.
	"eater": func() {
		meal := make([]byte, eaten)
		for i := range meal {
			meal[i] = 1
		}
		meal = nil
		debug.FreeOSMemory()
		hold()
	},
	// A process whose child burns and, when a line comes, ends; the kernel reaps the child unless HOST_WAITS is set.
	"parent": func() {
		if os.Getenv("HOST_WAITS") == "" {
			signal.Ignore(unix.SIGCHLD)
		}
		child := play("burner")
		in, _ := child.StdinPipe()
		out, _ := child.StdoutPipe()
		if err := child.Start(); err != nil {
			panic(err)
		}
		bufio.NewReader(out).ReadString('\n')
		hold()
		in.Close()
		child.Wait()
		hold()
	},
}

func TestMain(m *testing.M) {
	if play, ok := roles[os.Getenv(role)]; ok {
		play()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// burn uses d of the calling thread's processor time.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now := func() int64 {
		var ts unix.Timespec
		unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
		return ts.Nano()
	}
	for end := now() + d.Nanoseconds(); now() < end; {
	}
}

// hold prints that the burning is over, and waits for a line or the end of stdin.
func hold() {
	fmt.Println("burnt")
	bufio.NewReader(os.Stdin).ReadString('\n')
}

func play(part string, env ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = slices.Concat(os.Environ(), []string{role + "=" + part}, env)
	return cmd
}

// played starts a role and returns when its work is done; the process stays until the test ends.
func played(t *testing.T, part string, env ...string) (pid int) {
	t.Helper()
	cmd := play(part, env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("it said %q, %v", line, err)
	}
	return cmd.Process.Pid
}

// treeCPU returns what the tree of pid has used so far.
func treeCPU(t *testing.T, pid int) usage.CPU {
	t.Helper()
	tree, err := TreeCPU(pid)
	if err != nil {
		t.Fatal(err)
	}
	used, err := Tree{}.Until(tree)
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func TestTreeCPU(t *testing.T) {
	for _, c := range []struct {
		name, part, child string
		burners           int
	}{
		{"a thread that has ended", "burner", "", 1},
		{"a child and its child's ended thread", "family", "burner", 2},
		{"a child that was waited for", "widow", "", 1},
		{"a grandchild that was waited for", "family", "widow", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := treeCPU(t, played(t, c.part, "HOST_CHILD="+c.child))
			// A burner uses at least burnt by its own clock. Of a process that was waited for only ticks are known. The
			// beginning and the end of a Go program take some time, too.
			least := int64(c.burners)*burnt.Nanoseconds() - 2*tick
			if got.Total() < least || got.Total() > least+3*burnt.Nanoseconds() {
				t.Errorf("%d burners of %v: %d ns, want at least %d and not half a second more", c.burners, burnt, got.Total(), least)
			}
			if got.UserNS < 0 || got.SystemNS < 0 {
				t.Errorf("negative time: %+v", got)
			}
		})
	}
}

func TestTreeCPUIsFinerThanATick(t *testing.T) {
	before := treeCPU(t, os.Getpid())
	burn(time.Millisecond)
	after := treeCPU(t, os.Getpid())
	if used := after.Total() - before.Total(); used < time.Millisecond.Nanoseconds() || used%tick == 0 {
		t.Errorf("after 1 ms of burning: %d ns more", used)
	}
}

// The time of an ended child goes to the parent that waits for it. If the kernel reaps the child, its time is unknown, and Until returns an error.
func TestTreeCPUWhenAChildEnds(t *testing.T) {
	for _, c := range []struct{ name, waits, says string }{
		{"waited for", "yes", ""},
		{"reaped by the kernel", "", "ignores SIGCHLD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := play("parent", "HOST_WAITS="+c.waits)
			in, _ := cmd.StdinPipe()
			out, _ := cmd.StdoutPipe()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { in.Close(); cmd.Wait() }()
			lines := bufio.NewReader(out)
			look := func() Tree {
				if line, err := lines.ReadString('\n'); err != nil {
					t.Fatalf("it said %q, %v", line, err)
				}
				tree, err := TreeCPU(cmd.Process.Pid)
				if err != nil {
					t.Fatal(err)
				}
				return tree
			}
			before := look()
			io.WriteString(in, "\n")
			after := look()
			got, err := before.Until(after)
			if c.says == "" && (err != nil || got.UserNS < 0 || got.SystemNS < 0 || got.Total() > burnt.Nanoseconds()) {
				t.Errorf("an ending child used %+v, %v", got, err)
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %+v, %v, want an error that says %q", got, err, c.says)
			}
		})
	}
}

func TestTreeCPUOfNobody(t *testing.T) {
	cmd := play("brief")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if got, err := TreeCPU(cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), "no such process") {
		t.Errorf("a process that has ended and was waited for has used %+v, %v", got, err)
	}
}

func TestParseProcess(t *testing.T) {
	const rest = " 0 0 0 0 0 0 0 0 0 29 9 25 7 20 0 %d 0 5512 0 0 0 0 0 0 0 0 0 0 %d 0 0"
	plain := process{
		parent: 7, started: 5512,
		own:    usage.CPU{UserNS: 295e6, SystemNS: 95e6},
		waited: usage.CPU{UserNS: 250e6, SystemNS: 70e6},
	}
	deaf, ended := plain, plain
	deaf.deaf, ended.ended = true, true
	for _, c := range []struct {
		name, stat string
		want       process
	}{
		{"a process", "12 (sh) S 7" + fmt.Sprintf(rest, 1, 1<<12), plain},
		{"a name that looks like more", "12 (a) R 1 (b) S 7" + fmt.Sprintf(rest, 1, 0), plain},
		{"SIGCHLD ignored", "12 (sh) S 7" + fmt.Sprintf(rest, 1, 1<<16), deaf},
		{"ended and not waited for", "12 (sh) Z 7" + fmt.Sprintf(rest, 1, 0), ended},
		{"a main thread that ended", "12 (sh) Z 7" + fmt.Sprintf(rest, 3, 0), plain},
	} {
		if got, err := parseProcess(c.stat, 390e6); err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	for _, stat := range []string{"", "12 (sh", "12 (sh) S 7 0"} {
		if got, err := parseProcess(stat, 0); err == nil {
			t.Errorf("%q reads as %+v", stat, got)
		}
	}
}

func TestSelfCPU(t *testing.T) {
	before := SelfCPU()
	burn(30 * time.Millisecond)
	after := SelfCPU()
	if used := after.Total() - before.Total(); used < 29*time.Millisecond.Nanoseconds() {
		t.Errorf("after 30 ms of burning: %d ns more", used)
	}
	self, err := readProcess(os.Getpid())
	if err != nil || self.own.Total() < after.Total()-1000 {
		t.Errorf("this process's own clock says %+v, %v; SelfCPU said %+v", self.own, err, after)
	}
	if self.own.UserNS < after.UserNS-2*tick || self.own.SystemNS < after.SystemNS-2*tick {
		t.Errorf("SelfCPU %+v and the process's own clock %+v disagree on the kinds", after, self.own)
	}
}

func TestChildrenByScan(t *testing.T) {
	pid := played(t, "burner")
	for name, list := range map[string][]int{"either way": families()(os.Getpid()), "scan": childrenByScan()[os.Getpid()]} {
		if !slices.Contains(list, pid) {
			t.Errorf("by %s the children are %v; %d is lacking", name, list, pid)
		}
	}
}

func BenchmarkTreeCPU(b *testing.B) {
	for b.Loop() {
		if _, err := TreeCPU(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
