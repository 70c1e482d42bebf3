package scenario

// spin checks loadgen itself: where the server is the limit, two load generators must find the same. Replies are so far apart that the
// client's processor is idle before the next one, whichever engine drives it. A virtual processor polls for some 200 µs before it sleeps,
// and waking it then costs the server 30 µs per reply: with replies 200 µs apart the result would depend on which engine sleeps a little
// sooner.
var spin = &Scenario{
	Name: "spin", Path: "/spin/1ms", Levels: []int{Few}, MeasuresClient: true, Weight: map[int]int{Few: 1},
	NotSliced:   "another load generator cannot take turns",
	Title:       "the same load by another engine",
	Description: "Where the server is the limit, two load generators must find the same.",
}
