//go:build !linux

package null

import (
	"net"

	"carousel/internal/sock"
	"carousel/internal/wire"
)

// Serve answers connections to ln until it is shut down, a goroutine for each, since there are no raw calls here.
func Serve(ln int, open func() *wire.Talk) error {
	listener, err := sock.NetListener(ln)
	if err != nil {
		return err
	}
	defer listener.Close()
	for {
		c, err := sock.AcceptNet(listener, ln)
		if err != nil {
			return sock.Ended(err)
		}
		go answer(c, open())
	}
}

func answer(c net.Conn, talk *wire.Talk) {
	defer c.Close()
	hello, waste := []byte(reply), make([]byte, sock.ReadBytes)
	for {
		if _, err := c.Read(waste); err != nil {
			return
		}
		n, err := c.Write(hello)
		talk.Tally(n/len(hello), n)
		if err != nil {
			return
		}
	}
}
