package engine

import (
	"bytes"
	"runtime"
	"sync"
	"time"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/loadgen/client"
)

// null is a server that counts the bytes of requests and sends a reply for each whole one, nothing else. It has a thread of its own, and allocates
// nothing while it serves.
type null struct {
	ln      int
	poller  *sock.Poller
	request int    // bytes of one
	reply   []byte // as many replies as may be due at once
	each    int    // bytes of one reply
	hangsUp bool   // it closes after each reply
	held    []int  // by descriptor: 1 + the bytes of an incomplete request; 0: not open
	done    sync.WaitGroup
}

// serveNull starts such a server for the requests of s, and makes it the target of s.
func serveNull(s *result.Spec) (*null, error) {
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	poller, err := sock.NewPoller()
	if err != nil {
		sock.Close(ln)
		return nil, err
	}
	s.Target = "http://" + addr + client.PathOf(s.Target)
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n")
	if s.Proto == result.Line {
		reply = nil
	}
	if s.Method != "HEAD" || s.Proto == result.Line {
		reply = append(reply, "Hello world\n"...)
	}
	n := &null{ln: ln, poller: poller, request: len(client.New(*s)[0].Bytes), each: len(reply), reply: bytes.Repeat(reply, max(1, s.Pipeline)), hangsUp: s.NoKeepalive}
	err = sock.NonBlocking(ln)
	if err == nil {
		err = poller.Add(ln, sock.Readable, uint64(ln))
	}
	if err != nil {
		n.close()
		return nil, err
	}
	n.done.Go(n.serve)
	return n, nil
}

func (n *null) serve() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer n.close()
	buf, ready := make([]byte, sock.ReadBytes), make([]sock.Event, batch)
	for {
		k, err := n.poller.WaitRaw(ready, time.Minute) // raw: a wait that enters the scheduler would wake later
		if err != nil {
			return
		}
		for i := range ready[:k] {
			fd := int(ready[i].Data())
			if fd != n.ln {
				n.answer(fd, buf)
			} else if sock.AcceptAll(n.ln, n.admit) != nil {
				return
			}
		}
	}
}

func (n *null) admit(fd int) {
	if n.poller.Add(fd, sock.Readable, uint64(fd)) != nil {
		sock.Close(fd)
		return
	}
	n.held = sock.Put(n.held, fd, 1)
}

// answer reads from a connection once, and sends the replies that are due.
func (n *null) answer(fd int, buf []byte) {
	got, err := sock.Read(fd, buf)
	if got <= 0 && err != sock.Again {
		n.drop(fd)
	}
	if got <= 0 {
		return
	}
	bytes := n.held[fd] - 1 + got
	n.held[fd] = 1 + bytes%n.request
	due := min(bytes/n.request*n.each, len(n.reply))
	if due == 0 {
		return
	}
	if _, err := sock.Write(fd, n.reply[:due]); err != nil || n.hangsUp {
		n.drop(fd)
	}
}

func (n *null) drop(fd int) {
	n.poller.Remove(fd)
	sock.Close(fd)
	n.held[fd] = 0
}

// stop ends the server and waits for that.
func (n *null) stop() {
	sock.Shutdown(n.ln)
	n.done.Wait()
}

func (n *null) close() {
	for fd, held := range n.held {
		if held > 0 {
			n.drop(fd)
		}
	}
	n.poller.Close()
	sock.Close(n.ln)
}
