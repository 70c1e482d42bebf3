package sock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestListenSamePort shares a port among three sockets: each connection goes to one of them, and no other program can listen on the port.
func TestListenSamePort(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(at, func(t *testing.T) {
			ln, addr, err := Listen(at)
			if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
				t.Skip("no IPv6 here:", err)
			} else if err != nil {
				t.Fatal(err)
			}
			all := []int{ln}
			defer func() {
				for _, ln := range all {
					Close(ln)
				}
			}()
			for range 2 {
				another, err := ListenSamePort(ln)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, another)
				if name, err := unix.Getsockname(another); err != nil || address(name) != addr {
					t.Errorf("another socket of %s is at %s, %v", addr, address(name), err)
				}
				if flags, err := unix.FcntlInt(uintptr(another), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
					t.Errorf("descriptor flags are %#x, %v", flags, err)
				}
			}
			if fd, _, err := Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
				t.Errorf("a port that is shared: descriptor %d, error %v", fd, err)
			}
			const clients = 60 // by chance all go to one socket once in 3^59 times
			for range clients {
				dial(t, addr)
			}
			came, total := make([]int, len(all)), 0
			for end := time.Now().Add(20 * time.Second); total < clients && time.Now().Before(end); Sleep(time.Millisecond) {
				for i, ln := range all {
					NonBlocking(ln)
					if err := AcceptAll(ln, func(fd int) { Close(fd); came[i]++; total++ }); err != nil {
						t.Fatal(err)
					}
				}
			}
			if total != clients || came[0] == clients || came[1] == clients || came[2] == clients {
				t.Errorf("of %d clients %v came to the sockets", clients, came)
			}
		})
	}
}

// TestListenSamePortLater shares a port that has had connections already.
func TestListenSamePortLater(t *testing.T) {
	for name, come := range map[string]func(ln int, addr string) (leave func()){
		"who waits":    func(_ int, addr string) func() { dial(t, addr); return func() {} },
		"who has left": func(_ int, addr string) func() { dial(t, addr).Close(); return func() {} },
		"who is served": func(ln int, addr string) func() {
			dial(t, addr)
			fd := accept(t, ln)
			return func() { Close(fd) }
		},
		"who was sent away, whose port lingers": func(ln int, addr string) func() {
			c := dial(t, addr)
			Close(accept(t, ln))
			io.ReadAll(c)
			c.Close()
			return func() {}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ln, addr := listen(t)
			defer come(ln, addr)()
			another, err := ListenSamePort(ln)
			if err != nil {
				t.Fatal(err)
			}
			Close(another)
		})
	}
}

func TestListenSamePortNeedsASocket(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	closed, _, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	Close(closed)
	for name, c := range map[string]struct {
		fd   int
		want error
	}{"closed": {closed, syscall.EBADF}, "a file": {int(file.Fd()), syscall.ENOTSOCK}} {
		if fd, err := ListenSamePort(c.fd); !errors.Is(err, c.want) || fd != -1 {
			t.Errorf("%s: descriptor %d, error %v", name, fd, err)
		}
	}
}

// TestPassListener starts a process that inherits the listening socket and serves a client on it.
func TestPassListener(t *testing.T) {
	ln, addr, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if Inherited() {
		t.Error("who has started none has inherited")
	}
	cmd := inChild(t, "heir")
	PassListener(ln, cmd)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // one after the other, without this process: the child accepts from the shared socket
		if reply, err := io.ReadAll(dial(t, addr)); err != nil || string(reply) != "the heir of "+addr {
			t.Errorf("the client is told %q, %v", reply, err)
		}
	}
	Shutdown(ln) // for both processes
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func heirChild() {
	expect("it is told that it inherits", Inherited())
	ln, addr, err := Inherit()
	must(err)
	for {
		fd, err := new(Waiter).Accept(ln)
		if err == Closed {
			return
		}
		must(err)
		fmt.Fprintf(os.NewFile(uintptr(fd), "client"), "the heir of %s", addr)
		Bye(fd)
	}
}

func TestInheritNothing(t *testing.T) {
	if out, err := inChild(t, "no heir").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func noHeirChild() {
	expect("it is not told that it inherits", !Inherited())
	_, addr, err := Inherit()
	expect("it is an error to inherit nothing", err != nil && addr == "")
}

// TestWaitShutdown waits for the shutdown of a listening socket; a connection does not end the wait.
func TestWaitShutdown(t *testing.T) {
	ln, addr := listen(t)
	down := make(chan error, 1)
	go func() { down <- WaitShutdown(ln) }()
	dial(t, addr)
	select {
	case err := <-down:
		t.Fatalf("it is down though nobody shut it down, %v", err)
	case <-time.After(soon):
	}
	Shutdown(ln)
	if err := within(t, "Down", func() error { return <-down }); err != nil {
		t.Error(err)
	}
	if err := within(t, "Down", func() error { return WaitShutdown(ln) }); err != nil {
		t.Errorf("again: %v", err)
	}
}
