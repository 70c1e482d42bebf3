package stand

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/scenario"
)

// crowd is clients of a server who come at once, ask once each, and stay.
type crowd struct {
	up   *server
	wait time.Duration // for an answer to anybody: while others are answered, those who are not wait on

	last atomic.Int64 // when somebody was last answered, in nanoseconds since 1970
	mu   sync.Mutex   // guards all below
	open []net.Conn
	sum  result.Crowd
}

// atOnce is how many connects are under way at most: fewer than any queue of a server holds.
const atOnce = 128

// grow has further clients come, until there are n in all, and says what has become of all of them.
func (k *crowd) grow(ctx context.Context, n int) (result.Crowd, error) {
	k.last.Store(time.Now().UnixNano())
	var all sync.WaitGroup
	connecting := make(chan struct{}, atOnce)
	for ; k.sum.Connections < n && context.Cause(ctx) == nil; k.sum.Connections++ {
		connecting <- struct{}{}
		all.Go(func() {
			c, err := net.DialTimeout("tcp", k.up.addr, max(k.wait, patience))
			<-connecting
			how := result.NoConnect
			if err == nil {
				k.mu.Lock()
				k.open = append(k.open, c)
				k.mu.Unlock()
				how = k.ask(c)
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.count(how)
		})
	}
	all.Wait()
	sum := k.sum
	sum.BrokenBy = maps.Clone(sum.BrokenBy)
	return sum, context.Cause(ctx)
}

// What becomes of a client that is not broken.
const (
	served  = "served"
	refused = "refused"
)

func (k *crowd) count(how string) {
	switch how {
	case served:
		k.sum.Served++
	case refused:
		k.sum.Refused++
	default:
		if k.sum.BrokenBy == nil {
			k.sum.BrokenBy = map[string]int{}
		}
		k.sum.Broken++
		k.sum.BrokenBy[how]++
	}
}

// ask asks on c and says what became of it.
func (k *crowd) ask(c net.Conn) string {
	io.WriteString(c, get(k.up.by.path())) // who is turned away before may fail here, and has its answer all the same
	r := bufio.NewReader(c)
	for {
		c.SetReadDeadline(time.Now().Add(k.wait))
		_, err := r.Peek(1)
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(time.Unix(0, k.last.Load())) >= k.wait {
			return broken(err)
		}
	}
	k.last.Store(time.Now().UnixNano())
	c.SetReadDeadline(time.Now().Add(max(k.wait, patience)))
	reply, err := http.ReadResponse(r, nil)
	if err != nil {
		return broken(err)
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, 64<<20))
	want := k.up.by.wants()
	switch {
	case err != nil:
		return broken(err)
	case reply.StatusCode == want.status && (want.body == "" || string(body) == want.body):
		return served
	case reply.StatusCode == http.StatusServiceUnavailable:
		return refused
	}
	return result.Wrong
}

// broken is the way in which reading ended.
func broken(err error) string {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return result.Unanswered
	case errors.Is(err, syscall.ECONNRESET):
		return result.Reset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return result.CutOff
	}
	return result.Wrong
}

// leave has all go at once.
func (k *crowd) leave() {
	for _, c := range k.open {
		if tcp, is := c.(*net.TCPConn); is {
			tcp.SetLinger(0) // thousands that closed in order would keep their ports for a minute
		}
		c.Close()
	}
	k.open = nil
}

// ceiling has ever more clients come, up to limit, and says at each step what became of all who are there.
func ceiling(ctx context.Context, up *server, limit int, wait time.Duration) (steps []result.Crowd, err error) {
	k := &crowd{up: up, wait: wait}
	defer k.leave()
	for _, n := range scenario.CeilingSteps(limit) {
		step, err := k.grow(ctx, n)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// recoveryLimit is how long a server may take to serve somebody when a crowd has left.
const recoveryLimit = 5 * time.Second

// exhaust limits a server's descriptors, has more clients come than that and stay, reads for so long what it uses while nobody asks, and has them
// leave.
func exhaust(ctx context.Context, up *server, clients int, wait, full time.Duration) (*result.Exhaust, error) {
	x := &result.Exhaust{Files: scenario.ExhaustDescriptors}
	if err := host.LimitFiles(up.process.PID(), x.Files); err != nil {
		return nil, err
	}
	k := &crowd{up: up, wait: wait}
	defer k.leave()
	var err error
	if x.Crowd, err = k.grow(ctx, clients); err != nil || up.ended() {
		return x, err
	}
	if x.BusyShare, err = busy(ctx, up.process.PID(), full); err != nil && context.Cause(ctx) == nil {
		select { // a process that is gone is known to have ended a moment later
		case <-up.process.Done():
		case <-time.After(stopGrace):
		}
	}
	if up.ended() {
		return x, nil
	} else if err != nil {
		return nil, err
	}
	k.leave()
	left := time.Now()
	for !x.Recovered && !up.ended() && time.Since(left) < recoveryLimit && context.Cause(ctx) == nil {
		if _, err := up.ask(wait); err == nil {
			x.Recovered = true
		} else {
			time.Sleep(time.Millisecond)
		}
	}
	x.RecoveryNS = int64(time.Since(left))
	return x, context.Cause(ctx)
}

// busy is what share of one processor the process pid and its descendants use for so long.
func busy(ctx context.Context, pid int, d time.Duration) (share float64, err error) {
	begun := time.Now()
	before, err := host.TreeCPU(pid)
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	after, err := host.TreeCPU(pid)
	if err != nil {
		return 0, err
	}
	used, err := before.Until(after)
	return float64(used.Total()) / float64(time.Since(begun)), err
}
