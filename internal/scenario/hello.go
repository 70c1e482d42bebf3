package scenario

// hello is the closed loop: how many requests a server can answer, and what one costs when neither side rests.
var hello = &Scenario{
	Name: "hello", Path: "/", Levels: []int{1, Few, ReferenceLevel, 256}, Weight: map[int]int{ReferenceLevel: 4},
	Expect: models(map[string]string{
		Fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Degrades: "blocking pool prefork", // they serve one at a time, and as many as they have workers
	}),
	// degrades if in most rounds a connection was never answered
	Judge: func(s Observed) string {
		if s.Starved {
			return Degrades
		}
		return Fine
	},
	Title:       "closed loop, `GET /`",
	Description: "Every connection sends again as soon as it is answered.",
}
