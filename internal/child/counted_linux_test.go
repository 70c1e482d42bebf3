package child

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"carousel/internal/counters"
	"carousel/internal/result"
)

// many is how many calls a counted process makes; few bounds those that a Go program makes on its own, some hundred.
const many, few = 20000, 1000

func call() {
	for range many {
		unix.Getppid()
	}
}

func init() {
	roles["callee"] = func() {
		call()
		fmt.Println("called")
		io.Copy(io.Discard, os.Stdin)
	}
	// caller reads lines, makes its calls in the thread or process that a line names, and prints a line when they are made.
	roles["caller"] = func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); fmt.Println("called") {
			switch in.Text() {
			case "a new thread":
				done := make(chan bool)
				go func() {
					runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
					call()
					close(done)
				}()
				<-done
			case "a child": // it calls after a second exec, and lives on
				cmd := play("callee")
				cmd.Args, cmd.Path = []string{"sh", "-c", `exec "$0"`, os.Args[0]}, "/bin/sh"
				in, _ := cmd.StdinPipe()
				out, _ := cmd.StdoutPipe()
				if err := cmd.Start(); err != nil {
					panic(err)
				}
				bufio.NewReader(out).ReadString('\n')
				defer cmd.Wait()
				defer in.Close()
			case "its dead child":
				cmd := play("callee")
				if err := cmd.Run(); err != nil {
					panic(err)
				}
			}
		}
	}
}

// counted starts cmd with counters; the test is skipped where calls cannot be counted.
func counted(t *testing.T, cmd *exec.Cmd, keeper []string) (*Process, *counters.Set) {
	t.Helper()
	p, set, err := StartCounted(cmd, keeper)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		set.Close()
		p.Stop(0)
		p.Stdout.Close()
	})
	if why := set.Lacks()[result.Calls]; why != "" {
		t.Skip("system calls cannot be counted here: ", why)
	}
	return p, set
}

// calls is how many system calls a set has counted.
func calls(t *testing.T, set *counters.Set) int64 {
	t.Helper()
	n, counted := set.Read().Counts[result.Calls]
	if !counted {
		t.Fatal(set.Read().Lacks)
	}
	return n
}

// Counters can be read while the counted processes run. They count threads and processes that began after the start, also after a second exec,
// and those that have ended. They count no others: not this process, nor its other children.
func TestCountsOnlyTheTree(t *testing.T) {
	in, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer input.Close()
	cmd := play("caller")
	cmd.Stdin = in
	p, set := counted(t, cmd, nil)
	out := bufio.NewReader(p.Stdout)
	check := func(what string, before, want int64) {
		t.Helper()
		if got := calls(t, set) - before; got < want || got > want+few {
			t.Errorf("%s: %d calls were counted, want %d and at most %d more", what, got, want, few)
		}
	}
	for _, who := range []string{"a new thread", "a child", "its dead child"} {
		before := calls(t, set)
		fmt.Fprintln(input, who)
		if line, err := out.ReadString('\n'); err != nil {
			t.Fatalf("%q, %v", line, err)
		}
		check(who, before, many)
	}
	before := calls(t, set)
	call()
	check("this process", before, 0)
	before = calls(t, set)
	callee := play("callee")
	start(t, callee).Wait()
	check("another child", before, 0)
}

func TestCountsBelowAKeeper(t *testing.T) {
	cmd := exec.Command("sh", "-c", `setsid env CHILD_ROLE=callee "$0"; sleep 60`, os.Args[0])
	cmd.Env = append(os.Environ(), role+"=keeper")
	p, set := counted(t, cmd, []string{self})
	if line, err := bufio.NewReader(p.Stdout).ReadString('\n'); err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	if got := calls(t, set); got < many {
		t.Errorf("%d calls were counted, want %d at least", got, many)
	}
}

func TestStartCountedFails(t *testing.T) {
	if p, set, err := StartCounted(exec.Command("/nowhere"), nil); p != nil || set != nil || err == nil {
		t.Errorf("it is %v with %v: %v", p, set, err)
	}
}
