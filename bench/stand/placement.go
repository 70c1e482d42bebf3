package stand

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"carousel/internal/host"
	"carousel/internal/result"
)

// processors are those of server and client in one placement; empty: any.
type processors struct{ server, client []int }

// Placements holds the processors of server and client by placement. On one processor it lacks split.
type Placements map[string]processors

// FindPlacements returns the placements of this machine, and a note if they are fewer or worse than usual.
func FindPlacements() (s Placements, note string) {
	if runtime.GOOS != "linux" {
		return Placements{result.Shared: {}}, "this system cannot keep a process on one processor: server and client share them all"
	}
	return place(host.CPUs(), host.Siblings)
}

// place gives the server one processor and the client another, if possible not its sibling (a thread of the same core). The shared
// placement gives both all of them.
func place(cpus []int, siblings func(cpu int) []int) (s Placements, note string) {
	s = Placements{result.Shared: {cpus, cpus}}
	if len(cpus) < 2 {
		return s, "one processor: server and client share it, so a client's work slows the server it measures"
	}
	server, client := cpus[0], cpus[1]
	if i := slices.IndexFunc(cpus[1:], func(c int) bool { return !slices.Contains(siblings(server), c) }); i >= 0 {
		client = cpus[1+i]
	} else {
		note = fmt.Sprintf("processors %d and %d are threads of one core: server and client slow each other", server, client)
	}
	s[result.Split] = processors{[]int{server}, []int{client}}
	return s, note
}

// Apart reports whether server and client can have a processor each.
func (s Placements) Apart() bool {
	_, apart := s[result.Split]
	return apart
}

func (s Placements) String() string {
	var parts []string
	if split, ok := s[result.Split]; ok {
		parts = append(parts, fmt.Sprintf("split: server on processor %d, client on processor %d", split.server[0], split.client[0]))
	}
	return strings.Join(append(parts, fmt.Sprintf("shared: both on %v", s[result.Shared].server)), "; ")
}
