package reactors

import (
	"os"
	"path/filepath"
	"testing"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// TestReadyWhenAllWatch counts the loops' pollers at ready: a loop that needed a descriptor later might find that the
// connections of another one have them all.
func TestReadyWhenAllWatch(t *testing.T) {
	const loops = 3
	ln, _, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close(ln)
	pollers() // the first look makes the runtime open one of its own
	before, atReady := pollers(), 0
	err = Serve(ln, func() *wire.Talk { return nil }, loops, func() {
		atReady = pollers() - before
		sock.Shutdown(ln)
	})
	if err != nil || atReady != loops {
		t.Errorf("%d loops have %d pollers at ready, error %v", loops, atReady, err)
	}
	if left := pollers() - before; left != 0 {
		t.Errorf("%d pollers are left", left)
	}
}

// pollers is how many epoll descriptors this process has.
func pollers() (n int) {
	links, _ := filepath.Glob("/proc/self/fd/*")
	for _, link := range links {
		if name, _ := os.Readlink(link); name == "anon_inode:[eventpoll]" {
			n++
		}
	}
	return n
}
