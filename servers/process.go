package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/metrics"
	"syscall"
	"time"

	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/usage"
	"carousel/internal/wire"
)

// windUp is how long a model may take to return after its listening socket was shut down; workerWindUp the same in a worker of prefork,
// parentWindUp in its parent.
const windUp, workerWindUp, parentWindUp = 500 * time.Millisecond, 200 * time.Millisecond, 2 * time.Second

// options are the values of the flags.
type options struct {
	addr    string
	count   int // of threads, workers or loops
	idle    time.Duration
	narrate bool
	trace   string // file, "" for none
}

// serve runs a model from the READY line to the usage line and returns the exit code.
func serve(stdout, stderr io.Writer, m model, o options) int {
	fail := func(err error) int {
		fmt.Fprintf(stderr, "servers: %v\n", err)
		return exitStart
	}
	if _, err := net.ResolveTCPAddr("tcp", o.addr); err != nil {
		fmt.Fprintf(stderr, "servers: --addr is %q: it takes host:port, such as 127.0.0.1:5000 (%v)\n", o.addr, err)
		return exitUsage
	}
	listen, patience := sock.Listen, windUp
	if sock.Inherited() {
		listen, patience = func(string) (int, string, error) { return sock.Inherit() }, workerWindUp
	} else if m.name == "prefork" {
		if patience = parentWindUp; o.trace != "" {
			patience = time.Minute // workers have traces to write
		}
	}
	ln, bound, err := listen(o.addr)
	if err != nil {
		return fail(listening(o.addr, err))
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stop)

	recorder, err := begin(stderr, m.name, o)
	if err != nil {
		return fail(err)
	}
	defer recorder.tidy()
	book := &wire.Book{Idle: o.idle}
	up, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- m.serve(ln, book.Open, o.count, func() { close(up) }) }()
	select {
	case <-up:
	case err := <-done:
		select {
		case <-up: // it was ready, and has ended already
			done <- err
		default:
			return fail(fmt.Errorf("%s: %w", m.name, err))
		}
	}
	began := time.Now()
	if _, err := fmt.Fprintf(stdout, "READY %s\n", bound); err != nil {
		return fail(err)
	}
	select {
	case err = <-done:
	case <-stop:
		if !sock.Inherited() {
			story.Say("the listening socket is shut down, which wakes whoever waits on it: the server ends")
		}
		sock.Shutdown(ln)
		select {
		case err = <-done:
		case <-time.After(patience):
		}
	}
	line := account(m.name, book, time.Since(began))
	err = errors.Join(err, recorder.finish())
	if encoded := json.NewEncoder(stdout).Encode(line); err == nil {
		err = encoded
	}
	if err != nil {
		fmt.Fprintf(stderr, "servers: %s: %v\n", m.name, err)
		return exitFailed
	}
	return 0
}

// listening explains why an address could not be listened on.
func listening(addr string, err error) error {
	switch {
	case isErrno(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is in use by another program: choose another port with --addr, port 0 for any", addr)
	case isErrno(err, syscall.EACCES):
		return fmt.Errorf("%s may not be listened on: ports below 1024 are privileged, choose another with --addr", addr)
	case isErrno(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s is no address of this machine: choose another with --addr", addr)
	}
	return fmt.Errorf("cannot listen on %s: %w", addr, err)
}

// account fills the usage line: what was served and what it cost.
func account(name string, book *wire.Book, elapsed time.Duration) usage.Line {
	line := usage.Line{
		Model:       name,
		Requests:    book.Requests.Load(),
		Connections: book.Connections.Load(),
		Bytes:       book.Bytes.Load(),
		ElapsedNS:   elapsed.Nanoseconds(),
		GOMAXPROCS:  runtime.GOMAXPROCS(0),
	}
	resources(&line)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	line.GC.Cycles = int64(mem.NumGC)
	line.GC.PauseNS = int64(mem.PauseTotalNs)
	sample := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	if metrics.Read(sample); sample[0].Value.Kind() == metrics.KindFloat64 {
		line.GC.CPUNS = int64(sample[0].Value.Float64() * 1e9)
	}
	line.AddChildren()
	return line
}
