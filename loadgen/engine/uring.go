//go:build linux

package engine

import (
	"syscall"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/uring"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// uringEngine has a worker for each thread.
type uringEngine struct {
	*run
	threads *threadPool
	workers []*ringWorker
}

func newUring(r *run, threads *threadPool) (engine, error) {
	c := &uringEngine{r, threads, make([]*ringWorker, threads.size())}
	shards, errs, from := r.split(threads.size()), make([]error, threads.size()), newSources(r.Source)
	threads.do(func(i int) { // a ring belongs to the thread that opens it
		k, err := newRingCalls(r.addrs(), &r.Spec, from, shards[i])
		if errs[i] = err; err == nil {
			c.workers[i] = newRingWorker(shards[i], k, r.now, sock.Now()-r.now())
		}
	})
	for _, err := range errs {
		if err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// phase runs a phase of each shard on its thread.
func (c *uringEngine) phase(begin func(*flight.Shard)) {
	c.threads.do(func(i int) {
		begin(c.workers[i].shard)
		c.workers[i].work()
	})
}

func (c *uringEngine) close() {
	c.threads.do(func(i int) {
		if w := c.workers[i]; w != nil {
			w.end()
		}
		c.workers[i] = nil
	})
}

// ringWorker is one thread with its connections and its ring. As in the epoll engine, its loop allocates nothing and never enters the Go scheduler.
// One system call submits all requests of a turn and fetches what has completed.
type ringWorker struct {
	ring
	shard *flight.Shard
	now   func() int64
	base  int64        // the kernel's clock when now was 0
	socks []ringSocket // by the connection's index
}

// ring has the calls of a worker, so that a test can replace them.
type ring interface {
	dial(data uint64) (fd int, err error) // begins to connect
	connected(fd int) error               // returns why the connect failed although it completed; nil: it did not
	Receive(fd int, data uint64)
	Send(fd int, p []byte, data uint64)
	SendSilently(fd int, p []byte, data uint64)
	Cancel(of, data uint64)
	Close(fd int, data uint64)
	Submit() (int, syscall.Errno)
	WaitUntil(at int64) (int, syscall.Errno)
	Next() *uring.Completion
	Bytes(*uring.Completion) []byte
	End()
}

// ringCalls is the real ring.
type ringCalls struct {
	*uring.Ring
	calls
	to []*uring.Address
}

// ringSocket is a connection's descriptor, and which requests to the ring are under way on it.
type ringSocket struct {
	fd    int32 // negative: none
	era   uint32
	under uint8 // a bit for each kind of request
}

// The data of a request to the ring: its kind, the connection's index and, in the upper half, its era.
const (
	connecting = iota
	receiving
	sending
	nothing   // its completion is ignored
	kindShift = 30
)

func newRingCalls(addrs []string, spec *result.Spec, from *sources, shard *flight.Shard) (*ringCalls, error) {
	k := &ringCalls{calls: calls{spec: spec, from: from, shard: shard}}
	for _, addr := range addrs {
		family, to, err := sockaddr(addr)
		if err != nil {
			return nil, err
		}
		k.family, k.to = append(k.family, family), append(k.to, uring.NewAddress(to))
	}
	var err error
	k.Ring, err = uring.New()
	return k, err
}

func (k *ringCalls) dial(data uint64) (int, error) {
	host := k.host(int(uint32(data) &^ (nothing << kindShift)))
	fd, err := k.socket(host)
	if err == nil {
		k.Connect(fd, k.to[host], data)
	}
	return fd, err
}

func newRingWorker(shard *flight.Shard, k ring, now func() int64, base int64) *ringWorker {
	w := &ringWorker{ring: k, shard: shard, now: now, base: base, socks: make([]ringSocket, shard.Size())}
	for i := range w.socks {
		w.socks[i].fd = -1
	}
	return w
}

// work sends and receives until the phase of the shard is over.
func (w *ringWorker) work() {
	for w.shard.Turn() {
		w.act()
		if e := w.wait(w.shard.Wake()); e != 0 {
			panic(e) // io_uring_enter on an own, open ring does not fail
		}
		for done := w.Next(); done != nil; done = w.Next() {
			w.handle(done)
			w.act()
		}
	}
}

// wait submits what is queued and waits for a completion until an instant; if that is past, it does not wait.
func (w *ringWorker) wait(until int64) (e syscall.Errno) {
	if until <= w.now() {
		_, e = w.Submit()
	} else {
		_, e = w.WaitUntil(w.base + until)
	}
	return e
}

// act carries out the actions that the shard returns.
func (w *ringWorker) act() {
	for {
		switch c, do := w.shard.Next(); do {
		case flight.Nothing:
			return
		case flight.Connect:
			w.drop(c)
			w.open(c)
		case flight.Send:
			w.send(c)
		case flight.Close:
			w.drop(c)
		}
	}
}

func (w *ringWorker) handle(done *uring.Completion) {
	kind, era := uint32(done.Data)>>kindShift, uint32(done.Data>>32)
	c := w.shard.Conn(int(uint32(done.Data) &^ (nothing << kindShift)))
	l, p := &w.socks[c.Index], w.Bytes(done)
	if era != c.Era || kind == nothing { // the descriptor was closed earlier
		return
	}
	whole := l.under&(1<<kind) == 0
	if !done.More() {
		l.under &^= 1 << kind
	}
	switch kind {
	case connecting:
		w.opened(c, done.Res)
	case receiving:
		if w.received(c, p, done.Res); era == c.Era && !done.More() {
			w.receive(c)
		}
	case sending:
		switch {
		case done.Res < 0:
			w.shard.Closed(c, writeClass(syscall.Errno(-done.Res)))
		case whole: // SendSilently completed, so it failed
			w.shard.Closed(c, record.WriteReset)
		default:
			if c.Sent(int(done.Res)); len(c.Out()) > 0 {
				w.send(c)
			}
		}
	}
}

// data returns the data of a request of this kind on c, and marks it as under way.
func (w *ringWorker) data(kind uint8, c *flight.Conn) uint64 {
	w.socks[c.Index].under |= 1 << kind
	return uint64(c.Era)<<32 | uint64(kind)<<kindShift | uint64(c.Index)
}

func (w *ringWorker) open(c *flight.Conn) {
	l := &w.socks[c.Index]
	*l = ringSocket{fd: -1, era: c.Era}
	fd, err := w.dial(w.data(connecting, c))
	if l.fd = int32(fd); err != nil {
		l.under = 0
		w.shard.Refused(c, connectClass(err), err)
	}
}

func (w *ringWorker) opened(c *flight.Conn, res int32) {
	var err error
	if fd := int(w.socks[c.Index].fd); res < 0 {
		err = syscall.Errno(-res)
	} else {
		err = w.connected(fd)
	}
	if err != nil {
		w.shard.Refused(c, connectClass(err), err)
		return
	}
	w.receive(c)
	w.shard.Connected(c)
}

// send queues the sending of c's requests.
func (w *ringWorker) send(c *flight.Conn) {
	l, out := &w.socks[c.Index], c.Out()
	switch {
	case l.under&(1<<sending) > 0: // the rest is sent when the send under way completes
	case len(out) <= maxPiece && w.shard.Pipeline <= 1: // fits the socket's empty send buffer
		w.SendSilently(int(l.fd), out, w.data(sending, c))
		l.under &^= 1 << sending
		c.Sent(len(out))
	default:
		w.Send(int(l.fd), out, w.data(sending, c))
	}
}

func (w *ringWorker) receive(c *flight.Conn) {
	w.Receive(int(w.socks[c.Index].fd), w.data(receiving, c))
}

// received handles the completion of a receive.
func (w *ringWorker) received(c *flight.Conn, p []byte, res int32) {
	switch {
	case res > 0:
		w.shard.Feed(c, p)
	case res == 0:
		w.shard.Closed(c, record.ReadEOF)
	case res != -int32(unix.ENOBUFS):
		w.shard.Closed(c, readClass(syscall.Errno(-res)))
	}
}

// drop closes c's descriptor, if it has one. Requests under way on it are cancelled first: they would keep the connection open.
func (w *ringWorker) drop(c *flight.Conn) {
	l := &w.socks[c.Index]
	if l.fd < 0 {
		return
	}
	for kind := range uint64(nothing) {
		if l.under&(1<<kind) > 0 {
			w.Cancel(uint64(l.era)<<32|kind<<kindShift|uint64(c.Index), nothing<<kindShift)
		}
	}
	w.Close(int(l.fd), nothing<<kindShift)
	*l = ringSocket{fd: -1}
}

func (w *ringWorker) end() {
	for k := range w.socks {
		w.drop(w.shard.Conn(k))
	}
	w.Submit()
	w.End()
}
