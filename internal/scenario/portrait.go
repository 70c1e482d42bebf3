package scenario

import script "carousel/internal/portrait"

// portrait is a few clients who play a small script, and whose turn it is meanwhile: a picture rather than a measurement.
var portrait = &Scenario{
	Name: "portrait", Path: "/", Levels: []int{8}, Weight: map[int]int{8: 1}, Shared: true, Probe: true, Traced: true,
	Whole: "a picture is of one model",
	Title: "whose turn it is, and who waits for whom",
	Says:  script.ScriptWords + " The server keeps a trace meanwhile, which takes time, so nothing here is for comparing how fast models are.",
	Why:   "A request that sleeps needs nobody's turn, and one that computes holds the one that it has. What a request waited is what it took beyond its own 20 or 5 ms: for others who had the turn, or to be accepted.",
}
