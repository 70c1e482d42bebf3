package main

import (
	"runtime"
	"slices"
	"testing"
	"time"
)

// One set of cases for every server: what it must answer, byte by byte, and what it must survive. Each is named after
// what it shows or after the mistake it catches.
var cases = slices.Concat(helloCases, needing(web, httpCases, errorCases, slowCases), lineCases, endCases, crowdCases, loadCases, lifeCases)

// testcase is a test of a server by its clients, over TCP.
type testcase struct {
	name  string
	needs trait
	alone bool     // has a process of its own, because it measures, changes or ends it
	flags []string // further flags of the process
	run   func(x *exam)
}

// trait is what a case needs beyond a server that answers hello to one client, in HTTP or, where it lacks that, in lines.
type trait uint32

const (
	several      trait = 1 << iota // several clients at once
	crowds                         // dozens of them
	thousands                      // a thousand clients
	scale                          // many idle connections cost the busy ones nothing
	refusal                        // it refuses clients for which it has no descriptor, with a reply
	timeout                        // closing connections that are silent for too long
	lines                          // the line protocol
	http                           // HTTP
	web                            // HTTP beyond hello: every endpoint, and every error that all HTTP servers agree on
	strict                         // our strict subset of HTTP, where net/http and fasthttp differ from it
	strictNet                      // the same, where only net/http differs
	strictFast                     // the same, where only fasthttp differs
	successors                     // clients that come after another has left; this need and the next are found while a case runs
	latecomers                     // clients that come after another has sent something
	halfClosed                     // replies to a client that has finished sending
	backpressure                   // not reading from a client that does not read
	exhaustion                     // going on when there is no descriptor for a client
	order                          // the hello reply to the byte: its header fields stand in our order
)

// needing returns the cases of groups, each with a further need.
func needing(t trait, groups ...[]testcase) []testcase {
	all := slices.Concat(groups...)
	for i := range all {
		all[i].needs |= t
	}
	return all
}

// lacks is what a model cannot do. It must fail every case that needs it: that is its lesson, or the proof that the
// case has teeth. Every other model must pass every case.
var lacks = map[string]trait{
	"blocking":  several,
	"select":    scale,
	"poll":      scale,
	"generator": scale,
	"pool":      crowds | thousands,
	"prefork":   crowds | thousands,
	"nethttp":   lines | strict | strictNet,
	"gnet":      halfClosed | backpressure | exhaustion,
	"fasthttp":  lines | order | strict | strictFast,
}

// loops are the models that serve all their clients from one loop, or from one loop per processor. A test of loops takes them all; where it
// leaves some out it says why.
var loops = []string{"select", "poll", "epoll", "generator", "coroutine", "asyncio", "asyncio-executor", "reactors", "uring"}

// loopsBut returns the loops without those named.
func loopsBut(names ...string) []string {
	return slices.DeleteFunc(slices.Clone(loops), func(name string) bool { return slices.Contains(names, name) })
}

// listed returns the names of the models that servers lists.
func listed() (names []string) {
	for _, m := range models {
		if !m.hidden {
			names = append(names, m.name)
		}
	}
	return names
}

// How long a case may take: long where it should pass, so that a busy machine is not a failure; short where the server
// is known to hang.
const (
	patience   = 50 * time.Second
	impatience = time.Second
)

func TestConformance(t *testing.T) {
	for _, m := range models {
		if m.hidden { // it does not parse requests
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			skipUnavailable(t, m.name)
			t.Parallel()
			conform(t, ours(m.name), lacks[m.name])
		})
	}
}

// skipUnavailable finds a model, and skips a test that needs one which this system does not have.
func skipUnavailable(t *testing.T, name string) model {
	m, err := find(name)
	if why := m.unavailable(); why != "" {
		t.Skip(why)
	} else if err != nil {
		t.Fatal(err)
	}
	return m
}

// conform runs every case against s, which must fail exactly those that need what it lacks. Cases share a process unless
// they need their own, and run side by side unless the server takes few clients at once.
func conform(t *testing.T, s subject, lack trait) {
	shared, err := s.start()
	if err != nil {
		t.Fatal(err)
	}
	defer shared.kill()
	var before int
	if err := try(s, shared, testcase{run: func(x *exam) { before = x.resting() }}, lack, patience); err != nil {
		t.Fatal(err)
	}

	t.Run("case", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				unlessRace(t, c)
				if c.needs&lack != 0 { // in a process of its own, which the case may spoil
					t.Parallel()
					mustFail(t, s, c, lack)
					return
				}
				if c.alone || lack&(several|crowds) == 0 {
					t.Parallel()
				}
				if err := try(s, shared, c, lack, patience); err != nil {
					t.Error(err)
				}
			})
		}
	})

	for _, c := range afterwards(before) {
		t.Run(c.name, func(t *testing.T) {
			if err := try(s, shared, c, lack, patience); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := shared.stop(); err != nil && runtime.GOOS != "windows" { // on Windows a process can only be killed
		t.Error(err)
	}
}

// unlessRace skips a case that compares processor times if the race detector is on: most of the time is then the detector's, and grows with the
// number of connections.
func unlessRace(t *testing.T, c testcase) {
	if raceEnabled && c.needs&scale != 0 {
		t.Skip("the race detector takes processor time of its own")
	}
}

// mustFail runs a case that the server is known to fail. It tries three times, since on a busy machine the failure may not show at once. A case
// that fails by cost gets the long limit: being slow is not that failure.
func mustFail(t *testing.T, s subject, c testcase, lack trait) {
	limit := impatience
	if c.needs&lack&scale != 0 {
		limit = patience
	}
	for range 3 {
		if err := try(s, nil, c, lack, limit); err != nil {
			t.Logf("fails as it must: %v", err)
			return
		}
	}
	t.Error("passes, though it must fail: either the server can do what it is said to lack, or the case has no teeth")
}

// try runs one case against a server, a new one if the case needs it or there is none to share, and returns what was wrong. With a server that
// lacks HTTP it uses the line protocol.
func try(s subject, shared *server, c testcase, lack trait, limit time.Duration) error {
	_, err := observe(s, shared, c, lack, limit)
	return err
}

// observe is try that also returns what the case turned out to need.
func observe(s subject, shared *server, c testcase, lack trait, limit time.Duration) (needs trait, err error) {
	if c.alone || shared == nil {
		if shared, err = s.start(c.flags...); err != nil {
			return c.needs, err
		}
		defer shared.kill()
	}
	x := &exam{s: shared, lack: lack, lines: lack&http != 0, needs: c.needs, deadline: time.Now().Add(limit)}
	defer x.hangUp()
	err = attempt(func() { c.run(x) })
	return x.needs, err
}
