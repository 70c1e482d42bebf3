package asyncio

import (
	"errors"

	"carousel/internal/sock"
)

// ErrBusy is returned if another task waits for the same direction of the connection.
var ErrBusy = errors.New("asyncio: another task is waiting for this connection already")

// Conn is a connected, non-blocking socket that tasks receive from and send to. It stays registered between two
// waits, so that a conversation back and forth costs no call to the poller: a registration that no task waits for is
// removed when the poller reports it.
type Conn struct {
	loop    *Loop
	file    file
	in, out direction
}

// direction is one direction of a connection, with the future that every wait for it reuses.
type direction struct {
	future
	waiting bool
	conn    *Conn
}

// NewConn returns a Conn for a connected, non-blocking socket. It fails if the socket cannot be watched.
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

// CancelOnHangup makes the loop cancel c's task if the peer hangs up while no task waits for the connection.
func (s *Conn) CancelOnHangup(c *Co) { s.file.owner = c.task }

// Recv waits for input and reads up to len(p) bytes, 0 at the end of input.
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

// Send writes as much of p as the kernel takes, and returns how much. It waits only while the kernel takes nothing.
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

// Close stops watching the socket, cancels the waits for it, and closes it with bye, such as sock.Close or sock.Bye.
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

// wait suspends the task until the direction is ready.
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

// ready resumes the task that waits. If none does, it removes the registration.
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
