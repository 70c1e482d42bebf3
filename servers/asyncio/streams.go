package asyncio

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"carousel/internal/sock"
)

const (
	lineLimit = 64 << 10 // longest line, as in Python
	highWater = 64 << 10 // unsent bytes at which Drain begins to wait
	lowWater  = highWater / 4
)

// ErrLineTooLong says that no end of line came within 64 KiB.
var ErrLineTooLong = errors.New("asyncio: no end of line within 64 KiB")

// Reader is the receiving side of a stream. It takes from the kernel only what somebody waits for, so a peer that
// sends faster than it is read is held back by TCP.
type Reader struct {
	conn *Conn
	buf  []byte // received, not yet read
}

// Read fills p with what is there, waiting only if that is nothing; io.EOF when the peer has finished.
func (r *Reader) Read(c *Co, p []byte) (int, error) {
	if len(r.buf) == 0 {
		n, err := r.conn.Recv(c, p)
		if n == 0 && err == nil && len(p) > 0 {
			err = io.EOF
		}
		return n, err
	}
	n := copy(p, r.buf)
	r.drop(n)
	return n, nil
}

// ReadLine returns the next line with its newline, or what came before io.EOF. The bytes are the caller's.
func (r *Reader) ReadLine(c *Co) ([]byte, error) {
	for seen := 0; ; {
		if i := bytes.IndexByte(r.buf[seen:], '\n'); i >= 0 {
			return r.take(seen + i + 1), nil
		}
		if seen = len(r.buf); seen >= lineLimit {
			return nil, ErrLineTooLong
		}
		if err := r.fill(c); err == io.EOF {
			return r.take(len(r.buf)), err
		} else if err != nil {
			return nil, err // what has come stays for the next reader
		}
	}
}

// ReadExactly returns the next n bytes; if the peer finishes before, what there is and io.ErrUnexpectedEOF.
func (r *Reader) ReadExactly(c *Co, n int) ([]byte, error) {
	for len(r.buf) < n {
		if err := r.fill(c); err == io.EOF {
			return r.take(len(r.buf)), io.ErrUnexpectedEOF
		} else if err != nil {
			return nil, err
		}
	}
	return r.take(n), nil
}

// fill takes more from the kernel. It makes room only when there is something: a stream that waits holds no buffer.
func (r *Reader) fill(c *Co) error {
	for {
		if err := r.conn.in.wait(c, &r.conn.file.reader); err != nil {
			return err
		}
		r.buf = slices.Grow(r.buf, 4096)
		n, err := sock.Read(r.conn.file.fd, r.buf[len(r.buf):cap(r.buf)])
		switch {
		case err == sock.Again:
		case err != nil:
			return err
		case n == 0:
			return io.EOF
		default:
			r.buf = r.buf[:len(r.buf)+n]
			return nil
		}
	}
}

func (r *Reader) take(n int) []byte {
	p := bytes.Clone(r.buf[:n])
	r.drop(n)
	return p
}

// drop forgets the first n bytes, and an empty buffer altogether: an idle stream holds none.
func (r *Reader) drop(n int) {
	if r.buf = r.buf[n:]; len(r.buf) == 0 {
		r.buf = nil
	}
}

// Writer is the sending side of a stream. Write never waits: what the kernel does not take at once is kept and sent
// when it does. Drain is where a task waits for a peer that reads too slowly.
type Writer struct {
	conn      *Conn
	buf       []byte
	high, low int
	waiters   []*Future[struct{}] // of Drain and WaitClosed
	err       error               // of the first write that failed
	closing   bool
	closed    bool
}

// Write sends p or keeps a copy of the rest. After an error it does nothing: Drain returns that.
func (w *Writer) Write(p []byte) {
	if w.err != nil || w.closing {
		return
	}
	if len(w.buf) == 0 {
		n, err := sock.Write(w.conn.file.fd, p)
		if err != nil && err != sock.Again {
			w.fail(err)
			return
		}
		p = p[n:]
	}
	if len(p) > 0 {
		w.buf = append(w.buf, p...)
		w.watch(w)
	}
}

// Buffered is how many bytes the kernel has not taken yet.
func (w *Writer) Buffered() int { return len(w.buf) }

// SetBufferLimits sets the high-water mark, at which Drain begins to wait, and the low one, at which it returns.
// They are 64 KiB and a quarter of it.
func (w *Writer) SetBufferLimits(high, low int) { w.high, w.low = high, low }

// Drain waits while more than the high-water mark is unsent, until it is down to the low one. It returns what went
// wrong with an earlier Write.
func (w *Writer) Drain(c *Co) error {
	if w.err == nil && len(w.buf) > w.high {
		return w.wait(c)
	}
	return w.err
}

// Close has the connection closed when all is sent, or at once if that fails.
func (w *Writer) Close() {
	if w.closing {
		return
	}
	w.closing = true
	if len(w.buf) == 0 || w.err != nil {
		w.shut()
	}
}

// WaitClosed waits until the connection is closed.
func (w *Writer) WaitClosed(c *Co) error {
	if w.closed {
		return w.err
	}
	return w.wait(c)
}

func (w *Writer) wait(c *Co) error {
	f := NewFuture[struct{}](c.Loop)
	w.waiters = append(w.waiters, f)
	if err := c.await(&f.future); err != nil {
		return err
	}
	return w.err
}

// ready sends more, called when the kernel has room.
func (w *Writer) ready(*Loop) {
	n, err := sock.Write(w.conn.file.fd, w.buf)
	switch {
	case err == sock.Again:
		return
	case err != nil:
		w.fail(err)
		return
	}
	w.buf = w.buf[n:]
	if len(w.buf) == 0 {
		w.buf = nil
		w.watch(nil)
		if w.closing {
			w.shut()
			return
		}
	}
	if len(w.buf) <= w.low && !w.closing {
		w.release()
	}
}

func (w *Writer) watch(by watcher) {
	w.conn.file.writer = by
	w.conn.loop.register(&w.conn.file)
}

func (w *Writer) fail(err error) {
	w.err, w.buf = err, nil
	w.watch(nil)
	if w.closing {
		w.shut()
		return
	}
	w.release()
}

func (w *Writer) shut() {
	w.closed = true
	w.conn.Close(sock.Bye)
	w.release()
}

func (w *Writer) release() {
	for _, f := range w.waiters {
		f.settle()
	}
	w.waiters = nil
}
