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

// batch is how many events one wait brings at most.
const batch = 256

// epollEngine is the workers of the epoll engine, a thread each.
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

// phase has each worker go through a phase of its shard, on its thread.
func (c *epollEngine) phase(begin func(*flight.Shard)) {
	c.threads.do(func(i int) {
		begin(c.workers[i].shard)
		c.workers[i].work()
	})
}

// precise has the calling thread woken to the nanosecond it waits for.
func precise() { unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0) }

func (c *epollEngine) close() {
	for _, w := range c.workers {
		w.close()
	}
}

// worker is one thread with its connections. In its loop nothing allocates and nothing enters the Go scheduler, waits
// included: the thread keeps its processor, and its team leaves the rest of the program another one.
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
	events uint32 // that are watched for
}

// kernel is what a worker calls; a test has one of its own. The errors of its methods are those of the system calls.
type kernel interface {
	connect(key uint64) (fd int, err error) // begins to, and watches for its end
	connected(fd int) error                 // why that failed
	watch(fd int, events uint32, key uint64) error
	read(fd int, p []byte) (int, error)
	write(fd int, p []byte) (int, error)
	wait(ready []sock.Event, until int64) (int, error) // an instant that is over: it only looks
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
			panic(err) // a poller of ours cannot be waited for: there is no going on
		}
		for k := range n {
			w.handle(&w.ready[k])
			w.act()
		}
	}
}

// act does what the shard wants.
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

// key is what the kernel hands back with c's events.
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

// watchFor has c watched for events.
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

// send hands the kernel what it takes of the request.
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

// receive takes what has come, of a connection that is at its end all that is left: as long as it has that it is reported.
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

// calls is the kernel.
type calls struct {
	poller *sock.Poller
	shard  *flight.Shard   // whose connections say which peer is theirs
	peers  []unix.Sockaddr // of its own: a connect writes into them
	family []int           // of each
	spec   *result.Spec
	from   *sources
	source unix.SockaddrInet4 // of the latest connect that came from one of them
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

// host is which of the peers a connection's is.
func (k *calls) host(index int) int { return k.shard.Conn(index).Host() }

// sockaddr is an address, as client.Addr has it with a number for its host, as the kernel has it.
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

// socket opens one that is to connect to a host.
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
	if err == nil && k.family[0] != unix.AF_UNIX && meetsItself(fd) {
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}) // else its port, the server's, would stay taken
		err = syscall.ECONNREFUSED
	}
	return err
}

// meetsItself reports whether both ends of a connection are fd: where nobody listens on a port that the kernel gives to clients, it
// can give out the very port that is the target, and a socket that connects to itself is TCP's simultaneous open.
func meetsItself(fd int) bool {
	var local, remote unix.RawSockaddrAny
	return name(unix.SYS_GETSOCKNAME, fd, &local) && name(unix.SYS_GETPEERNAME, fd, &remote) && local == remote
}

// name has a system call tell the address of an end of fd, and reports whether it did. The calls of x/sys/unix allocate, and a load can have
// a connection for each request.
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

// wait of a schedule is to the instant. A closed loop waits for replies, and is spared a call.
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
