package coro_test

import (
	"errors"
	"fmt"

	"carousel/internal/coro"
)

// reason is what a task yields: why it stops, and for which descriptor.
type reason struct {
	want string
	fd   int
}

type task = coro.Gen[reason, coro.None, coro.None]

// client answers one connection. Before every call that could block it gives way.
func client(fd, messages int) *task {
	return coro.New(func(c *coro.Co[reason, coro.None]) (none coro.None, err error) {
		defer fmt.Println("close", fd)
		for range messages {
			if _, err = c.Yield(reason{"read", fd}); err != nil {
				return
			}
			fmt.Println("  recv", fd)
			if _, err = c.Yield(reason{"write", fd}); err != nil {
				return
			}
			fmt.Println("  send", fd)
		}
		return
	})
}

// Connections on a carousel: each task yields the reason why it stops, is queued behind the others, and gets one step
// per turn. Here every descriptor is always ready.
func Example_carousel_of_connections() {
	tasks := []*task{client(4, 1), client(5, 2)}
	for len(tasks) > 0 {
		t := tasks[0]
		tasks = tasks[1:]
		if why, err := t.Next(); err == nil {
			fmt.Println(why.want, why.fd)
			tasks = append(tasks, t)
		}
	}
	// Output:
	// read 4
	// read 5
	//   recv 4
	// write 4
	//   recv 5
	// write 5
	//   send 4
	// close 4
	//   send 5
	// read 5
	//   recv 5
	// write 5
	//   send 5
	// close 5
}

// interest is what a handler yields, event what the loop sends it.
type (
	interest string
	event    string
)

var errTimeout = errors.New("allowed wait is over")

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

// writeAll sends a reply, however many goes that takes, and returns how many.
func writeAll(reply string) *coro.Gen[interest, event, int] {
	return coro.New(func(c *coro.Co[interest, event]) (goes int, err error) {
		for ; reply != ""; goes++ {
			if _, err := c.Yield("writable"); err != nil {
				return goes, err
			}
			reply = reply[min(8, len(reply)):]
		}
		return goes, nil
	})
}

// handle is a connection: it reads like blocking code, and none of it blocks.
func handle(c *coro.Co[interest, event]) (served int, err error) {
	for ; ; served++ {
		message, err := coro.YieldFrom(c, readMessage())
		if err != nil {
			fmt.Println("handler:", err)
			return served, nil
		}
		goes, err := coro.YieldFrom(c, writeAll("Hello "+message))
		if err != nil {
			return served, err
		}
		fmt.Printf("handler: answered %q in %d goes\n", message, goes)
	}
}

// Connection handlers as coroutines: readMessage and writeAll are sub-generators whose results come back as return
// values, readiness is sent in, the end of an allowed wait is thrown in.
func Example_coroutine_per_connection() {
	connection := coro.New(handle)
	want, err := connection.Next()
	for _, arrives := range []event{"wo", "rld\n", "", ""} {
		fmt.Println("loop: wants", want)
		want, err = connection.Send(arrives)
	}
	fmt.Println("loop: wants", want)
	_, err = connection.Throw(errTimeout)
	served, _ := connection.Result()
	fmt.Println("loop:", err, "-", served, "served")
	// Output:
	// loop: wants readable
	// loop: wants readable
	// loop: wants writable
	// loop: wants writable
	// handler: answered "world" in 2 goes
	// loop: wants readable
	// handler: allowed wait is over
	// loop: coro: the generator has ended - 1 served
}
