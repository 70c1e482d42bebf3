//go:build !unix

package main

// lock does nothing: this system has no lock that the kernel releases when the process ends.
func lock(string) (unlock func(), err error) { return func() {}, nil }
