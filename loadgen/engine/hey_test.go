package engine

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

func heySpec(target string, connections int, d time.Duration, n int64) result.Spec {
	s := result.DefaultSpec()
	s.Target, s.Engine, s.Connections, s.Duration, s.Requests, s.Grace = target, result.Hey, connections, d, n, 0
	return s
}

// heyServer counts the connections and requests that reach it.
func heyServer(t *testing.T, handle http.HandlerFunc) (target string, served *atomic.Int64) {
	t.Helper()
	served = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		handle(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/", served
}

func runValid(t *testing.T, ctx context.Context, s result.Spec) *result.Load {
	t.Helper()
	l, err := Run(ctx, context.Background(), s, new(record.Live))
	if err != nil {
		t.Fatal(err)
	}
	q := l.Requests
	var errors int64
	for _, n := range l.Errors {
		errors += n
	}
	if q.Planned != q.Sent+q.Unsent || q.Sent != q.OK+q.Errors+q.Unanswered || q.Errors != errors {
		t.Errorf("the books do not balance: %+v, errors %v", q, l.Errors)
	}
	return l
}

func TestHeySendsWhatIsAsked(t *testing.T) {
	type seen struct{ Method, Host, Path, A, Agent, Body string }
	got := make(chan seen, 8)
	target, _ := heyServer(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.Method, r.Host, r.URL.RequestURI(), r.Header.Get("A"), r.UserAgent(), string(body)}
	})
	s := heySpec(target+"a?b=c", 2, 0, 8)
	s.Method, s.Body, s.Headers = "PUT", "text", []string{"Host: example.com", "A:  b ", "user-agent: me"}
	l := runValid(t, t.Context(), s)
	for range 8 {
		if diff := cmp.Diff(seen{"PUT", "example.com", "/a?b=c", "b", "me", "text"}, <-got); diff != "" {
			t.Fatal(diff)
		}
	}
	if l.Requests.OK != 8 {
		t.Errorf("%+v", l.Requests)
	}
}

func TestHeyByCount(t *testing.T) {
	target, served := heyServer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	l := runValid(t, t.Context(), heySpec(target, 4, 0, 400))
	if served.Load() != 400 || l.Requests.OK != 400 || l.Requests.Planned != 400 || !l.Complete {
		t.Errorf("%d served, %+v", served.Load(), l.Requests)
	}
	if l.BytesRead != 400*5 {
		t.Errorf("%d bytes of bodies, want 2000", l.BytesRead)
	}
	head := heySpec(target, 4, 0, 400)
	head.Method = "HEAD"
	if l := runValid(t, t.Context(), head); l.Requests.OK != 400 || l.BytesRead != 0 {
		t.Errorf("HEAD: %d ok with %d bytes of bodies, of which there are none", l.Requests.OK, l.BytesRead)
	}
	if h, err := result.Decode(l.Histogram); err != nil || h.Count() != 400 || l.Latency.P50 <= 0 || l.Latency.P50%100_000 == 0 {
		t.Errorf("p50 %d ns of %v (%v): want full precision", l.Latency.P50, h, err)
	}
}

func TestHeyByTime(t *testing.T) {
	target, served := heyServer(t, func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) })
	l := runValid(t, t.Context(), heySpec(target, 4, time.Second, 0))
	// At the end of the window 4 requests are under way, and some of them never arrive. What hey sends until it has stopped is not counted.
	if n := served.Load(); l.Requests.Sent > n+4 || l.Requests.OK == 0 || l.Requests.Unanswered > 4 {
		t.Errorf("%d served, %+v", n, l.Requests)
	}
	if !l.Complete || l.Window.ElapsedNS < 1e9 || l.Connections.Answered != 4 {
		t.Errorf("complete %v after %d ns, %+v", l.Complete, l.Window.ElapsedNS, l.Connections)
	}
	if n := l.Latency.Mean * float64(l.Requests.Sent) / float64(l.Window.ElapsedNS); n > 4.2 {
		t.Errorf("%v requests in flight over 4 connections", n)
	}
}

// A server that hangs does not delay the end of the run, and requests that wait for it are recorded with their age.
func TestHeyUnanswered(t *testing.T) {
	over := make(chan struct{})
	target, served := heyServer(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-over:
		case <-r.Context().Done():
		}
	})
	defer close(over)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	when(t, func() bool { return served.Load() == 3 }, cancel)
	l := runValid(t, ctx, heySpec(target, 3, time.Hour, 0))
	if l.Requests.Unanswered != 3 || l.Requests.Sent != 3 {
		t.Errorf("%+v", l.Requests)
	}
	if l.Latency.P50 <= 0 || l.Connections.Answered != 0 || l.Connections.LongestWaitNS <= 0 {
		t.Errorf("p50 %d ns, %+v", l.Latency.P50, l.Connections)
	}
}

func TestHeyInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	target, served := heyServer(t, func(http.ResponseWriter, *http.Request) {})
	go func() {
		for served.Load() < 50 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	l := runValid(t, ctx, heySpec(target, 2, 0, 500_000))
	if l.Complete || l.Requests.OK < 40 || l.Requests.Planned != 500_000 || l.UnsentBy["interrupted"] != l.Requests.Unsent {
		t.Errorf("complete %v, %+v, unsent %v", l.Complete, l.Requests, l.UnsentBy)
	}
}

func TestHeyErrors(t *testing.T) {
	var n atomic.Int64
	target, _ := heyServer(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n.Add(1) % 4 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	})
	s := heySpec(target, 1, 0, 40)
	s.Method = "POST" // net/http would send a GET again by itself
	l := runValid(t, t.Context(), s)
	if l.Errors["status-503"] != 10 || l.Errors["read-eof"] != 10 || l.Requests.OK != 20 {
		t.Errorf("%+v, errors %v", l.Requests, l.Errors)
	}
}

// A request that net/http sends again by itself is counted as resent.
func TestHeyResent(t *testing.T) {
	var n atomic.Int64
	target, served := heyServer(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1)%4 == 2 {
			if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
				conn.Close()
			}
		}
	})
	l := runValid(t, t.Context(), heySpec(target, 1, 0, 40))
	if l.Requests.OK != 40 || l.Resent == 0 || served.Load() != 40+l.Resent {
		t.Errorf("%d served, %+v, %d sent again", served.Load(), l.Requests, l.Resent)
	}
}

// A chain of redirects is one request.
func TestHeyRedirects(t *testing.T) {
	target, served := heyServer(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			http.Redirect(w, r, "/there", http.StatusFound)
		}
	})
	l := runValid(t, t.Context(), heySpec(target, 2, 0, 20))
	if l.Requests.OK != 20 || served.Load() != 40 || l.Connections.Answered != 2 {
		t.Errorf("%d served, %+v, %+v", served.Load(), l.Requests, l.Connections)
	}
}

func TestHeyUnreachable(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	_, err := Run(t.Context(), context.Background(), heySpec(srv.URL+"/", 1, time.Second, 0), nil)
	var gone *Unreachable
	if !errors.As(err, &gone) || gone.Class != record.ConnectRefused || !strings.HasPrefix("http://"+gone.Addr, srv.URL) {
		t.Errorf("%v", err)
	}
}

// The window begins with the first request. Before it hey allocates memory for a million results.
func TestHeyBegins(t *testing.T) {
	w := newHeyWatch(nil, nil, 2, math.MaxInt64, nil)
	w.base, _ = http.NewRequest("GET", "http://h/", nil)
	select {
	case <-w.running:
		t.Fatal("begun without a request")
	default:
	}
	w.request()
	<-w.running
	if first := w.began; w.request() == nil || w.began != first {
		t.Errorf("began %v and again %v", first, w.began)
	}
}

// When the run ends, a request under way returns because reading from its connection fails. Cancelling its context would be a data race in hey (see
// hangUp). A request without a connection ends with its context.
func TestHeyHangUp(t *testing.T) {
	w := newHeyWatch(nil, nil, 2, math.MaxInt64, nil)
	w.base, _ = http.NewRequest("GET", "http://h/", nil)
	trace := func(r *http.Request) *httptrace.ClientTrace { return httptrace.ContextClientTrace(r.Context()) }
	conn := func() net.Conn {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close(); far.Close() })
		return near
	}
	sent, again, waits, after, later := w.request(), w.request(), w.request(), w.request(), w.request()
	for _, r := range []*http.Request{sent, again, waits, after} {
		trace(r).GetConn("")
	}
	early, hop, frozen, late := conn(), conn(), conn(), conn()
	trace(sent).GotConn(httptrace.GotConnInfo{Conn: early})
	trace(sent).GotFirstResponseByte() // a redirect
	trace(sent).GotConn(httptrace.GotConnInfo{Conn: hop})
	trace(again).GotConn(httptrace.GotConnInfo{Conn: early})
	trace(again).GetConn("")
	w.freeze()
	trace(again).GotConn(httptrace.GotConnInfo{Conn: frozen})
	w.hangUp()
	trace(after).GotConn(httptrace.GotConnInfo{Conn: late})
	trace(later).GetConn("")
	for name, c := range map[string]net.Conn{"early": early, "hop": hop, "frozen": frozen, "late": late} {
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("reading from the %s connection: %v", name, err)
		}
	}
	for r, want := range map[*http.Request]bool{sent: false, again: false, waits: true, later: true} {
		if got := r.Context().Err() != nil; got != want {
			t.Errorf("ended by its context: %v, want %v", got, want)
		}
	}
}

// If all workers wait at the end but there were replies, at least one worker was answered.
func TestHeyServed(t *testing.T) {
	for replies, want := range map[int64]result.Connections{
		0:  {Opened: 3, Used: 2, LongestWaitNS: 100},
		96: {Opened: 3, Used: 2, LongestWaitNS: 100, Answered: 1, Most: 96},
	} {
		w := newHeyWatch(nil, nil, 2, math.MaxInt64, nil)
		served, one, other := &net.TCPConn{}, &net.TCPConn{}, &net.TCPConn{}
		w.conns = map[net.Conn]int64{served: replies, one: 0, other: 0}
		w.opened, w.replies, w.frozen = 3, replies, true
		w.underWay = map[*heyCall]struct{}{{at: 10, conn: one}: {}, {at: 20, conn: other}: {}}
		if diff := cmp.Diff(want, w.served(100, 110, 0)); diff != "" {
			t.Errorf("%d replies: %s", replies, diff)
		}
	}
}

// What hey reports beyond the end of the window is cut: a later reply counts as unanswered, and a later request is not counted.
func TestHeyLoad(t *testing.T) {
	const ms = int64(time.Millisecond)
	w := newHeyWatch(nil, nil, 2, math.MaxInt64, nil)
	w.first = 1 * ms // at that instant hey's clock is 5000 ms
	w.frozen = true
	w.underWay[&heyCall{at: 90 * ms}] = struct{}{}
	report := &heyReport{
		Lats:    []float64{0.010, 0.020, 0.030, 0.010},
		Offsets: []float64{5.000, 5.010, 5.089, 5.150},
		Codes:   []int{200, 404, 200, 200},
		Errors: map[string]int64{
			`Get "http://h/": context canceled`: 3,
			`Get "http://h/": net/http: Transport failed to read from server: read tcp 127.0.0.1:1->127.0.0.1:2: i/o timeout`: 2,
			`Get "http://h/": read tcp 127.0.0.1:4->127.0.0.1:5: connection reset`:                                            2,
			`Get "http://h/": read tcp 127.0.0.1:5->127.0.0.1:5: connection reset`:                                            1,
			`Get "http://h/": dial tcp 127.0.0.1:5: connect: connection refused`:                                              4,
		},
		Bytes: 12,
	}
	l, err := w.books(report, heySpec("http://h/", 2, 100*time.Millisecond, 0), 100*ms, 100*ms)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(result.Requests{Planned: 7, Sent: 7, OK: 1, Errors: 4, Unanswered: 2}, l.Requests); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"status-404": 1, "read-reset": 3}, l.Errors); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int64{"connect-refused": 4}, l.ConnectErrors); diff != "" {
		t.Error(diff)
	}
	// One was answered after 10 ms. Two are cut at 10 ms, from 90 to 100: a reply that hey reports later, and one that never came.
	if l.Latency.Max != 10*ms || l.Latency.Mean != float64(10*ms) {
		t.Errorf("%+v", l.Latency)
	}
}

func TestHeyClass(t *testing.T) {
	for text, want := range map[string]record.Class{
		`Get "http://h/": dial tcp 127.0.0.1:1: connect: connection refused`:                           record.ConnectRefused,
		`Get "http://h/": dial tcp: lookup h: no such host`:                                            record.ConnectUnreachable,
		`Get "http://h/": dial tcp 10.0.0.1:1: connect: no route to host`:                              record.ConnectUnreachable,
		`Get "http://h/": dial tcp 10.0.0.1:1: i/o timeout`:                                            record.ConnectTimeout,
		`Get "http://h/": dial tcp 127.0.0.1:1: connect: cannot assign requested address`:              record.ConnectNoPort,
		`Get "http://h/": dial tcp 127.0.0.1:1: socket: too many open files`:                           record.ConnectNoFile,
		`Get "http://h/": dial tcp 127.0.0.1:1: connect: something else`:                               record.ConnectOther,
		`Get "http://h/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`:  record.Timeout,
		`Get "http://h/": net/http: request canceled (Client.Timeout exceeded while awaiting headers)`: record.Timeout,
		`Get "http://h/": read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer`:           record.ReadReset,
		`Post "http://h/": write tcp 127.0.0.1:1->127.0.0.1:2: write: connection reset by peer`:        record.WriteReset,
		`Post "http://h/": write tcp 127.0.0.1:1->127.0.0.1:2: write: broken pipe`:                     record.WriteReset,
		`Get "http://h/": EOF`:                                 record.ReadEOF,
		`Get "http://h/": unexpected EOF`:                      record.ReadEOF,
		`Get "http://h/": http: server closed idle connection`: record.ReadEOF,
		`Get "http://h/": net/http: HTTP/1.x transport connection broken: malformed HTTP status code "two"`: record.Malformed,
		`Get "http://h/": net/http: HTTP/1.x transport connection broken: bad Content-Length "x"`:           record.Malformed,
		`Get "http://h/": something new`: record.ReadOther,
	} {
		if got := heyClass(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
