package scenario

// besideTail is where a model degrades, as the p99 of the clients beside a greedy one, in nanoseconds: twice the 10 ms after which the Go
// runtime preempts a goroutine, and 5 ms for the client's processor, which both clients share.
const besideTail = 25e6

// flood has a client that sends without waiting for replies, beside others that wait: who gets turns when one client always has a request.
var flood = &Scenario{
	Name: "flood", Path: "/", Levels: []int{Few}, Weight: map[int]int{Few: 1},
	NotSliced:    "a flood does not pause between slices",
	Flags:        []string{"--think", "5ms"}, // else the two clients would compete for the client's processor, and that would be measured
	SecondClient: []string{"-c", "1", "--pipeline", "1000", "/"},
	Expect: models(map[string]string{
		Fine:     "select poll epoll generator coroutine asyncio asyncio-executor goroutine thread reactors uring fasthttp gnet",
		Degrades: "nethttp",
		Fails:    "blocking pool prefork",
	}),
	Judge: beside,
	Title: "one client sends without end, others wait for their replies",
	Description: "A second client, the flooder, always has up to 1,000 requests pending on one connection. Each connection of the measured client pauses for 5 ms after a reply. " +
		"The response time is that of the measured client, fairness is Jain's index of the replies per connection of it (1: all equal), and the flooder's share is of all replies.",
	Why: "A turn in a loop is one read of 16 KiB, however much more has come, so that the flooder waits for the others after some hundred requests. " +
		"The Go runtime preempts a goroutine that never waits after 10 ms, the kernel a thread after a few. " +
		"`nethttp` makes a system call for each reply, so that a flood keeps its goroutine busy many times as long as in other models. " +
		"`pool` and `prefork` serve as many clients as they have workers, since all of them stay.",
}

// beside judges by the clients beside a greedy one: a model fails if in most rounds a connection of theirs was never answered; it degrades if
// their p99 is over 25 ms.
func beside(s Observed) string {
	switch {
	case s.Starved:
		return Fails
	case s.TailNS > besideTail:
		return Degrades
	}
	return Fine
}
