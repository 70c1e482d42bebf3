package wire_test

import (
	"fmt"

	"carousel/internal/wire"
)

// A model in miniature, with strings in place of a socket.
func Example() {
	talk := new(wire.Book).Open()
	requests := []string{"GET / HT", "TP/1.1\r\nHost: localhost\r\n\r\n", ""} // the second piece ends the request, the empty one the input
	for {
		switch talk.Next() {
		case wire.Read:
			fmt.Printf("reads %q\n", requests[0])
			talk.Feed([]byte(requests[0]))
			requests = requests[1:]
		case wire.Write:
			reply := talk.Out()
			fmt.Printf("writes %q\n", reply)
			talk.Sent(len(reply))
		case wire.Close:
			fmt.Println("closes")
			return
		}
	}
	// Output:
	// reads "GET / HT"
	// reads "TP/1.1\r\nHost: localhost\r\n\r\n"
	// writes "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\nHello world\n"
	// reads ""
	// closes
}
