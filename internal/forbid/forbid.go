// Package forbid has the kernel refuse system calls to the process that it is called in, for tests of what a program does then.
package forbid
