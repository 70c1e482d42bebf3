package scenario

// ExhaustDescriptors is the descriptor limit of a server in scenario exhaust.
const ExhaustDescriptors = 64

// exhaust has a server without a descriptor for further clients: whether it spins on them, and how soon it serves again.
var exhaust = &Scenario{
	Name: "exhaust", Path: "/", Levels: []int{200}, Weight: map[int]int{200: 1}, Probe: true,
	NotSliced: "the limit holds for a process, and nobody else can be measured beside a crowd that waits",
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread pool prefork reactors uring nethttp fasthttp",
		Fails: "gnet", // it ends when accept has no descriptor
	}),
	// fails if in most rounds it ended, or served no client after the crowd had left; degrades if it uses over a tenth of a processor while
	// full, or takes over a second until it serves a client again
	Judge: func(s Observed) string {
		switch {
		case s.Ended, s.NeverRecovered:
			return Fails
		case s.BusyShare > 0.1, s.Recovery > 1:
			return Degrades
		}
		return Fine
	},
	Title: "more clients than descriptors",
	Description: "The server has 64 descriptors, and more clients than that come at once, request `/` and stay. When all are served, refused or given up, no client sends anything for a while, and the processor time " +
		"that the server uses meanwhile is read. Then all leave at once, and new clients send requests, one after another, until one is served.",
	Why: "`gnet` ends when it has no descriptor for a client. Nothing is expected of `blocking`, which accepts no second client while it serves one, and so does not run out.",
}
