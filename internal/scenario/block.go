package scenario

// block is synchronous code inside a server: a handler that holds its thread.
var block = &Scenario{
	Name: "block", Path: "/block/10ms", Levels: []int{ReferenceLevel},
	NotSliced: "a handler takes half of a slice",
	Expect: models(map[string]string{
		Fine:     "goroutine thread nethttp fasthttp",
		Degrades: "asyncio-executor", // at its number of workers
		Fails:    "blocking select poll epoll generator coroutine asyncio pool prefork reactors uring gnet",
	}),
	Judge:       handlers,
	Title:       "handlers that hold their thread for 10 ms",
	Description: "Every handler blocks its thread, as synchronous code does.",
	Why: "The executor of `asyncio-executor` has four workers more than the server has processors: with one processor five handlers end every 10 ms, which is 500/s at most. " +
		untilItLeaves,
}

// handlers judges by two rates: of handlers that run one after another, and of handlers that all run at once. A model fails if in most rounds a
// connection was never answered, or below twice the first rate; it degrades below half of the second.
func handlers(s Observed) string {
	switch {
	case s.Starved, s.Rate < 2*s.SerialRate:
		return Fails
	case s.Rate < s.ParallelRate/2:
		return Degrades
	}
	return Fine
}
