package main

import (
	"math"
	"slices"

	"golang.org/x/sys/unix"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Twins that watch many descriptors at once.

// loop is select(2) around talks, in the tutorial's own steps and without a clock. Each twin gets one step wrong.
type loop struct {
	ln      int
	open    func() *wire.Talk
	conns   map[int]*wire.Talk
	ceiling int                             // of descriptors
	heard   func(l *loop, fd int, p []byte) // called with the bytes received, after the talk was fed
	forget  func(l *loop, fd int)           // takes a closed descriptor off the list
}

// naiveLoop makes none of the other mistakes: its only fault is the cost of its lists.
func naiveLoop(ln int, open func() *wire.Talk) error { return newLoop(ln, open).serve() }

func closesListenerOnData(ln int, open func() *wire.Talk) error {
	l := newLoop(ln, open)
	l.heard = func(l *loop, _ int, p []byte) {
		if len(p) > 0 && l.ln >= 0 {
			l.accept() // first accept those that wait
			sock.Close(l.ln)
			l.ln = -1
		}
	}
	return l.serve()
}

func answersEnd(ln int, open func() *wire.Talk) error {
	l := newLoop(ln, open)
	l.heard = func(_ *loop, fd int, p []byte) {
		if len(p) == 0 {
			sock.Write(fd, []byte(world))
		}
	}
	return l.serve()
}

// neverRemoves keeps a closed descriptor on the list, so every further select fails at once.
func neverRemoves(ln int, open func() *wire.Talk) error {
	l := newLoop(ln, open)
	l.forget = func(l *loop, fd int) { l.conns[fd] = nil }
	return l.serve()
}

func noCeiling(ln int, open func() *wire.Talk) error {
	l := newLoop(ln, open)
	l.ceiling = math.MaxInt
	return l.serve()
}

func blocksInLoop(ln int, open func() *wire.Talk) error {
	l := newLoop(ln, open)
	l.heard = func(l *loop, fd int, _ []byte) {
		unix.SetNonblock(fd, false)
		for talk := l.conns[fd]; talk.Next() == wire.Write; {
			n, err := new(sock.Waiter).Write(fd, talk.Out(), 0)
			if err != nil {
				return
			}
			talk.Sent(n)
		}
	}
	return l.serve()
}

func newLoop(ln int, open func() *wire.Talk) *loop {
	return &loop{
		ln: ln, open: open, conns: map[int]*wire.Talk{}, ceiling: sock.FDSetSize,
		heard:  func(*loop, int, []byte) {},
		forget: func(l *loop, fd int) { delete(l.conns, fd) },
	}
}

func (l *loop) serve() error {
	sock.NonBlocking(l.ln)
	buf := make([]byte, sock.ReadBytes)
	for {
		var read, write, urgent sock.FDSet
		last := l.ln
		if l.ln >= 0 {
			read.Set(l.ln)
		}
		for fd, talk := range l.conns {
			if last = max(last, fd); talk != nil && talk.Next() == wire.Write {
				write.Set(fd)
			} else {
				read.Set(fd)
			}
		}
		new(sock.Waiter).Select(last+1, &read, &write, &urgent, -1) // if it fails the sets stay as they are, and the loop tries every connection
		var ready []int
		for fd := range l.conns {
			if read.Has(fd) || write.Has(fd) {
				ready = append(ready, fd)
			}
		}
		for len(ready) > 0 {
			l.turn(ready[0], buf)
			ready = slices.Delete(ready, 0, 1)
		}
		if l.ln >= 0 && read.Has(l.ln) {
			if err := l.accept(); err != sock.Again {
				return sock.Ended(err)
			}
		}
	}
}

func (l *loop) accept() error {
	for {
		fd, err := sock.Accept(l.ln)
		if err != nil {
			return err
		}
		if fd >= l.ceiling {
			sock.Refuse(fd, "select(2) watches descriptors below 1024")
			continue
		}
		l.conns[fd] = l.open()
	}
}

func (l *loop) turn(fd int, buf []byte) {
	talk := l.conns[fd]
	if talk == nil {
		return
	}
	n, err := 0, error(nil)
	if talk.Next() == wire.Read {
		if n, err = sock.Read(fd, buf); err == nil {
			talk.Feed(buf[:n])
			l.heard(l, fd, buf[:n])
		}
	} else if n, err = sock.Write(fd, talk.Out()); err == nil {
		talk.Sent(n)
	}
	if err != nil && err != sock.Again || talk.Next() == wire.Close {
		sock.Bye(fd)
		l.forget(l, fd)
	}
}

// closesFirst accepts clients until the descriptors run out; the next one waits until another leaves. It then gets the descriptor number of that
// client, and Remove unregisters it instead. If no client is accepted between close and Remove the mistake does not show, since the kernel
// unregisters a closed descriptor itself.
func closesFirst(ln int, open func() *wire.Talk) error {
	sock.NonBlocking(ln)
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	conns := map[int]*wire.Talk{}
	full := false
	accept := func() error {
		for {
			fd, _, err := unix.Accept4(ln, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			switch err {
			case nil:
				conns[fd] = open()
				poller.Add(fd, sock.Readable, uint64(fd))
			case unix.EMFILE:
				full = true
				poller.Remove(ln)
				return nil
			case sock.Again:
				return nil
			case sock.Closed:
				return err
			}
		}
	}
	leave := func(fd int) {
		delete(conns, fd)
		sock.Bye(fd)
		if full {
			full = false
			poller.Add(ln, sock.Readable, uint64(ln))
			accept()
		}
		poller.Remove(fd) // too late: the number may belong to a new client
	}

	poller.Add(ln, sock.Readable, uint64(ln))
	buf, ready := make([]byte, sock.ReadBytes), make([]sock.Event, 16)
	for {
		n, err := poller.Wait(ready, -1)
		if err != nil {
			return err
		}
		for _, event := range ready[:n] {
			fd := int(event.Data())
			talk := conns[fd]
			if fd == ln {
				if err := accept(); err != nil {
					return sock.Ended(err)
				}
				continue
			}
			if talk.Next() == wire.Read {
				if n, err = sock.Read(fd, buf); err == nil {
					talk.Feed(buf[:n])
				}
			} else if n, err = sock.Write(fd, talk.Out()); err == nil {
				talk.Sent(n)
			}
			switch next := talk.Next(); {
			case err != nil && err != sock.Again || next == wire.Close:
				leave(fd)
			case next == wire.Write:
				poller.Change(fd, sock.Writable, uint64(fd))
			default:
				poller.Change(fd, sock.Readable, uint64(fd))
			}
		}
	}
}
