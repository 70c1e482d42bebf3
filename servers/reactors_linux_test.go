package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// TestReactorsShareAPort counts the sockets that listen and the connections that each loop watches.
func TestReactorsShareAPort(t *testing.T) {
	const loops, clients = 3, 60
	err := try(ours("reactors"), nil, testcase{flags: []string{"--loops", fmt.Sprint(loops)}, run: func(x *exam) {
		if n := x.listening(); n != loops {
			x.failf("%d sockets listen on %s, want %d", n, x.s.addr, loops)
		}
		all := x.dials(clients)
		for _, c := range all {
			c.hello()
		}
		served, total, most := x.watched(), 0, 0
		for _, n := range served {
			total += n - 1 // n counts the listening socket too
			most = max(most, n-1)
		}
		if len(served) != loops || total != clients || most == clients { // by chance all connections go to one loop once in 3^59 times
			x.failf("of %d connections the loops watch %v, with a listening socket each", clients, served)
		}
		for _, c := range all {
			c.hello()
		}
		x.ends()
	}}, lacks["reactors"], patience)
	if err != nil {
		t.Error(err)
	}
}

// TestReactorsKeepThePort starts other servers on the port that the loops share: they must fail.
func TestReactorsKeepThePort(t *testing.T) {
	v, err := ours("reactors").start("--loops", "3")
	if err != nil {
		t.Fatal(err)
	}
	defer v.kill()
	for _, name := range []string{"reactors", "epoll"} {
		t.Run(name, func(t *testing.T) {
			doesNotStart(t, "--model "+name+" --addr "+v.addr, exitStart, v.addr+" is in use")
		})
	}
	if err := try(nil, v, testcase{run: (*exam).served}, 0, patience); err != nil {
		t.Error(err)
	}
}

// listening returns how many sockets of the server listen on its port.
func (x *exam) listening() (n int) {
	table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/tcp", x.s.proc.PID()))
	if err != nil {
		x.failf("cannot read the server's sockets: %w", err)
	}
	at, err := net.ResolveTCPAddr("tcp", x.s.addr)
	if err != nil {
		x.failf("%w", err)
	}
	listens := map[string]bool{}
	for row := range strings.Lines(string(table)) {
		if f := strings.Fields(row); len(f) > 9 && f[3] == "0A" && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", at.Port)) {
			listens["socket:["+f[9]+"]"] = true
		}
	}
	for _, link := range x.s.files("fd/*") {
		if name, _ := os.Readlink(link); listens[name] {
			n++
		}
	}
	return n
}

// watched returns how many sockets each epoll instance of the server watches (proc(5), fdinfo). It skips those that watch none.
func (x *exam) watched() (sockets []int) {
	for _, file := range x.s.files("fdinfo/*") {
		info, _ := os.ReadFile(file)
		n := 0
		for row := range strings.Lines(string(info)) {
			if f := strings.Fields(row); len(f) > 1 && f[0] == "tfd:" {
				name, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", x.s.proc.PID(), f[1]))
				if strings.HasPrefix(name, "socket:") {
					n++
				}
			}
		}
		if n > 0 {
			sockets = append(sockets, n)
		}
	}
	return sockets
}

// TestReactorsBeginTogether starts so many loops that epoll cannot watch the listening socket of the last one. The server must not start:
// otherwise it would serve with fewer loops than its flags say, and print nothing about it.
func TestReactorsBeginTogether(t *testing.T) {
	endsUnready(t, self("unwatched", "--model", "reactors", "--addr", "127.0.0.1:0", "--loops", fmt.Sprint(watchable)), exitStart, "max_user_watches")
}
