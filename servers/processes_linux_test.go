package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"carousel/internal/child"
	"carousel/internal/host"
)

// TestWorkersAreReplaced kills workers that each hold a conversation: only these conversations end, and new workers start.
func TestWorkersAreReplaced(t *testing.T) {
	for _, c := range []struct{ workers, killed int }{{1, 1}, {3, 1}, {3, 3}} {
		t.Run(fmt.Sprintf("%d of %d", c.killed, c.workers), func(t *testing.T) {
			t.Parallel()
			err := try(ours("prefork"), nil, testcase{flags: []string{"--workers", fmt.Sprint(c.workers)}, run: func(x *exam) {
				all := x.dials(c.workers)
				for _, c := range all {
					c.hello()
				}
				workers := x.s.pids()[1:]
				if len(workers) != c.workers {
					x.failf("there are %d workers", len(workers))
				}
				for _, pid := range workers[:c.killed] {
					syscall.Kill(pid, syscall.SIGKILL)
				}
				var stay []*conn
				for _, c := range all {
					c.send(get)
					if _, err := c.in.Peek(1); err == nil {
						c.expect(hello)
						stay = append(stay, c)
					}
				}
				if len(stay) != c.workers-c.killed {
					x.failf("%d workers of %d are killed, and %d conversations go on", c.killed, c.workers, len(stay))
				}
				for range c.killed {
					stay = append(stay, x.dial())
				}
				for _, c := range stay {
					c.hello()
				}
				for _, pid := range workers[:c.killed] {
					x.explains(fmt.Sprintf("worker %d has ended (signal: killed), another takes its place", pid))
				}
				now := x.s.pids()[1:]
				if len(now) != c.workers || slices.ContainsFunc(now, func(pid int) bool { return slices.Contains(workers[:c.killed], pid) }) {
					x.failf("the workers were %v, of whom %d were killed, and are %v", workers, c.killed, now)
				}
				// The usage line lacks what a killed worker has served.
				line, err := x.s.stop()
				if err != nil {
					x.failf("%w", err)
				}
				if want := int64(3*(c.workers-c.killed) + c.killed); line.Requests != want || line.Connections != int64(c.workers) {
					x.failf("%d requests on %d connections are counted, want %d on %d", line.Requests, line.Connections, want, c.workers)
				}
			}}, lacks["prefork"], patience)
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestPreforkAddsUp has several workers serve, several clients each, and ends them while connections are open.
func TestPreforkAddsUp(t *testing.T) {
	const workers, rounds = 3, 4
	err := try(ours("prefork"), nil, testcase{flags: []string{"--workers", fmt.Sprint(workers)}, run: func(x *exam) {
		requests, connections := int64(0), int64(0)
		for round := range rounds {
			all := x.dials(workers) // one for each, since no other worker is free
			for i, c := range all {
				for range 1 + 10*i {
					c.hello()
					requests++
				}
				connections++
			}
			for i, c := range all {
				switch {
				case round < rounds-1:
					c.close()
				case i == 1:
					c.send(get[:10])
				case i == 2:
					c.send(ask("/sleep/60s"))
				}
			}
		}
		line, err := x.s.stop()
		if err != nil {
			x.failf("%w", err)
		}
		if line.Requests != requests || line.Connections != connections || line.Bytes != x.received.Load() {
			x.failf("%d requests on %d connections were answered with %d bytes, but the usage line counts %d on %d with %d",
				requests, connections, x.received.Load(), line.Requests, line.Connections, line.Bytes)
		}
		if line.Children.Total() <= 0 || line.Self.Total() <= 0 {
			x.failf("workers that served used %+v, their parent %+v", line.Children, line.Self)
		}
	}}, lacks["prefork"], patience)
	if err != nil {
		t.Error(err)
	}
}

// TestPreforkLeavesNoProcess kills the parent at any moment, from before it starts its workers to when they are busy. Run it with
// -count for more of them.
func TestPreforkLeavesNoProcess(t *testing.T) {
	const moments, workers = 6, 3
	began := time.Now()
	v, err := ours("prefork").start("--workers", fmt.Sprint(workers))
	if err != nil {
		t.Fatal(err)
	}
	v.kill()
	up := time.Since(began)
	for i := range moments {
		after := time.Duration((float64(i) + rand.Float64()) / moments * 2 * float64(up))
		t.Run(fmt.Sprintf("moment %d", i+1), func(t *testing.T) {
			mark := fmt.Sprintf("CAROUSEL_MARK=%d-%x", os.Getpid(), rand.Uint64())
			cmd := ours("prefork")("--workers", fmt.Sprint(workers))
			cmd.Env = append(cmd.Env, mark)
			p, err := child.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Stdout.Close()
			defer p.Stop(0)
			var clients sync.WaitGroup
			defer clients.Wait()
			ready := make(chan struct{})
			go func() {
				addr, err := child.Ready(p.Stdout, patience)
				if err == nil {
					for range 2 * workers {
						clients.Go(func() { askUntilCut(addr) })
					}
				}
				close(ready)
			}()
			time.Sleep(after)

			all := host.Descendants(p.PID())
			syscall.Kill(p.PID(), syscall.SIGKILL)
			p.Wait()
			<-ready
			t.Logf("killed after %v, with %d workers", after, len(all))
			// A worker that was just forked may be no descendant any more, and has no environment during its exec.
			for still, end := 0, time.Now().Add(grace); still < 10; time.Sleep(5 * time.Millisecond) {
				left := marked(mark)
				for _, pid := range all {
					if alive(pid) && !slices.Contains(left, pid) {
						left = append(left, pid)
					}
				}
				if still++; len(left) > 0 {
					still = 0
				}
				if time.Now().After(end) {
					for _, pid := range left {
						syscall.Kill(pid, syscall.SIGKILL)
					}
					t.Fatalf("of a server that was killed after %v the processes %v are left", after, left)
				}
			}
		})
	}
}

// askUntilCut is a client that sends requests until the server closes the connection.
func askUntilCut(addr string) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	for reply := make([]byte, len(hello)); err == nil; {
		if _, err = c.Write([]byte(get)); err == nil {
			_, err = c.Read(reply)
		}
	}
}

// marked returns the processes that have a variable in their environment. A zombie has none.
func marked(variable string) (pids []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range names {
		if environment, _ := os.ReadFile(name); slices.Contains(strings.Split(string(environment), "\x00"), variable) {
			var pid int
			fmt.Sscanf(name, "/proc/%d/", &pid)
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive reports whether a process runs. A zombie does not.
func alive(pid int) bool {
	stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, there := strings.Cut(string(stat), ") ")
	return there && state[0] != 'Z' && state[0] != 'X'
}

// TestMarked checks that the search for leftover processes finds workers at all.
func TestMarked(t *testing.T) {
	const mark = "CAROUSEL_MARK=found"
	t.Setenv("CAROUSEL_MARK", "found")
	v, err := ours("prefork").start("--workers", "3")
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	found := marked(mark)
	if len(v.pids()) != 4 {
		t.Errorf("there are %d processes", len(v.pids()))
	}
	for _, pid := range v.pids() {
		if !slices.Contains(found, pid) || !alive(pid) {
			t.Errorf("process %d is not found among %v", pid, found)
		}
	}
}

// TestThreadsRunOut connects one client more than there may be threads.
func TestThreadsRunOut(t *testing.T) {
	err := try(ours("thread"), nil, testcase{flags: []string{"--threads", "3"}, run: func(x *exam) {
		all := x.dials(3)
		for range 2 {
			for _, c := range all {
				c.hello()
			}
			late := x.dial()
			late.send(get)
			late.answered(answer{status: 503})
			late.ended()
			x.explains("all 3 threads have a connection: raise --threads")
			all[0].close()
			x.until(func() (wrong string) { // the thread may take a moment to end
				all[0] = x.dial()
				if err := attempt(all[0].hello); err != nil {
					wrong = "when one has left: " + err.Error()
				}
				return wrong
			})
		}
	}}, lacks["thread"], patience)
	if err != nil {
		t.Error(err)
	}
}
