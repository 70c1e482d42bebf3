// Package callbacks is chapter 4: a descriptor is registered with the function to call.
package callbacks

import (
	"fmt"
	"io"

	"carousel/lessons/inside"
	model "carousel/servers/epoll"
)

// Example has Ann be silent, and Bob ask, sleep and leave.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Ann connects and is silent. Bob sends two requests of HTTP, shown without their headers, the second
for a reply that is to come after 20 ms, and leaves. See which callback is registered for a descriptor, when it is
called, and what replaces it:

`)
	const rest = "waits: epoll_wait"
	s := inside.Play(out, model.Serve)
	s.Until(rest)
	s.Connects("Ann")
	s.Until("client 1", rest)
	bob := s.Connects("Bob")
	s.Until("client 2", rest)
	bob.Gets("/")
	s.Until("bytes are sent", rest)
	bob.Hears()
	bob.Gets("/sleep/20ms")
	s.Until("timer", rest, "bytes are sent", rest)
	bob.Hears()
	bob.Leaves()
	s.Until("closed", rest)
	if err := s.End(); err != nil {
		return err
	}
	fmt.Fprint(out, `
The loop knows no clients, only which function to call. Ann has cost it nothing since she connected: epoll_wait
returns those alone that are ready, and she was not.
`)
	return nil
}
