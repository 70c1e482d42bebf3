package scenario

// calls counts the system calls, and other kernel events, of a request.
var calls = &Scenario{
	Name: "calls", Path: "/", Levels: []int{1, ReferenceLevel}, CountCalls: true, Weight: map[int]int{1: 1, ReferenceLevel: 1},
	NotSliced:   "counting slows a server",
	Title:       "system calls, and other work of the kernel",
	Description: "The system calls and other kernel work of a request are counted, in a closed loop. Counting takes time, some 7 % of what a request costs, so nothing is timed here.",
}

// CallFormula is how many system calls a model is expected to make for a request, stated before the run. It holds at any level: k is the number
// of descriptors ready, or of requests completed, per wait.
type CallFormula struct {
	Formula         string  // in calls per request, with k; "": a yardstick, nothing is expected
	Base            float64 // calls other than waits
	ReadyPerRequest float64 // descriptors that must become ready for a request: k is this over the waits per request; 0: k does not follow from the waits
	Extra           string  // calls that are known to be made beyond the formula; of a yardstick all
}

// Calls returns the result of the formula for so many waits per request.
func (a CallFormula) Calls(waits float64) float64 { return a.Base + waits }

// CallTolerance is by how many calls per request a model may differ from its formula without an explanation.
const CallTolerance = 0.1

// What the Go runtime and held waits add: little per request where there are many requests.
const (
	held    = "timerfd_settime every 2 ms, which ends a held wait, and nanosleep and futex of the Go runtime: the fewer requests, the more of these per request"
	blocked = "nanosleep and futex: the Go runtime watches a thread that blocks in a call, and gives its processor to another"
)

// ExpectedCalls is the formula of each model.
var ExpectedCalls = map[string]CallFormula{
	"blocking":         {"2 + 1/k", 2, 1, held},
	"select":           {"2 + 1/k", 2, 1, held},
	"poll":             {"2 + 1/k", 2, 1, held},
	"epoll":            {"2 + 1/k", 2, 1, held},
	"generator":        {"2 + 2/k", 2, 2, held},
	"coroutine":        {"2 + 1/k", 2, 1, held},
	"asyncio":          {"2 + 1/k", 2, 1, held},
	"asyncio-executor": {"2 + 1/k", 2, 1, held},
	"goroutine":        {"3 + 1/k", 3, 1, "futex, nanosleep and sched_yield, with which idle threads of the Go runtime sleep, are woken and look for work"},
	"thread":           {"2", 2, 0, blocked},
	"pool":             {"2", 2, 0, blocked},
	"prefork":          {"2 + 1/k", 2, 1, held},
	"reactors":         {"2 + 1/k", 2, 1, "futex, with which the Go runtime wakes the thread of another loop; timerfd_settime and nanosleep as in epoll"},
	// one call submits the sends and returns the completions: of the recv of a request, and of the send of a reply
	"uring":    {"2/k", 0, 2, "futex and nanosleep, with which the Go runtime manages its threads"},
	"nethttp":  {Extra: "two reads, of which the second finds nothing, and a write; epoll_pwait, twice where one client is waited for, with futex, nanosleep and sched_yield"},
	"fasthttp": {Extra: "two reads, of which the second finds nothing, and a write; epoll_pwait, twice where one client is waited for, with futex, nanosleep and sched_yield"},
	"gnet":     {Extra: "a read and a write; epoll_pwait, twice where one client is waited for: the first only looks"},
}
