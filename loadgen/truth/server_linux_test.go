package truth

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"carousel/internal/child"
	"carousel/internal/host"
	"carousel/internal/sock"
)

// Work is how long the server works on a request.
type Work struct {
	Law  string        // fixed, exponential, or bimodal: nine in ten take half as long, the tenth five and a half times
	Mean time.Duration // 0: it answers at once
	Seed uint64        // of the service times
}

// draws returns a function that returns one service time after another, in nanoseconds.
func (w Work) draws() func() int64 {
	random := rand.New(rand.NewPCG(w.Seed, 0))
	return map[string]func() int64{
		"fixed":       func() int64 { return int64(w.Mean) },
		"exponential": func() int64 { return int64(random.ExpFloat64() * float64(w.Mean)) },
		"bimodal": func() int64 {
			if random.IntN(10) == 0 {
				return int64(w.Mean) * 11 / 2
			}
			return int64(w.Mean) / 2
		},
	}[w.Law]
}

// Log is the server's record, in nanoseconds of CLOCK_MONOTONIC. Requests are in the order of their arrival, in which they were also served.
type Log struct {
	Arrived, Ended []int64
	Longest        int64 // the longest time between two readings of the clock, if above hiccup: the server did not run
	Lost           int64 // the sum of all such times
}

// hiccup is the longest time that a reading of the clock, a read and a write take together while the server runs.
const hiccup = int64(50 * time.Microsecond)

// Services returns how long each request occupied the server: from its arrival, or from the end of the request before if that is later, until
// its reply was written. So it includes reading and writing.
func (l *Log) Services() []int64 {
	services := make([]int64, len(l.Ended))
	free := int64(0)
	for i, end := range l.Ended {
		services[i], free = end-max(l.Arrived[i], free), end
	}
	return services
}

// clerk is a server of one thread that answers one request at a time, in the order of arrival. It never waits: it polls for requests even while
// it works on one, so that it logs each arrival within microseconds.
type clerk struct {
	poller *sock.Poller
	ln     int
	log    Log
	looked int64
	due    []int // descriptors of the requests that arrived, the first to be served first
	buf    [16 << 10]byte
	part   map[int][]byte // by descriptor: an incomplete request
}

const (
	serveEnv = "CAROUSEL_TRUTH_SERVE"
	reply    = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
)

// serve runs the server's process until its standard input is closed, and then writes its log. how is a Work in JSON.
func serve(how string) error {
	debug.SetGCPercent(-1)
	var work Work
	if err := json.Unmarshal([]byte(how), &work); err != nil {
		return err
	}
	s := &clerk{part: map[int][]byte{}, log: Log{Arrived: make([]int64, 0, 1<<22), Ended: make([]int64, 0, 1<<22)}}
	var err error
	var addr string
	if s.ln, addr, err = sock.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	if err := sock.NonBlocking(s.ln); err != nil {
		return err
	}
	if s.poller, err = sock.NewPoller(); err != nil {
		return err
	}
	for _, fd := range []int{s.ln, 0} {
		if err := s.poller.Add(fd, sock.Readable, uint64(fd)); err != nil {
			return err
		}
	}
	fmt.Println("READY", addr)
	draw := work.draws()
	s.looked = now()
	for s.look() {
		if len(s.due) == 0 {
			continue
		}
		end := s.looked + draw()
		for s.looked < end {
			if !s.look() {
				break
			}
		}
		fd := s.due[0]
		s.due = s.due[1:]
		_, _ = sock.Write(fd, []byte(reply)) // it may fail if the client has closed
		s.log.Ended = append(s.log.Ended, s.clock())
	}
	s.log.Arrived = s.log.Arrived[:len(s.log.Ended)]
	return gob.NewEncoder(os.Stdout).Encode(s.log)
}

// clock reads the clock, and adds a gap since the last reading to the log.
func (s *clerk) clock() int64 {
	at := now()
	if gap := at - s.looked; gap > hiccup {
		s.log.Lost += gap
		s.log.Longest = max(s.log.Longest, gap)
	}
	s.looked = at
	return at
}

// look polls once: it accepts connections and reads requests. It returns false when standard input is closed.
func (s *clerk) look() bool {
	var ready [64]sock.Event
	n, _ := s.poller.WaitRaw(ready[:], 0)
	at := s.clock()
	for _, e := range ready[:n] {
		switch fd := int(e.Data()); fd {
		case 0:
			return false
		case s.ln:
			_ = sock.AcceptAll(s.ln, func(fd int) { _ = s.poller.Add(fd, sock.Readable, uint64(fd)) })
		default:
			s.read(fd, at)
			s.clock()
		}
	}
	return true
}

// read reads from a connection, and queues the requests that are complete.
func (s *clerk) read(fd int, at int64) {
	n, err := sock.Read(fd, s.buf[:])
	if err != nil || n == 0 {
		sock.Close(fd)
		delete(s.part, fd)
		return
	}
	text := s.buf[:n]
	if part := s.part[fd]; len(part) > 0 {
		text = append(part, text...)
	}
	for range bytes.Count(text, []byte("\r\n\r\n")) {
		s.due = append(s.due, fd)
		s.log.Arrived = append(s.log.Arrived, at)
	}
	if end := bytes.LastIndex(text, []byte("\r\n\r\n")); end < 0 {
		s.part[fd] = bytes.Clone(text)
	} else if len(s.part) > 0 {
		delete(s.part, fd)
	}
}

// now reads CLOCK_MONOTONIC, which all processes share.
func now() int64 { return origin.mono + int64(time.Since(origin.at)) }

// origin is the same instant on package time's clock, which is read without a system call, and on CLOCK_MONOTONIC.
var origin = func() (o struct {
	at   time.Time
	mono int64
}) {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	o.at, o.mono = time.Now(), ts.Nano()
	return o
}()

// instant converts t to nanoseconds of CLOCK_MONOTONIC. A record has wall-clock time; the wall clock is hardly ever set during a run.
func instant(t time.Time) int64 { return origin.mono + int64(t.Round(0).Sub(origin.at.Round(0))) }

// target is a running server.
type target struct {
	*child.Process
	addr string
	stop func() *Log // ends it and returns what it saw
}

// start starts a server on a processor of its own.
func start(t *testing.T, work Work) *target {
	t.Helper()
	how, err := json.Marshal(work)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	// Without asyncpreemptoff the Go scheduler would interrupt a loop that never waits, although there is no other goroutine to run.
	cmd.Env = append(os.Environ(), serveEnv+"="+string(how), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	leave, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := child.Start(cmd, serverCPU())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(0) })
	_ = host.RaiseSession(p.PID()) // as far as is permitted
	addr, err := child.Ready(p.Stdout, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return &target{p, addr, func() *Log {
		t.Helper()
		leave.Close()
		var log Log
		if err := gob.NewDecoder(p.Stdout).Decode(&log); err != nil {
			t.Fatal(err)
		}
		if err := p.Wait(); err != nil {
			t.Fatal(err)
		}
		return &log
	}}
}

// The test binary is also the server, which needs a process of its own: it can then be stopped, and pinned to a processor.
func init() {
	how, is := os.LookupEnv(serveEnv)
	if !is {
		return
	}
	if err := serve(how); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
