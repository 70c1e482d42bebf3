package scenario

// spin is a second opinion on loadgen itself: where the server is the limit, two load generators must find the same.
var spin = &Scenario{
	Name: "spin", Path: "/spin/200us", Levels: []int{Few}, Alone: true, Weight: map[int]int{Few: 1},
	Whole: "another load generator cannot take turns",
	Title: "the same load by another engine",
	Says:  "Where the server is the limit, two load generators must find the same.",
}
