package scenario

// DegradedGrowth is where a model degrades: the cost of a request beside silent connections, over its cost beside the fewest.
const DegradedGrowth = 1.5

// idle has many silent connections beside a few busy ones: what they cost the busy ones, and what memory they take.
var idle = &Scenario{
	Name: "idle", Path: "/", Levels: []int{50}, Idle: []int{0, 1000, 5000, 15000}, Weight: map[int]int{50: 1},
	NotSliced: "memory and thousands of connections do not fit into a slice",
	Expect: models(map[string]string{
		Fine:     "epoll coroutine asyncio asyncio-executor goroutine reactors uring nethttp fasthttp gnet",
		Degrades: "poll",
		Refuses:  "select generator thread", // descriptors from 1024 on; clients beyond 8,000 threads
		Fails:    "blocking pool prefork",   // the silent ones come first and hold every worker
	}),
	// fails if in most rounds a busy connection was never answered; degrades if a request costs over half as much again as beside the fewest
	Judge: func(s Observed) string {
		switch {
		case s.Starved:
			return Fails
		case s.Growth > DegradedGrowth:
			return Degrades
		}
		return Fine
	},
	Title: "silent connections beside busy ones",
	Description: "Silent connections are opened first. When all are open and memory has settled, the busy ones send, each again as soon as it is answered. " +
		"What a silent connection adds to the cost of a request and to memory is given as a slope.",
	Why: "A model that has no room for a client refuses it: `select` and `generator` from descriptor 1,024 on, `thread` beyond its 8,000 threads. " +
		"`poll` hands its whole list to the kernel in every turn, which scans it. In models that serve a client until it leaves, silent clients hold all workers.",
}
