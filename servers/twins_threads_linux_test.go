package main

import (
	"bufio"

	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/internal/wire"
	"carousel/servers/blocking"
)

// Twins that block, most of them with a thread for each connection.

// each gives every connection a thread for its conversation.
func each(ln int, converse func(fd int)) error {
	for {
		fd, err := new(sock.Waiter).Accept(ln)
		if err != nil {
			return sock.Ended(err)
		}
		go func() {
			converse(fd)
			sock.Bye(fd)
		}()
	}
}

func oncePerRecv(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		for talk := open(); ; {
			n, err := new(sock.Waiter).Read(fd, buf, talk.Pause())
			if n == 0 || err != nil {
				return
			}
			n, _ = new(sock.Waiter).Write(fd, []byte(world), 0) // one reply for each read, be it half a message or three
			talk.Tally(1, n)
		}
	})
}

func ignoresCount(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		for talk := open(); ; {
			switch talk.Next() {
			case wire.Read:
				n, err := new(sock.Waiter).Read(fd, buf, talk.Pause())
				if err != nil {
					return
				}
				talk.Feed(buf[:n])
			case wire.Write:
				out := talk.Out()
				if _, err := sock.Write(fd, out); err != nil && err != sock.Again {
					return
				}
				talk.Sent(len(out)) // as if the kernel always had room
			case wire.Sleep:
				sock.Sleep(talk.Pause())
				talk.Woke()
			case wire.Work:
				talk.Work()
			case wire.Close:
				return
			}
		}
	})
}

func appendsForEver(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		buf := make([]byte, sock.ReadBytes)
		var queue []byte
		for talk := open(); talk.Next() != wire.Close || len(queue) > 0; {
			watch := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
			if len(queue) > 0 {
				watch[0].Events |= unix.POLLOUT
			}
			limit := int(talk.Pause().Milliseconds())
			if limit == 0 {
				limit = -1
			}
			if n, err := unix.Poll(watch, limit); n == 0 && err == nil {
				return
			}
			if talk.Next() == wire.Read {
				n, err := sock.Read(fd, buf)
				if err == nil {
					talk.Feed(buf[:n])
				} else if err != sock.Again {
					return
				}
			}
			for talk.Next() == wire.Write {
				out := talk.Out()
				queue = append(queue, out...) // however long it is
				talk.Sent(len(out))           // and the talk reads on
			}
			n, err := sock.Write(fd, queue)
			if err != nil && err != sock.Again {
				return
			}
			queue = queue[n:]
		}
	})
}

func closesListenerAtEnd(ln int, open func() *wire.Talk) error {
	fd, err := new(sock.Waiter).Accept(ln)
	if err != nil {
		return sock.Ended(err)
	}
	blocking.Converse(nil, new(blocking.Words), new(sock.Waiter), fd, open(), make([]byte, sock.ReadBytes))
	sock.Close(ln)
	select {} // the server accepts no more
}

// neverReadsBody answers every empty line, since a head ends with one.
func neverReadsBody(ln int, open func() *wire.Talk) error {
	return each(ln, func(fd int) {
		talk := open()
		for in := bufio.NewReader(waiting{fd, talk}); ; {
			switch line, err := in.ReadString('\n'); {
			case err != nil:
				return
			case line == "\r\n":
				n, _ := new(sock.Waiter).Write(fd, []byte(hello), 0)
				talk.Tally(1, n)
			}
		}
	})
}

// waiting reads from a connection. It ends when a wait has reached its limit.
type waiting struct {
	fd   int
	talk *wire.Talk
}

func (w waiting) Read(p []byte) (int, error) {
	n, err := new(sock.Waiter).Read(w.fd, p, w.talk.Pause())
	if n == 0 && err == nil {
		err = sock.Closed
	}
	return n, err
}
