package scenario

// slowreader is clients who ask for much and take it slowly, beside others who ask for little: whether a reply that cannot be sent keeps
// others waiting, and what memory it takes. A kernel takes up to 4 MiB of a reply from a server at once (tcp_wmem), so one of 1 MiB would
// be gone before anybody was slow.
var slowreader = &Scenario{
	Name: "slowreader", Path: "/", Levels: []int{Few}, Weight: map[int]int{Few: 1},
	NotSliced:    "a slow reader takes its reply for longer than a slice",
	SecondClient: []string{"-c", "16", "--read-rate", "1KiB", "--timeout", "1h", "/bytes/8388608"},
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "blocking pool prefork", // one, K and N of the readers have all there is
	}),
	Judge: beside,
	Title: "slow readers of large replies beside others",
	Description: "A second client has 16 connections, which each ask for 8 MiB and take in 1 KiB a second; the client that is measured asks for `/`. " +
		"The response time is that of the others. Memory is what the server has resident more at the end of the window than before the two clients came.",
}
