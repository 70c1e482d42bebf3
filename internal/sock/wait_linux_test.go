package sock

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestOffer has a thread that always finds something ready, and so keeps its processor. Every turn it looks for goroutines that wait for the
// processor, and lets them run; in between it does not look.
func TestOffer(t *testing.T) {
	now, waiting, looks := time.Duration(0), uint64(0), 0
	defer func(c func() time.Duration, r func(*[1]metrics.Sample) uint64) { clock, runnable = c, r }(clock, runnable)
	clock = func() time.Duration { return now }
	runnable = func(*[1]metrics.Sample) (n uint64) {
		n, waiting, looks = waiting, 0, looks+1
		return n
	}
	p := poller(t)
	fd, peer := pair(t)
	defer Close(fd)
	if err := p.Add(fd, Readable, 0); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(peer, "hi")
	wait(t, p, -1)
	looks, now = 0, 10*time.Millisecond
	for range 100 { // 10 ms
		now += 100 * time.Microsecond
		if got := wait(t, p, -1); len(got) != 1 {
			t.Fatalf("%d are ready", len(got))
		}
	}
	if want := int(10 * time.Millisecond / turn); looks != want {
		t.Errorf("in 10 ms it looks %d times for others, want %d", looks, want)
	}

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ran atomic.Bool
	go func() { ran.Store(true) }()
	waiting, now = 1, now+turn
	ready := make([]Event, 1)
	if n, err := p.Wait(ready, -1); n != 1 || err != nil || !ran.Load() {
		t.Errorf("%d ready, %v; another goroutine ran: %v", n, err, ran.Load())
	}
}

// ways returns the calls that hold their waits; each waits until fd can be read.
func ways(p *Poller, waiter func() *Waiter) map[string]func(fd int) (int, error) {
	return map[string]func(fd int) (int, error){
		"epoll": func(fd int) (int, error) {
			if err := p.Add(fd, Readable, 0); err != nil {
				return 0, err
			}
			defer p.Remove(fd)
			return p.Wait(make([]Event, 1), -1)
		},
		"select": func(fd int) (int, error) {
			var read, none FDSet
			read.Set(fd)
			return waiter().Select(fd+1, &read, &none, new(FDSet), -1)
		},
		"poll": func(fd int) (int, error) {
			return waiter().Poll(&[]PollFD{{FD: int32(fd), Events: Readable}}, -1)
		},
		"read": func(fd int) (int, error) { return waiter().Read(fd, make([]byte, 9), 0) },
	}
}

// TestHold waits without a limit, by every call that holds its wait, for input from a goroutine that needs the only processor.
func TestHold(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for name, wait := range ways(poller(t), func() *Waiter { return &Waiter{Hold: true} }) {
		t.Run(name, func(t *testing.T) {
			fd, peer := pair(t)
			defer Close(fd)
			go func() {
				time.Sleep(10 * longest)
				fmt.Fprint(peer, "hi")
			}()
			err := within(t, name, func() error {
				for {
					if n, err := wait(fd); n > 0 || err != nil {
						return err
					}
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHoldWithoutDescriptors waits where no descriptor is left for an alarm. A call that held its wait all the same would keep the only processor
// from the goroutine that it waits for.
func TestHoldWithoutDescriptors(t *testing.T) {
	cmd := inChild(t, "waits without more")
	silent, w, err := os.Pipe() // stdin is descriptor 0, and alarm 0 means none: it must never be ready
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	defer w.Close()
	cmd.Stdin = silent
	cmd.Env = append(cmd.Env, "GODEBUG=asyncpreemptoff=1") // the signal of a preemption would end the call
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "descriptors are out: done") {
		t.Errorf("%v\n%s", err, out)
	}
}

func waitsChild() {
	runtime.GOMAXPROCS(1)
	openRuntimePoller()
	p, err := NewPoller()
	must(err)
	w := &Waiter{Hold: true}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(err)
	time.Sleep(time.Millisecond) // by then the runtime has its poller
	last := takeAll()
	for name, wait := range ways(p, func() *Waiter { return w }) {
		go func() {
			time.Sleep(10 * longest)
			unix.Write(pair[1], []byte("hi"))
		}()
		n := 0
		for err := error(nil); n == 0; {
			n, err = wait(pair[0])
			must(err)
		}
		if name != "read" {
			_, err := unix.Read(pair[0], make([]byte, 9))
			must(err)
		}
	}
	expect("there was no alarm", w.alarm == 0 && p.alarm == 0)
	unix.Close(last)
	unix.Write(pair[1], []byte("hi"))
	_, err = w.Read(pair[0], make([]byte, 9), 0)
	must(err)
	expect("there is one as soon as there is a descriptor", w.alarm == last)
	fmt.Println("descriptors are out: done")
}
