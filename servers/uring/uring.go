// Package uring queues requests with the kernel and acts on what has completed: io_uring.
//
// Lesson: completions instead of readiness. The kernel does not say that a read would not wait, it says what was read; and it takes requests
// by the dozen. So a busy server makes less than one call a request. For that the buffers are the kernel's to choose, a request under way owns
// what it was given, and nothing can be closed before it has come back.
package uring

import "carousel/internal/uring"

// Supported is why Serve cannot run here; nil if it can.
func Supported() error { return uring.Supported() }
