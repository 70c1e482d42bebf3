package main

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// One set of cases for every server: what it must answer, byte by byte, and what it must survive. Each is named after
// what it shows or after the mistake it catches.
var cases = slices.Concat(httpCases, errorCases, lineCases, endCases, crowdCases, slowCases, loadCases, lifeCases)

// testcase is put to a server as a client would put it: over TCP.
type testcase struct {
	name  string
	needs trait
	alone bool     // has a process of its own, because it measures, changes or ends it
	flags []string // the process's further flags
	run   func(x *exam)
}

// trait is what a case needs beyond a server that answers one client in the part of HTTP that everybody reads alike.
type trait uint8

const (
	several trait = 1 << iota // several clients at once
	lines                     // the line protocol
	strict                    // our strict subset of HTTP, where net/http decides otherwise
)

// lacks says what a model cannot do. It must fail every case that needs it: that is its lesson, or the proof that the
// case has teeth. Every other model must pass every case.
var lacks = map[string]trait{
	"blocking": several,
	"nethttp":  lines | strict,
}

// How long a case may take: long where it should pass, so that a busy machine is not a failure; short where the server
// is known to hang.
const (
	patience   = 50 * time.Second
	impatience = time.Second
)

func TestConformance(t *testing.T) {
	for _, m := range models {
		t.Run(m.name, func(t *testing.T) {
			if why := m.unavailable(); why != "" {
				t.Skip(why)
			}
			t.Parallel()
			conform(t, ours(m.name), lacks[m.name])
		})
	}
}

// conform puts every case to s, which must fail exactly those that need what it lacks. Cases share a process unless
// they need their own, and run side by side unless the server takes its clients one by one.
func conform(t *testing.T, s subject, lack trait) {
	shared, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	defer shared.kill()
	var before int
	if err := try(s, shared, testcase{run: func(x *exam) { before = x.resting() }}, patience); err != nil {
		t.Fatal(err)
	}

	t.Run("case", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if c.needs&lack != 0 { // on a process of its own, as it may leave that spoilt
					t.Parallel()
					if err := try(s, nil, c, impatience); err == nil {
						t.Error("passed, though it needs what this model lacks")
					} else {
						t.Logf("fails as it must: %v", err)
					}
					return
				}
				if c.alone || lack&several == 0 {
					t.Parallel()
				}
				if err := try(s, shared, c, patience); err != nil {
					t.Error(err)
				}
			})
		}
	})

	for _, c := range afterwards(before) {
		t.Run(c.name, func(t *testing.T) {
			if err := try(s, shared, c, patience); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := shared.stop(); err != nil {
		t.Error(err)
	}
}

// failures puts cases to s, each on a process of its own, and returns why it fails those that it fails: for servers
// that are wrong on purpose.
func failures(s subject, cases []testcase) map[string]error {
	errs := make([]error, len(cases))
	var wait sync.WaitGroup
	turns := make(chan struct{}, 16)
	for i, c := range cases {
		wait.Go(func() {
			turns <- struct{}{}
			errs[i] = try(s, nil, c, 5*time.Second)
			<-turns
		})
	}
	wait.Wait()
	failed := map[string]error{}
	for i, err := range errs {
		if err != nil {
			failed[cases[i].name] = err
		}
	}
	return failed
}

// try puts one case to a server, a new one if the case asks for it or there is none to share, and returns what was
// wrong.
func try(s subject, shared *server, c testcase, limit time.Duration) (err error) {
	if c.alone || shared == nil {
		if shared, err = s.start(c.flags...); err != nil {
			return err
		}
		defer shared.kill()
	}
	x := &exam{s: shared, deadline: time.Now().Add(limit)}
	defer x.hangUp()
	return attempt(func() { c.run(x) })
}
