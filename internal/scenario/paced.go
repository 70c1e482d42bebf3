package scenario

// paced is a steady stream below capacity, where the time from when a request was due is what counts.
var paced = &Scenario{
	Name: "paced", Path: "/", Levels: []int{ReferenceLevel}, RateRule: "half of the slowest model's rate", Weight: map[int]int{ReferenceLevel: 4},
	Expect: models(map[string]string{
		Fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring fasthttp gnet",
		Degrades: "nethttp",
		Fails:    "blocking pool prefork",
	}),
	// fails if in most rounds a connection was never answered or under 90 % of the offered rate was served; degrades if it fell behind, or
	// if its p99 is over twice the reference's
	Judge: func(s Observed) string {
		switch {
		case s.Starved, s.Rate < 0.9*s.Offered:
			return Fails
		case s.Overloaded, s.P99 > 2:
			return Degrades
		}
		return Fine
	},
	Title:       "requests due by a schedule",
	Description: "Requests are due at even intervals whether the server answers or not, at half the rate of the slowest model that serves every connection. They are timed from when they were due.",
	Why: "What `generator`, `coroutine` and `asyncio` do beyond `epoll` is a tenth of what a request costs, which shows in the cost and not in a p99. " +
		"`nethttp` allocates for every request, and is the slowest: at half of its limit garbage collections make a hundredth of all requests wait. " + untilItLeaves,
}
