package sock

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAckProgress has a peer that reads nothing, then a part, then all: AckProgress sees that it acknowledges bytes even while the kernel reports
// no room for more.
func TestAckProgress(t *testing.T) {
	ln, addr := listen(t)
	dialer := net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error { // a buffer of this size does not grow
		return raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 64<<10) })
	}}
	peer, err := dialer.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	peer.SetDeadline(time.Now().Add(time.Minute))
	fd := accept(t, ln)
	defer Close(fd)

	unsent := 0
	if AckProgress(fd, &unsent) {
		t.Error("a peer that was sent nothing takes something")
	}
	sent := 0
	for err := error(nil); err == nil; {
		var n int
		n, err = Write(fd, make([]byte, ReadBytes))
		sent += n
	}
	if !AckProgress(fd, &unsent) {
		t.Error("there is nothing that the peer could take")
	}
	for end := time.Now().Add(20 * time.Second); AckProgress(fd, &unsent); time.Sleep(300 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("a peer that does not read never ceases to take")
		}
	}

	if _, err := io.CopyN(io.Discard, peer, int64(sent)/4); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); !AckProgress(fd, &unsent); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the peer has read a quarter and is said to have taken nothing")
		}
	}
	if new(Waiter).await(fd, unix.POLLOUT, time.Millisecond) {
		t.Error("the kernel reports room for more already, which proves nothing")
	}

	if _, err := io.CopyN(io.Discard, peer, int64(sent)*3/4); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); unsent > 0; time.Sleep(time.Millisecond) {
		if AckProgress(fd, &unsent); time.Now().After(end) {
			t.Fatal("the peer has read all and is said not to have taken it")
		}
	}
	if AckProgress(fd, &unsent) {
		t.Error("a peer that has taken all takes more")
	}
}

func TestNumber(t *testing.T) {
	_, c := pair(t)
	a, b := FD(c), -1
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	raw.Control(func(fd uintptr) { b = int(fd) })
	if a != b || a < 0 {
		t.Errorf("the connection's descriptor is %d, not %d", b, a)
	}
	c.Close()
	if n := FD(net.Conn(c)); n != -1 {
		t.Errorf("a closed connection has descriptor %d", n)
	}
}
