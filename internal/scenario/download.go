package scenario

import (
	"fmt"

	"carousel/internal/result"
)

// download requests ten pictures in turn, each through a redirect, and small replies between them. Every body is saved to a
// file. A client that keeps up is done as soon as the last request was due. The modes differ in how long all of it takes, and in how
// long the small requests wait beside the pictures (loadgen keeps the times of each path).
var download = &Scenario{
	Name: "download", Path: "/moved/image/0", Paths: downloadPaths(), Levels: []int{20}, Rates: []float64{1000}, Weight: map[int]int{1000: 1},
	Modes:     []Mode{{result.OneByOne, 1}, {result.AllAtOnce, 0}, {result.Inline, 0}},
	NotSliced: "a download lasts longer than a slice",
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "blocking pool prefork",
	}),
	// fails if in most rounds of a mode half of the connections or more were never answered; degrades if one was never answered
	Judge: func(s Observed) string {
		switch {
		case s.HalfStarved:
			return Fails
		case s.Starved:
			return Degrades
		}
		return Fine
	},
	Title:       "what a synchronous write does to an asynchronous program",
	Description: "Here the client is what is measured: it requests pictures and small replies, and saves every body to a file of its own.",
	Why:         untilItLeaves,
}

// downloadPaths returns the paths after that of the first picture: ten pictures in all, and nine small replies after each.
func downloadPaths() (paths []string) {
	for k := range 10 {
		paths = append(paths, fmt.Sprintf("/moved/image/%d", k))
		for range 9 {
			paths = append(paths, "/")
		}
	}
	return paths[1:]
}
