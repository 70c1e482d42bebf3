package engine

import (
	"runtime"
	"sync"
	"time"

	"carousel/internal/sock"
)

// responder is a server that does not allocate, and so does not blur what its client does.
type responder struct {
	addr string
	ln   int
	done sync.WaitGroup
}

func unixServer(reply string) (*responder, error) {
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	if err := sock.NonBlocking(ln); err != nil {
		return nil, err
	}
	poller, err := sock.NewPoller()
	if err != nil {
		return nil, err
	}
	poller.Add(ln, sock.Readable, uint64(ln))
	r := &responder{addr: addr, ln: ln}
	out := []byte(reply)
	r.done.Go(func() {
		runtime.LockOSThread()
		defer poller.Close()
		defer sock.Close(ln)
		var ready [64]sock.Event
		var buf [4096]byte
		for {
			n, err := poller.Wait(ready[:], time.Second)
			if err != nil {
				return
			}
			for k := range n {
				fd := int(ready[k].Data())
				if fd == ln {
					conn, err := sock.Accept(ln)
					if err == sock.Closed {
						return
					}
					if err == nil {
						poller.Add(conn, sock.Readable, uint64(conn))
					}
					continue
				}
				if n, err := sock.Read(fd, buf[:]); n > 0 {
					sock.Write(fd, out)
				} else if err != sock.Again {
					poller.Remove(fd)
					sock.Close(fd)
				}
			}
		}
	})
	return r, nil
}

func (r *responder) stop() {
	sock.Shutdown(r.ln)
	r.done.Wait()
}
