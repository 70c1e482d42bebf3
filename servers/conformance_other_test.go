//go:build !linux

package main

import (
	"syscall"
	"time"
)

// Cases that look at a process from outside need Linux. On other systems only the conversation is tested.

var loadCases, lifeCases []testcase

func twins() []model { return nil }

const watchable = 0

func watchOthers() {}

func narrow(_, _ string, _ syscall.RawConn) error { return nil }

func (x *exam) resting() int { return 0 }

func (x *exam) rests(*conn) { time.Sleep(100 * time.Millisecond) }

func afterwards(int) []testcase { return nil }

func (v *server) files(string) []string { return nil }
