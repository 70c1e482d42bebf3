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

// crowd is clients that connect at once, send one request each, and stay connected.
type crowd struct {
	up   *server
	wait time.Duration // a client gives up when no client has had an answer for so long

	last atomic.Int64 // the time of the last answer to any client, in nanoseconds since 1970
	mu   sync.Mutex   // guards the fields below
	open []net.Conn
	sum  result.Crowd
}

// maxConnecting is the largest number of connects in progress: fewer than the backlog of any server holds.
const maxConnecting = 128

// grow connects further clients until there are n in all, and returns what became of all of them.
func (k *crowd) grow(ctx context.Context, n int) (result.Crowd, error) {
	k.last.Store(time.Now().UnixNano())
	var all sync.WaitGroup
	connecting := make(chan struct{}, maxConnecting)
	for ; k.sum.Connections < n && context.Cause(ctx) == nil; k.sum.Connections++ {
		connecting <- struct{}{}
		all.Go(func() {
			c, err := net.DialTimeout("tcp", k.up.addr, max(k.wait, answerLimit))
			<-connecting
			outcome := result.NoConnect
			if err == nil {
				k.mu.Lock()
				k.open = append(k.open, c)
				k.mu.Unlock()
				outcome = k.request(c)
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			k.count(outcome)
		})
	}
	all.Wait()
	sum := k.sum
	sum.BrokenBy = maps.Clone(sum.BrokenBy)
	return sum, context.Cause(ctx)
}

// The outcomes of a client that is not broken.
const (
	served  = "served"
	refused = "refused"
)

func (k *crowd) count(outcome string) {
	switch outcome {
	case served:
		k.sum.Served++
	case refused:
		k.sum.Refused++
	default:
		if k.sum.BrokenBy == nil {
			k.sum.BrokenBy = map[string]int{}
		}
		k.sum.Broken++
		k.sum.BrokenBy[outcome]++
	}
}

// request sends a request on c and returns the outcome.
func (k *crowd) request(c net.Conn) string {
	io.WriteString(c, get(k.up.candidate.path())) // an error is ignored: a server that refuses may have answered and closed already
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
	c.SetReadDeadline(time.Now().Add(max(k.wait, answerLimit)))
	reply, err := http.ReadResponse(r, nil)
	if err != nil {
		return broken(err)
	}
	body, err := io.ReadAll(io.LimitReader(reply.Body, 64<<20))
	want := k.up.candidate.wantedAnswer()
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

// broken returns the outcome of a failed read.
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

// closeAll closes all connections.
func (k *crowd) closeAll() {
	for _, c := range k.open {
		if tcp, ok := c.(*net.TCPConn); ok {
			tcp.SetLinger(0) // close by reset: in TIME-WAIT thousands would hold their ports for a minute
		}
		c.Close()
	}
	k.open = nil
}

// ceiling connects more and more clients, up to limit, and returns for each step what became of all of them.
func ceiling(ctx context.Context, up *server, limit int, wait time.Duration) (steps []result.Crowd, err error) {
	k := &crowd{up: up, wait: wait}
	defer k.closeAll()
	for _, n := range scenario.CeilingSteps(limit) {
		step, err := k.grow(ctx, n)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// recoveryLimit is how long a server may take to answer again after a crowd has left.
const recoveryLimit = 5 * time.Second

// exhaust limits the descriptors of a server, connects more clients than that, measures for idleTime the processor time that the server uses
// while no client sends, closes all, and measures the time until the server answers again.
func exhaust(ctx context.Context, up *server, clients int, wait, idleTime time.Duration) (*result.Exhaust, error) {
	x := &result.Exhaust{Files: scenario.ExhaustDescriptors}
	if err := host.LimitFiles(up.process.PID(), x.Files); err != nil {
		return nil, err
	}
	k := &crowd{up: up, wait: wait}
	defer k.closeAll()
	var err error
	if x.Crowd, err = k.grow(ctx, clients); err != nil || up.ended() {
		return x, err
	}
	if x.BusyShare, err = cpuShare(ctx, up.process.PID(), idleTime); err != nil && context.Cause(ctx) == nil {
		select { // the end of a process is noticed a moment later
		case <-up.process.Done():
		case <-time.After(stopGrace):
		}
	}
	if up.ended() {
		return x, nil
	} else if err != nil {
		return nil, err
	}
	k.closeAll()
	closed := time.Now()
	for !x.Recovered && !up.ended() && time.Since(closed) < recoveryLimit && context.Cause(ctx) == nil {
		if _, err := up.request(wait); err == nil {
			x.Recovered = true
		} else {
			time.Sleep(time.Millisecond)
		}
	}
	x.RecoveryNS = int64(time.Since(closed))
	return x, context.Cause(ctx)
}

// cpuShare returns the share of one processor that the process pid and its descendants use during d.
func cpuShare(ctx context.Context, pid int, d time.Duration) (share float64, err error) {
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
