package words

import (
	"fmt"

	"carousel/internal/result"
	"carousel/internal/units"
)

// Stall is what is written around the picture of a stall.
func Stall(s *result.Stall) Picture {
	affected := s.Stop.Seconds() / s.Window.Seconds()
	return Picture{
		Title: fmt.Sprintf("A server stood still for %s in %s: what load generators report", units.Duration(float64(s.Stop)), units.Duration(float64(s.Window))),
		Subtitle: fmt.Sprintf("%s; server and client had one each · %s of each client",
			units.Processors(s.Processors, "processors not known"), units.Plural(s.Rounds, "round")),
		X: "percentile of requests", Y: "response time, as each reports it",
		Caption: fmt.Sprintf("The thick line: of requests due evenly, %s are due while the server stands still, and each waits for what is left of that. "+
			"Who sends only after an answer has few requests out then, and counts them among all from before and after. wrk fills in those that its connections would have "+
			"sent at their mean pace. hey, vegeta and loadgen's open loop send %s a second, wrk and its closed loop as many as they can. "+
			"Marks are what each reports: percentiles and, behind a dotted line, the slowest of as many requests as it counted.", units.Percent(affected), units.Count(s.Rate)),
	}
}
