package null

import (
	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down. A reply that the socket does not take at once is dropped: a closed-loop
// client never has more than one on its way.
func Serve(ln int, open func() *wire.Talk) error {
	if err := sock.NonBlocking(ln); err != nil {
		return err
	}
	poller, err := sock.NewPoller()
	if err != nil {
		return err
	}
	defer poller.Close()
	if err := poller.Add(ln, sock.Readable, uint64(ln)); err != nil {
		return err
	}
	var talks []*wire.Talk // by descriptor, for their counters
	accepted := func(fd int) {
		if err := poller.Add(fd, sock.Readable, uint64(fd)); err != nil {
			sock.Refuse(fd, err.Error())
			return
		}
		talks = sock.Put(talks, fd, open())
	}
	hello, waste, events := []byte(reply), make([]byte, sock.ReadBytes), make([]sock.Event, 512)
	for {
		n, err := poller.Wait(events, -1)
		if err != nil {
			return err
		}
		for i := range events[:n] {
			fd := int(events[i].Data())
			if fd == ln {
				if err := sock.AcceptAll(ln, accepted); err != nil {
					return sock.Ended(err)
				}
				continue
			}
			switch n, err := sock.Read(fd, waste); {
			case n > 0:
				if n, err := sock.Write(fd, hello); err == nil {
					talks[fd].Tally(n/len(hello), n)
				}
			case err != sock.Again:
				poller.Remove(fd)
				sock.Close(fd)
			}
		}
	}
}
