package asyncio

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// talkTo runs a server with handler on a loop, and client on a goroutine, until client returns. It returns the calls of the exception handler.
func talkTo(t *testing.T, handler func(*Co, *Reader, *Writer) error, client func(c *net.TCPConn)) (reports []Context) {
	t.Helper()
	o := Options{ExceptionHandler: func(c Context) { reports = append(reports, c) }}
	_, err := RunWith(o, func(c *Co) (none, error) {
		s, err := StartServer(c.Loop, "127.0.0.1:0", handler)
		if err != nil {
			return none{}, err
		}
		_, err = Await(c, RunInExecutor(c.Loop, func() (none, error) {
			conn, err := net.Dial("tcp", s.Addr)
			if err != nil {
				return none{}, err
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(20 * time.Second))
			client(conn.(*net.TCPConn))
			return none{}, nil
		}))
		s.Close()
		if err != nil {
			return none{}, err
		}
		return Timeout(c, 10*time.Second, func() (none, error) { return none{}, s.WaitClosed(c) })
	})
	if err != nil {
		t.Error(err)
	}
	return reports
}

func echoLines(c *Co, r *Reader, w *Writer) error {
	for {
		line, err := r.ReadLine(c)
		if err == io.EOF {
			w.Write([]byte("rest " + string(line)))
			return nil
		} else if err != nil {
			return err
		}
		w.Write(line)
		if err := w.Drain(c); err != nil {
			return err
		}
	}
}

// TestEchoLines splits and merges lines and leaves the last one open.
func TestEchoLines(t *testing.T) {
	talkTo(t, echoLines, func(c *net.TCPConn) {
		for _, part := range []string{"on", "e\ntwo\nth", "ree\n", "open"} {
			io.WriteString(c, part)
			time.Sleep(2 * time.Millisecond)
		}
		c.CloseWrite()
		got, err := io.ReadAll(c)
		if string(got) != "one\ntwo\nthree\nrest open" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestLineTooLong checks that a line without an end is an error, and does not fill memory.
func TestLineTooLong(t *testing.T) {
	reports := talkTo(t, echoLines, func(c *net.TCPConn) {
		io.WriteString(c, strings.Repeat("x", 200<<10))
		io.ReadAll(c)
	})
	if len(reports) != 1 || reports[0].Err != ErrLineTooLong {
		t.Errorf("told %v", reports)
	}
}

// TestReadExactly reads as many bytes as it wants, then fewer at the end of input.
func TestReadExactly(t *testing.T) {
	talkTo(t, func(c *Co, r *Reader, w *Writer) error {
		a, err := r.ReadExactly(c, 5)
		b, short := r.ReadExactly(c, 5)
		fmt.Fprintf(writerFunc(w.Write), "%s %v %s %v", a, err, b, short)
		return nil
	}, func(c *net.TCPConn) {
		io.WriteString(c, "12345678")
		c.CloseWrite()
		if got, _ := io.ReadAll(c); string(got) != "12345 <nil> 678 unexpected EOF" {
			t.Errorf("got %q", got)
		}
	})
}

type writerFunc func([]byte)

func (f writerFunc) Write(p []byte) (int, error) { f(p); return len(p), nil }

// TestDrain sends far more than the kernel takes to a peer that reads late: never much more than the high-water mark
// is kept, and every byte arrives.
func TestDrain(t *testing.T) {
	const pieces, piece = 400, 64 << 10
	most, drained := 0, false
	talkTo(t, func(c *Co, r *Reader, w *Writer) error {
		p := bytes.Repeat([]byte("carousel"), piece/8)
		for range pieces {
			w.Write(p)
			most = max(most, w.Buffered())
			drained = drained || w.Buffered() > highWater
			if err := w.Drain(c); err != nil {
				return err
			}
		}
		return nil
	}, func(c *net.TCPConn) {
		time.Sleep(100 * time.Millisecond)
		n, err := io.Copy(io.Discard, c)
		if n != pieces*piece || err != nil {
			t.Errorf("got %d bytes, %v", n, err)
		}
	})
	if most > highWater+piece || !drained {
		t.Errorf("kept up to %d bytes, had to wait: %v", most, drained)
	}
}

// TestDrainAfterReset checks that Drain returns the error of a connection that was reset.
func TestDrainAfterReset(t *testing.T) {
	var err error
	talkTo(t, func(c *Co, r *Reader, w *Writer) error {
		for err == nil {
			w.Write(make([]byte, 256<<10))
			err = w.Drain(c)
		}
		return nil
	}, func(c *net.TCPConn) {
		c.SetLinger(0)
		c.Close()
	})
	if err != syscall.ECONNRESET && err != syscall.EPIPE {
		t.Error(err)
	}
}

// TestHandlerFails checks that an error of a handler goes to the exception handler, and closes the connection.
func TestHandlerFails(t *testing.T) {
	reports := talkTo(t, func(c *Co, r *Reader, w *Writer) error { return boom("handler") }, func(c *net.TCPConn) {
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read: %v", err)
		}
	})
	if len(reports) != 1 || describe(reports[0].Err) != "error handler" {
		t.Errorf("told %v", reports)
	}
}

// TestReaderAndWriterCallbacks watches a pipe for both directions by hand.
func TestReaderAndWriterCallbacks(t *testing.T) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	in, out := os.NewFile(uintptr(fds[0]), "in"), os.NewFile(uintptr(fds[1]), "out")
	defer in.Close()
	defer out.Close()
	got, err := Run(func(c *Co) (string, error) {
		l, text := c.Loop, NewFuture[string](c.Loop)
		if err := l.AddReader(fds[0], func() {
			var p [16]byte
			n, _ := syscall.Read(fds[0], p[:])
			l.RemoveReader(fds[0])
			text.SetResult(string(p[:n]))
		}); err != nil {
			return "", err
		}
		if err := l.AddWriter(fds[1], func() {
			syscall.Write(fds[1], []byte("through"))
			l.RemoveWriter(fds[1])
		}); err != nil {
			return "", err
		}
		return Timeout(c, 10*time.Second, func() (string, error) { return Await(c, text) })
	})
	if got != "through" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestMailBeforePoller hands the loop its first mail, and then opens its first descriptor: the mail is not forgotten.
func TestMailBeforePoller(t *testing.T) {
	_, err := Run(func(c *Co) (none, error) {
		posted, came := make(chan error), NewFuture[none](c.Loop)
		go func() { posted <- c.Loop.CallSoonThreadsafe(func() { came.SetResult(none{}) }) }()
		if err := <-posted; err != nil {
			return none{}, err
		}
		var fds [2]int
		if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
			return none{}, err
		}
		defer syscall.Close(fds[0])
		defer syscall.Close(fds[1])
		if err := c.Loop.AddReader(fds[0], func() {}); err != nil {
			return none{}, err
		}
		defer c.Loop.RemoveReader(fds[0])
		return Timeout(c, 10*time.Second, func() (none, error) { return Await(c, came) })
	})
	if err != nil {
		t.Error(err)
	}
}

// TestReplacedReader checks that a replaced callback is not called, even if its descriptor was ready already.
func TestReplacedReader(t *testing.T) {
	var fds [2]int
	if err := syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fds[0])
	defer syscall.Close(fds[1])
	old := 0
	_, err := Run(func(c *Co) (none, error) {
		l, done := c.Loop, NewFuture[none](c.Loop)
		replace := func() {
			l.AddReader(fds[0], func() {
				l.RemoveReader(fds[0])
				done.SetResult(none{})
			})
		}
		// The writer is ready in the same turn and, at the lower place in the queue, is called first.
		if err := l.AddWriter(fds[1], func() { l.RemoveWriter(fds[1]); replace() }); err != nil {
			return none{}, err
		}
		if err := l.AddReader(fds[0], func() { old++; l.RemoveReader(fds[0]); replace() }); err != nil {
			return none{}, err
		}
		syscall.Write(fds[1], []byte("x"))
		return Timeout(c, 10*time.Second, func() (none, error) { return Await(c, done) })
	})
	if err != nil || old != 0 {
		t.Errorf("%v; the old callback was called %d times", err, old)
	}
}

// TestUnwatchable adds twice what the poller rejects, such as a file.
func TestUnwatchable(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	Run(func(c *Co) (none, error) {
		for range 2 {
			if err := c.Loop.AddReader(int(file.Fd()), func() {}); err == nil {
				t.Error("a file is said to be watched")
			}
		}
		return none{}, nil
	})
}

// TestServe runs both models: a reply, a sleep, work, and a shutdown with a connection still open.
func TestServe(t *testing.T) {
	for name, serve := range map[string]func(int, func() *wire.Talk) error{"asyncio": Serve, "asyncio-executor": ServeExecutor} {
		t.Run(name, func(t *testing.T) {
			ln, addr, err := sock.Listen("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var book wire.Book
			ended := make(chan error)
			go func() { ended <- serve(ln, book.Open) }()
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(20 * time.Second))
			for _, path := range []string{"/", "/sleep/5ms", "/block/5ms"} {
				fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path)
				got := make([]byte, 77)
				if _, err := io.ReadFull(c, got); err != nil || !strings.HasSuffix(string(got), "Hello world\n") {
					t.Fatalf("%s: got %q, %v", path, got, err)
				}
			}
			sock.Shutdown(ln)
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it did not wind up")
			}
			sock.Close(ln)
		})
	}
}

// TestCancelledReadLosesNothing cancels a ReadLine that has half of the line.
func TestCancelledReadLosesNothing(t *testing.T) {
	talkTo(t, func(c *Co, r *Reader, w *Writer) error {
		_, err := Timeout(c, 50*time.Millisecond, func() ([]byte, error) { return r.ReadLine(c) })
		w.Write([]byte("go\n"))
		line, err2 := r.ReadLine(c)
		fmt.Fprintf(writerFunc(w.Write), "%v %s %v", err, line, err2)
		return nil
	}, func(c *net.TCPConn) {
		io.WriteString(c, "half ")
		c.Read(make([]byte, 3))
		io.WriteString(c, "line\n")
		if got, _ := io.ReadAll(c); string(got) != "asyncio: timeout half line\n <nil>" {
			t.Errorf("got %q", got)
		}
	})
}

// TestBusy has two tasks read from one connection.
func TestBusy(t *testing.T) {
	talkTo(t, func(c *Co, r *Reader, w *Writer) error {
		first := CreateTask(c.Loop, func(c *Co) ([]byte, error) { return r.ReadLine(c) })
		Sleep(c, 0)
		if _, err := r.ReadLine(c); err != ErrBusy {
			t.Errorf("the second got %v", err)
		}
		w.Write([]byte("go\n"))
		line, err := Await(c, first)
		w.Write(line)
		return err
	}, func(c *net.TCPConn) {
		c.Read(make([]byte, 3))
		io.WriteString(c, "line\n")
		if got, _ := io.ReadAll(c); string(got) != "line\n" {
			t.Errorf("got %q", got)
		}
	})
}

// TestCancelOnHangup resets a connection whose task sleeps.
func TestCancelOnHangup(t *testing.T) {
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close(ln)
	_, err = Run(func(c *Co) (none, error) {
		peer, err := net.Dial("tcp", addr)
		if err != nil {
			return none{}, err
		}
		fd, err := new(sock.Waiter).Accept(ln)
		if err != nil {
			return none{}, err
		}
		sleeper := CreateTask(c.Loop, func(c *Co) (none, error) {
			conn, err := NewConn(c.Loop, fd)
			if err != nil {
				return none{}, err
			}
			defer conn.Close(sock.Close)
			conn.CancelOnHangup(c)
			if _, err := conn.Recv(c, make([]byte, 1)); err != nil {
				return none{}, err
			}
			return none{}, Sleep(c, time.Hour)
		})
		peer.Write([]byte("ab"))
		Sleep(c, 20*time.Millisecond)
		peer.(*net.TCPConn).SetLinger(0)
		peer.Close()
		return WaitFor(c, sleeper, 10*time.Second)
	})
	if err != ErrCancelled {
		t.Error(err)
	}
}
