package scenario

// ceiling has clients that all come at once and stay: how many of them are served.
var ceiling = &Scenario{
	Name: "ceiling", Path: "/", Levels: []int{4000}, Weight: map[int]int{4000: 1}, Probe: true,
	NotSliced: "what counts is how many connections are open, not how fast they are served",
	Expect: models(map[string]string{
		Fine:    "poll epoll coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Refuses: "select generator",      // descriptors from 1024 on
		Fails:   "blocking pool prefork", // they serve one, and as many as they have workers
	}),
	// fails if in most rounds half of the clients or more were neither served nor refused; degrades if one was not
	Judge: func(s Observed) string {
		switch {
		case s.BrokenShare >= 0.5:
			return Fails
		case s.BrokenShare > 0:
			return Degrades
		}
		return Fine
	},
	Title: "clients who all come at once and stay",
	Description: "Connections are opened at once, up to the first number of them, then further ones up to the next. Each requests `/` once while all others stay open. " +
		"A client is served, refused (it gets a complete 503) or broken: closed or reset without a reply, or not answered in time.",
	Why: "`blocking`, `pool` and `prefork` serve a client until it leaves. Where all stay, they serve as many as they have workers, and the others wait in vain. `select` and `generator` cannot watch descriptors from 1,024 on.",
}

// CeilingSteps returns the numbers of connections, up to limit, at which ceiling counts: below and above 1024, where the descriptors of
// select end.
func CeilingSteps(limit int) (at []int) {
	for _, n := range []int{900, 1020, 1030} {
		if n < limit {
			at = append(at, n)
		}
	}
	return append(at, limit)
}
