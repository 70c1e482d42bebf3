package main

import (
	"maps"
	"slices"
	"strings"
)

const (
	reference = 64 // connections at which models are compared with themselves, with all processors, and at a common rate
	few       = 16 // connections from which on a rate is the server's rather than the round trip's
)

// scenario is a situation that tells models apart.
type scenario struct {
	path        string            // what is asked for
	connections []int             // levels, unless the plan says otherwise
	expect      map[string]string // by model, stated before the run
}

// What a model is expected to do. How a report finds what a model did, from the trials of all rounds:
//
//	hello     degrades if in most trials a connection was never answered, else fine
//	paced     fails if in most trials a connection was never answered or under 90 % of the offered rate was served;
//	          degrades if its median p99 (response time) is over twice that of the model that is measured twice; else fine
//	thinking  fails if in most trials a probe went unanswered, else fine
//	block     fails if in most trials a connection was never answered, or the median rate is under twice 1/D, which is
//	          what one at a time gives (D is the time asked for in the path); degrades if it is under half of
//	          connections/D, the ideal; else fine
//	sleep     as block
//	download  fails if in most trials of a mode half of the connections or more were never answered; degrades if in most of
//	          them one was never answered; else fine
//
// In every scenario a model whose errors tell that it turned connections away refuses.
const (
	fine     = "fine"
	degrades = "degrades"
	refuses  = "refuses"
	fails    = "fails"
)

// scenarios is the table a plan draws from.
var scenarios = map[string]scenario{
	"hello": {"/", []int{1, few, reference, 256}, models(map[string]string{
		fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp",
		degrades: "blocking pool prefork", // one by one, K at a time, N at a time
	})},
	"paced": {"/", []int{reference}, models(map[string]string{
		fine:     "select poll epoll goroutine thread reactors uring nethttp",
		degrades: "generator coroutine asyncio asyncio-executor pool prefork",
		fails:    "blocking",
	})},
	"thinking": {"/", []int{reference}, models(map[string]string{
		fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp",
		fails: "blocking pool prefork", // pool at K silent connections, prefork at N
	})},
	"block": {"/block/10ms", []int{reference}, models(map[string]string{
		fine:     "asyncio-executor goroutine thread nethttp",
		degrades: "pool prefork",
		fails:    "blocking select poll epoll generator coroutine asyncio reactors uring",
	})},
	"sleep": {"/sleep/10ms", []int{reference}, models(map[string]string{
		fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp",
		degrades: "pool prefork",
		fails:    "blocking",
	})},
	"download": {"/moved/image/0", []int{20}, models(map[string]string{
		fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp",
		degrades: "pool prefork",
		fails:    "blocking",
	})},
	"spin": {"/spin/200us", []int{16}, nil}, // a second opinion on loadgen itself: nothing is expected of a model
}

func scenarioNames() []string { return slices.Sorted(maps.Keys(scenarios)) }

// endpoint is the path's first word, such as /sleep: what a server of the user's own may lack.
func (s scenario) endpoint() string {
	word, _, _ := strings.Cut(strings.TrimPrefix(s.path, "/"), "/")
	return "/" + word
}

// models turns lists of models by expectation into expectations by model.
func models(lists map[string]string) map[string]string {
	expect := map[string]string{}
	for word, list := range lists {
		for _, model := range strings.Fields(list) {
			expect[model] = word
		}
	}
	return expect
}

// expectations are those of a run: by scenario, for the models that take part.
func expectations(p *Plan, names []string) map[string]map[string]string {
	all := map[string]map[string]string{}
	for _, s := range p.Scenarios {
		stated := map[string]string{}
		for _, model := range p.taking(s.Models, names) {
			if word, ok := scenarios[s.Name].expect[model]; ok {
				stated[model] = word
			}
		}
		if len(stated) > 0 {
			all[s.Name] = stated
		}
	}
	return all
}
