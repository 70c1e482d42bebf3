package scenario

import script "carousel/internal/portrait"

// portrait has a few clients that play a small script, and shows whose turn it is meanwhile: a picture, not a measurement.
var portrait = &Scenario{
	Name: "portrait", Path: "/", Levels: []int{8}, Weight: map[int]int{8: 1}, Shared: true, Probe: true, Traced: true,
	NotSliced:   "a picture is of one model",
	Title:       "whose turn it is, and who waits for whom",
	Description: script.ScriptText + " It is played once, however many rounds a run has. The server keeps a trace meanwhile, which takes time, so nothing here is for comparing how fast models are.",
	Why:         "A request that sleeps needs nobody's turn, and one that computes holds the one that it has. What a request took over its own time, 20 or 5 ms or none, it waited for its turn or to be accepted, or spent in its turn, on a processor that others used, too. The pictures add up the waits alone, of all clients.",
}
