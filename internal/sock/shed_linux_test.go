package sock

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// children are the parts of tests that spoil their process, so each runs in one of its own.
var children = map[string]func(){
	"shed":         shedChild,
	"shed waiting": shedWaitingChild,
	"spare lost": func() {
		spareLostChild(func(ln int) func() error {
			return func() error { _, err := new(Waiter).Accept(ln); return err }
		})
	},
	"spare lost, package net": func() {
		spareLostChild(func(ln int) func() error {
			l, err := NetListener(ln)
			must(err)
			return func() error { _, err := AcceptNet(l, ln); return err }
		})
	},
	"heir":               heirChild,
	"no heir":            noHeirChild,
	"waits without more": waitsChild,
}

func TestShed(t *testing.T) {
	for _, name := range []string{"shed", "shed waiting", "spare lost", "spare lost, package net"} {
		t.Run(name, func(t *testing.T) {
			out, err := inChild(t, name).CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("descriptors are out")) || !bytes.Contains(out, []byte("ulimit")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// inChild returns the command that runs one of children.
func inChild(t *testing.T, name string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "SOCK_TEST_CHILD="+name)
	cmd.Stdin = strings.NewReader("")
	return cmd
}

// fill connects so many peers and takes all other descriptors. It returns the peers, and a function that frees one descriptor.
func fill(addr string, peers int) (dialled []int, free func()) {
	host, err := net.ResolveTCPAddr("tcp", addr)
	must(err)
	for range peers {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		must(err)
		must(unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 20}))
		dialled = append(dialled, fd)
	}
	last := takeAll()
	for _, fd := range dialled {
		must(unix.Connect(fd, &unix.SockaddrInet4{Port: host.Port, Addr: [4]byte(host.IP.To4())}))
	}
	return dialled, func() { unix.Close(last) }
}

// takeAll takes all descriptors up to a limit of 64, and returns the last.
func takeAll() (last int) {
	must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}))
	for last = -1; ; {
		fd, err := unix.Dup(2)
		if err != nil {
			return last
		}
		last = fd
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// heard returns what a peer receives until the end of input.
func heard(fd int) string {
	var all []byte
	buf := make([]byte, 256)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR { // the kernel does not restart a read with a time limit after a signal (signal(7))
			continue
		}
		must(err)
		if n == 0 {
			return string(all)
		}
		all = append(all, buf[:n]...)
	}
}

func expect(what string, ok bool) {
	if !ok {
		fmt.Println("not so:", what)
		os.Exit(1)
	}
}

func shedChild() {
	ln, addr, err := Listen("127.0.0.1:0")
	must(err)
	must(NonBlocking(ln))
	var before, after unix.Stat_t
	must(unix.Fstat(0, &before))
	peers, free := fill(addr, 3)
	fd, err := Accept(ln)
	expect("every caller is refused, then nobody waits", fd == -1 && err == Again)
	for _, peer := range peers {
		expect("a caller is told", heard(peer) == refusal)
	}
	fd, err = Accept(ln)
	expect("nobody waits", fd == -1 && err == Again)
	expect("nobody waits to be refused", shed(ln) == Again)
	must(unix.Fstat(0, &after))
	expect("standard input is untouched", before.Dev == after.Dev && before.Ino == after.Ino)

	// With a descriptor free, callers are accepted again.
	unix.Close(peers[0])
	unix.Close(peers[1])
	free()
	peer, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	must(err)
	sa, err := unix.Getsockname(ln)
	must(err)
	must(unix.Connect(peer, sa))
	fd, err = Accept(ln)
	expect("a caller is accepted", fd >= 0 && err == nil)
	for { // take the two descriptors that are still free
		if _, err := unix.Dup(2); err != nil {
			break
		}
	}
	Shutdown(ln)
	_, err = Accept(ln)
	expect("a shutdown is seen", err == Closed)
	fmt.Println("descriptors are out: done")
}

func shedWaitingChild() {
	ln, addr, err := Listen("127.0.0.1:0")
	must(err)
	peers, _ := fill(addr, 2)
	done := make(chan error)
	accept := func() {
		_, err := new(Waiter).Accept(ln)
		done <- err
	}
	go accept()
	for _, peer := range peers {
		expect("a caller is told", heard(peer) == refusal)
	}
	Shutdown(ln)
	expect("a shutdown is seen", <-done == Closed)
	fmt.Println("descriptors are out: done")
}

// spareLostChild loses the spare descriptor too, as if another thread had taken its number. Until a number is free no connection is accepted or
// refused. After that the spare descriptor must be open again before a connection is accepted.
func spareLostChild(acceptor func(ln int) func() error) {
	ln, addr, err := Listen("127.0.0.1:0")
	must(err)
	accept, done := acceptor(ln), make(chan error)
	unix.Close(spare.fd)
	spare.fd = -1
	peers, free := fill(addr, 3)
	go func() {
		for err := error(nil); err == nil; {
			err = accept()
			done <- err
		}
	}()
	select {
	case err := <-done:
		expect(fmt.Sprint("without a descriptor it waits, not ", err), false)
	case <-time.After(30 * time.Millisecond): // also tests that a timer works without a free descriptor
	}
	free()
	for _, peer := range peers {
		expect("a caller is told", heard(peer) == refusal)
	}
	Shutdown(ln)
	expect("a shutdown is seen", Ended(<-done) == nil)
	fmt.Println("descriptors are out: done")
}
