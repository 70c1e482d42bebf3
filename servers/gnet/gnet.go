// Package gnet is the yardstick of those who want epoll without writing it: github.com/panjf2000/gnet, an event loop for each
// processor and one that accepts.
//
// Lesson: a framework keeps the loop and gives away the callbacks, and with them what a callback is not told. gnet reads whatever
// comes, keeps what the kernel does not take, and does not say when that has gone; it closes a connection whose peer has
// finished sending, and ends when it is out of descriptors.
package gnet
