package words

import (
	"fmt"

	"carousel/internal/result"
	"carousel/internal/units"
)

// Stall is the text around the picture of a stall.
func Stall(s *result.Stall) Picture {
	affected := s.Stop.Seconds() / s.Window.Seconds()
	return Picture{
		Title: fmt.Sprintf("A server stood still for %s in %s: what load generators report", units.Duration(float64(s.Stop)), units.Duration(float64(s.Window))),
		Subtitle: fmt.Sprintf("%s; server and client had one each · %s of each client",
			units.Processors(s.Processors, "processors not known"), units.Plural(s.Rounds, "round")),
		X: "percentile of requests", Y: "response time, as each reports it",
		Caption: fmt.Sprintf("The thick line shows what happened: of requests due at even intervals, %s are due during the stall, and each waits until it ends. "+
			"A client that sends only after a reply has few requests in the stall, and they count little among all the others. wrk adds the requests that its connections would "+
			"have sent at their mean pace. hey, vegeta and loadgen's open loop send %s a second; wrk and loadgen's closed loop send as fast as they can. "+
			"Marks are what each client reports: percentiles and, after a dotted line, its slowest request, placed by the number of requests that it counted.", units.Percent(affected), units.Count(s.Rate)),
	}
}
