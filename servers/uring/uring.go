// Package uring queues requests with the kernel and acts on what has completed: io_uring.
//
// Lesson: completions instead of readiness. The kernel does not report that a read would not wait, it reports what it has read; and it takes
// requests by the dozen. So a busy server makes less than one system call per request. The price: the kernel chooses the buffers, a pending
// request owns its memory, and nothing can be closed while a request on it is pending.
package uring

import "carousel/internal/uring"

// Supported returns why Serve cannot run here, nil if it can.
func Supported() error { return uring.Supported() }
