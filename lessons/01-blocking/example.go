// Package blocking is chapter 1: one client at a time.
package blocking

import (
	"fmt"
	"io"
	"time"

	"carousel/lessons/inside"
	model "carousel/servers/blocking"
)

// Example has Ann connect and think for 100 ms, and Bob come after her.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Ann connects and thinks for 100 ms. Bob connects after her and asks at once. To the server Ann is client 1
and Bob is client 2. See that Bob connects and sends without trouble, and when the server takes notice:

`)
	s := inside.Play(out, model.Serve)
	s.Until("accept blocks")
	ann := s.Connects("Ann")
	s.Until("client 1: read blocks")
	bob := s.Connects("Bob")
	bob.Says("is connected, and nobody has accepted him yet")
	bob.Asks("hello")
	ann.Thinks(100 * time.Millisecond)
	ann.Asks("hello")
	s.Until("12 bytes are sent", "client 1: read blocks")
	ann.Hears()
	ann.Leaves()
	s.Until("client 2: read blocks", "12 bytes are sent", "client 2: read blocks")
	bob.Hears()
	bob.Leaves()
	s.Until("accept blocks")
	if err := s.End(); err != nil {
		return err
	}
	fmt.Fprint(out, `
None of Bob's calls failed: the kernel put his connection into the backlog, and kept his line. But the only
thread stood in a read for Ann, and whoever could have looked after Bob did not run.
`)
	return nil
}
