package scenario

import script "carousel/internal/portrait"

// portrait has a few clients that play a small script, and shows whose turn it is meanwhile: a picture, not a measurement.
var portrait = &Scenario{
	Name: "portrait", Path: "/", Levels: []int{8}, Weight: map[int]int{8: 1}, Shared: true, Probe: true, Traced: true,
	NotSliced:   "a picture is of one model",
	Title:       "whose turn it is, and who waits for whom",
	Description: script.ScriptText + " It is played once, however many rounds a run has. The server writes a trace meanwhile, which takes time, so do not compare the speed of models by it.",
	Why:         "A request that sleeps needs no turn, and one that computes keeps its turn. A request's own time is 20 ms, 5 ms or none. What it took beyond that is its delay: it waited to be accepted or for its turn, or it shared the processor during its turn. The pictures add up only the waits, of all clients.",
}
