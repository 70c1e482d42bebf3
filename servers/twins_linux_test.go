package main

import (
	"slices"
	"strings"
	"testing"

	"carousel/internal/wire"
)

// mistakes are those of the original tutorial, and others that beginners make. Each has a naive twin: a minimal server that makes just this
// mistake. The twin must fail the cases that are named after the mistake, which proves that these cases catch it, and pass all others but those
// that need what it lacks. TestConformance checks that the corrected model passes them all.
var mistakes = []struct {
	name      string
	tutorial  string // where the tutorial makes it
	twin      func(ln int, open func() *wire.Talk) error
	lacks     trait // what the twin cannot do besides; cases that need it are not run
	corrected string
	fresh     bool // each case needs a new process
}{
	{"replies once per recv", "every server takes what recv returns for a message; TCP keeps no such borders",
		oncePerRecv, linesOnly | threaded, "blocking", false},
	{"ignores the count send returns", "every server drops what send says, which is how much the kernel had room for",
		ignoresCount, threaded, "select", false},
	{"appends for ever to a peer that never reads", "what one does next who has noticed the mistake before: keep the rest, without a bound",
		appendsForEver, linesOnly | threaded, "epoll", false},
	{"closes the listener when the first client leaves", "the blocking server: the close behind the loop is the wrong socket's",
		closesListenerAtEnd, linesOnly | several | successors, "blocking", true},
	{"closes the listener on data", "the select server: the else branch, met by everybody who says something",
		closesListenerOnData, looped | latecomers, "select", true},
	{"answers end-of-file", "the select server: the condition is inverted, so nothing is answered and something is not",
		answersEnd, looped, "select", false},
	{"never removes a dead socket", "the select server: what was put on the list to watch stays on it",
		neverRemoves, looped, "select", true},
	{"fd >= 1024 crashes", "the select servers: nobody asks whether a descriptor fits into the set",
		noCeiling, looped, "select", false},
	{"uses blocking calls after readiness", "all loops: ready to be read does not mean that a send will not wait",
		blocksInLoop, looped, "select", false},
	{"scans lists from the front, O(n) per turn", "the loops: lists are built anew, searched, and popped from the front",
		naiveLoop, looped &^ scale, "epoll", false},
	{"closes a descriptor before unregistering it", "the callback server has it right, and a comment that says it matters; this is why",
		closesFirst, linesOnly | timeout | refusal, "epoll", false},
	{"a body that is never read", "every server: what belongs to a request is not known to end, so it is the next request",
		neverReadsBody, lines | web | strict | threaded, "blocking", false},
}

const (
	linesOnly = http | web | strict
	threaded  = thousands | scale           // a thread per client is too dear for these
	looped    = linesOnly | timeout | scale // what naiveLoop leaves out
)

// Two mistakes are not a server's. Their tests are elsewhere:
//   - awaits outside the loop: TestAwaitOutsideTheLoop in servers/asyncio, where the counting task starves the other;
//   - a file name made of the millisecond: TestFileNameOfTheMillisecond in loadgen/engine, where downloads collide.

func twins() (all []model) {
	for _, m := range mistakes {
		all = append(all, model{m.name, m.tutorial, one(m.twin), true, false})
	}
	return all
}

// Every twin fails exactly the cases that are named after its mistake, and those that need what it lacks.
func TestTwins(t *testing.T) {
	for _, m := range mistakes {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			var shared *server
			if !m.fresh {
				var err error
				if shared, err = modelOf("twins", m.name).start(); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(shared.kill)
			}
			named := 0
			for _, c := range cases {
				if c.needs&m.lacks != 0 {
					continue
				}
				if !strings.Contains(c.name, m.name) {
					t.Run(c.name, func(t *testing.T) {
						unlessRace(t, c)
						t.Parallel()
						needs, err := observe(modelOf("twins", m.name), shared, c, m.lacks, patience)
						for range 2 { // repeat: a single result may be due to a busy machine
							if (needs&m.lacks == 0) == (err != nil) { // it may pass because its listener was not closed yet
								needs, err = observe(modelOf("twins", m.name), shared, c, m.lacks, patience)
							}
						}
						switch {
						case needs&m.lacks == 0 && err != nil:
							t.Errorf("fails a case that is not named after its mistake: %v", err)
						case needs&m.lacks != 0 && err == nil:
							t.Error("passes, though its mistake should not let it")
						}
					})
					continue
				}
				named++
				if c.needs&lacks[m.corrected] != 0 || !slices.ContainsFunc(models, func(our model) bool { return our.name == m.corrected }) {
					t.Errorf("%q is not held to %q", m.corrected, c.name)
				}
				t.Run(c.name, func(t *testing.T) {
					unlessRace(t, c)
					t.Parallel()
					mustFail(t, modelOf("twins", m.name), c, m.lacks)
				})
			}
			if named == 0 {
				t.Error("no case is named after this mistake")
			}
		})
	}
}
