package inside

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"carousel/internal/sock"
	"carousel/internal/wire"
	"carousel/servers/blocking"
	"carousel/servers/epoll"
)

func TestServe(t *testing.T) {
	if !sock.Linux {
		if _, _, err := Serve(epoll.Serve); err != ErrSystem {
			t.Errorf("%v, want %v", err, ErrSystem)
		}
		return
	}
	for _, model := range []func(int, func() *wire.Talk) error{blocking.Serve, epoll.Serve} {
		addr, stop, err := Serve(model)
		if err != nil {
			t.Fatal(err)
		}
		c, err := net.DialTimeout("tcp", addr, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintln(c, "hello")
		if line, err := bufio.NewReader(c).ReadString('\n'); line != "Hello world\n" || err != nil {
			t.Errorf("%q, %v", line, err)
		}
		c.Close()
		if err := stop(); err != nil {
			t.Error(err)
		}
		if c, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			c.Close()
			t.Errorf("%s still listens", addr)
		}
	}
	failing := errors.New("no")
	_, stop, err := Serve(func(int, func() *wire.Talk) error { return failing })
	if err != nil {
		t.Fatal(err)
	}
	if err := stop(); err != failing {
		t.Errorf("stop returns %v, want %v", err, failing)
	}
}
