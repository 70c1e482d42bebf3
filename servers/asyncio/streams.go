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

// ErrLineTooLong is the error of ReadLine for a line of 64 KiB or more.
var ErrLineTooLong = errors.New("asyncio: no end of line within 64 KiB")

// Reader is the receiving side of a stream. It reads from the kernel only when a task waits for input, so TCP slows down a
// peer that sends faster than it is read.
type Reader struct {
	conn *Conn
	buf  []byte // received, not yet read
}

// Read reads up to len(p) bytes, and waits only if none are there. It returns io.EOF when the peer has finished sending.
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

// ReadLine returns the next line with its newline; at the end of input an unterminated line, and io.EOF. The caller owns the bytes.
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
			return nil, err // what has come stays for the next read
		}
	}
}

// ReadExactly returns the next n bytes; if the input ends before, what there is and io.ErrUnexpectedEOF.
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

// fill waits for input and reads it. It makes room only when input is there: a stream that waits holds no buffer.
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

// drop removes the first n bytes, and the buffer if it is empty: an idle stream holds none.
func (r *Reader) drop(n int) {
	if r.buf = r.buf[n:]; len(r.buf) == 0 {
		r.buf = nil
	}
}

// Writer is the sending side of a stream. Write never waits: what the kernel does not take at once is kept, and sent
// when it has room. Drain is where a task waits for a peer that reads too slowly.
type Writer struct {
	conn      *Conn
	buf       []byte
	high, low int
	waiters   []*Future[struct{}] // of Drain and WaitClosed
	err       error               // of the first write that failed
	closing   bool
	closed    bool
}

// Write sends p, and keeps a copy of what the kernel does not take. After an error it does nothing: Drain returns the error.
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

// Buffered returns how many bytes the kernel has not taken yet.
func (w *Writer) Buffered() int { return len(w.buf) }

// SetBufferLimits sets the high-water mark, at which Drain begins to wait, and the low one, at which it returns.
// They are 64 KiB and a quarter of it.
func (w *Writer) SetBufferLimits(high, low int) { w.high, w.low = high, low }

// Drain waits while more than the high-water mark is unsent, until it is down to the low one. It returns the error of
// an earlier Write.
func (w *Writer) Drain(c *Co) error {
	if w.err == nil && len(w.buf) > w.high {
		return w.wait(c)
	}
	return w.err
}

// Close closes the connection when all is sent, or at once after an error.
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
