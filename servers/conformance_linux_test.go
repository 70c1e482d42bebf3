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

// narrow gives a socket the smallest receive buffer before it connects, when it still decides the window.
func narrow(_, _ string, raw syscall.RawConn) (err error) {
	control := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 4096)
	})
	if control != nil {
		return control
	}
	return err
}

// descriptors returns how many descriptors the server has open.
func (x *exam) descriptors() int {
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", x.s.proc.PID()))
	if err != nil {
		x.failf("cannot read the server's descriptors: %w", err)
	}
	return len(all)
}

// resting returns how many descriptors a server keeps open that has begun to serve and has no connection.
func (x *exam) resting() int {
	c := x.dial()
	c.hello()
	n := x.descriptors() - 1
	c.close()
	return n
}

// rss returns the server's resident memory in bytes.
func (v *server) rss() int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", v.proc.PID()))
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kib << 10
}

// limit sets the server's descriptor limit while it runs.
func (x *exam) limit(files uint64) {
	var old unix.Rlimit
	if err := unix.Prlimit(x.s.proc.PID(), unix.RLIMIT_NOFILE, nil, &old); err != nil {
		x.failf("cannot read the server's descriptor limit: %w", err)
	}
	if old.Max < files {
		x.failf("the descriptor limit is %d, this case needs %d: run \"ulimit -Hn %d\" as root", old.Max, files, files)
	}
	if err := unix.Prlimit(x.s.proc.PID(), unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: files, Max: old.Max}, nil); err != nil {
		x.failf("cannot set the server's descriptor limit: %w", err)
	}
}

// processor returns the processor time that the server has used.
func (x *exam) processor() time.Duration {
	cpu, err := host.TreeCPU(x.s.proc.PID())
	if err != nil {
		x.failf("cannot read the server's processor time: %w", err)
	}
	return time.Duration(cpu.Total())
}

// queued returns how long the server's threads have waited for a processor (proc(5), schedstat).
func (x *exam) queued() (total time.Duration) {
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", x.s.proc.PID()))
	for _, thread := range threads {
		var ran, waited time.Duration
		stat, _ := os.ReadFile(thread)
		fmt.Sscan(string(stat), &ran, &waited)
		total += waited
	}
	return total
}

// load returns the share of a processor that the server uses for a while, of what a busy machine lets it have.
func (x *exam) load() float64 {
	ran, waited, start := x.processor(), x.queued(), time.Now()
	time.Sleep(500 * time.Millisecond)
	ran, waited = x.processor()-ran, x.queued()-waited
	return float64(ran) / float64(max(time.Since(start)-waited, ran, 1))
}

// idles expects that the server has nothing to do from now on and knows it: it uses less than 10 % of a processor.
func (x *exam) idles() {
	time.Sleep(50 * time.Millisecond) // what the last step caused is over by then
	if load := x.load(); load >= 0.1 {
		x.failf("the server uses %.0f %% of a processor while it has nothing to do", load*100)
	}
}

// calms expects that the server idles when it has done what it can.
func (x *exam) calms() {
	x.until(func() string {
		if load := x.load(); load >= 0.1 {
			return fmt.Sprintf("the server uses %.0f %% of a processor and has nothing to do any more", load*100)
		}
		return ""
	})
}

// cost returns the processor time that a request takes the server: the least of a few samples, since what else goes on
// only adds to it.
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

// neverReads expects that a client who asks and does not read costs little memory.
func (x *exam) neverReads(requests string) {
	x.served()
	before := x.s.rss()
	c := x.dialNarrow()
	c.send(requests)
	c.expect(x.response()[:12])
	time.Sleep(500 * time.Millisecond)
	if grown := x.s.rss() - before; grown > 32<<20 {
		x.failf("one client that does not read costs the server %d MiB", grown>>20)
	}
}

// atRest expects that the server has given back all descriptors but those it began with.
func (x *exam) atRest(before int) {
	x.until(func() string {
		if now := x.descriptors(); now > before {
			return fmt.Sprintf("%d descriptors are open, %d were in the beginning", now, before)
		}
		return ""
	})
}

// servesAgain expects that a server serves when it has noticed that the others have left.
func (x *exam) servesAgain() {
	x.until(func() string {
		if err := attempt(x.served); err != nil {
			return "when all have left: " + err.Error()
		}
		return ""
	})
}

// What a server costs while it has nothing to do, and at its limits.
var loadCases = []testcase{
	{name: "spins: nobody has come", alone: true, run: func(x *exam) { x.idles() }},
	{name: "spins: never removes a dead socket: some have left", alone: true, run: func(x *exam) {
		x.served()
		x.served()
		x.idles()
	}},
	{name: "spins: silent connections", alone: true, run: func(x *exam) {
		all := x.dials(20)
		all[0].hello()
		all[1].send(x.request()[:4])
		x.idles()
	}},
	{name: "spins: never removes a dead socket: many have left", alone: true, run: func(x *exam) {
		before := x.resting()
		for i := range 30 {
			c := x.dial()
			c.hello()
			switch i % 3 {
			case 0:
				c.close()
			case 1:
				c.reset()
			case 2:
				c.finish()
			}
		}
		x.idles()
		x.hangUp()
		x.atRest(before)
		x.served()
	}},
	{name: "spins: further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.send(get + get[:5])
		x.idles()
		c.expect(hello + hello)
		c.send(get[5:])
		c.expect(hello)
	}},
	{name: "spins: much further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		const n = 5000
		c := x.dial()
		c.send(ask("/sleep/1s") + strings.Repeat(get, n))
		x.idles()
		c.expect(strings.Repeat(hello, n+1))
	}},
	{name: "spins: half-closed during a sleep", needs: web, alone: true, run: func(x *exam) {
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.finish()
		x.idles()
		c.expect(hello)
		c.ended()
	}},
	{name: "spins: reset during a sleep", needs: web, alone: true, run: func(x *exam) {
		before := x.resting()
		c := x.dial()
		c.send(ask("/sleep/1s"))
		time.Sleep(20 * time.Millisecond)
		c.reset()
		x.idles()
		x.served()
		x.atRest(before)
	}},
	{name: "spins: closed with further input during a sleep", needs: web, alone: true, run: func(x *exam) {
		before := x.resting()
		c := x.dial()
		c.send(ask("/sleep/1s") + get)
		time.Sleep(20 * time.Millisecond)
		c.close()
		x.idles()
		x.served()
		x.atRest(before)
	}},
	{name: "spins: a client that does not read", needs: web, alone: true, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(ask("/bytes/1073741824") + get)
		c.expect("HTTP/1.1 200 OK\r\n")
		x.calms()
		c.finish()
		x.idles()
		c.reset()
		x.idles()
		x.served()
	}},
	{name: "spins: a pipeliner that does not read", alone: true, run: func(x *exam) {
		c := x.dialNarrow()
		c.send(x.flood())
		c.expect(x.response()[:12])
		x.calms()
	}},
	{name: "appends for ever to a peer that never reads", needs: web, alone: true, run: func(x *exam) {
		x.neverReads(strings.Repeat(ask("/bytes/1048576"), 100) + strings.Repeat(post(content(1<<20)), 40))
	}},
	{name: "lines: appends for ever to a peer that never reads", needs: lines, alone: true, run: func(x *exam) {
		x.lines = true
		x.neverReads(strings.Repeat("\n", 4<<20)) // 50 MB of replies
	}},
	{name: "scans lists from the front, O(n) per turn: idle connections cost a busy one nothing", needs: several | scale, alone: true, run: func(x *exam) {
		const idle = 800
		x.limit(idle + 200)
		c := x.dial()
		few := x.cost(c)
		for _, silent := range x.dials(idle) {
			silent.hello()
		}
		if many := x.cost(c); many > 3*few { // a loop that lists them all needs 5 to 12 times as much, others up to 1.5
			x.failf("a request costs %v, and %v beside %d idle connections", few, many, idle)
		}
	}},

	{name: "EMFILE: costs little", alone: true, run: func(x *exam) {
		x.served()
		x.limit(64)
		for _, c := range x.dials(crowd) {
			c.send(x.request())
		}
		x.calms()
	}},
	{name: "closes a descriptor before unregistering it: EMFILE passes", alone: true, run: func(x *exam) {
		x.served()
		x.limit(64)
		for _, c := range x.dials(crowd) {
			c.send(x.request())
		}
		x.hangUp()
		for range 20 {
			x.servesAgain()
		}
	}},
	{name: "EMFILE: those who got in are served", alone: true, needs: several, run: func(x *exam) {
		x.served()
		x.limit(64)
		all := x.dials(crowd)
		for _, c := range all[:30] {
			c.hello()
		}
		for _, c := range all[:30] {
			c.hello()
		}
	}},
	{name: "fd >= 1024 crashes", alone: true, needs: several | thousands, run: func(x *exam) {
		const n = 1100
		x.limit(n + 200)
		all := x.dials(n)
		var in []*conn
		for _, c := range all {
			c.send(x.request())
		}
		for _, c := range all {
			switch begin, _ := c.in.Peek(12); string(begin) {
			case x.response()[:12]:
				c.expect(x.response())
				in = append(in, c)
			case "HTTP/1.1 503":
				c.reply("GET")
				c.cutOff()
			case "":
				c.cutOff()
			default:
				x.failf("connection %d is told %q", len(in)+1, begin)
			}
		}
		if len(in) < 1000 {
			x.failf("only %d of %d connections are served", len(in), n)
		}
		if said := x.s.stderr.String(); len(in) < n && !strings.Contains(said, "1024") {
			x.failf("%d of %d connections are refused, and no reason is given but %q", n-len(in), n, said)
		}
		for _, c := range in {
			c.send(x.request())
		}
		for _, c := range in {
			c.expect(x.response())
		}
		x.hangUp()
		x.servesAgain()
	}},
}

// afterwards are the cases for a process that has been through all the others, and had so many descriptors before.
func afterwards(before int) []testcase {
	return []testcase{
		{name: "afterwards: every descriptor was closed", run: func(x *exam) { x.atRest(before) }},
		{name: "afterwards: it idles", run: func(x *exam) { x.calms() }},
		{name: "afterwards: it serves", run: func(x *exam) { x.served() }},
	}
}
