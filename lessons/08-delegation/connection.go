package delegation

import (
	"errors"
	"fmt"
	"io"

	"carousel/internal/coro"
)

// interest is what a connection yields, event what the loop sends it.
type (
	interest string
	event    string
)

var errTimeout = errors.New("timeout")

// readMessage collects what arrives until a message is whole, and returns it.
func readMessage() *coro.Gen[interest, event, string] {
	return coro.New(func(c *coro.Co[interest, event]) (message string, err error) {
		for {
			got, err := c.Yield("readable")
			if err != nil {
				return "", err
			}
			message += string(got)
			if message[len(message)-1] == '\n' {
				return message[:len(message)-1], nil
			}
		}
	})
}

// room is the number of bytes that the socket takes at a time.
const room = 8

// writeAll sends a reply, however many writes that takes, and returns how many.
func writeAll(reply string) *coro.Gen[interest, event, int] {
	return coro.New(func(c *coro.Co[interest, event]) (writes int, err error) {
		for ; reply != ""; writes++ {
			if _, err := c.Yield("writable"); err != nil {
				return writes, err
			}
			reply = reply[min(room, len(reply)):]
		}
		return writes, nil
	})
}

// handle is a connection: it reads like blocking code, and none of it blocks.
func handle(out io.Writer) coro.Body[interest, event, int] {
	return func(c *coro.Co[interest, event]) (served int, err error) {
		for ; ; served++ {
			message, err := coro.YieldFrom(c, readMessage())
			if err != nil {
				fmt.Fprintln(out, "  handler: ", err)
				return served, nil
			}
			writes, err := coro.YieldFrom(c, writeAll("Hello "+message))
			if err != nil {
				return served, err
			}
			fmt.Fprintf(out, "  handler:  answered %q in %d writes\n", message, writes)
		}
	}
}

// connection plays the loop for one connection.
func connection(out io.Writer) error {
	fmt.Fprintf(out, `
The model coroutine is made of this: a handler delegates to one that reads and one that writes.
The loop says what is ready, and whoever has stopped hears it. The socket takes %d bytes at a time,
so a reply may need several writes; who waits for too long has a timeout thrown in:

`, room)
	g := coro.New(handle(out))
	want, err := g.Next()
	for _, arrives := range []event{"wo", "rld\n", "", ""} {
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  loop:     it waits until the socket is %s, and gets %q\n", want, arrives)
		want, err = g.Send(arrives)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "  loop:     it waits until the socket is %s, for too long\n", want)
	g.Throw(errTimeout)
	served, err := g.Result()
	fmt.Fprintf(out, "  loop:     the handler has returned, messages served: %d\n", served)
	return err
}
