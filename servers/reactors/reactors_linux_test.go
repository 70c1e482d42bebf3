package reactors

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// TestReadyWhenAllWatch counts the loops' pollers at ready: a loop that opened its poller later might find no descriptor left by the connections
// of another loop.
func TestReadyWhenAllWatch(t *testing.T) {
	const loops = 3
	left, err := serve(t, loops, func(ln int, pollers []int) {
		if len(pollers) != loops {
			t.Errorf("%d loops have %d pollers at ready", loops, len(pollers))
		}
		sock.Shutdown(ln)
	})
	if err != nil || left != 0 {
		t.Errorf("ended with error %v, and %d pollers are left", err, left)
	}
}

// TestFailedLoopEndsAll breaks the poller of one loop. The server must end: otherwise it would serve with fewer loops than its flags say, and
// print nothing about it.
func TestFailedLoopEndsAll(t *testing.T) {
	_, err := serve(t, 3, func(_ int, pollers []int) {
		null, err := unix.Open("/dev/null", unix.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(null)
		if err := unix.Dup3(null, pollers[1], 0); err != nil {
			t.Fatal(err)
		}
	})
	if !errors.Is(err, syscall.EINVAL) {
		t.Errorf("a loop that waits with /dev/null ends all with %v, want %v", err, syscall.EINVAL)
	}
}

// serve runs loops and calls ready with their listening socket and pollers. It returns the error of Serve and how many pollers are left.
func serve(t *testing.T, loops int, ready func(ln int, pollers []int)) (left int, err error) {
	ln, _, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close(ln)
	pollers() // the first look makes the runtime open one of its own
	before := pollers()
	news := func() []int {
		return slices.DeleteFunc(pollers(), func(fd int) bool { return slices.Contains(before, fd) })
	}
	err = Serve(ln, func() *wire.Talk { return nil }, loops, func() { ready(ln, news()) })
	return len(news()), err
}

// pollers are the epoll descriptors of this process.
func pollers() (all []int) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if name, _ := os.Readlink(link); name == "anon_inode:[eventpoll]" {
			fd, _ := strconv.Atoi(filepath.Base(link))
			all = append(all, fd)
		}
	}
	return all
}
