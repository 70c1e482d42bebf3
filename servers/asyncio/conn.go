package asyncio

import (
	"errors"

	"carousel/internal/sock"
)

// ErrBusy says that two tasks wait for the same direction of one connection.
var ErrBusy = errors.New("asyncio: another task is waiting for this connection already")

// Conn is a connected, non-blocking socket that tasks receive from and send to. It stays registered between two
// waits, so that a conversation back and forth costs no call to the poller: interest that nobody has any more is taken
// back when the poller reports it.
type Conn struct {
	loop    *Loop
	file    file
	in, out direction
}

// direction is one way of a connection, and the future of the task that waits for it, used again and again.
type direction struct {
	future
	waiting bool
	conn    *Conn
}

// NewConn takes over a connected, non-blocking socket, unless it cannot be watched.
func NewConn(l *Loop, fd int) (*Conn, error) {
	c := &Conn{loop: l, file: file{fd: fd}}
	c.in = direction{future: future{loop: l}, conn: c}
	c.out = direction{future: future{loop: l}, conn: c}
	c.file.reader = &c.in
	if err := l.adopt(&c.file); err != nil {
		return nil, err
	}
	return c, l.register(&c.file)
}

// CancelOnHangup has c's task cancelled when the peer is gone while nobody waits for the connection.
func (s *Conn) CancelOnHangup(c *Co) { s.file.owner = c.task }

// Recv waits for the peer and fills p with what it has sent, 0 bytes at the end of its input.
func (s *Conn) Recv(c *Co, p []byte) (int, error) {
	for {
		if err := s.in.wait(c, &s.file.reader); err != nil {
			return 0, err
		}
		if n, err := sock.Read(s.file.fd, p); err != sock.Again {
			return n, err
		}
	}
}

// Send hands p to the kernel, waiting only if that takes nothing at all, and returns how much it took.
func (s *Conn) Send(c *Co, p []byte) (int, error) {
	for {
		if n, err := sock.Write(s.file.fd, p); err != sock.Again {
			return n, err
		}
		if err := s.out.wait(c, &s.file.writer); err != nil {
			return 0, err
		}
	}
}

// Close stops watching the socket, cancels who waits for it, and closes it with bye, such as sock.Close or sock.Bye.
func (s *Conn) Close(bye func(fd int)) {
	if s.file.fd < 0 {
		return
	}
	s.loop.forget(&s.file)
	s.in.cancelNow()
	s.out.cancelNow()
	bye(s.file.fd)
	s.file.fd = -1
}

// wait gives way until the direction is ready.
func (d *direction) wait(c *Co, place *watcher) error {
	if d.waiting {
		return ErrBusy
	}
	if d.conn.file.fd < 0 {
		return errors.New("asyncio: the connection is closed")
	}
	d.state = pending
	if *place == nil {
		*place = d
		if err := d.conn.loop.register(&d.conn.file); err != nil {
			return err
		}
	}
	d.waiting = true
	d.awaits(c)
	err := c.await(&d.future)
	d.waiting = false
	return err
}

// ready resumes the task that waits; if none does, nobody is interested any more.
func (d *direction) ready(l *Loop) {
	if d.waiting && d.state == pending {
		d.finish(finished, nil)
		return
	}
	file := &d.conn.file
	if file.reader == watcher(d) {
		file.reader = nil
	}
	if file.writer == watcher(d) {
		file.writer = nil
	}
	l.register(file)
}
