//go:build !linux

package main

import "net"

// listenNull binds addr and returns the loop that serves it: one flow per connection, since there are no raw calls here.
func listenNull(addr string) (bound string, serve func() error, err error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return "", nil, err
	}
	return ln.Addr().String(), func() error {
		for {
			c, err := ln.Accept()
			if err != nil {
				return err
			}
			served.connections.Add(1)
			go answer(c)
		}
	}, nil
}

func answer(c net.Conn) {
	defer c.Close()
	waste := make([]byte, 16<<10)
	for {
		if _, err := c.Read(waste); err != nil {
			return
		}
		served.requests.Add(1) // before the client can know of it
		if _, err := c.Write([]byte(nullReply)); err != nil {
			return
		}
	}
}
