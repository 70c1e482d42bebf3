package sock

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A wait until an instant ends then and not before, whatever alarm was set earlier, or when a descriptor is ready.
func TestWaitUntil(t *testing.T) {
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	var ready [4]Event
	for _, d := range []time.Duration{time.Millisecond, 0, -time.Hour, 3 * time.Millisecond} {
		at := Now() + int64(d)
		n, err := p.WaitUntil(ready[:], max(0, at))
		for range 3 { // a signal of the Go runtime may end a wait
			if n == 0 && err == nil && Now() < at {
				n, err = p.WaitUntil(ready[:], at)
			}
		}
		if n != 0 || err != nil || Now() < at {
			t.Errorf("%v: %d ready, %v, %v early", d, n, err, time.Duration(at-Now()))
		}
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ends[0])
	defer unix.Close(ends[1])
	if err := p.Add(ends[0], Readable, 7); err != nil {
		t.Fatal(err)
	}
	unix.Write(ends[1], []byte("x"))
	if n, err := p.WaitUntil(ready[:], Now()+int64(time.Millisecond)); n != 1 || err != nil {
		t.Errorf("%d ready, %v", n, err)
	}
	time.Sleep(2 * time.Millisecond) // the alarm rings, and must not be reported
	if n, err := p.WaitRaw(ready[:], 0); n != 1 || err != nil || ready[0].Data() != 7 {
		t.Errorf("%d ready, %v, the first is %d", n, err, ready[0].Data())
	}
	for _, d := range []time.Duration{time.Hour, -time.Second} { // again while the alarm is set or rings
		if n, err := p.WaitUntil(ready[:], Now()+int64(d)); n != 1 || err != nil || ready[0].Data() != 7 {
			t.Errorf("%d ready, %v, the first is %d", n, err, ready[0].Data())
		}
	}
}
