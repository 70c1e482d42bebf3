package sock

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const soon = 50 * time.Millisecond

func poller(t *testing.T) *Poller {
	t.Helper()
	p, err := NewPoller()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// wait returns what is ready within timeout.
func wait(t *testing.T, p *Poller, timeout time.Duration) []Event {
	t.Helper()
	ready := make([]Event, 8)
	err := within(t, "Wait", func() error {
		n, err := p.Wait(ready, timeout)
		ready = ready[:n]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ready
}

func TestPoller(t *testing.T) {
	p := poller(t)
	fd, peer := pair(t)
	const data = 0xfedcba9876543210
	if err := p.Add(fd, Readable, data); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, p, 0); len(got) != 0 {
		t.Errorf("ready before anything came: %v", got)
	}
	begun := time.Now()
	for signals := 0; time.Since(begun) < soon; signals++ { // a signal of the runtime may end a wait
		if got := wait(t, p, soon-time.Since(begun)); len(got) != 0 || signals > 10 {
			t.Fatalf("after %v of %v: %v", time.Since(begun), soon, got)
		}
	}
	fmt.Fprint(peer, "hi")
	for range 2 { // level-triggered: reported again until it is read
		if got := wait(t, p, -1); len(got) != 1 || got[0].Data() != data || got[0].Events != Readable {
			t.Errorf("with input: %+v", got)
		}
	}
	if err := p.Change(fd, Writable, data+1); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, p, time.Minute); len(got) != 1 || got[0].Data() != data+1 || got[0].Events != Writable {
		t.Errorf("with room to write: %+v", got)
	}
	if err := p.Change(fd, 0, 7); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, p, soon); len(got) != 0 {
		t.Errorf("asked for nothing: %+v", got)
	}
	peer.SetLinger(0)
	peer.Close()
	if got := wait(t, p, -1); len(got) != 1 || got[0].Data() != 7 || got[0].Events&Hangup == 0 {
		t.Errorf("after a reset: %+v", got)
	}
	if err := p.Remove(fd); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, p, soon); len(got) != 0 {
		t.Errorf("removed: %+v", got)
	}
	if err := p.Remove(fd); err != unix.ENOENT {
		t.Errorf("removed twice: %v", err)
	}
	if err := p.Change(fd, Readable, 0); err != unix.ENOENT {
		t.Errorf("changed after it was removed: %v", err)
	}
	Close(fd)
	if err := p.Add(fd, Readable, 0); err != unix.EBADF {
		t.Errorf("added after it was closed: %v", err)
	}
}

// TestPollerShutdown sees the end of the listening socket.
func TestPollerShutdown(t *testing.T) {
	p := poller(t)
	ln, _ := listen(t)
	if err := p.Add(ln, Readable, 1); err != nil {
		t.Fatal(err)
	}
	go func() {
		Sleep(soon)
		Shutdown(ln)
	}()
	if got := wait(t, p, -1); len(got) != 1 {
		t.Errorf("after Shutdown: %+v", got)
	}
	if _, err := Accept(ln); err != Closed {
		t.Errorf("accept says %v", err)
	}
}

// choose returns what Select leaves in its sets.
func choose(t *testing.T, n int, read, write, urgent *FDSet, timeout time.Duration) int {
	t.Helper()
	ready := 0
	err := within(t, "Select", func() (err error) {
		ready, err = new(Waiter).Select(n, read, write, urgent, timeout)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ready
}

func TestSelect(t *testing.T) {
	fd, peer := pair(t)
	defer Close(fd)
	other, _ := pair(t)
	defer Close(other)
	n := max(fd, other) + 1
	var read, write, urgent FDSet
	ask := func() {
		read, write, urgent = FDSet{}, FDSet{}, FDSet{}
		read.Set(fd)
		read.Set(other)
		urgent.Set(fd)
	}
	ask()
	if k := choose(t, n, &read, &write, &urgent, 0); k != 0 || read.Has(fd) || urgent.Has(fd) {
		t.Errorf("before anything came: %d, %v", k, read)
	}
	ask()
	begun := time.Now()
	if k := choose(t, n, &read, &write, &urgent, soon); k != 0 || read.Has(fd) || time.Since(begun) < soon {
		t.Errorf("after %v of %v: %d, %v", time.Since(begun), soon, k, read)
	}
	// Select finds input that comes during the wait: it fills the sets again that its first, non-waiting call emptied.
	ask()
	go func() {
		Sleep(soon)
		fmt.Fprint(peer, "hi")
	}()
	if k := choose(t, n, &read, &write, &urgent, -1); k != 1 || !read.Has(fd) || read.Has(other) || urgent.Has(fd) {
		t.Errorf("with input: %d, %v", k, read)
	}
	ask()
	write.Set(fd)
	if k := choose(t, n, &read, &write, &urgent, time.Minute); k != 2 || !read.Has(fd) || !write.Has(fd) {
		t.Errorf("with room to write: %d, %v, %v", k, read, write)
	}
	if err := WriteUrgent(FD(peer), '!'); err != nil {
		t.Fatal(err)
	}
	read, write, urgent = FDSet{}, FDSet{}, FDSet{}
	urgent.Set(fd)
	if k := choose(t, n, &read, &write, &urgent, -1); k != 1 || !urgent.Has(fd) {
		t.Errorf("with urgent data: %d, %v", k, urgent)
	}
	closed, _ := pair(t)
	Close(closed)
	read = FDSet{}
	read.Set(closed)
	if _, err := new(Waiter).Select(closed+1, &read, &write, &urgent, soon); err != unix.EBADF {
		t.Errorf("a closed descriptor: %v", err)
	}
}

func TestSelectShutdown(t *testing.T) {
	ln, _ := listen(t)
	go func() {
		Sleep(soon)
		Shutdown(ln)
	}()
	var read, write, urgent FDSet
	read.Set(ln)
	if k := choose(t, ln+1, &read, &write, &urgent, -1); k != 1 || !read.Has(ln) {
		t.Errorf("after Shutdown: %d, %v", k, read)
	}
}

func TestFDSet(t *testing.T) {
	var s FDSet
	for _, fd := range []int{0, 1, 63, 64, 1023} {
		s.Set(fd)
	}
	if s.Unset(63); s.Has(63) || !s.Has(64) || !s.Has(0) || !s.Has(1023) || s.Has(2) {
		t.Errorf("the set is %x", s.bits)
	}
}

// TestPoll polls a list with a waiter that holds and one that does not: what is ready is marked, and the rest of the list is unchanged.
func TestPoll(t *testing.T) {
	for name, hold := range map[string]bool{"held": true, "not held": false} {
		t.Run(name, func(t *testing.T) {
			w := &Waiter{Hold: hold}
			defer w.Close()
			fd, peer := pair(t)
			defer Close(fd)
			quiet, quietPeer := pair(t)
			defer Close(quiet)
			list := slices.Clip([]PollFD{{FD: int32(fd), Events: Readable}, {FD: -1, Events: Readable}, {FD: int32(quiet), Events: Readable}})
			poll := func(what string, timeout time.Duration, want ...int16) {
				t.Helper()
				before, ready, n := slices.Clone(list), 0, 0
				for _, events := range want {
					if events != 0 {
						ready++
					}
				}
				err := within(t, "Poll", func() (err error) {
					for end := time.Now().Add(timeout); ; {
						n, err = w.Poll(&list, timeout)
						if n > 0 || err != nil || timeout >= 0 && !time.Now().Before(end) {
							return err
						}
					}
				})
				if err != nil || n != ready || len(list) != len(before) {
					t.Fatalf("%s: %d are ready of %d, %v; want %d of %d", what, n, len(list), err, ready, len(before))
				}
				for i, got := range list {
					if got.FD != before[i].FD || got.Events != before[i].Events || got.Ready != want[i] {
						t.Errorf("%s: place %d is %+v, was %+v, want ready %#x", what, i, got, before[i], want[i])
					}
				}
			}
			poll("nothing has come", 0, 0, 0, 0)
			poll("nothing comes", soon, 0, 0, 0)
			go func() {
				Sleep(soon)
				fmt.Fprint(peer, "hi")
			}()
			poll("input comes", -1, Readable, 0, 0)
			list[2].Events = Readable | Writable
			poll("input, and room to write", time.Minute, Readable, 0, Writable)
			for range 9 { // the entry after the list, which may have held the alarm, is now one of the list
				list = append(list, PollFD{FD: int32(fd), Events: Readable})
				poll("a longer list", -1, slices.Concat([]int16{Readable, 0, Writable}, slices.Repeat([]int16{Readable}, len(list)-3))...)
			}
			list = list[:3]
			list[0].Events, list[2].Events = 0, 0
			poll("asked for nothing", soon, 0, 0, 0)
			quietPeer.SetLinger(0)
			quietPeer.Close()
			poll("a reset, asked for nothing", -1, 0, 0, Hangup)
			list[0].FD = 1 << 20
			list[2].FD = -1
			poll("a descriptor that is not open", -1, unix.POLLNVAL, 0, 0)
		})
	}
}

func TestPollShutdown(t *testing.T) {
	ln, _ := listen(t)
	go func() {
		Sleep(soon)
		Shutdown(ln)
	}()
	list := []PollFD{{FD: int32(ln), Events: Readable}}
	err := within(t, "Poll", func() error {
		for {
			if n, err := new(Waiter).Poll(&list, -1); n > 0 || err != nil {
				return err
			}
		}
	})
	if err != nil || list[0].Ready == 0 {
		t.Errorf("after Shutdown: %+v, %v", list, err)
	}
}
