package asyncio

import (
	"errors"

	"carousel/internal/sock"
)

// Server accepts connections and makes a task for each.
type Server struct {
	// Addr is where the server listens.
	Addr string

	loop     *Loop
	ln       int
	handlers int
	closed   *Future[struct{}]
}

// StartServer listens on addr (host:port, port 0 for any) and calls handler in a task for every connection, which is
// closed when handler returns. An error of handler other than ErrCancelled goes to the exception handler.
func StartServer(l *Loop, addr string, handler func(c *Co, r *Reader, w *Writer) error) (*Server, error) {
	ln, bound, err := sock.Listen(addr)
	if err != nil {
		return nil, err
	}
	s := &Server{Addr: bound, loop: l, ln: ln, closed: NewFuture[struct{}](l)}
	accepted := func(fd int) {
		s.handlers++
		CreateTask(l, func(c *Co) (struct{}, error) { return struct{}{}, s.handle(c, fd, handler) })
	}
	if err := l.accept(ln, accepted, func(error) { s.Close() }); err != nil {
		sock.Close(ln)
		return nil, err
	}
	return s, nil
}

func (s *Server) handle(c *Co, fd int, handler func(c *Co, r *Reader, w *Writer) error) error {
	defer func() {
		if s.handlers--; s.handlers == 0 && s.ln < 0 {
			s.closed.settle()
		}
	}()
	conn, err := NewConn(s.loop, fd)
	if err != nil {
		sock.Refuse(fd, err.Error())
		return nil
	}
	w := &Writer{conn: conn, high: highWater, low: lowWater}
	defer w.Close()
	err = handler(c, &Reader{conn: conn}, w)
	if err != nil && !errors.Is(err, ErrCancelled) {
		s.loop.report(Context{Message: "Unhandled exception in client handler", Err: err, Task: c.task.Name()})
		return nil
	}
	return err
}

// Close stops accepting. Open connections go on.
func (s *Server) Close() {
	if s.ln < 0 {
		return
	}
	s.loop.RemoveReader(s.ln)
	sock.Close(s.ln)
	s.ln = -1
	if s.handlers == 0 {
		s.closed.settle()
	}
}

// WaitClosed waits until the server is closed and its last handler has returned.
func (s *Server) WaitClosed(c *Co) error { return c.await(&s.closed.future) }

// accept calls accepted with every new connection to ln, and ended when ln was shut down or fails.
func (l *Loop) accept(ln int, accepted func(fd int), ended func(error)) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	return l.AddReader(ln, func() {
		l.story.Turn(nil, ln, "the callback of fd %d calls accept", ln)
		if err := sock.AcceptAll(ln, accepted); err != nil {
			l.RemoveReader(ln)
			ended(err)
		}
	})
}
