package blocking

import (
	"bufio"
	"io"
)

// Listener is a listening socket.
type Listener interface {
	Accept() (io.ReadWriteCloser, error) // waits for the next client; an error once the socket is closed
	Close() error
}

// Serve answers one client after another until Accept fails, and then returns nil. It answers each message, a line that
// ends with "\n", with "Hello world\n". It closes the connection of a client that has finished sending.
func Serve(ln Listener) error {
	for {
		client, err := ln.Accept()
		if err != nil {
			return nil
		}
		answer(client)
	}
}

// answer answers each message of a client and hangs up.
func answer(client io.ReadWriteCloser) {
	defer client.Close()
	input := bufio.NewReader(client)
	for {
		if _, err := input.ReadString('\n'); err != nil {
			return
		}
		if _, err := io.WriteString(client, "Hello world\n"); err != nil {
			return
		}
	}
}
