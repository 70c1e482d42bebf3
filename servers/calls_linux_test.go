package main

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"carousel/internal/child"
	"carousel/internal/counters"
	"carousel/internal/golden"
	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/scenario"
	"carousel/internal/sock"
)

// clockwork are the calls that the Go runtime makes about its threads: it makes them by the clock, and not for each request.
var clockwork = []int{unix.SYS_NANOSLEEP, unix.SYS_FUTEX, unix.SYS_SCHED_YIELD, unix.SYS_TGKILL, unix.SYS_GETPID, unix.SYS_GETTID,
	unix.SYS_RT_SIGRETURN, unix.SYS_RT_SIGACTION, unix.SYS_RT_SIGPROCMASK}

// called are names of the calls that a model may make; others are known by their number.
var called = map[int]string{
	unix.SYS_READ: "read", unix.SYS_WRITE: "write", unix.SYS_RECVFROM: "recvfrom", unix.SYS_SENDTO: "sendto", unix.SYS_WRITEV: "writev",
	unix.SYS_PSELECT6: "pselect6", unix.SYS_PPOLL: "ppoll", unix.SYS_EPOLL_PWAIT: "epoll_pwait", unix.SYS_EPOLL_PWAIT2: "epoll_pwait2",
	unix.SYS_EPOLL_CTL: "epoll_ctl", unix.SYS_IO_URING_ENTER: "io_uring_enter", unix.SYS_TIMERFD_SETTIME: "timerfd_settime",
	unix.SYS_ACCEPT4: "accept4", unix.SYS_CLOSE: "close", unix.SYS_FCNTL: "fcntl", unix.SYS_SETSOCKOPT: "setsockopt",
}

// TestCalls compares the system calls of a request with the recorded number, within 2 %: with one client, and with 64 whose requests have all
// come when the server looks. If they differ it names the calls.
func TestCalls(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes calls of its own")
	}
	for _, m := range models {
		for _, clients := range []int{1, 64} {
			name := fmt.Sprintf("%s %d", m.name, clients)
			if m.hidden || clients > 1 && lacks[m.name]&(several|crowds) != 0 && m.name != "pool" { // pool gets as many workers as clients
				continue
			}
			t.Run(name, func(t *testing.T) {
				if why := m.unavailable(); why != "" {
					t.Skip(why)
				}
				c := countCalls(t, m.name, clients)
				c.filter("!=", " && ", c.clockwork()...)
				calls := c.usual(result.Calls)
				golden.Near(t, "calls.json", name, calls, 0.02)
				formula := scenario.ExpectedCalls[m.name]
				if expected := formula.Calls(c.usual(result.Waits)); formula.Formula != "" && (calls > 1.02*expected || calls < expected/1.02) {
					t.Errorf("a request makes %.3f calls, %.3f were expected by %s", calls, expected, formula.Formula)
				}
				if t.Failed() {
					t.Errorf("a request makes these: %s", nameCalls(t, m.name, clients))
				}
			})
		}
	}
}

// clockwork returns the calls in the variable clockwork. If the server is stopped for each turn, it adds those that stopping causes:
// restart_syscall, and setting the next alarm of a held wait.
func (c *counted) clockwork() []int {
	if c.stops {
		return append([]int{unix.SYS_RESTART_SYSCALL, unix.SYS_TIMERFD_SETTIME}, clockwork...)
	}
	return slices.Clone(clockwork)
}

// counted is a server whose calls are counted, and its clients.
type counted struct {
	t       *testing.T
	pid     int
	set     *counters.Set
	counter *os.File // of system calls
	clients []int    // their sockets
	stops   bool
}

// countCalls starts a model on a processor of its own, where there is one. The test is skipped where calls cannot be counted.
func countCalls(t *testing.T, model string, clients int) *counted {
	var server []int
	if cpus := host.CPUs(); len(cpus) > 1 {
		server = cpus[:1]
		runtime.LockOSThread() // not unlocked again: the thread, bound to one processor, ends with the test
		var own unix.CPUSet
		own.Set(cpus[1])
		if err := unix.SchedSetaffinity(0, &own); err != nil {
			t.Fatal(err)
		}
	}
	cmd := ours(model)()
	if model == "pool" {
		cmd = ours(model)("--workers", fmt.Sprint(clients))
	}
	cmd.Env = append(cmd.Env, "GOMAXPROCS=1")
	p, set, err := child.StartCounted(cmd, nil, server...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Stop(0)
		p.Stdout.Close()
		set.Close()
	})
	names, files := set.Files()
	at := slices.Index(names, result.Calls)
	if at < 0 {
		t.Skip("system calls cannot be counted here: ", set.Lacks()[result.Calls])
	}
	addr, err := child.Ready(p.Stdout, patience)
	if err != nil {
		t.Fatal(err)
	}
	// A loop waits for all clients at once, and how many are ready at a time depends on when their requests arrive. So the server is stopped
	// until all requests are there. A thread that waits for one client needs no stop, and a stop would make it repeat its call.
	formula := scenario.ExpectedCalls[model].Formula
	waits := formula == "" || strings.Contains(formula, "k")
	c := &counted{t: t, pid: p.PID(), set: set, counter: files[at], stops: clients > 1 && waits}
	to, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	for range clients {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		limit := unix.NsecToTimeval(patience.Nanoseconds())
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit)
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(to.IP.To4())}); err != nil {
			t.Fatal(err)
		}
		c.clients = append(c.clients, fd)
	}
	for range 20 {
		c.turn()
	}
	return c
}

// turn has every client send one request and read its reply. With a single client it then pauses until the server waits again: otherwise some
// requests would arrive before that.
func (c *counted) turn() {
	if c.stops {
		unix.Kill(c.pid, unix.SIGSTOP)
		again(func() (int, error) { return 0, unix.Waitid(unix.P_PID, c.pid, nil, unix.WSTOPPED, nil) })
	}
	for _, fd := range c.clients {
		if _, err := unix.Write(fd, []byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n")); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.stops {
		unix.Kill(c.pid, unix.SIGCONT)
	}
	reply := make([]byte, 4096)
	for _, fd := range c.clients {
		if n, err := again(func() (int, error) { return unix.Read(fd, reply) }); err != nil || !strings.HasSuffix(string(reply[:max(n, 0)]), "Hello world\n") {
			c.t.Fatalf("the reply is %q, %v", reply[:max(n, 0)], err)
		}
	}
	if len(c.clients) == 1 {
		sock.Sleep(300 * time.Microsecond)
	}
}

// again repeats a call that a signal interrupts (EINTR).
func again(call func() (int, error)) (n int, err error) {
	for n, err = call(); err == unix.EINTR; n, err = call() {
	}
	return n, err
}

// filter limits the counter of system calls to the given one (is "==", and "") or to all but the given ones (is "!=", and " && "). It can be
// set once.
func (c *counted) filter(is, and string, calls ...int) {
	var all []string
	for _, call := range calls {
		all = append(all, fmt.Sprintf("id %s %d", is, call))
	}
	text, err := unix.BytePtrFromString(strings.Join(all, and))
	if err != nil {
		c.t.Fatal(err)
	}
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, c.counter.Fd(), unix.PERF_EVENT_IOC_SET_FILTER, uintptr(unsafe.Pointer(text))); e != 0 {
		c.t.Fatal(e)
	}
}

// usual returns how often a counter counts per request: the most frequent value of many turns, since in some the next request comes early. A
// turn of one client counts only if it and the turn before were short: in a long one, as on a busy machine, the alarm ends the wait and is set
// again.
func (c *counted) usual(name string) float64 {
	const turns, tries, short = 41, 4000, time.Millisecond
	times, counted, steady := map[int64]int{}, 0, false
	for i := 0; i < tries && counted < turns; i++ {
		start, begun, followed := time.Now(), c.set.Read().Counts[name], steady
		c.turn()
		n := c.set.Read().Counts[name] - begun
		if steady = len(c.clients) > 1 || time.Since(start) < short; steady && followed {
			counted++
			times[n]++
		}
	}
	if counted < turns {
		c.t.Fatalf("%d of %d turns took less than %v: the machine is too busy to count by", counted, tries, short)
	}
	most := slices.MaxFunc(slices.Collect(maps.Keys(times)), func(a, b int64) int { return cmp.Or(times[a]-times[b], int(b-a)) })
	return float64(most) / float64(len(c.clients))
}

// nameCalls returns which calls a request makes, and how many of each. It starts a new server for each call, since a filter can be set once.
func nameCalls(t *testing.T, model string, clients int) string {
	var all []string
	other := countCalls(t, model, clients).clockwork()
	for call, name := range called {
		other = append(other, call)
		c := countCalls(t, model, clients)
		c.filter("==", "", call)
		if n := c.usual(result.Calls); n > 0 {
			all = append(all, fmt.Sprintf("%s %.2f", name, n))
		}
	}
	slices.Sort(all)
	c := countCalls(t, model, clients)
	c.filter("!=", " && ", other...)
	return fmt.Sprintf("%s; others %.2f", strings.Join(all, ", "), c.usual(result.Calls))
}
