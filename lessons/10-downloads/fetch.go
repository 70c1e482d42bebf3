package downloads

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"

	"carousel/internal/sock"
	"carousel/lessons/inside"
	"carousel/servers/asyncio"
)

// fetch gets an image, and follows redirects to it. It reads like blocking code, and waits like a task.
func fetch(c *asyncio.Co, addr, path string) (image []byte, redirects int, err error) {
	s, err := dial(c, addr)
	if err != nil {
		return nil, 0, err
	}
	defer s.close()
	for {
		reply, err := s.get(path)
		if err != nil {
			return nil, redirects, err
		}
		body, err := io.ReadAll(reply.Body) // before the next request: on this connection the body comes before the next reply
		switch {
		case err != nil:
			return nil, redirects, err
		case reply.StatusCode == http.StatusOK:
			return body, redirects, nil
		case reply.StatusCode != http.StatusFound || redirects == 1:
			return nil, redirects, fmt.Errorf("%s: %s after %d redirects", path, reply.Status, redirects)
		}
		redirects++
		path = reply.Header.Get("Location")
	}
}

// session is a connection on which a task sends requests and reads replies.
type session struct {
	addr   string
	stream stream
	in     *bufio.Reader
	close  func()
}

// dial connects, in the executor, since package net would block the loop.
func dial(c *asyncio.Co, addr string) (*session, error) {
	if !sock.Linux {
		return nil, inside.ErrSystem
	}
	socket, err := asyncio.Await(c, asyncio.RunInExecutor(c.Loop, func() (net.Conn, error) { return net.Dial("tcp", addr) }))
	if err != nil {
		return nil, err
	}
	conn, err := asyncio.NewConn(c.Loop, sock.FD(socket))
	if err != nil {
		socket.Close()
		return nil, err
	}
	s := &session{addr: addr, stream: stream{c, conn}}
	s.in = bufio.NewReader(s.stream)
	s.close = func() { conn.Close(func(int) { socket.Close() }) }
	return s, nil
}

// get sends a request and reads the head of its reply. The body is the caller's to read.
func (s *session) get(path string) (*http.Response, error) {
	if _, err := fmt.Fprintf(s.stream, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, s.addr); err != nil {
		return nil, err
	}
	return http.ReadResponse(s.in, nil)
}

// stream has a task await in Read and Write. Package net/http calls them and knows of no loop: a coroutine with a stack of its own
// may pause at any depth. In Python every function between the task and the wait has to be async.
type stream struct {
	c    *asyncio.Co
	conn *asyncio.Conn
}

func (s stream) Read(p []byte) (int, error) {
	n, err := s.conn.Recv(s.c, p)
	if n == 0 && err == nil {
		err = io.EOF
	}
	return n, err
}

func (s stream) Write(p []byte) (sent int, err error) {
	for sent < len(p) && err == nil {
		var n int
		n, err = s.conn.Send(s.c, p[sent:])
		sent += n
	}
	return sent, err
}
