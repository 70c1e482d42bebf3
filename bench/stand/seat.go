package stand

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"carousel/internal/host"
	"carousel/internal/result"
)

// pair is the processors of server and client in one placement; none: wherever the system puts them.
type pair struct{ server, client []int }

// Seating is who sits where, by placement; split is there only if two processors are.
type Seating map[string]pair

// Seats is the Seating on this machine.
func Seats() (s Seating, note string) {
	if runtime.GOOS != "linux" {
		return Seating{result.Shared: {}}, "this system cannot keep a process on one processor: server and client share them all"
	}
	return seat(host.CPUs(), host.Siblings)
}

// seat gives the server one of the processors and the client another, which is not its sibling (a second thread of
// the same core) if there is any such; shared gives both all of them.
func seat(cpus []int, siblings func(cpu int) []int) (s Seating, note string) {
	s = Seating{result.Shared: {cpus, cpus}}
	if len(cpus) < 2 {
		return s, "one processor: server and client share it, so a client's work slows the server it measures"
	}
	server, client := cpus[0], cpus[1]
	if i := slices.IndexFunc(cpus[1:], func(c int) bool { return !slices.Contains(siblings(server), c) }); i >= 0 {
		client = cpus[1+i]
	} else {
		note = fmt.Sprintf("processors %d and %d are threads of one core: server and client slow each other", server, client)
	}
	s[result.Split] = pair{[]int{server}, []int{client}}
	return s, note
}

// Apart reports whether server and client can have a processor each.
func (s Seating) Apart() bool {
	_, apart := s[result.Split]
	return apart
}

func (s Seating) String() string {
	var parts []string
	if split, ok := s[result.Split]; ok {
		parts = append(parts, fmt.Sprintf("split: server on processor %d, client on processor %d", split.server[0], split.client[0]))
	}
	return strings.Join(append(parts, fmt.Sprintf("shared: both on %v", s[result.Shared].server)), "; ")
}
