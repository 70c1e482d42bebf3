package wire

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A peer whose request came in time is not idle, even if the server had no processor to see it before the limit.
func TestLateKeepsPeerThatHasSent(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	talk := (&Book{Idle: time.Second}).Open()
	if _, err := unix.Write(pair[1], []byte("hi\n")); err != nil {
		t.Fatal(err)
	}
	if talk.Late(pair[0]); talk.Next() != Read {
		t.Errorf("a line lies there unread, and the talk wants %v", talk.Next())
	}
	buf := make([]byte, 16)
	n, err := unix.Read(pair[0], buf)
	if err != nil {
		t.Fatal(err)
	}
	talk.Feed(buf[:n])
	talk.Sent(len(talk.Out()))
	if talk.Late(pair[0]); talk.Next() != Close {
		t.Errorf("nothing has come, and the talk wants %v", talk.Next())
	}
}

// A peer that has taken all bytes is not idle, even if the server was late to send more. A peer that takes nothing between two calls
// of Late is.
func TestLateKeepsPeerThatHasTaken(t *testing.T) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	talk := (&Book{Idle: time.Second}).Open()
	talk.Feed([]byte("GET /bytes/10000000 HTTP/1.1\r\nHost: a\r\n\r\n"))
	for range 3 {
		if talk.Late(pair[0]); talk.Next() != Write {
			t.Fatalf("all was taken, and the talk wants %v", talk.Next())
		}
	}
	for err == nil {
		var n int
		n, err = unix.Write(pair[0], talk.Out())
		talk.Sent(max(n, 0))
	}
	if talk.Late(pair[0]); talk.Next() != Write {
		t.Errorf("it is the first time that something is left, and the talk wants %v", talk.Next())
	}
	if talk.Late(pair[0]); talk.Next() != Close {
		t.Errorf("nothing of it was taken, and the talk wants %v", talk.Next())
	}
}
