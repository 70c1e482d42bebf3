package scenario

// thinking is clients that connect and say nothing: how many may do so before nobody else is served.
var thinking = &Scenario{
	Name: "thinking", Path: "/", Levels: []int{5000}, Probe: true,
	NotSliced: "what counts is how many connections are open, not how fast they are served",
	Expect: models(map[string]string{
		Fine:    "poll epoll coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Refuses: "select generator",      // descriptors from 1024 on
		Fails:   "blocking pool prefork", // pool at K silent connections, prefork at N
	}),
	// fails if in most rounds a probe beside silent connections went unanswered
	Judge: func(s Observed) string {
		if s.ProbeLost {
			return Fails
		}
		return Fine
	},
	Title:       "clients that connect and say nothing",
	Description: "Silent connections are opened, and a probe beside them asks for `/`: after each of the first 64, and then ever more rarely.",
}

// ThinkingSteps are the numbers of silent connections, up to limit, beside which thinking asks.
func ThinkingSteps(limit int) (at []int) {
	for n := 1; n < limit; {
		at = append(at, n)
		switch {
		case n < 64:
			n++
		case n == 512:
			n = 900
		case n == 900:
			n = 1100 // descriptors of select end at 1024
		case n == 1100:
			n = 2048
		default:
			n *= 2
		}
	}
	return append(at, limit)
}
