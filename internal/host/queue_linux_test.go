package host

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// unaccepting listens on addr with a queue of so many connections and accepts none.
func unaccepting(t *testing.T, addr string, backlog int) netip.AddrPort {
	t.Helper()
	netlink, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		t.Skipf("the kernel does not say how full listen queues are: a socket for inet_diag: %v", err)
	}
	unix.Close(netlink)
	ip := netip.MustParseAddr(addr)
	family, to := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Addr: ip.As16()})
	if ip.Is4() {
		family, to = unix.AF_INET, &unix.SockaddrInet4{Addr: ip.As4()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	for _, err := range []error{unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1), unix.Bind(fd, to), unix.Listen(fd, backlog)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if at, ok := at.(*unix.SockaddrInet6); ok {
		return netip.AddrPortFrom(ip, uint16(at.Port))
	}
	return netip.AddrPortFrom(ip, uint16(at.(*unix.SockaddrInet4).Port))
}

// connect begins to connect to addr.
func connect(t *testing.T, addr netip.AddrPort) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Connect(fd, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
}

func TestListenQueue(t *testing.T) {
	for _, c := range []struct {
		backlog, connections int
		want                 Queue
		full                 bool
	}{
		{5, 0, Queue{Backlog: 5, Waiting: 0}, false},
		{5, 5, Queue{Backlog: 5, Waiting: 5}, false},
		{5, 6, Queue{Backlog: 5, Waiting: 6}, true},
		{5, 9, Queue{Backlog: 5, Waiting: 6, Drops: 3}, true},
		{0, 1, Queue{Backlog: 0, Waiting: 1}, true},
		{128, 20, Queue{Backlog: 128, Waiting: 20}, false},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.connections, c.backlog), func(t *testing.T) {
			at := unaccepting(t, "127.0.0.1", c.backlog)
			for range c.connections {
				connect(t, at)
			}
			got, known := ListenQueue(at.String())
			if !known || got != c.want || got.Full() != c.full {
				t.Errorf("%+v (known %v, full %v), want %+v (full %v)", got, known, got.Full(), c.want, c.full)
			}
		})
	}
}

func TestListenQueueOfWhom(t *testing.T) {
	for _, c := range []struct{ bound, host string }{
		{"127.0.0.1", "0.0.0.0"}, {"0.0.0.0", "127.0.0.1"}, {"0.0.0.0", "127.1.2.3"}, {"::1", "::1"}, {"::", "::1"}, {"::", "127.0.0.1"},
	} {
		at := unaccepting(t, c.bound, 7)
		addr := netip.AddrPortFrom(netip.MustParseAddr(c.host), at.Port()).String()
		if q, known := ListenQueue(addr); !known || q.Backlog != 7 {
			t.Errorf("asked for %s, bound to %s: %+v, known %v", c.host, c.bound, q, known)
		}
	}
	at := unaccepting(t, "127.0.0.1", 7)
	gone := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), at.Port())
	for name, addr := range map[string]string{"another address": gone.String(), "another machine": "192.0.2.1:80", "a name": "localhost:80", "nothing": ""} {
		if q, known := ListenQueue(addr); known {
			t.Errorf("%s has a queue: %+v", name, q)
		}
	}
}

// If several sockets share a port, ListenQueue returns the fullest queue.
func TestListenQueueOfSeveral(t *testing.T) {
	at := unaccepting(t, "127.0.0.1", 3)
	second, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(second)
	unix.SetsockoptInt(second, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	if err := unix.Bind(second, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: int(at.Port())}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(second, 99); err != nil {
		t.Fatal(err)
	}
	if q, known := ListenQueue(at.String()); !known || q.Backlog != 3 {
		t.Errorf("%+v, known %v; want the shorter", q, known)
	}
}

func BenchmarkListenQueue(b *testing.B) {
	for b.Loop() {
		ListenQueue("127.0.0.1:9")
	}
}

// A Unix socket is found by its path, even if it was bound by a relative name.
func TestListenQueueOfAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	if q, known := ListenQueue(path); known {
		t.Errorf("a queue where there is no socket: %+v", q)
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	t.Chdir(filepath.Dir(path))
	for _, err := range []error{unix.Bind(fd, &unix.SockaddrUnix{Name: "./s"}), unix.Listen(fd, 3)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for n := range int64(5) {
		if q, known := ListenQueue(path); !known || q != (Queue{Backlog: 3, Waiting: n}) || q.Full() != (n == 4) {
			t.Errorf("%d wait: %+v (known %v, full %v)", n, q, known, q.Full())
		}
		if n == 4 {
			break
		}
		c, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
	if pid, err := Listener(path); pid != os.Getpid() || err != nil {
		t.Errorf("process %d listens there, %v", pid, err)
	}
	if _, err := Listener(path + "x"); err == nil {
		t.Error("somebody listens where there is no socket")
	}
}
