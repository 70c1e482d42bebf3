package engine

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"net"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

var (
	scripts = flag.Int("scripts", manyScripts, "how many scripts TestDriversAgree tries")
	script  = flag.Int("script", -1, "the only one it tries")
)

// The engines epoll, uring and net produce the same record of the same load, whatever the target does and when, because they share package flight.
// Targets and time are simulated. Random times are spread over so many nanoseconds that no two events happen at the same instant.
func TestDriversAgree(t *testing.T) {
	if *script >= 0 {
		agree(t, uint64(*script), map[string]bool{})
		return
	}
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // each script needs a megabyte for a short time
	const groups = 4
	var seen [groups]map[string]bool
	t.Run("scripts", func(t *testing.T) {
		for group := range groups {
			seen[group] = map[string]bool{}
			t.Run(fmt.Sprint(group), func(t *testing.T) {
				t.Parallel()
				for seed := group; seed < *scripts; seed += groups {
					agree(t, uint64(seed), seen[group])
				}
			})
		}
	})
	all := map[string]bool{}
	for _, part := range seen {
		maps.Copy(all, part)
	}
	for _, what := range strings.Fields("unreachable ok unanswered resent redirects no-connection interrupted " +
		"status-503 malformed body-length read-eof read-reset write-reset timeout redirect-elsewhere redirect-too-many " +
		"connect-refused connect-timeout connect-nofile") {
		if !all[what] && *scripts >= 10_000 {
			t.Errorf("%s happens in none of %d scripts", what, *scripts)
		}
	}
}

func agree(t *testing.T, seed uint64, seen map[string]bool) {
	s, stop := invent(seed)
	epoll, net := drive(t, seed, s, stop, byEpoll), drive(t, seed, s, stop, byNet)
	if diff := gocmp.Diff(epoll, net, everything, butLooks); diff != "" {
		t.Errorf("epoll - net +\n%s", diff)
	}
	swift, unpaced := s, epoll
	if swift.ReadRate = 0; s.ReadRate > 0 { // which a ring does not keep
		unpaced = drive(t, seed, swift, stop, byEpoll)
	}
	if diff := gocmp.Diff(unpaced, drive(t, seed, swift, stop, byUring), everything, butLooks); diff != "" {
		t.Errorf("epoll - uring +\n%s", diff)
	}
	if epoll.Load != nil {
		epoll.Load.Spec = s
		balance(t, epoll.Load)
	}
	if epoll.Record != nil {
		l := record.Books(epoll.Record)
		l.Spec = s
		sums(t, l)
		for what, n := range map[string]int64{"ok": l.Requests.OK, "unanswered": l.Requests.Unanswered, "resent": l.Resent, "redirects": l.Redirects} {
			seen[what] = seen[what] || n > 0
		}
		for _, class := range []map[string]int64{l.Errors, l.ConnectErrors, l.UnsentBy} {
			for what := range class {
				seen[what] = true
			}
		}
	}
	if t.Failed() {
		t.Fatalf("seed %d, stopped at %v: %v", seed, stop, s)
	}
	seen["unreachable"] = seen["unreachable"] || epoll.Err != ""
}

// outcome is the result of a run.
type outcome struct {
	End     int64
	Err     string
	Arrived int // requests that reached the target
	Record  *record.Recorder
	Load    *result.Load // for some seeds only, since it takes long
}

var (
	everything = gocmp.Exporter(func(reflect.Type) bool { return true })
	// Engines take their turns at different instants, so their stalls differ. Intervals have millions of counts and are compared in Load.
	butLooks = gocmp.FilterPath(func(p gocmp.Path) bool {
		return slices.Contains([]string{".stall", ".awake", ".OwnStallNS", ".path", ".intervals"}, p.Last().String())
	}, gocmp.Ignore())
)

// invent returns a random load, and when it is stopped; 0: never.
func invent(seed uint64) (s result.Spec, stop time.Duration) {
	r := rand.New(rand.NewPCG(seed, 0))
	some := func(share float64) bool { return r.Float64() < share }
	between := func(low, high time.Duration) time.Duration { return low + time.Duration(r.Int64N(int64(high-low))) }
	s = result.DefaultSpec()
	s.Target, s.Engine, s.Connections = "http://127.0.0.1:1/", result.Net, 1+r.IntN(4)
	s.Duration, s.Timeout, s.Grace = between(time.Millisecond, 8*time.Second), between(time.Second, 6*time.Second), 0
	if some(0.7) {
		s.Grace = between(1, 4*time.Second)
	}
	if some(0.3) {
		s.Duration, s.Requests = 0, int64(s.Connections)+r.Int64N(20)
	}
	if some(0.5) {
		s.Rate = 1/max(0.001, s.Duration.Seconds()) + 20*r.Float64()
	}
	if some(0.2) {
		s.Warmup = between(1, 2*time.Second)
	}
	if some(0.3) {
		s.Idle = 1
	}
	if some(0.3) {
		s.MaxRedirects = 1 + r.IntN(3)
	}
	if some(0.3) {
		s.Paths = []string{"/b", "/c"}
	}
	if some(0.2) {
		s.Method, s.Body = "POST", strings.Repeat("x", r.IntN(60_000))
		if some(0.3) { // make the request a whole number of pieces long
			for range 2 {
				s.Body += strings.Repeat("x", maxPiece-1-(len(client.New(s)[0].Bytes)-1)%maxPiece)
			}
		}
	}
	if some(0.3) {
		stop = between(1, 10*time.Second)
	}
	switch {
	case some(0.2):
		s.NoKeepalive = true
	case some(0.3) && s.Rate == 0 && len(s.Paths) == 0 && s.MaxRedirects == 0:
		s.Pipeline = 2 + r.IntN(3)
	}
	if some(0.2) && s.Rate == 0 && s.Pipeline == 0 {
		s.Think = between(1, time.Second)
	}
	if some(0.2) {
		s.ReadRate = int64(10 + r.IntN(1000))
	}
	return s, stop
}

// drive runs a load against the target of a seed.
func drive(t *testing.T, seed uint64, s result.Spec, stop time.Duration, by func(*run, *target) engine) (o outcome) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{base: time.Now()}
		r.Run = flight.New(s, client.New(s), nil, r.now)
		target := newTarget(seed, r.now)
		c := by(r, target)
		defer c.close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if stop > 0 {
			defer time.AfterFunc(stop, func() { cancel(); r.Stop() }).Stop()
		}
		if err := r.open(ctx, c); err != nil {
			o.Err = err.Error()
			return
		}
		r.Flow(r.now())
		o.End = r.send(c)
		r.settle(c, o.End)
		o.Record = r.shards[0].Record
		for _, at := range target.arrived {
			if at < o.End+int64(s.Grace) { // engines may notice the end of the grace at different instants
				o.Arrived++
			}
		}
		if seed%16 == 0 {
			var err error
			if o.Load, err = r.books(o.End); err != nil {
				t.Error(err)
			}
		}
	})
	return o
}

func byEpoll(r *run, t *target) engine {
	k := &inventedKernel{target: t}
	return &oneWorker{newWorker(r.split(1)[0], k, r.now)}
}

// oneWorker is the epoll engine without its thread.
type oneWorker struct{ *worker }

func (w *oneWorker) phase(begin func(*flight.Shard)) {
	begin(w.shard)
	w.work()
}

func byNet(r *run, t *target) engine {
	return newNetEngine(r, func(ctx context.Context, index int) (net.Conn, error) {
		wait, link, err := t.dial(index)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		return newInventedConn(link), nil
	})
}

// target is a simulated target. What it does on a connection depends only on the seed, the connection's index, how often it was opened, and how
// many requests came on it.
type target struct {
	seed uint64
	now  func() int64
	dies int64 // when it dies

	mu      sync.Mutex
	dialled map[int]int
	arrived []int64 // when each request had come
}

const never = math.MaxInt64

func newTarget(seed uint64, now func() int64) *target {
	t := &target{seed: seed, now: now, dies: never, dialled: map[int]int{}}
	if r := t.roll(0); r.IntN(10) == 0 {
		t.dies = int64(after(r))
	}
	return t
}

// roll returns the random source for a place, such as a request of a connection.
func (t *target) roll(place ...int) *rand.Rand {
	h := t.seed + 1
	for _, p := range place {
		h = (h ^ uint64(p+1)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(t.seed, h))
}

// after returns a random time from 100 us to 3 s, uniform in its log.
func after(r *rand.Rand) time.Duration { return time.Duration(1e5 * math.Pow(3e4, r.Float64())) }

// dial returns how a connect ends, and after what time.
func (t *target) dial(index int) (wait time.Duration, l *link, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.dialled[index]
	t.dialled[index]++
	r := t.roll(1, index, n)
	wait = after(r)
	switch r.IntN(25) {
	case 0:
		return wait, nil, syscall.ECONNREFUSED
	case 3:
		return 0, nil, syscall.EMFILE
	case 1:
		return wait, nil, syscall.ETIMEDOUT
	case 2:
		return time.Hour, nil, syscall.ETIMEDOUT
	}
	if t.now()+int64(wait) > t.dies {
		return wait, nil, syscall.ECONNREFUSED
	}
	l = &link{target: t, index: index, dial: n, pause: after(r) / 100, breaks: never}
	if r.IntN(20) == 0 {
		l.breaks = t.now() + int64(wait+after(r))
	}
	switch {
	case t.dies != never:
		l.say(time.Duration(t.dies-t.now())+time.Duration(r.Int64N(1e6)), "", syscall.ECONNRESET)
	case r.IntN(20) == 0:
		l.say(wait+after(r), "", io.EOF)
	}
	return wait, l, nil
}

// link is the target's end of a connection.
type link struct {
	*target
	index, dial int
	pending     []saying // in the order of time
	text        []byte   // the begin of an incomplete request
	came        int      // bytes in text
	pieceEnds   int      // when came reaches it, write takes nothing for pause
	requests    int
	pause       time.Duration
	takes       int64 // when write takes something again
	breaks      int64 // when writes begin to fail
	lastReply   int64 // when the last of the replies so far ends
}

// saying is what the target sends at an instant: some text, or the end.
type saying struct {
	at   int64
	text string
	err  error
}

// say sends text or an end after wait. What would come after an end is dropped.
func (l *link) say(wait time.Duration, text string, err error) {
	l.pending = append(l.pending, saying{l.now() + int64(wait), text, err})
	slices.SortStableFunc(l.pending, func(a, b saying) int { return cmp.Compare(a.at, b.at) })
	if i := slices.IndexFunc(l.pending, func(p saying) bool { return p.err != nil }); i >= 0 {
		l.pending = l.pending[:i+1]
	}
}

// read reads what has come by now; it returns 0 and no error if nothing has.
func (l *link) read(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 || l.pending[0].at > l.now() {
		return 0, nil
	}
	first := &l.pending[0]
	if first.err != nil {
		return 0, first.err
	}
	n := copy(p, first.text)
	if first.text = first.text[n:]; first.text == "" {
		l.pending = l.pending[1:]
	}
	return n, nil
}

// readable returns when there is something to read.
func (l *link) readable() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.pending) == 0 {
		return never
	}
	return l.pending[0].at
}

// write takes a part of p; nothing during a pause.
func (l *link) write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.takes > l.now() {
		return 0, nil
	}
	if l.breaks <= l.now() {
		return 0, []error{syscall.EPIPE, syscall.ECONNRESET}[l.index%2]
	}
	if l.came == 0 { // a long request is taken in pieces, the first of random size
		r := l.roll(3, l.index, l.dial, l.requests)
		if l.pieceEnds = maxPiece; length(p) > maxPiece && r.IntN(2) == 0 {
			l.pieceEnds = 1 + r.IntN([]int{100, maxPiece}[r.IntN(2)])
		}
	}
	n := min(len(p), l.pieceEnds-l.came)
	if whole := length(append(slices.Clone(l.text), p...)); whole > 0 { // take one request at a time
		n = min(n, whole-l.came)
	}
	if l.came += n; l.came == l.pieceEnds {
		l.pieceEnds += maxPiece - l.pieceEnds%maxPiece
		l.takes = l.now() + int64(l.pause)
	}
	l.text = append(l.text, p[:n]...)
	switch whole := length(l.text); {
	case l.came == whole:
		l.answer(string(l.text[:min(whole, 1000)]))
		l.text, l.came, l.takes = nil, 0, 0
	case whole > 0 && l.came > whole:
		panic("a request with something behind it")
	}
	return n, nil
}

// length returns the length of the request at the begin of text; 0 if its head is not complete.
func length(text []byte) int {
	head, _, complete := bytes.Cut(text, []byte("\r\n\r\n"))
	if !complete {
		return 0
	}
	_, after, _ := bytes.Cut(head, []byte("Content-Length: "))
	n, _ := strconv.Atoi(string(after))
	return len(head) + 4 + n
}

// takesMore returns when write takes something again.
func (l *link) takesMore() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.takes
}

// answer sends a random reply to a request, or none.
func (l *link) answer(head string) {
	r := l.roll(2, l.index, l.dial, l.requests)
	l.requests++
	l.arrived = append(l.arrived, l.now())
	full := "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello world\n"
	wait := max(0, time.Duration(l.lastReply-l.now())) + after(r)
	inPieces := func(text string) {
		for cuts := r.IntN(4); len(text) > 0; cuts-- {
			n := len(text)
			if cuts > 0 {
				n = 1 + r.IntN(n)
			}
			l.say(wait, text[:n], nil)
			l.lastReply = l.now() + int64(wait)
			text = text[n:]
			wait += after(r)
		}
	}
	kind := r.IntN(40)
	if strings.Contains(head, " /on ") && r.IntN(2) == 0 {
		kind = 1 // a chain of redirects
	}
	switch kind {
	case 0:
		inPieces("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
	case 1, 2, 3, 4:
		inPieces("HTTP/1.1 302 Found\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n")
	case 5:
		inPieces("HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n")
	case 6:
		inPieces("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
		l.say(wait, "", io.EOF)
	case 7:
		inPieces("HTTP/1.1 200 OK\r\n\r\nuntil the end")
		l.say(wait, "", io.EOF)
	case 8:
		inPieces("HTTP/1.1 two hundred\r\n\r\n")
	case 9, 10:
		inPieces(full[:1+r.IntN(len(full)-1)])
		l.say(wait, "", []error{io.EOF, syscall.ECONNRESET}[r.IntN(2)])
	case 11, 12:
		l.say(wait, "", []error{io.EOF, syscall.ECONNRESET}[r.IntN(2)])
	case 13:
		inPieces(full[:r.IntN(len(full))]) // an incomplete reply, and no end
	case 14:
		inPieces(full + "!")
	case 15, 16:
		inPieces(full)
		l.say(wait, "", io.EOF)
	default:
		inPieces(full)
	}
}

// inventedConn is a net.Conn to a simulated target.
type inventedConn struct {
	net.Conn // nil: its other methods are never called
	link     *link
	close    func()
	closed   chan struct{}
	wrote    chan struct{} // there may be more to read
}

func newInventedConn(l *link) *inventedConn {
	c := &inventedConn{link: l, closed: make(chan struct{}), wrote: make(chan struct{}, 1)}
	c.close = sync.OnceFunc(func() { close(c.closed) })
	return c
}

func (c *inventedConn) Close() error {
	c.close()
	return nil
}

// wait waits until an instant or for a message on or, and reports whether the connection is still open.
func (c *inventedConn) wait(until int64, or <-chan struct{}) bool {
	var timer <-chan time.Time
	if until != never {
		timer = time.After(time.Duration(until - c.link.now()))
	}
	select {
	case <-c.closed:
		return false
	case <-or:
	case <-timer:
	}
	return true
}

func (c *inventedConn) SetWriteDeadline(time.Time) error { return nil }

func (c *inventedConn) Read(p []byte) (int, error) {
	for {
		if n, err := c.link.read(p); n > 0 || err != nil {
			return n, err
		}
		if !c.wait(c.link.readable(), c.wrote) {
			return 0, net.ErrClosed
		}
	}
}

func (c *inventedConn) Write(p []byte) (n int, err error) {
	for {
		m, err := c.link.write(p[n:])
		if err != nil {
			return n, err
		}
		select {
		case c.wrote <- struct{}{}: // a reply may come before the rest is written
		default:
		}
		if n += m; n == len(p) {
			return n, nil
		}
		if !c.wait(c.link.takesMore(), nil) {
			return n, net.ErrClosed
		}
	}
}

// inventedKernel is a simulated kernel with connections to a simulated target.
type inventedKernel struct {
	*target
	socks []*inventedSocket // by descriptor; nil: closed
}

type inventedSocket struct {
	key     uint64
	watched uint32
	opens   int64 // when the connect ends
	link    *link // nil: it fails
	err     error
}

func (k *inventedKernel) connect(key uint64) (fd int, err error) {
	wait, link, err := k.dial(int(uint32(key)))
	if wait == 0 {
		return -1, err
	}
	k.socks = append(k.socks, &inventedSocket{key, sock.Writable, k.now() + int64(wait), link, err})
	return len(k.socks) - 1, nil
}

func (k *inventedKernel) connected(fd int) error { return k.socks[fd].err }

func (k *inventedKernel) watch(fd int, events uint32, key uint64) error {
	k.socks[fd].watched = events
	return nil
}

func (k *inventedKernel) read(fd int, p []byte) (int, error) {
	n, err := k.socks[fd].link.read(p)
	switch {
	case err == io.EOF:
		return 0, nil
	case n == 0 && err == nil:
		err = sock.Again
	}
	return n, err
}

func (k *inventedKernel) write(fd int, p []byte) (int, error) {
	n, err := k.socks[fd].link.write(p)
	if n == 0 && err == nil {
		err = sock.Again
	}
	return n, err
}

// ready returns when s is next ready for something that it is watched for, and for what.
func (s *inventedSocket) ready(now int64) (at int64, events uint32) {
	if s.opens > now || s.link == nil {
		return s.opens, sock.Writable
	}
	at = never
	if s.watched&sock.Readable != 0 {
		if at = s.link.readable(); at <= now {
			events = sock.Readable
		}
	}
	if s.watched&sock.Writable != 0 {
		takes := max(s.opens, s.link.takesMore())
		if at = min(at, takes); takes <= now {
			events |= sock.Writable
		}
	}
	return at, events
}

func (k *inventedKernel) wait(ready []sock.Event, until int64) (n int, err error) {
	for {
		now, next := k.now(), until
		for _, s := range k.socks {
			if s == nil {
				continue
			}
			if at, events := s.ready(now); at > now {
				next = min(next, at)
			} else {
				ready[n] = sock.Event{Events: events, Fd: int32(s.key), Pad: int32(s.key >> 32)}
				n++
			}
		}
		if n > 0 || now >= until {
			return n, nil
		}
		time.Sleep(time.Duration(next - now))
	}
}

func (k *inventedKernel) hangUp(fd int) { k.socks[fd] = nil }

func (k *inventedKernel) close() {}
