package sock

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain runs the child process that the environment names, if it names one, instead of the tests.
func TestMain(m *testing.M) {
	if child, ok := children[os.Getenv("SOCK_TEST_CHILD")]; ok {
		child()
		return
	}
	os.Exit(m.Run())
}

// listen opens a non-blocking listener and returns its address.
func listen(t *testing.T) (ln int, addr string) {
	t.Helper()
	ln, addr, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { Close(ln) })
	if err := NonBlocking(ln); err != nil {
		t.Fatal(err)
	}
	return ln, addr
}

// dial connects, with a deadline so that a test cannot hang.
func dial(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c.(*net.TCPConn)
}

// accept takes the connection that was just dialled.
func accept(t *testing.T, ln int) int {
	t.Helper()
	for range 1000 {
		fd, err := Accept(ln)
		if err == nil {
			return fd
		} else if err != Again {
			t.Fatal(err)
		}
		Sleep(time.Millisecond)
	}
	t.Fatal("no connection came")
	return -1
}

// pair is both ends of a connection.
func pair(t *testing.T) (fd int, peer *net.TCPConn) {
	t.Helper()
	ln, addr := listen(t)
	peer = dial(t, addr)
	return accept(t, ln), peer
}

// within fails a test if f does not return in time.
func within(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s does not return", what)
		return nil
	}
}

func TestListen(t *testing.T) {
	ln, addr := listen(t)
	if host, port, err := net.SplitHostPort(addr); err != nil || host != "127.0.0.1" || port == "0" {
		t.Errorf("port 0 became %q", addr)
	}
	if on, err := unix.GetsockoptInt(ln, unix.SOL_SOCKET, unix.SO_REUSEPORT); err != nil || on != 0 {
		t.Errorf("SO_REUSEPORT is %d, %v", on, err)
	}
	if flags, err := unix.FcntlInt(uintptr(ln), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor flags are %#x, %v", flags, err)
	}
	if fd, _, err := Listen(addr); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port in use: descriptor %d, error %v", fd, err)
	}
	for _, bad := range []string{"127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", "198.51.100.1:0"} {
		if fd, _, err := Listen(bad); err == nil {
			Close(fd)
			t.Errorf("%s: no error", bad)
		}
	}
	any, addr, err := Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	Close(any)
	if !strings.HasPrefix(addr, "0.0.0.0:") {
		t.Errorf("every address became %q", addr)
	}
}

func TestListenIPv6(t *testing.T) {
	ln, addr, err := Listen("[::1]:0")
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("no IPv6 here:", err)
	} else if err != nil {
		t.Fatal(err)
	}
	defer Close(ln)
	if !strings.HasPrefix(addr, "[::1]:") {
		t.Errorf("bound to %q", addr)
	}
	dial(t, addr)
	Close(accept(t, ln))
}

func TestNetListener(t *testing.T) {
	ln, addr, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := NetListener(ln)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dial(t, addr)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	go func() {
		Sleep(20 * time.Millisecond)
		Shutdown(ln)
	}()
	err = within(t, "package net's accept", func() error {
		_, err := l.Accept()
		return err
	})
	if err == nil || Ended(err) != nil {
		t.Errorf("accept after Shutdown: %v, which ends Serve with %v", err, Ended(err))
	}
}

func TestAccept(t *testing.T) {
	ln, addr := listen(t)
	if fd, err := Accept(ln); err != Again {
		t.Errorf("nobody waits: %d, %v", fd, err)
	}
	dial(t, addr)
	fd := accept(t, ln)
	defer Close(fd)
	if on, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY); err != nil || on == 0 {
		t.Errorf("TCP_NODELAY is %d, %v", on, err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("status flags are %#x, %v: the connection blocks", flags, err)
	}
	Shutdown(ln)
	fd, err := Accept(ln)
	if err != Closed || Ended(err) != nil {
		t.Errorf("after Shutdown: %d, %v", fd, err)
	}
	if err := Ended(syscall.EBADF); err != syscall.EBADF {
		t.Errorf("a bad descriptor ends Serve with %v", err)
	}
}

func TestWaiterAccept(t *testing.T) {
	ln, addr, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer Close(ln)
	accepted := make(chan error, 1)
	go func() {
		for {
			fd, err := new(Waiter).Accept(ln)
			if err != nil {
				accepted <- err
				return
			}
			if flags, _ := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0); flags&unix.O_NONBLOCK != 0 {
				accepted <- errors.New("the connection does not block")
			}
			Close(fd)
		}
	}()
	if n, err := dial(t, addr).Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read %d, %v", n, err)
	}
	Shutdown(ln)
	if err := within(t, "AcceptWait", func() error { return <-accepted }); err != Closed {
		t.Errorf("after Shutdown: %v", err)
	}
}

// TestAcceptAll accepts all connections that wait, and those that come meanwhile.
func TestAcceptAll(t *testing.T) {
	ln, addr := listen(t)
	come := func(clients int) {
		for range clients {
			dial(t, addr)
		}
		for range 1000 {
			if Queued(ln) >= clients {
				return
			}
			Sleep(time.Millisecond)
		}
		t.Fatalf("%d clients have not come", clients)
	}
	for _, c := range []struct{ before, meanwhile int }{{0, 0}, {1, 0}, {50, 0}, {1, 1}, {2, 9}} {
		come(c.before)
		came := 0
		err := AcceptAll(ln, func(fd int) {
			if came++; came == c.before {
				come(c.meanwhile)
			}
			Close(fd)
		})
		if err != nil || came != c.before+c.meanwhile {
			t.Errorf("%d came and %d meanwhile: %d are taken in, %v", c.before, c.meanwhile, came, err)
		}
	}
	Shutdown(ln)
	if err := AcceptAll(ln, func(int) { t.Error("somebody came after Shutdown") }); err != Closed {
		t.Errorf("after Shutdown: %v", err)
	}
}

func TestPut(t *testing.T) {
	for name, c := range map[string]struct {
		s    []int
		at   int
		want []int
	}{
		"the first":       {nil, 0, []int{9}},
		"far beyond":      {[]int{1}, 3, []int{1, 0, 0, 9}},
		"the next":        {[]int{1, 2}, 2, []int{1, 2, 9}},
		"instead of one":  {[]int{1, 2, 3}, 1, []int{1, 9, 3}},
		"room beyond it":  {append(make([]int, 0, 8), 1), 2, []int{1, 0, 9}},
		"what lay beyond": {[]int{1, 7, 7, 7}[:1], 3, []int{1, 0, 0, 9}},
	} {
		if got := Put(c.s, c.at, 9); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestReadWrite(t *testing.T) {
	fd, peer := pair(t)
	defer Close(fd)
	buf := make([]byte, ReadBytes)
	if n, err := Read(fd, buf); err != Again {
		t.Errorf("nothing came: %d, %v", n, err)
	}
	fmt.Fprint(peer, "hi")
	if n, err := new(Waiter).Read(fd, buf, 20*time.Second); err != nil || string(buf[:n]) != "hi" {
		t.Errorf("read %q, %v", buf[:n], err)
	}
	if n, err := Write(fd, []byte("you")); n != 3 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if n, err := io.ReadFull(peer, buf[:3]); err != nil || string(buf[:n]) != "you" {
		t.Errorf("the peer read %q, %v", buf[:n], err)
	}
	peer.CloseWrite()
	if n, err := new(Waiter).Read(fd, buf, 20*time.Second); n != 0 || err != nil {
		t.Errorf("at the end of input: %d, %v", n, err)
	}
	big := make([]byte, 1<<20)
	for range 1000 {
		if n, err := Write(fd, big); err == Again {
			peer.SetLinger(0)
			peer.Close() // sends a reset
			err := within(t, "a write", func() (err error) {
				for err == nil || err == Again {
					_, err = Write(fd, big)
				}
				return err
			})
			if err != syscall.ECONNRESET && err != syscall.EPIPE {
				t.Errorf("after a reset: %v", err)
			}
			return
		} else if err != nil || n == 0 {
			t.Fatalf("wrote %d, %v", n, err)
		}
	}
	t.Error("the kernel takes without end")
}

// TestReadWriteWait waits for a peer that does nothing, with a limit.
func TestReadWriteWait(t *testing.T) {
	fd, peer := pair(t)
	defer Close(fd)
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	const limit = 50 * time.Millisecond
	begun := time.Now()
	err := within(t, "ReadWait", func() error {
		_, err := new(Waiter).Read(fd, make([]byte, 1), limit)
		return err
	})
	if waited := time.Since(begun); err != Again || waited < limit {
		t.Errorf("ReadWait: %v after %v", err, waited)
	}
	// More than the buffers of both ends hold: the last write sends a part and then waits, or waits from its start.
	big, sent := make([]byte, 64<<20), 0
	begun = time.Now()
	err = within(t, "WriteWait", func() error {
		for {
			n, err := new(Waiter).Write(fd, big, limit)
			if err != nil {
				return err
			}
			sent += n
		}
	})
	if waited := time.Since(begun); err != Again || waited < limit || sent == 0 {
		t.Errorf("WriteWait: %v after %v and %d bytes", err, waited, sent)
	}
	go io.Copy(io.Discard, peer)
	err = within(t, "WriteWait without a limit", func() error {
		if n, err := new(Waiter).Write(fd, big, 0); err != nil || n == 0 {
			return fmt.Errorf("wrote %d, %w", n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	go fmt.Fprint(peer, "hi")
	if n, err := new(Waiter).Read(fd, big[:9], 0); n == 0 || err != nil {
		t.Errorf("ReadWait without a limit: %d, %v", n, err)
	}
}

// TestBye loses no reply, whatever input is left unread.
func TestBye(t *testing.T) {
	const reply = "the last word\n"
	for _, unread := range []int{0, 1, ReadBytes, ReadBytes + 1, 300_000, 1 << 20, 3 << 20} {
		t.Run(fmt.Sprint(unread), func(t *testing.T) {
			ln, addr := listen(t)
			if unix.SetsockoptInt(ln, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 4<<20) != nil && unread > ReadBytes+1 {
				t.Skip("the receive buffer cannot be made to hold this much")
			}
			peer := dial(t, addr)
			fd := accept(t, ln)
			if _, err := peer.Write(bytes.Repeat([]byte("x"), unread)); err != nil {
				t.Fatal(err)
			}
			err := within(t, "the input", func() error {
				for {
					if n, err := unix.IoctlGetInt(fd, unix.TIOCINQ); n == unread || err != nil {
						return err
					}
					Sleep(time.Millisecond)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if n, err := Write(fd, []byte(reply)); n != len(reply) || err != nil {
				t.Fatal(n, err)
			}
			Bye(fd)
			if got, err := io.ReadAll(peer); err != nil || string(got) != reply {
				t.Errorf("the peer read %q, %v", got, err)
			}
		})
	}
	t.Run("package net", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		peer := dial(t, l.Addr().String())
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(peer, "what nobody reads")
		c.Read(make([]byte, 1))
		fmt.Fprint(c, reply)
		ByeConn(c)
		if got, err := io.ReadAll(peer); err != nil || string(got) != reply {
			t.Errorf("the peer read %q, %v", got, err)
		}
	})
	t.Run("after the peer's end", func(t *testing.T) {
		fd, peer := pair(t)
		peer.CloseWrite()
		Write(fd, []byte(reply))
		Bye(fd)
		if got, err := io.ReadAll(peer); err != nil || string(got) != reply {
			t.Errorf("the peer read %q, %v", got, err)
		}
	})
}

func TestRefuse(t *testing.T) {
	fd, peer := pair(t)
	fmt.Fprint(peer, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	Refuse(fd, "this is a test")
	got, err := io.ReadAll(peer)
	if err != nil || string(got) != refusal {
		t.Errorf("the peer read %q, %v", got, err)
	}
}

func TestSleep(t *testing.T) {
	begun := time.Now()
	if Sleep(20 * time.Millisecond); time.Since(begun) < 20*time.Millisecond {
		t.Errorf("slept %v of 20ms", time.Since(begun))
	}
	Sleep(0)
	Sleep(-time.Second)
}
