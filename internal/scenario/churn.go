package scenario

// Where a model degrades and fails: the cost of a connection, over that of the reference model.
const (
	degradedCost = 1.1
	failedCost   = 2
)

// churn has clients that come with one request and leave: what it costs to accept a client, to keep its state and to drop it.
var churn = &Scenario{
	Name: "churn", Path: "/", Levels: []int{ReferenceLevel}, Weight: map[int]int{ReferenceLevel: 2},
	Flags: []string{"--no-keepalive"},
	Expect: models(map[string]string{
		Fine:     "blocking select poll epoll prefork reactors uring",
		Degrades: "generator coroutine asyncio asyncio-executor goroutine pool nethttp fasthttp gnet",
		Fails:    "thread",
	}),
	// fails if in most rounds a client was never answered, or a connection costs over twice the reference's; degrades over 1.1 times
	Judge: func(s Observed) string {
		switch {
		case s.Starved, s.Cost > failedCost:
			return Fails
		case s.Cost > degradedCost:
			return Degrades
		}
		return Fine
	},
	Title:       "a connection for every request",
	Description: "Every request has a connection of its own, which is closed after the reply. So a request here costs what a connection costs, and its time includes connecting.",
	Why: "Most of what a connection costs is the kernel's and the same for all models, so that a loop that scans all its clients, 64 of them, costs no more than another. " +
		"`blocking` serves one client at a time, which is enough for clients with one request. A model that makes a coroutine, a goroutine or a thread for each client pays for it each time, and `pool` pays for waking a thread. The null responder takes no part: it does not parse the request, and so does not close the connection.",
}
