//go:build linux

package engine

import (
	"net/netip"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// batch is the most events that one wait returns.
const batch = 256

// epollEngine has a worker for each thread.
type epollEngine struct {
	*run
	threads *threadPool
	workers []*worker
}

func newEpoll(r *run, threads *threadPool) (engine, error) {
	c := &epollEngine{run: r, threads: threads}
	from := newSources(r.Source)
	for _, shard := range r.split(threads.size()) {
		calls, err := newCalls(r.addrs(), &r.Spec, from, shard)
		if err != nil {
			c.close()
			return nil, err
		}
		calls.now, calls.base = r.now, sock.Now()-r.now()
		c.workers = append(c.workers, newWorker(shard, calls, r.now))
	}
	return c, nil
}

// phase runs a phase of each shard on its thread.
func (c *epollEngine) phase(begin func(*flight.Shard)) {
	c.threads.do(func(i int) {
		begin(c.workers[i].shard)
		c.workers[i].work()
	})
}

// precise sets the timer slack of the calling thread to 1 ns, so that it wakes on time.
func precise() { unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

func (c *epollEngine) close() {
	for _, w := range c.workers {
		w.close()
	}
}

// worker is one thread with its connections. Its loop allocates nothing and never enters the Go scheduler, not even to wait: the thread keeps its
// processor of the Go scheduler (P), and startThreads adds one for the rest of the program.
type worker struct {
	kernel
	shard *flight.Shard
	now   func() int64
	socks []socket // by the connection's index
	ready [batch]sock.Event
	buf   [client.MaxRead]byte
}

// socket is a connection's descriptor.
type socket struct {
	fd     int    // negative: none
	events uint32 // watched by epoll
}

// kernel has the system calls of a worker, so that a test can replace them. Its methods return the errors of the system calls.
type kernel interface {
	connect(key uint64) (fd int, err error) // begins to connect, and watches for the end
	connected(fd int) error                 // returns why the connect failed; nil: it did not
	watch(fd int, events uint32, key uint64) error
	read(fd int, p []byte) (int, error)
	write(fd int, p []byte) (int, error)
	wait(ready []sock.Event, until int64) (int, error) // only polls if the instant until is past
	hangUp(fd int)
	close()
}

func newWorker(shard *flight.Shard, k kernel, now func() int64) *worker {
	w := &worker{kernel: k, shard: shard, now: now, socks: make([]socket, shard.Size())}
	for i := range w.socks {
		w.socks[i].fd = -1
	}
	return w
}

// work sends and receives until the phase of the shard is over.
func (w *worker) work() {
	for w.shard.Turn() {
		w.act()
		n, err := w.wait(w.ready[:], w.shard.Wake())
		if err != nil {
			panic(err) // epoll_wait on an own, open descriptor does not fail
		}
		for k := range n {
			w.handle(&w.ready[k])
			w.act()
		}
	}
}

// act carries out the actions that the shard returns.
func (w *worker) act() {
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
		case flight.Read:
			w.watchFor(c, w.socks[c.Index].events|sock.Readable)
		}
	}
}

// key identifies c and its Era in the events that the kernel returns.
func key(c *flight.Conn) uint64 { return uint64(c.Era)<<32 | uint64(uint32(c.Index)) }

func (w *worker) handle(ev *sock.Event) {
	c := w.shard.Conn(int(uint32(ev.Data())))
	switch {
	case key(c) != ev.Data(): // the descriptor was closed earlier in this batch
	case c.Opening():
		w.opened(c)
	case ev.Events&sock.Writable != 0 && ev.Events&(sock.Readable|sock.Hangup) == 0:
		w.send(c)
	default:
		w.receive(c, ev.Events&sock.Hangup != 0)
	}
}

// watchFor sets the events for which epoll watches c.
func (w *worker) watchFor(c *flight.Conn, events uint32) {
	if s := &w.socks[c.Index]; s.events != events {
		w.watch(s.fd, events, key(c))
		s.events = events
	}
}

func (w *worker) open(c *flight.Conn) {
	fd, err := w.connect(key(c))
	w.socks[c.Index] = socket{fd: fd}
	if err != nil {
		w.shard.Refused(c, connectClass(err), err)
	}
}

func (w *worker) opened(c *flight.Conn) {
	s := &w.socks[c.Index]
	err := w.connected(s.fd)
	if err == nil {
		s.events = sock.Readable
		err = w.watch(s.fd, s.events, key(c))
	}
	if err != nil {
		w.shard.Refused(c, connectClass(err), err)
		return
	}
	w.shard.Connected(c)
}

// send writes what the kernel takes of c's requests; on EAGAIN it waits for the rest.
func (w *worker) send(c *flight.Conn) {
	s, out := &w.socks[c.Index], c.Out()
	n, err := w.write(s.fd, out)
	c.Sent(n)
	switch {
	case err != nil && err != sock.Again:
		w.shard.Closed(c, writeClass(err))
	case n < len(out):
		w.watchFor(c, s.events|sock.Writable)
	default:
		w.watchFor(c, s.events&^sock.Writable)
	}
}

// receive reads what has come. Of a connection that the peer has closed it reads all, whatever its Room: epoll reports a hang-up until it is closed.
func (w *worker) receive(c *flight.Conn, ended bool) {
	s := &w.socks[c.Index]
	for range sock.TurnBytes / client.MaxRead {
		room := c.Room()
		if ended {
			room = len(w.buf)
		}
		if room == 0 {
			w.watchFor(c, s.events&^sock.Readable)
			return
		}
		n, err := w.read(s.fd, w.buf[:room])
		switch {
		case err == sock.Again:
			return
		case err == nil && n == 0:
			w.shard.Closed(c, record.ReadEOF)
			return
		case err != nil:
			w.shard.Closed(c, readClass(err))
			return
		case !w.shard.Feed(c, w.buf[:n]), n < room:
			return
		}
	}
}

// drop closes c's descriptor, if it has one.
func (w *worker) drop(c *flight.Conn) {
	if s := &w.socks[c.Index]; s.fd >= 0 {
		w.hangUp(s.fd)
		s.fd = -1
	}
}

func (w *worker) close() {
	for k := range w.socks {
		w.drop(w.shard.Conn(k))
	}
	if w.kernel != nil {
		w.kernel.close()
	}
	w.kernel = nil
}

// calls is the real kernel.
type calls struct {
	poller *sock.Poller
	shard  *flight.Shard   // its connections have the index of their server
	peers  []unix.Sockaddr // by server; not shared between threads, because connect writes into them
	family []int           // of each of peers
	spec   *result.Spec
	from   *sources
	source unix.SockaddrInet4 // the source address of the latest connect, if from has any
	now    func() int64
	base   int64 // the kernel's clock when now was 0
}

func newCalls(addrs []string, spec *result.Spec, from *sources, shard *flight.Shard) (*calls, error) {
	k := &calls{spec: spec, from: from, shard: shard}
	for _, addr := range addrs {
		family, peer, err := sockaddr(addr)
		if err != nil {
			return nil, err
		}
		k.family, k.peers = append(k.family, family), append(k.peers, peer)
	}
	var err error
	k.poller, err = sock.NewPoller()
	return k, err
}

// host returns the server of a connection, an index in peers.
func (k *calls) host(index int) int { return k.shard.Conn(index).Host() }

// sockaddr converts an address, as client.Addr returns it and resolved, for the kernel.
func sockaddr(addr string) (family int, to unix.Sockaddr, err error) {
	if client.Network(addr) == "unix" {
		return unix.AF_UNIX, &unix.SockaddrUnix{Name: addr}, nil
	}
	at, err := netip.ParseAddrPort(addr)
	switch {
	case err != nil:
		return 0, nil, err
	case at.Addr().Is4():
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(at.Port()), Addr: at.Addr().As4()}, nil
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()}, nil
}

// socket opens a socket that is to connect to a server.
func (k *calls) socket(host int) (int, error) {
	fd, err := unix.Socket(k.family[host], unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if k.family[host] != unix.AF_UNIX {
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err = prepare(fd, k.spec); err != nil {
		return fd, err
	}
	if addr, ok := k.from.next(); ok {
		k.source.Addr = addr
		err = unix.Bind(fd, &k.source)
	}
	return fd, err
}

func (k *calls) connect(key uint64) (int, error) {
	host := k.host(int(uint32(key)))
	fd, err := k.socket(host)
	if err != nil {
		return fd, err
	}
	if err = unix.Connect(fd, k.peers[host]); err != nil && err != unix.EINPROGRESS {
		return fd, err
	}
	return fd, k.poller.Add(fd, sock.Writable, key)
}

func (k *calls) connected(fd int) error {
	code, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && code != 0 {
		err = syscall.Errno(code)
	}
	if err == nil && k.family[0] != unix.AF_UNIX && selfConnected(fd) {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}) // close by reset: in TIME_WAIT the server could not bind its port
		err = syscall.ECONNREFUSED
	}
	return err
}

// selfConnected reports whether fd is connected to itself. If no socket listens on the target's port and that port is in the kernel's range for
// clients, connect may choose the same local port; TCP then connects the socket to itself (simultaneous open).
func selfConnected(fd int) bool {
	var local, remote unix.RawSockaddrAny
	return name(unix.SYS_GETSOCKNAME, fd, &local) && name(unix.SYS_GETPEERNAME, fd, &remote) && local == remote
}

// name calls getsockname or getpeername for fd, and reports whether it succeeded. Those of x/sys/unix allocate, and a load may open a connection for
// each request.
func name(call uintptr, fd int, addr *unix.RawSockaddrAny) bool {
	size := uint32(unsafe.Sizeof(*addr))
	_, _, e := unix.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(addr)), uintptr(unsafe.Pointer(&size)))
	return e == 0
}

func (k *calls) watch(fd int, events uint32, key uint64) error {
	return k.poller.Change(fd, events, key)
}

func (k *calls) read(fd int, p []byte) (int, error) { return sock.Read(fd, p) }

func (k *calls) write(fd int, p []byte) (int, error) { return sock.Write(fd, p) }

// wait waits until the instant exactly if there is a schedule. In a closed loop a coarser wait is enough, and saves a system call.
func (k *calls) wait(ready []sock.Event, until int64) (int, error) {
	if limit := until - k.now(); limit <= 0 || k.spec.Rate == 0 {
		return k.poller.WaitRaw(ready, time.Duration(max(0, limit)))
	}
	return k.poller.WaitUntil(ready, k.base+until)
}

func (k *calls) hangUp(fd int) {
	k.poller.Remove(fd)
	sock.Close(fd)
}

func (k *calls) close() { k.poller.Close() }
