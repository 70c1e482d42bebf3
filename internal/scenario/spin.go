package scenario

// spin is a second opinion on loadgen itself: where the server is the limit, two load generators must find the same. Replies are far enough
// apart that the client's processor has fallen asleep before the next one, whichever engine drives it. A virtual one keeps polling for some
// 200 µs first, and to wake it after that costs the server 30 µs a reply: with replies that far apart an engine would be measured by whether
// it is a little quicker to sleep than another.
var spin = &Scenario{
	Name: "spin", Path: "/spin/1ms", Levels: []int{Few}, MeasuresClient: true, Weight: map[int]int{Few: 1},
	NotSliced:   "another load generator cannot take turns",
	Title:       "the same load by another engine",
	Description: "Where the server is the limit, two load generators must find the same.",
}
