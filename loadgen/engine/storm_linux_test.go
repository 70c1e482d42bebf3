package engine

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/save"
)

// dials counts the connects of an engine.
type dials struct{ atomic.Int64 }

type countingKernel struct {
	kernel
	*dials
}

func (k countingKernel) connect(key uint64) (int, error) { k.Add(1); return k.kernel.connect(key) }

type countingRing struct {
	ring
	*dials
}

func (k countingRing) dial(data uint64) (int, error) { k.Add(1); return k.ring.dial(data) }

func (n *dials) of(e engine) {
	switch e := e.(type) {
	case *epollEngine:
		for _, w := range e.workers {
			w.kernel = countingKernel{w.kernel, n}
		}
	case *uringEngine:
		for _, w := range e.workers {
			w.ring = countingRing{w.ring, n}
		}
	case *netEngine:
		dial := e.dial
		e.dial = func(ctx context.Context, index int) (net.Conn, error) { n.Add(1); return dial(ctx, index) }
	}
}

// counted runs s and counts its connects.
func counted(ctx context.Context, s result.Spec) (l *result.Load, connects int64, err error) {
	r := &run{base: time.Now(), addr: client.Addr(s.Target)}
	if s.Save != "" {
		if r.files, err = save.Open(s.Save, s.SaveMode == result.Inline); err != nil {
			return nil, 0, err
		}
		defer r.files.Close()
	}
	r.Run = flight.New(s, client.New(s), r.files, r.now)
	threads := startThreads(s)
	defer threads.stop()
	c, err := newEngine(r, threads)
	if err != nil {
		return nil, 0, err
	}
	defer c.close()
	var n dials
	n.of(c)
	l, err = r.measure(ctx, c)
	return l, n.Load(), err
}

// While no server listens, every connect is refused, and counted once.
func TestConnectsAreRefused(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			first := serve(t, apart, say(hello))
			s := load("http://" + first.addr + "/")
			s.Engine, s.Connections, s.Duration, s.Requests = engine, 64, 0, 20_000
			second := make(chan *server, 1)
			when(t, func() bool { return first.received.Load() > 1000 && first.accepted.Load() == 64 }, func() {
				defer close(second)
				first.die()
				time.Sleep(300 * time.Millisecond)
				second <- serve(t, first.addr, say(hello))
			})

			l, connects, err := counted(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			balance(t, l)
			again := <-second
			if again == nil {
				return // listening again failed
			}
			accepted := first.accepted.Load() + again.accepted.Load()
			if l.Connections.Opened != accepted {
				t.Errorf("%d connections opened, %d accepted", l.Connections.Opened, accepted)
			}
			if diff := cmp.Diff(map[string]int64{"connect-refused": connects - accepted}, l.ConnectErrors); diff != "" {
				t.Errorf("of %d connects\n%s", connects, diff)
			}
			if !l.Complete || l.Requests.Sent != s.Requests || l.Connections.Failed < 64 {
				t.Errorf("complete %v, %+v, %+v", l.Complete, l.Requests, l.Connections)
			}
		})
	}
}

// If the listen queue is full, a connect times out.
func TestListenQueueIsFull(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ln, addr := shortQueue(t)
			s := load("http://" + addr + "/")
			s.Engine, s.Connections, s.Timeout = engine, 66, 300*time.Millisecond
			l := carryOut(t, s)
			var accepted int64
			for {
				conn, err := sock.Accept(ln)
				if err != nil {
					break
				}
				sock.Close(conn)
				accepted++
			}
			if accepted == 0 || l.Connections.Opened != accepted || l.Requests.Unanswered != accepted {
				t.Errorf("%d accepted: %+v %+v", accepted, l.Connections, l.Requests)
			}
			if diff := cmp.Diff(map[string]int64{"connect-timeout": 66 - accepted}, l.ConnectErrors); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// shortQueue returns a non-blocking listener with the shortest possible queue, which never accepts.
func shortQueue(t *testing.T) (ln int, addr string) {
	t.Helper()
	ln, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ln) })
	if err = errors.Join(unix.Bind(ln, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(ln, 1)); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(ln)
	if err != nil {
		t.Fatal(err)
	}
	return ln, fmt.Sprintf("127.0.0.1:%d", at.(*unix.SockaddrInet4).Port)
}

// A server without free descriptors accepts no further connection. The kernel opens it nevertheless, and its requests time out.
func TestServerOutOfDescriptors(t *testing.T) {
	for _, engine := range engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "ENGINE_TEST_SERVER=30")
			cmd.Stderr = os.Stderr
			in, err1 := cmd.StdinPipe()
			out, err2 := cmd.StdoutPipe()
			if err := errors.Join(err1, err2, cmd.Start()); err != nil {
				t.Fatal(err)
			}
			defer cmd.Wait()
			defer in.Close()
			var addr string
			if _, err := fmt.Fscanln(out, &addr); err != nil {
				t.Fatal(err)
			}
			s := load("http://" + addr + "/")
			// A connection that is not accepted sends two requests: the first times out in the window, the second is unanswered at the end.
			s.Engine, s.Connections, s.Timeout, s.Duration, s.Grace = engine, 40, 800*time.Millisecond, 1200*time.Millisecond, 200*time.Millisecond
			l := carryOut(t, s)
			in.Close()
			var accepted, received int64
			if _, err := fmt.Fscanln(out, &accepted, &received); err != nil {
				t.Fatal(err)
			}
			waiting := int64(s.Connections) - accepted
			if q := l.Requests; q.Sent-2*waiting != received || q.Unanswered < waiting || l.Connections.Answered != accepted {
				t.Errorf("%d requests on %d connections: %+v, %+v", received, accepted, q, l.Connections)
			}
			if diff := cmp.Diff(map[string]int64{"timeout": waiting}, l.Errors); diff != "" || l.Connections.Failed > 0 {
				t.Errorf("%s%v", diff, l.ConnectErrors)
			}
		})
	}
}

// fewFiles is a server with a limit of n descriptors. It prints its address and, when its standard input ends, how many connections it accepted and
// how many requests it received.
func fewFiles(n string) {
	files, err := strconv.ParseUint(n, 10, 64)
	if err != nil {
		panic(err)
	}
	limitFiles(files)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(ln.Addr())
	var s server
	go func() {
		for {
			conn, err := ln.Accept()
			switch {
			case errors.Is(err, syscall.EMFILE):
				time.Sleep(10 * time.Millisecond)
			case err != nil:
				panic(err)
			default:
				s.accepted.Add(1)
				go say(hello)(&peer{Conn: conn, server: &s, in: bufio.NewReader(conn)})
			}
		}
	}()
	io.Copy(io.Discard, os.Stdin)
	fmt.Println(s.accepted.Load(), s.received.Load())
}
