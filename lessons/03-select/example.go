// Package selectloop is chapter 3: select.
package selectloop

import (
	"fmt"
	"io"

	"carousel/internal/sock"
	"carousel/lessons/inside"
	model "carousel/servers/selectloop"
)

// Example has two clients be silent and a third ask, and then shows what select's lists report.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Ann and Bob connect and are silent. Cid connects, asks and leaves. See how far the sets reach,
which are filled anew for every select, and how many in them are ready. (Clients and server are one
process here: between two descriptors of the server is one of a client.)

`)
	const rest = "waits: select"
	s := inside.Play(out, model.Serve)
	s.Until(rest)
	s.Connects("Ann")
	s.Until("client 1", rest)
	s.Connects("Bob")
	s.Until("client 2", rest)
	cid := s.Connects("Cid")
	s.Until("client 3", rest)
	cid.Asks("hello")
	s.Until("12 bytes are sent", rest)
	cid.Hears()
	cid.Leaves()
	s.Until("finished", rest)
	if err := s.End(); err != nil {
		return err
	}
	fmt.Fprintf(out, `
The kernel looks at every place of the sets up to the highest descriptor that there has been, and so does the
loop: with a thousand silent clients each turn takes a thousand looks more. And the sets have %d places: a client with descriptor %[1]d is refused.

The second list is of those to be written to. The third is for urgent data, not for errors:

`, sock.FDSetSize)
	return lists(out)
}
