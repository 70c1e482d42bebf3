package scenario

// sleep is a slow backend that the server awaits: what block should be.
var sleep = &Scenario{
	Name: "sleep", Path: "/sleep/10ms", Levels: []int{ReferenceLevel}, Weight: map[int]int{ReferenceLevel: 1},
	NotSliced: "a handler takes half of a slice",
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "blocking pool prefork",
	}),
	Judge:       handlers,
	Title:       "handlers that wait 10 ms for something slow",
	Description: "Every handler waits, in the model's own way.",
	Why:         untilItLeaves,
}
