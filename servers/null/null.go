// Package null answers every read with the hello reply, without looking at what it read.
//
// Lesson: no server can do less. What a client reaches against it is the client's own ceiling, and what a request costs here
// is the price of the kernel's part. A peer that sends a request in two pieces is answered twice, one that pipelines too
// seldom, and idle timeouts are not kept: it is for a client that sends again when it was answered.
package null

import "carousel/internal/wire"

const reply = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n" + wire.Hello
