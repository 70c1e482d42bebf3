package scenario

// slowreader has clients that request large replies and read them slowly, beside others with small ones: whether a reply that cannot be sent
// keeps others waiting, and what memory it takes. The kernel takes up to 4 MiB of a reply at once (tcp_wmem), so for the server a reply
// of 1 MiB would be sent however slowly it is read.
var slowreader = &Scenario{
	Name: "slowreader", Path: "/", Levels: []int{Few}, Weight: map[int]int{Few: 1},
	NotSliced:    "a slow reader takes its reply for longer than a slice",
	SecondClient: []string{"-c", "16", "--read-rate", "1KiB", "--timeout", "1h", "/bytes/8388608"},
	Expect: models(map[string]string{
		Fine:  "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring nethttp fasthttp gnet",
		Fails: "blocking pool prefork", // the slow readers hold every worker
	}),
	Judge: beside,
	Title: "slow readers of large replies beside others",
	Description: "A second client has 16 connections, which each request 8 MiB and read 1 KiB a second; the measured client requests `/`. " +
		"The response time is that of the measured client. Memory is by how much the server's resident memory grew from before the two clients came to the end of the window.",
}
