package host

import (
	"net"
	"net/netip"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Two threads that burn on one processor wait for each other, and none waits for a processor while it sleeps.
func TestRunDelay(t *testing.T) {
	cpu := CPUs()[0]
	const each = 50 * time.Millisecond
	began, burnt, leave := make(chan int, 2), make(chan struct{}, 2), make(chan struct{})
	for range 2 {
		go func() {
			runtime.LockOSThread() // and not unlocked: the thread, which is confined, ends with the goroutine
			var set unix.CPUSet
			set.Set(cpu)
			unix.SchedSetaffinity(0, &set)
			began <- Thread()
			burn(each)
			burnt <- struct{}{}
			<-leave
		}()
	}
	threads := []int{<-began, <-began}
	<-burnt
	<-burnt
	if ns := RunDelay(threads); ns < int64(each)/2 {
		t.Errorf("two threads that burnt %v each on one processor waited %v", each, time.Duration(ns))
	}
	if all := RunDelay(nil); all < RunDelay(threads) {
		t.Errorf("all threads waited %v", time.Duration(all))
	}
	if ns := RunDelay([]int{1 << 30}); ns != 0 {
		t.Errorf("a thread that is not there waited %d ns", ns)
	}
	close(leave)
}

func TestOpenFiles(t *testing.T) {
	before := OpenFiles()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after := OpenFiles(); before < 3 || after != before+1 {
		t.Errorf("%d open files, and %d after one was opened", before, after)
	}
}

func TestPortsTo(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		var addr netip.AddrPort
		var err error
		n := -1
		for try := 0; try < 100 && n != 0; try++ { // connections of the port's previous user may stay in TIME_WAIT for a minute
			var ln net.Listener
			if ln, err = net.Listen("tcp", at); err != nil {
				break
			}
			defer ln.Close()
			addr = netip.MustParseAddrPort(ln.Addr().String())
			n = PortsTo(addr)
		}
		if err != nil {
			t.Logf("skipped %s: %v", at, err)
			continue
		}
		if n != 0 {
			t.Errorf("%v: %d ports before anybody connects", addr, n)
		}
		dial := func(from string) {
			c, err := (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}).Dial("tcp", addr.String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
		}
		for range 3 {
			dial(at)
		}
		if addr.Addr().Is4() {
			dial("127.0.0.2:0") // which has ports of its own
		}
		if n := PortsTo(addr); n != 3 {
			t.Errorf("%v: %d ports, want 3", addr, n)
		}
	}
	if low, n := LocalPorts(); low <= 0 || n <= 0 {
		t.Errorf("%d local ports in all, from %d on", n, low)
	}
}
