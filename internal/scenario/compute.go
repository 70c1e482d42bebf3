package scenario

import "time"

// degradedTail is where a model degrades, as a p99 in nanoseconds. It lies between the turns that a kernel gives threads, of a few milliseconds,
// and those that the Go runtime gives goroutines, which it preempts after 10 ms.
const degradedTail = 8e6

// compute has a few requests that compute for long among many that do not: which requests wait for them.
var compute = &Scenario{
	Name: "compute", Path: "/spin/20ms", Paths: computePaths(), Levels: []int{ReferenceLevel}, Rates: []float64{1000}, Weight: map[int]int{1000: 1},
	NotSliced: "a handler takes most of a slice",
	Expect: models(map[string]string{
		Fine:     "thread",
		Degrades: "goroutine asyncio-executor nethttp fasthttp",
		Fails:    "blocking select poll epoll generator coroutine asyncio pool prefork reactors uring gnet",
	}),
	// fails if in most rounds a connection was never answered, or the p99 of the small requests is nine tenths of the long handler's time or
	// more, so that they wait for all of it; degrades if it is over 8 ms
	Judge: func(s Observed) string {
		switch {
		case s.Starved, s.TailNS >= 0.9*float64(20*time.Millisecond):
			return Fails
		case s.TailNS > degradedTail:
			return Degrades
		}
		return Fine
	},
	Title:       "one request in a hundred computes for 20 ms",
	Description: "Requests are due at even intervals. One in a hundred uses 20 ms of processor time, the others request `/`. The response time is that of the others.",
	Why: "A loop that computes does nothing else meanwhile: 20 ms ten times a second make a fifth of the others wait. " +
		"The kernel gives threads turns of a few milliseconds, the Go runtime preempts a goroutine after 10 ms. " +
		"`pool` and `prefork` serve as many connections as they have workers, since all connections stay.",
}

// computePaths returns the paths after the one that computes.
func computePaths() (paths []string) {
	for range 99 {
		paths = append(paths, "/")
	}
	return paths
}
