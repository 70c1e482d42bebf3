package portrait

import (
	"math/rand/v2"
	"time"
)

// Step is one request of the script.
type Step struct {
	Think time.Duration // pause after the previous reply, or after connecting
	Path  string
}

// Role is what one client does: it connects, sends its requests one after another over one kept-alive connection, and closes.
type Role struct {
	Client   int           // from 1
	Connects time.Duration // since the beginning
	Silent   time.Duration // how long it sends nothing after it connected
	Steps    []Step
}

// Limit bounds a play: a client that has not been answered by then gives up and closes.
const Limit = 2 * time.Second

// ScriptText describes the script for readers of a report.
const ScriptText = "Eight clients connect one after another, a millisecond apart. The first sends nothing for its first 60 ms. " +
	"Each sends five requests over one connection, one after another: three times `/`, once `/sleep/20ms` and once `/spin/5ms`, in an order of its own, " +
	"thinking for up to 10 ms between them; then it closes. The order and the pauses are the same for every model."

// Script returns what the eight clients do: the same in every play.
func Script() []Role {
	rng := rand.New(rand.NewPCG(14, 8))
	roles := make([]Role, 8)
	for i := range roles {
		paths := []string{"/", "/", "/", "/sleep/20ms", "/spin/5ms"}
		rng.Shuffle(len(paths), func(a, b int) { paths[a], paths[b] = paths[b], paths[a] })
		r := Role{Client: i + 1, Connects: time.Duration(i) * time.Millisecond}
		for j, path := range paths {
			var think time.Duration
			if j > 0 {
				think = time.Duration(rng.IntN(10_001)) * time.Microsecond
			}
			r.Steps = append(r.Steps, Step{think, path})
		}
		roles[i] = r
	}
	roles[0].Silent = 60 * time.Millisecond
	return roles
}
