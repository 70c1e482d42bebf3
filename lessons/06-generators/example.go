// Package generators is chapter 6: generators as servers.
package generators

import (
	"fmt"
	"io"

	"carousel/lessons/inside"
	model "carousel/servers/generator"
)

// Example has Ann be silent, and Bob ask and leave.
func Example(out io.Writer) error {
	fmt.Fprint(out, `Ann connects and is silent. Bob connects, asks once and leaves. Each of them is a task, and so is what
accepts them. Follow Bob's task: from the queue to to_read, to_write, and back:

`)
	const rest = "waits: the queue is empty"
	s := inside.Play(out, model.Serve)
	s.Until(rest)
	s.Connects("Ann")
	s.Until("client 1", rest)
	bob := s.Connects("Bob")
	s.Until("client 2", rest)
	bob.Asks("hello")
	s.Until("12 bytes are sent", rest)
	bob.Hears()
	bob.Leaves()
	s.Until("closed", rest)
	if err := s.End(); err != nil {
		return err
	}
	fmt.Fprint(out, `
A message takes two trips, through to_read and through to_write, with a select before each of them.
Ann's task stays in to_read: it is paused in the middle of a function, and has no part in any turn.
`)
	return nil
}
