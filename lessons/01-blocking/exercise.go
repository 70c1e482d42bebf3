//go:build exercise

package blocking

import "io"

// Listener is a listening socket.
type Listener interface {
	Accept() (io.ReadWriteCloser, error) // waits for the next client; an error once the socket is closed
	Close() error
}

// Serve answers one client after another until Accept fails, and then returns nil. It answers each message, a line that
// ends with "\n", with "Hello world\n". It closes the connection of a client that has finished sending.
//
// The exercise: this is the original tutorial's server, with three of its mistakes.
//
//   - It hangs up on everybody when the first client leaves: it closes the listening socket.
//   - It does not hang up on that client: the connection stays open.
//   - It answers each read. But a read returns whatever has arrived: half a message, or three of them. Every whole
//     message is to be answered, once, before more is read; half a message that nothing follows is not.
//
// Mend them, until this passes:
//
//	go test -tags exercise ./lessons/01-blocking
//
// A hint: bufio.Reader keeps what is left over from a read.
func Serve(ln Listener) error {
	for {
		client, err := ln.Accept()
		if err != nil {
			return nil
		}
		buf := make([]byte, 4096)
		for {
			if _, err := client.Read(buf); err != nil {
				break
			}
			io.WriteString(client, "Hello world\n")
		}
		ln.Close()
	}
}
