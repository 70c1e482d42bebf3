package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// exam is one case run against one server. It ends at the first failed expectation, and at its deadline.
type exam struct {
	s        *server
	deadline time.Time
	lack     trait        // what the server lacks
	lines    bool         // use the line protocol where either protocol will do
	received atomic.Int64 // bytes, by all its clients
	sent     atomic.Bool  // a client has sent something
	left     atomic.Bool  // a client has closed or half-closed, or the server was expected to close
	needs    trait        // the case's needs, and those found while it runs (successors, latecomers)

	mu    sync.Mutex
	conns []*conn
}

// failure ends an exam by panicking through the case; attempt catches it.
type failure struct{ error }

func (x *exam) failf(format string, a ...any) { panic(failure{fmt.Errorf(format, a...)}) }

// attempt runs f and returns what made it fail.
func attempt(f func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failure:
			err = r.error
		default:
			panic(r)
		}
	}()
	f()
	return nil
}

// each runs f(0) to f(n-1) at once and fails with the first failure.
func (x *exam) each(n int, f func(i int)) {
	errs := make([]error, n)
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { errs[i] = attempt(func() { f(i) }) })
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			x.failf("client %d of %d: %w", i+1, n, err)
		}
	}
}

// until repeats a check until it returns "". At the deadline, or at once if the server is known to fail the case, it fails with what the check
// returned last.
func (x *exam) until(so func() (wrong string)) {
	for known := ""; ; {
		wrong := ""
		err := attempt(func() { wrong = so() })
		switch {
		case err != nil && known != "": // the deadline passed during the check
			x.failf("%s", known)
		case err != nil:
			panic(failure{err})
		case wrong == "":
			return
		case time.Now().After(x.deadline) || x.needs&x.lack != 0:
			x.failf("%s", wrong)
		}
		known = wrong
		time.Sleep(5 * time.Millisecond)
	}
}

// explains waits until the server has printed a reason for a refusal on stderr, which may come later than the reply.
func (x *exam) explains(reason string) {
	x.until(func() (wrong string) {
		if printed := x.s.stderr.String(); !strings.Contains(printed, reason) {
			wrong = fmt.Sprintf("connections are refused, and no reason is given but %q", printed)
		}
		return wrong
	})
}

// hangUp closes all connections that the case opened.
func (x *exam) hangUp() {
	x.left.Store(true)
	for _, c := range x.conns {
		c.tcp.Close()
	}
}

// conn is a client: it sends and expects bytes.
type conn struct {
	x   *exam
	tcp *net.TCPConn
	in  *bufio.Reader
}

func (x *exam) dial() *conn { return x.connect(net.Dialer{}) }

// dialNarrow connects with the smallest receive window that the system allows, so that a big reply cannot be sent at once.
func (x *exam) dialNarrow() *conn { return x.connect(net.Dialer{Control: narrow}) }

func (x *exam) connect(dialer net.Dialer) *conn {
	x.mu.Lock()
	if x.left.Load() {
		x.needs |= successors
	}
	if x.sent.Load() {
		x.needs |= latecomers
	}
	x.mu.Unlock()
	dialer.Deadline = x.deadline
	tcp, err := dialer.Dial("tcp", x.s.addr)
	if err != nil {
		x.failf("cannot connect: %w", err)
	}
	c := &conn{x: x, tcp: tcp.(*net.TCPConn), in: bufio.NewReader(counter{tcp, &x.received})}
	c.tcp.SetDeadline(x.deadline)
	x.mu.Lock()
	defer x.mu.Unlock()
	x.conns = append(x.conns, c)
	return c
}

// counter counts what is read.
type counter struct {
	io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// send sends s and does not wait for the server to read it, since a correct server may make its clients wait.
func (c *conn) send(s string) {
	c.x.sent.Store(true)
	if len(s) > 32<<10 {
		go io.WriteString(c.tcp, s)
		return
	}
	if _, err := io.WriteString(c.tcp, s); err != nil && !cut(err) {
		c.x.failf("cannot send %s: %w", brief(s), err)
	}
}

// sendPieces sends s in pieces of n bytes, each as a TCP segment of its own.
func (c *conn) sendPieces(s string, n int, pause time.Duration) {
	c.x.sent.Store(true)
	for len(s) > 0 {
		n = min(n, len(s))
		if _, err := io.WriteString(c.tcp, s[:n]); err != nil {
			if cut(err) { // the server refused the request before all of it was sent; its reply can still be read
				return
			}
			c.x.failf("cannot send %s: %w", brief(s[:n]), err)
		}
		s = s[n:]
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

// finish half-closes: the server reads the end of input, and can still reply.
func (c *conn) finish() {
	c.x.left.Store(true)
	c.tcp.CloseWrite()
}

// close closes the connection properly.
func (c *conn) close() {
	c.x.left.Store(true)
	c.tcp.Close()
}

// reset ends the connection with a RST.
func (c *conn) reset() {
	c.tcp.SetLinger(0)
	c.close()
}

// expect reads exactly want. From a server that lacks order, the header fields of the hello reply come the other way round.
func (c *conn) expect(want string) {
	if c.x.lack&order != 0 {
		want = strings.ReplaceAll(want, helloFields, swappedFields)
	}
	c.expectBytewise(want)
}

// expectBytewise reads exactly want.
func (c *conn) expectBytewise(want string) {
	got := make([]byte, len(want))
	n, err := io.ReadFull(c.in, got)
	if string(got[:n]) != want[:n] {
		at := 0
		for at < n && got[at] == want[at] {
			at++
		}
		c.x.failf("got %s, want %s (they differ from byte %d on)", brief(string(got[max(0, at-40):n])), brief(want[max(0, at-40):]), at)
	}
	if err != nil {
		c.x.failf("after %d of %d bytes of %s: %w", n, len(want), brief(want), err)
	}
}

// ended expects that the server closes without another byte.
func (c *conn) ended() {
	c.x.left.Store(true)
	if b, err := c.in.ReadByte(); err == nil {
		rest, _ := c.in.Peek(min(60, c.in.Buffered()))
		c.x.failf("want the end of the connection, got %s", brief(string(b)+string(rest)))
	} else if err != io.EOF {
		c.x.failf("want the end of the connection: %w", err)
	}
}

// cutOff expects that the server sends nothing more and closes, properly or not.
func (c *conn) cutOff() {
	c.x.left.Store(true)
	if b, err := c.in.ReadByte(); err == nil {
		c.x.failf("want the end of the connection, got %q", b)
	} else if err != io.EOF && !cut(err) {
		c.x.failf("want the end of the connection: %w", err)
	}
}

// silent expects that nothing comes for a while.
func (c *conn) silent(d time.Duration) {
	c.tcp.SetReadDeadline(time.Now().Add(d))
	if got, err := c.in.Peek(1); err == nil {
		rest, _ := c.in.Peek(c.in.Buffered())
		c.x.failf("want silence, got %s", brief(string(rest)))
	} else if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.x.failf("want silence, got %q, %w", got, err)
	}
	c.tcp.SetReadDeadline(c.x.deadline)
}

// reply is an HTTP reply as received.
type reply struct {
	status int
	head   string // status line and header fields, without the empty line
	body   string
}

// reply reads one reply; to a HEAD request it has no body.
func (c *conn) reply(method string) (r reply) {
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			c.x.failf("reply head %s: %w", brief(r.head+line), err)
		}
		if !strings.HasSuffix(line, "\r\n") {
			c.x.failf("reply head has a bare LF: %q", r.head+line)
		}
		if line == "\r\n" {
			break
		}
		r.head += line
	}
	version, rest, _ := strings.Cut(r.head, " ")
	var err error
	if r.status, err = strconv.Atoi(rest[:min(3, len(rest))]); err != nil || version != "HTTP/1.1" && version != "HTTP/1.0" {
		c.x.failf("no HTTP reply: %s", brief(r.head))
	}
	length := r.field("Content-Length")
	if method == "HEAD" || r.status == 100 {
		return r
	}
	var body []byte
	if length == "" && strings.EqualFold(r.field("Connection"), "close") {
		if body, err = io.ReadAll(c.in); cut(err) {
			err = nil // the body ends with the connection; a reset ends it too
		}
	} else {
		var n int
		if n, err = strconv.Atoi(length); err != nil {
			c.x.failf("no length in reply %s", brief(r.head))
		}
		body = make([]byte, n)
		_, err = io.ReadFull(c.in, body)
	}
	if err != nil {
		c.x.failf("body of reply %s: %w", brief(r.head), err)
	}
	r.body = string(body)
	return r
}

// field returns a header field's value, "" if it is missing.
func (r reply) field(name string) string {
	for line := range strings.Lines(r.head) {
		if n, v, _ := strings.Cut(line, ":"); strings.EqualFold(n, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// answer is the reply that a request must get. An empty body matches any.
type answer struct {
	status int
	body   string
	method string // HEAD, or "" for any other
}

func (c *conn) answered(want ...answer) {
	for i, w := range want {
		r := c.reply(w.method)
		if r.status != w.status || w.body != "" && r.body != w.body {
			c.x.failf("reply %d of %d is %d %s, want %d %s", i+1, len(want), r.status, brief(r.body), w.status, brief(w.body))
		}
	}
}

// request returns the request that hello sends.
func (x *exam) request() string {
	if x.lines {
		return "hello\n"
	}
	return get
}

// response returns the reply that hello expects.
func (x *exam) response() string {
	if x.lines {
		return world
	}
	return hello
}

// hello sends one request and expects the hello reply.
func (c *conn) hello() {
	c.send(c.x.request())
	c.expect(c.x.response())
}

// served expects that a new client is served.
func (x *exam) served() {
	c := x.dial()
	c.hello()
	c.close()
}

// cut reports whether err says that the peer ended the connection.
func cut(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// brief quotes the beginning of s.
func brief(s string) string {
	if len(s) <= 100 {
		return strconv.Quote(s)
	}
	return fmt.Sprintf("%q... (%d bytes)", s[:80], len(s))
}
