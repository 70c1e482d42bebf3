package sock

import (
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// TestOffer has a thread that always finds something ready keep its processor: whoever waits for it gets it every
// turn, and looking costs nothing in between.
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
	ran := false
	go func() { ran = true }()
	waiting, now = 1, now+turn
	ready := make([]Event, 1)
	if n, err := p.Wait(ready, -1); n != 1 || err != nil || !ran {
		t.Errorf("%d ready, %v; another goroutine ran: %v", n, err, ran)
	}
}

// TestHold waits for ever, by every call that holds, for what another goroutine does when it gets the only processor.
func TestHold(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	p := poller(t)
	for name, wait := range map[string]func(fd int) (int, error){
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
			return (&Waiter{Hold: true}).Select(fd+1, &read, &none, new(FDSet), -1)
		},
		"poll": func(fd int) (int, error) {
			return (&Waiter{Hold: true}).Poll(&[]PollFD{{FD: int32(fd), Events: Readable}}, -1)
		},
		"read": func(fd int) (int, error) { return (&Waiter{Hold: true}).Read(fd, make([]byte, 9), 0) },
	} {
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
