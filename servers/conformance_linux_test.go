package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"carousel/internal/host"
	"golang.org/x/sys/unix"
)

// narrow gives a socket the smallest receive buffer. It does so before the socket connects, since the buffer then decides the window.
func narrow(_, _ string, raw syscall.RawConn) (err error) {
	control := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
	})
	if control != nil {
		return control
	}
	return err
}

// pids are the server's processes: the one that was started, and its workers.
func (v *server) pids() []int { return append([]int{v.proc.PID()}, host.Descendants(v.proc.PID())...) }

// files lists the files that match pattern in /proc/PID of each of the server's processes.
func (v *server) files(pattern string) (names []string) {
	for _, pid := range v.pids() {
		found, _ := filepath.Glob(fmt.Sprintf("/proc/%d/%s", pid, pattern))
		names = append(names, found...)
	}
	return names
}

// opened returns the names of the descriptors that the server has open, and how many are TCP connections. The name of a connection has its
// state and its unsent and unread bytes (proc(5)).
func (x *exam) opened() (names []string, connections int) {
	proc := fmt.Sprintf("/proc/%d/", x.s.proc.PID())
	table, err := os.ReadFile(proc + "net/tcp") // read first: a connection that closes after this is not counted
	if err != nil {
		x.failf("cannot read the server's connections: %w", err)
	}
	sockets := map[string]string{}
	for row := range strings.Lines(string(table)) {
		if f := strings.Fields(row); len(f) > 9 && f[3] != "0A" { // 0A: a listening socket
			sockets["socket:["+f[9]+"]"] = " in state " + f[3] + " with queues " + f[4]
		}
	}
	for _, link := range x.s.files("fd/*") {
		name, err := os.Readlink(link)
		if err != nil { // closed meanwhile
			continue
		}
		state, is := sockets[name]
		if names = append(names, name+state); is {
			connections++
		}
	}
	return names, connections
}

// openFile returns the name of a file that the server has open, if the name contains part; "" if there is none. The file may be deleted.
func (x *exam) openFile(part string) string {
	for _, link := range x.s.files("fd/*") {
		if name, _ := os.Readlink(link); strings.Contains(name, part) {
			return strings.TrimSuffix(name, " (deleted)")
		}
	}
	return ""
}

// resting returns how many descriptors the server keeps open besides its connections, once it has begun to serve.
func (x *exam) resting() int {
	c := x.dial()
	c.hello()
	names, connections := x.opened() // connections counts c, unless its idle timeout has closed it
	c.close()
	return len(names) - connections
}

// rss returns the server's resident memory in bytes, 0 if it cannot be read.
func (v *server) rss() (bytes int64) {
	for _, name := range v.files("status") {
		status, _ := os.ReadFile(name)
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		kib, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
		bytes += kib << 10
	}
	return bytes
}

// limit sets the server's descriptor limit while it runs.
func (x *exam) limit(files uint64) {
	for _, pid := range x.s.pids() {
		var old unix.Rlimit
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &old); err != nil {
			x.failf("cannot read the server's descriptor limit: %w", err)
		}
		if old.Max < files {
			x.failf("the descriptor limit is %d, this case needs %d: run \"ulimit -Hn %d\" as root", old.Max, files, files)
		}
		if err := unix.Prlimit(pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: old.Max}, nil); err != nil {
			x.failf("cannot set the server's descriptor limit: %w", err)
		}
	}
}

// processor returns the processor time that the server has used.
func (x *exam) processor() time.Duration {
	tree, err := host.TreeCPU(x.s.proc.PID())
	if err != nil {
		x.failf("cannot read the server's processor time: %w", err)
	}
	cpu, err := host.Tree{}.Until(tree)
	if err != nil {
		x.failf("cannot read the server's processor time: %w", err)
	}
	return time.Duration(cpu.Total())
}

// queued returns how long each of the server's threads has waited for a processor (proc(5), schedstat).
func (x *exam) queued() map[string]time.Duration {
	queued := map[string]time.Duration{}
	for _, thread := range x.s.files("task/*/schedstat") {
		var ran, waited time.Duration
		stat, _ := os.ReadFile(thread)
		fmt.Sscan(string(stat), &ran, &waited)
		queued[thread] = waited
	}
	return queued
}

// utilisation returns the share of a processor that the server uses over half a second. The time in which its threads queue for a processor
// does not count, so a thread that spins uses all of the rest on a busy machine too.
func (x *exam) utilisation() float64 {
	ran, before, start := x.processor(), x.queued(), time.Now()
	time.Sleep(500 * time.Millisecond)
	ran = x.processor() - ran
	waited := time.Duration(0)
	for thread, then := range x.queued() {
		waited = max(waited, then-before[thread])
	}
	return float64(ran) / float64(max(time.Since(start)-waited, ran, 1))
}

// idles expects that the server does nothing from now on: it uses less than 10 % of a processor.
func (x *exam) idles() {
	time.Sleep(50 * time.Millisecond) // the server has finished what the last step caused
	if used := x.utilisation(); used >= 0.1 {
		x.failf("the server uses %.0f %% of a processor while it has nothing to do", used*100)
	}
}

// calms waits until the server has done what it can and idles.
func (x *exam) calms() {
	x.until(func() string {
		if used := x.utilisation(); used >= 0.1 {
			return fmt.Sprintf("the server uses %.0f %% of a processor and has nothing to do any more", used*100)
		}
		return ""
	})
}

// rests waits until the server has begun to answer c and done what it can.
func (x *exam) rests(c *conn) {
	c.in.Peek(1)
	x.settles()
}

// settles waits until none of the server's threads has run or waited for a processor for a while. It does not wait for a server that
// never rests.
func (x *exam) settles() {
	const while, enough = 5 * time.Millisecond, 10
	for still, looks := 0, 0; still < enough && looks < 400; looks++ {
		before := x.processor()
		time.Sleep(while)
		if still++; x.runnable() || x.processor()-before > while/10 {
			still = 0
		}
	}
}

// runnable reports whether a thread of the server runs or waits for a processor (proc(5), stat).
func (x *exam) runnable() bool {
	for _, thread := range x.s.files("task/*/stat") {
		stat, _ := os.ReadFile(thread)
		if _, state, _ := strings.Cut(string(stat), ") "); strings.HasPrefix(state, "R") {
			return true
		}
	}
	return false
}

// cost returns the processor time of a request in the server: the least of a few samples, since other work on the machine only adds to it.
func (x *exam) cost(c *conn) time.Duration {
	least := time.Duration(math.MaxInt64)
	for range 10 {
		const requests = 100
		before := x.processor()
		for range requests {
			c.hello()
		}
		least = min(least, (x.processor()-before)/requests)
	}
	return least
}

// neverReads expects that the server buffers little for a client that sends requests and does not read.
func (x *exam) neverReads(requests string) {
	x.served()
	before := x.s.rss()
	c := x.dialNarrow()
	c.send(requests)
	c.expect(x.response()[:12])
	x.calms()
	if grown := x.s.rss() - before; grown > 32<<20 {
		x.failf("one client that does not read costs the server %d MiB", grown>>20)
	}
}

// atRest waits until the server has no more descriptors open than before.
func (x *exam) atRest(before int) {
	x.until(func() string {
		if now, _ := x.opened(); len(now) > before {
			return fmt.Sprintf("%d descriptors are open, %d were in the beginning: %s", len(now), before, strings.Join(now, ", "))
		}
		return ""
	})
}

// servesAgain waits until the server has noticed that the other clients have left, and serves a new one.
func (x *exam) servesAgain() {
	x.until(func() string {
		if err := attempt(x.served); err != nil {
			return "when all have left: " + err.Error()
		}
		return ""
	})
}
