package main

import (
	"runtime"

	"carousel/internal/sock"
)

// listenNull binds addr and returns the loop that serves it.
func listenNull(addr string) (bound string, serve func() error, err error) {
	ln, bound, err := sock.Listen(addr)
	if err == nil {
		err = sock.NonBlocking(ln)
	}
	if err != nil {
		return "", nil, err
	}
	poller, err := sock.NewPoller()
	if err == nil {
		err = poller.Add(ln, sock.Readable, uint64(ln))
	}
	return bound, func() error { return answerAll(poller, ln) }, err
}

// answerAll is the whole responder. A reply the socket does not take at once is dropped: a closed-loop client never has
// more than one on its way.
func answerAll(poller *sock.Poller, ln int) error {
	runtime.LockOSThread()
	reply, waste, ready := []byte(nullReply), make([]byte, sock.ReadBytes), make([]sock.Event, 256)
	for {
		n, err := poller.Wait(ready, -1)
		if err != nil {
			return err
		}
		for i := range ready[:n] {
			fd := int(ready[i].Data())
			if fd == ln {
				for fd, err := sock.Accept(ln); err == nil; fd, err = sock.Accept(ln) {
					if err := poller.Add(fd, sock.Readable, uint64(fd)); err != nil {
						sock.Refuse(fd, err.Error())
						continue
					}
					served.connections.Add(1)
				}
				continue
			}
			switch n, err := sock.Read(fd, waste); {
			case n > 0:
				served.requests.Add(1) // before the client can know of it
				sock.Write(fd, reply)
			case err != sock.Again:
				poller.Remove(fd)
				sock.Close(fd)
			}
		}
	}
}
