// Package uring is io_uring, the kernel's queue of requests and queue of completions, as far as servers and load generators of this house need
// it: accept and receive that go on by themselves, send, connect, poll and cancel, and a wait.
//
// A thread queues requests and learns of their completions, of many with one call. So that calls are few it submits without waiting once a turn
// (Submit), and waits only when that brought nothing. The binding is thin: what the manual of io_uring_enter(2) says holds. Queues and buffers are
// mapped memory that Go's collector knows nothing of.
package uring
