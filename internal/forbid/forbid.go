// Package forbid makes the kernel refuse system calls of this process, to test what a program does then.
package forbid
