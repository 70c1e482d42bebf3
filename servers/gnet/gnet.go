// Package gnet is a yardstick, epoll from a library: github.com/panjf2000/gnet, which runs an event loop for each processor and one that accepts.
//
// Lesson: a framework owns the loop and calls the callbacks, and what it does not report a callback cannot know. gnet reads whatever
// comes, keeps what the kernel does not take, and does not report when that is sent; it closes a connection whose peer has
// finished sending, and ends when it is out of descriptors.
package gnet
