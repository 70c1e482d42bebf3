// Package uring is a thin binding of Linux's io_uring, as far as the servers and the load generator of this project need it: multishot accept and
// receive, send, connect, poll, cancel, close, and a wait.
//
// A thread queues requests; one system call submits many of them and fetches many completions. To save calls, submit without waiting once a turn
// (Submit), and wait only if that returned no completion. io_uring_enter(2) applies. Queues and buffers are mapped memory, outside of Go's heap.
package uring
