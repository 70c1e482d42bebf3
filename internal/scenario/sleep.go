package scenario

// sleep is a slow backend that is awaited: block as it should be.
var sleep = &Scenario{
	Name: "sleep", Path: "/sleep/10ms", Levels: []int{Reference}, Weight: map[int]int{Reference: 1},
	Whole: "a handler takes half of a slice",
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "blocking pool prefork",
	}),
	Judge: handlers,
	Title: "handlers that wait 10 ms for something slow",
	Says:  "Every handler waits, in the model's own way.",
	Why:   untilItLeaves,
}
