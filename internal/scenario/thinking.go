package scenario

// thinking has clients that connect and send nothing: with how many of them no other client is served.
var thinking = &Scenario{
	Name: "thinking", Path: "/", Levels: []int{5000}, Probe: true,
	NotSliced: "what counts is how many connections are open, not how fast they are served",
	Expect: models(map[string]string{
		Fine:    "poll epoll coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Refuses: "select generator",      // descriptors from 1024 on
		Fails:   "blocking pool prefork", // pool and prefork with as many silent connections as workers
	}),
	// fails if in most rounds a probe beside silent connections went unanswered
	Judge: func(s Observed) string {
		if s.ProbeLost {
			return Fails
		}
		return Fine
	},
	Title:       "clients that connect and say nothing",
	Description: "Silent connections are opened, and a probe beside them requests `/`: after each of the first 64, and then less and less often.",
}

// ThinkingSteps returns the numbers of silent connections, up to limit, beside which thinking sends a probe.
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
