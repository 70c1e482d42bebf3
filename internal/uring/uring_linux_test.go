package uring

import (
	"bytes"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kinds are rings with all features, and rings that lack some, as on older kernels.
var kinds = map[string]features{
	"everything":      everything,
	"no increments":   {deferred: true, noArray: true, registered: true},
	"an array":        {deferred: true, registered: true, incremental: true},
	"by descriptor":   {deferred: true, noArray: true, incremental: true},
	"not deferred":    {noArray: true, registered: true},
	"as of Linux 6.0": {},
}

// onRings runs a test with every kind of ring that this kernel has.
func onRings(t *testing.T, run func(t *testing.T, r *Ring)) {
	for name, want := range kinds {
		t.Run(name, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			r, err := open(want)
			if err != nil {
				t.Skip(err)
			}
			defer r.End()
			run(t, r)
		})
	}
}

// pair is two ends of a connection.
func pair(t *testing.T) (a, b int) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ends[0]); unix.Close(ends[1]) })
	return ends[0], ends[1]
}

// poll completes once fd is ready for events.
func (r *Ring) poll(fd int, events uint32, data uint64) {
	r.next(opPollAdd, fd, data).opFlags = events
}

// await returns the next completion, within a second.
func (r *Ring) await(t *testing.T) Completion {
	t.Helper()
	for c := r.Next(); ; c = r.Next() {
		if c != nil {
			return *c
		}
		if n, e := r.Wait(&unix.Timespec{Sec: 1}, true); e != 0 || n == 0 {
			t.Fatalf("nothing completed within a second (%v)", e)
		}
	}
}

// none expects that nothing has completed.
func (r *Ring) none(t *testing.T) {
	t.Helper()
	if n, e := r.Submit(); e != 0 || n > 0 {
		t.Fatalf("%d completed (%v), want none: %+v", n, e, r.Peek(0))
	}
}

// Bytes sent through a ring are received through it, in order, however many they are and however often the buffers are reused.
func TestSendAndReceive(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		a, b := pair(t)
		want := make([]byte, 5<<20)
		for i := range want {
			want[i] = byte(i ^ i>>8 ^ i>>16)
		}
		r.Receive(b, 2)
		rest, got := want, []byte(nil)
		r.Send(a, rest, 1)
		for len(got) < len(want) {
			switch c := r.await(t); {
			case c.Data == 1 && c.Res > 0:
				if rest = rest[c.Res:]; len(rest) > 0 {
					r.Send(a, rest[:min(len(rest), 100_003)], 1)
				}
			case c.Data == 2 && (c.Res > 0 || c.Res == -int32(unix.ENOBUFS)):
				if got = append(got, r.Bytes(&c)...); !c.More() {
					r.Receive(b, 2)
				}
			default:
				t.Fatalf("%+v", c)
			}
		}
		if !bytes.Equal(got, want) {
			t.Error("what was received is not what was sent")
		}
		unix.Shutdown(a, unix.SHUT_WR)
		for c := r.await(t); c.Data != 2 || c.Res != 0; c = r.await(t) {
			if c.Data == 2 && !c.More() {
				t.Fatalf("receiving ended with %+v", c)
			}
		}
	})
}

// A Receive completes with ENOBUFS when all buffers are in use, and works again when they are given back.
func TestBuffersRunOut(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		total := len(r.pool.mem)
		var ends [][2]int
		for range total/(64<<10) + 8 {
			a, b := pair(t)
			unix.SetsockoptInt(a, unix.SOL_SOCKET, unix.SO_SNDBUF, 256<<10)
			for range 8 {
				unix.Write(a, make([]byte, 16<<10))
			}
			ends = append(ends, [2]int{a, b})
			r.Receive(b, uint64(b))
		}
		if n, e := r.Submit(); e != 0 || n == 0 {
			t.Fatalf("%d completed (%v)", n, e)
		}
		got, lacked := 0, 0
		for got < len(ends)*8*16<<10 {
			c := r.await(t)
			got += len(r.Bytes(&c))
			if c.Res == -int32(unix.ENOBUFS) {
				lacked++
			}
			if !c.More() {
				r.Receive(int(c.Data), c.Data)
			}
		}
		if lacked == 0 {
			t.Error("nobody lacked a buffer: this shows nothing")
		}
	})
}

// Ends of input use no buffers, however many connections end.
func TestEndsTakeNoBuffer(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		for range 2 * len(r.pool.used) {
			ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			unix.Close(ends[0])
			r.Receive(ends[1], 1)
			if c := r.await(t); c.Res != 0 || c.More() || r.Bytes(&c) != nil {
				t.Fatalf("%+v", c)
			}
			unix.Close(ends[1])
		}
		a, b := pair(t)
		unix.Write(a, []byte("x"))
		r.Receive(b, 1)
		if c := r.await(t); string(r.Bytes(&c)) != "x" {
			t.Errorf("%+v", c)
		}
	})
}

// Requests beyond the length of their queue are submitted, and completions beyond the length of theirs are kept.
func TestQueuesRunOut(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		a, b := pair(t)
		unix.Write(a, []byte("x"))
		const many = completions + 3*requests + 5
		for i := range uint64(many) {
			r.poll(b, unix.POLLIN, i)
		}
		seen := make([]bool, many)
		for range many {
			c := r.await(t)
			if c.Res&unix.POLLIN == 0 || seen[c.Data] {
				t.Fatalf("%+v", c)
			}
			seen[c.Data] = true
		}
		r.none(t)
	})
}

// A ring connects. It accepts all connections that wait, and does not wait for more.
func TestAcceptAndConnect(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		ln, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(ln)
		unix.Bind(ln, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
		unix.Listen(ln, 16)
		name, _ := unix.Getsockname(ln)
		to := NewAddress(name)
		for range 3 {
			fd, _ := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
			defer unix.Close(fd)
			r.Connect(fd, to, 2)
			if c := r.await(t); c.Data != 2 || c.Res != 0 {
				t.Fatalf("%+v", c)
			}
		}
		r.Accept(ln, 1)
		accepted := 0
		for ; ; accepted++ {
			c := r.await(t)
			if c.Data != 1 || c.More() == (c.Res < 0) {
				t.Fatalf("%+v", c)
			}
			if c.Res < 0 {
				if c.Res != -int32(unix.EAGAIN) {
					t.Errorf("accept ends with %v", syscall.Errno(-c.Res))
				}
				break
			}
			unix.Close(int(c.Res))
		}
		if accepted != 3 {
			t.Errorf("%d connections were accepted", accepted)
		}
		unix.Shutdown(ln, unix.SHUT_RDWR)
		r.Accept(ln, 1)
		if c := r.await(t); c.Res != -int32(unix.EINVAL) || c.More() {
			t.Errorf("after a shutdown accept ends with %+v", c)
		}
	})
}

func TestCancel(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		a, b := pair(t)
		r.Receive(b, 1)
		unix.Write(a, []byte("x"))
		if c := r.await(t); c.Res != 1 || string(r.Bytes(&c)) != "x" {
			t.Fatalf("%+v", c)
		}
		r.Cancel(1, 9)
		if c := r.await(t); c.Data != 1 || c.Res != -int32(unix.ECANCELED) || c.More() {
			t.Errorf("%+v", c)
		}
		r.none(t)
		r.Cancel(1, 9)
		if c := r.await(t); c.Data != 9 || c.Res != -int32(unix.ENOENT) {
			t.Errorf("what is not there was cancelled: %+v", c)
		}
	})
}

// Close closes a descriptor after the requests that were cancelled before it have completed.
func TestClose(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		a, fd := ends[0], ends[1]
		defer unix.Close(a)
		r.Receive(fd, 1)
		r.none(t)
		r.Cancel(1, 9)
		r.Close(fd, 9)
		if c := r.await(t); c.Data != 1 || c.Res != -int32(unix.ECANCELED) {
			t.Errorf("%+v", c)
		}
		r.none(t)
		if n, err := unix.Read(a, make([]byte, 1)); n != 0 || err != nil {
			t.Errorf("the other end reads %d (%v), want the end of input", n, err)
		}
		r.Close(fd, 9)
		if c := r.await(t); c.Data != 9 || c.Res != -int32(unix.EBADF) {
			t.Errorf("what is not open was closed: %+v", c)
		}
	})
}

// A silent request completes only if it fails.
func TestSilently(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		a, b := pair(t)
		r.SendSilently(a, []byte("hello"), 1)
		r.none(t)
		if n, _ := unix.Read(b, make([]byte, 9)); n != 5 {
			t.Errorf("%d bytes came", n)
		}
		unix.Shutdown(a, unix.SHUT_WR)
		r.SendSilently(a, []byte("hello"), 1)
		if c := r.await(t); c.Res != -int32(unix.EPIPE) {
			t.Errorf("%+v", c)
		}
	})
}

// Waits end when they must: by a limit, at an instant, and at once when a completion is there. A signal, such as that of Go's scheduler, may end a
// wait early.
func TestWaits(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		const long = 5 * time.Millisecond
		limit := unix.NsecToTimespec(long.Nanoseconds())
		var now unix.Timespec
		for name, wait := range map[string]func() (int, syscall.Errno){
			"raw":       func() (int, syscall.Errno) { return r.Wait(&limit, true) },
			"scheduled": func() (int, syscall.Errno) { return r.Wait(&limit, false) },
			"until": func() (int, syscall.Errno) {
				unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
				return r.WaitUntil(now.Nano() + long.Nanoseconds())
			},
		} {
			longest := time.Duration(0)
			for range 20 {
				began := time.Now()
				if n, e := wait(); n != 0 || e != 0 {
					t.Errorf("%s: %d (%v)", name, n, e)
				}
				longest = max(longest, time.Since(began))
			}
			if longest < long {
				t.Errorf("%s: %v", name, longest)
			}
		}
		if n, e := r.WaitUntil(1); n != 0 || e != 0 {
			t.Errorf("an instant that is over: %d (%v)", n, e)
		}
		_, b := pair(t)
		r.poll(b, unix.POLLOUT, 1)
		if n, e := r.Wait(nil, true); n != 1 || e != 0 {
			t.Errorf("with something there: %d (%v)", n, e)
		}
	})
}

func TestAllocations(t *testing.T) {
	onRings(t, func(t *testing.T, r *Ring) {
		a, b := pair(t)
		r.Receive(b, 2)
		word := []byte("hello")
		if n := testing.AllocsPerRun(100, func() {
			r.Send(a, word, 1)
			for range 2 {
				for r.Peek(0) == nil {
					r.Wait(nil, true)
				}
				if c := r.Next(); c.Data == 2 && !bytes.Equal(r.Bytes(c), word) {
					panic(fmt.Sprintf("%+v", c))
				}
			}
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
