package scenario

// cost has every model at the same rates: processor time per request tells models apart best where neither side is at its limit.
var cost = &Scenario{
	Name: "cost", Path: "/", Levels: []int{ReferenceLevel}, Rates: []float64{1000, 10000, 30000}, Weight: map[int]int{10000: 6},
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "pool prefork",
	}),
	// fails if in most rounds a connection was never answered; degrades if under 90 % of the offered rate was served
	Judge: func(s Observed) string {
		switch {
		case s.Starved:
			return Fails
		case s.Rate < 0.9*s.Offered:
			return Degrades
		}
		return Fine
	},
	Title:       "the same rate for every model",
	Description: "Requests are due at even intervals, at a rate that every model can serve. The models are compared by what a request costs.",
	Why:         untilItLeaves,
}
