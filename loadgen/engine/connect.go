//go:build linux

package engine

import (
	"context"
	"net/netip"
	"reflect"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/loadgen/record"
)

func sockaddr(addr string) (unix.Sockaddr, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	if to.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}, nil
	}
	return &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}, nil
}

// key is what the poller hands back with c's events.
func (c *conn) key() uint64 { return uint64(c.era)<<32 | uint64(uint32(c.index)) }

// openAll tries every connection once, the silent ones or the others, and waits until each is open or has failed.
func (w *worker) openAll(ctx context.Context, silent bool) {
	mine := w.conns[w.silent:]
	if silent {
		mine = w.conns[:w.silent]
	}
	for next := w.now(); (len(mine) > 0 || w.opening > 0) && ctx.Err() == nil; {
		now := w.now()
		if now >= next {
			n := min(w.ramp(), len(mine))
			for k := range mine[:n] {
				w.connect(&mine[k], now)
			}
			mine, next = mine[n:], now+int64(rampPause)
		}
		until := next
		if len(mine) == 0 {
			until = now + wakeEvery
		}
		if len(mine) > 0 || w.opening > 0 {
			w.await(until)
		}
	}
}

// await handles connects until the instant given, at the latest.
func (w *worker) await(until int64) {
	n, _ := w.poller.Wait(w.ready[:], time.Duration(max(0, until-w.now())))
	for k := range n {
		data := w.ready[k].Data()
		if c := &w.conns[uint32(data)]; c.era == uint32(data>>32) {
			if c.state == opening {
				w.opened(c)
			} else {
				w.read(c)
			}
		}
	}
	if now := w.now(); now >= w.nextSweep {
		w.sweep(now)
	}
}

// connect begins to open c, and reports whether it could.
func (w *worker) connect(c *conn, now int64) bool {
	family := unix.AF_INET
	if _, six := w.peer.(*unix.SockaddrInet6); six {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err == nil {
		c.fd, c.state, c.tried = fd, opening, now
		c.reply.Reset()
		c.served = 0
		w.opening++
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if err = unix.Connect(fd, w.peer); err == nil || err == unix.EINPROGRESS {
			err = w.poller.Add(fd, sock.Writable, c.key())
		}
	}
	if err != nil {
		w.refused(c, now, err)
	}
	return err == nil
}

// opened ends a connect.
func (w *worker) opened(c *conn) {
	now := w.now()
	code, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err == nil && meetsItself(c.fd) {
		unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}) // else its port, the server's, would stay taken
		err = syscall.ECONNREFUSED
	}
	if err == nil {
		err = w.poller.Change(c.fd, sock.Readable, c.key())
	}
	if err != nil {
		w.refused(c, now, err)
		return
	}
	c.state = idle
	w.opening--
	w.rec.Opened()
	if c.line < 0 {
		return
	}
	w.alive++
	switch {
	case c.pending:
		if c.again {
			w.rec.Resent(c.due)
		}
		w.resend(c)
	case w.open:
		w.next(c, max(c.freed, w.begin), now) // what would have been sent waited for the connection
	}
}

// meetsItself reports whether both ends of a connection are fd: where nobody listens on a port that the kernel gives to clients, it
// can give out the very port that is the target, and a socket that connects to itself is TCP's simultaneous open.
func meetsItself(fd int) bool {
	local, err := unix.Getsockname(fd)
	if err != nil {
		return false
	}
	remote, err := unix.Getpeername(fd)
	return err == nil && reflect.DeepEqual(local, remote)
}

// refused notes a connect that failed.
func (w *worker) refused(c *conn, now int64, err error) {
	w.refusal, w.refusalErr = connectClass(err), err
	w.rec.Failed(w.refusal)
	w.drop(c)
	if c.served = 0; w.alive == 0 {
		w.gone = min(w.gone, now)
		w.deserted = now-w.gone > w.patience(w.refusal)
	}
	w.reconnect(c, now)
}

// drop closes c's descriptor.
func (w *worker) drop(c *conn) {
	if c.queue != nil {
		c.queue.remove(c)
	}
	if c.fd >= 0 {
		w.poller.Remove(c.fd)
		sock.Close(c.fd)
	}
	switch {
	case c.state == opening:
		w.opening--
	case c.state != closed && c.line >= 0:
		if w.alive--; w.alive == 0 {
			w.gone, w.deserted = record.Never, false
		}
	}
	c.fd, c.state = -1, closed
	c.era++
}

// reconnect sees to it that c is opened again: at once if it was of use and nothing failed lately, else after a pause that
// doubles as long as failures go on. A silent connection that the server closed stays closed.
func (w *worker) reconnect(c *conn, now int64) {
	switch {
	case c.line < 0, !c.pending && w.spent():
	case c.served > 0 && w.backoff == 0:
		w.connect(c, now)
	default:
		if w.down.push(c); c.served > 0 {
			break
		}
		if w.trouble = now; !w.failed { // one step for each round of attempts, however many fail
			w.failed, w.backoff = true, grow(w.backoff)
			w.retry = max(w.retry, now+int64(w.backoff))
		}
	}
}

// ramp is the worker's share of how many connects may begin at once.
func (w *worker) ramp() int { return max(1, ramp/w.of) }

// reopen opens connections again, as many as the ramp allows, until one fails.
func (w *worker) reopen(now int64) {
	w.failed, w.retry = false, now+int64(rampPause)
	for range w.ramp() {
		if w.down.first == nil {
			return
		}
		if c := w.down.pop(); c.pending || !w.spent() {
			if !w.connect(c, now) {
				return
			}
		}
	}
}

// sweep gives up what has taken too long, and sets the time of the next: what begins later is too late later.
func (w *worker) sweep(now int64) {
	patience := int64(min(connectLimit, w.Timeout))
	w.nextSweep = now + patience
	for k := range w.conns {
		c := &w.conns[k]
		switch {
		case c.pending && c.sent+int64(w.Timeout) <= now: // whether it waits for a reply or for a connection to be sent again
			w.lost(c, now, record.Timeout)
		case c.state == opening && c.tried+patience <= now:
			w.refused(c, now, syscall.ETIMEDOUT)
		}
		if c.pending {
			w.nextSweep = min(w.nextSweep, c.sent+int64(w.Timeout))
		}
		if c.state == opening {
			w.nextSweep = min(w.nextSweep, c.tried+patience)
		}
	}
}

// queue is a first-in, first-out list that a connection may leave from anywhere.
type queue struct{ first, last *conn }

func (q *queue) push(c *conn) {
	c.queue, c.prev, c.next = q, q.last, nil
	if q.last != nil {
		q.last.next = c
	} else {
		q.first = c
	}
	q.last = c
}

func (q *queue) pop() *conn {
	c := q.first
	q.remove(c)
	return c
}

func (q *queue) remove(c *conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		q.last = c.prev
	}
	c.queue, c.prev, c.next = nil, nil, nil
}
