package host

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func init() {
	// A process that listens on HOST_ADDR with SO_REUSEPORT, or holds a socket that it inherits, and prints the address. HOST_CHILD gives it
	// a child that inherits the socket, or listens on the same address.
	roles["listener"] = func() {
		addr := os.Getenv("HOST_ADDR")
		var file *os.File
		if addr == "" {
			file = os.NewFile(3, "")
		} else {
			network := "tcp" // which is IPv6 as well for 0.0.0.0
			if netip.MustParseAddrPort(addr).Addr().Is4() {
				network = "tcp4"
			}
			l := listen(network, addr)
			addr = l.Addr().String()
			file, _ = l.(*net.TCPListener).File()
		}
		switch os.Getenv("HOST_CHILD") {
		case "inherits":
			child := play("listener", "HOST_ADDR=", "HOST_CHILD=")
			child.ExtraFiles = []*os.File{file}
			child.StdinPipe()
			child.Start()
		case "shares":
			hire("listener", "HOST_ADDR="+addr, "HOST_CHILD=")
		}
		fmt.Println(addr)
		hold()
		runtime.KeepAlive(file)
	}
	// A process of another user that looks for the listener on HOST_ADDR.
	roles["stranger"] = func() {
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
		fmt.Println(Listener(os.Getenv("HOST_ADDR")))
	}
}

// listen listens on an address that others may share.
func listen(network, addr string) net.Listener {
	shared := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) })
	}}
	l, err := shared.Listen(context.Background(), network, addr)
	if err != nil {
		panic(err)
	}
	return l
}

// at is the address of l's port at another host.
func at(host string, l net.Listener) string {
	return net.JoinHostPort(host, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
}

func TestListener(t *testing.T) {
	for _, c := range []struct{ network, bound, host string }{
		{"tcp4", "127.0.0.1:0", "127.0.0.1"},
		{"tcp4", "127.0.0.1:0", "0.0.0.0"},
		{"tcp4", "127.0.0.1:0", "::ffff:127.0.0.1"},
		{"tcp4", "0.0.0.0:0", "127.0.0.1"},
		{"tcp4", "0.0.0.0:0", "127.1.2.3"},
		{"tcp6", "[::1]:0", "::1"},
		{"tcp6", "[::1]:0", "::"},
		{"tcp6", "[::]:0", "::1"}, // package net: IPv6 only
		{"tcp", "[::]:0", "::1"},
		{"tcp", "[::]:0", "127.0.0.1"},
	} {
		t.Run(c.bound+" "+c.host, func(t *testing.T) {
			l := listen(c.network, c.bound)
			defer l.Close()
			client, err := net.Dial("tcp", at(c.host, l)) // its connection has the port as well
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if pid, err := Listener(at(c.host, l)); pid != os.Getpid() || err != nil {
				t.Errorf("%s listens on %s: %d, %v; want %d", c.host, l.Addr(), pid, err, os.Getpid())
			}
		})
	}
}

func TestListenerOfAFamily(t *testing.T) {
	for _, c := range []struct{ name, child string }{
		{"alone", ""},
		{"a child holds the same socket", "inherits"},
		{"a child has one of its own", "shares"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := hire("listener", "HOST_ADDR=127.0.0.1:0", "HOST_CHILD="+c.child)
			defer w.fire()
			if pid, err := Listener(w.first); pid != w.Process.Pid || err != nil {
				t.Errorf("%d, %v; want %d", pid, err, w.Process.Pid)
			}
		})
	}
}

// This process only passes its socket on, so it is not the server.
func TestListenerThatWasStartedWithItsSocket(t *testing.T) {
	l := listen("tcp", "127.0.0.1:0")
	defer l.Close()
	w := &worker{Cmd: play("listener", "HOST_ADDR=")}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w.ExtraFiles = []*os.File{file}
	w.begin()
	defer w.fire()
	if pid, err := Listener(l.Addr().String()); pid != w.Process.Pid || err != nil {
		t.Errorf("%d, %v; want %d", pid, err, w.Process.Pid)
	}
}

func TestListenerOfTheExactAddress(t *testing.T) {
	exact := hire("listener", "HOST_ADDR=127.0.0.1:0")
	defer exact.fire()
	_, port, _ := net.SplitHostPort(exact.first)
	four := hire("listener", "HOST_ADDR=0.0.0.0:"+port)
	defer four.fire()
	six := hire("listener", "HOST_ADDR=[::]:"+port)
	defer six.fire()
	for host, want := range map[string]*worker{"127.0.0.1": exact, "127.0.0.2": four, "::1": six} {
		if pid, err := Listener(net.JoinHostPort(host, port)); pid != want.Process.Pid || err != nil {
			t.Errorf("on %s: %d, %v; want %d", host, pid, err, want.Process.Pid)
		}
	}
}

func TestListenerUnknown(t *testing.T) {
	closed := listen("tcp", "127.0.0.1:0")
	closed.Close()
	six := listen("tcp6", "[::]:0")
	defer six.Close()
	one := hire("listener", "HOST_ADDR=127.0.0.1:0")
	defer one.fire()
	shared := one.first
	two := hire("listener", "HOST_ADDR="+shared)
	defer two.fire()
	for _, c := range []struct {
		name, addr string
		says       []string
	}{
		{"no listener", at("127.0.0.1", closed), []string{"nobody listens on 127.0.0.1:", "--pid"}},
		{"another address", at("127.0.0.2", closed), []string{"nobody listens on 127.0.0.2:"}},
		{"IPv6 only", at("127.0.0.1", six), []string{"nobody listens on 127.0.0.1:"}},
		{"a foreign address", "203.0.113.7:80", []string{"203.0.113.7 is not an address of this machine"}},
		{"a foreign address of IPv6", at("2001:db8::7", six), []string{"2001:db8::7 is not an address of this machine"}},
		{"a name", "localhost:80", []string{"localhost"}},
		{"two that share", shared, []string{"several processes", strconv.Itoa(one.Process.Pid), strconv.Itoa(two.Process.Pid), "name one with --pid"}},
	} {
		pid, err := Listener(c.addr)
		for _, says := range c.says {
			if pid != 0 || err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %d, %v; want it to say %q", c.name, pid, err, says)
			}
		}
	}
}

func TestListenerOfAnotherUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be another user")
	}
	l := listen("tcp", "127.0.0.1:0")
	defer l.Close()
	out, err := play("stranger", "HOST_ADDR="+l.Addr().String()).Output()
	if says := "it is a process of user 0; run as that user"; err != nil || !strings.Contains(string(out), says) {
		t.Errorf("%s%v; want %q", out, err, says)
	}
}

func TestFit(t *testing.T) {
	for _, c := range []struct {
		local, ip string
		want      int
	}{
		{"127.0.0.1", "127.0.0.1", 3},
		{"::ffff:127.0.0.1", "127.0.0.1", 3},
		{"0.0.0.0", "127.0.0.1", 2},
		{"::ffff:0.0.0.0", "127.0.0.1", 2},
		{"::", "127.0.0.1", 1},
		{"::1", "::1", 3},
		{"::", "::1", 2},
		{"0.0.0.0", "::1", 0},
		{"::ffff:0.0.0.0", "::1", 0},
		{"127.0.0.2", "127.0.0.1", 0},
		{"::1", "127.0.0.1", 0},
	} {
		if got := fit(netip.MustParseAddr(c.local), netip.MustParseAddr(c.ip)); got != c.want {
			t.Errorf("a socket on %s fits %s %d, want %d", c.local, c.ip, got, c.want)
		}
	}
}
