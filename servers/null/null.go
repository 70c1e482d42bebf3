// Package null answers every read with the hello reply, without looking at what it read.
//
// Lesson: no server can do less. What a client reaches against it is the client's own limit, and what a request costs here
// is the price of the kernel's part. It is for a client that sends again when it is answered: a request in two pieces gets two
// replies, pipelined requests get too few, and there is no idle timeout.
package null

import "carousel/internal/wire"

const reply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n" + wire.Hello
