package truth

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
)

func TestAStopOfOneSecondIsSeenWhole(t *testing.T) {
	const window, second = 10 * time.Second, int64(time.Second)
	for _, c := range []struct {
		name           string
		rate           float64
		connections    int
		service        int64
		stops, resumes int64
		grace          time.Duration
		atLeast        bool // some requests have no reply
		age            float64
	}{
		{"from 4 s on", 200, 1, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on", 1000, 1, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on", 1000, 64, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on, half busy otherwise", 1000, 64, 500_000, 4 * second, 5 * second, 0, false, 0},
		{"in the last second, and answers in the grace", 200, 256, 1000, 9 * second, 10 * second, time.Second, false, 0},
		{"in the last second, and never answers again", 200, 1, 1000, 9 * second, never, 0, true, 0},
		{"in the last second, and never answers again", 1000, 64, 1000, 9 * second, never, 0, true, 0},
		{"in the last second, and never answers again in a grace of 1 s", 200, 256, 1000, 9 * second, never, time.Second, true, 1},
	} {
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Rate, s.Connections, s.Duration, s.Grace = "http://127.0.0.1:1/", result.Net, c.rate, c.connections, window, c.grace
		l := virtual(t, s, &oneByOne{service: c.service, stops: c.stops, resumes: c.resumes})

		rho := c.rate * float64(c.service) / 1e9
		if c.stops == 9*second {
			rho = 0 // the window ends before the backlog counts
		}
		summary := result.Response(l)
		var want, got []string
		ok := balanced(l) && l.Requests.Planned == int64(c.rate*10) && l.Requests.Errors == 0
		for _, p := range []struct {
			name string
			q    float64
		}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
			f := summary.Figure(p.name)
			truth := stats.StallQuantile(p.q, 1, 10, rho)
			bound := ""
			if truth > 0 {
				truth += c.age // requests without a reply are older by the grace
				if c.atLeast {
					bound = ">= "
				}
			}
			mark := ""
			if f.AtLeast() {
				mark = ">= "
			}
			found := f.NS / 1e9
			want = append(want, fmt.Sprintf("%s %s%.2f s", p.name, bound, truth))
			got = append(got, fmt.Sprintf("%s %s%.2f s", p.name, mark, found))
			ok = ok && f.Withheld == "" && mark == bound && math.Abs(found-truth) <= 0.001*truth+1/c.rate
		}
		truth := stats.StallMean(1, 10, rho) + 0.1*c.age
		want = append(want, fmt.Sprintf("mean %.3f s", truth))
		got = append(got, fmt.Sprintf("mean %.3f s", l.Latency.Mean/1e9))
		ok = ok && math.Abs(l.Latency.Mean/1e9-truth) <= 0.1/c.rate+float64(c.service)/1e9
		if c.atLeast {
			want = append(want, fmt.Sprintf("%.0f without an answer", c.rate))
			got = append(got, fmt.Sprintf("%d without an answer", l.Requests.Unsent+l.Requests.Unanswered))
			ok = ok && l.Requests.Unsent+l.Requests.Unanswered == int64(c.rate) && l.Requests.Unanswered == min(int64(c.connections), int64(c.rate))
		}
		row(t, fmt.Sprintf("%.0f/s for 10 s over %d connections, to a server that stops for 1 s %s", c.rate, c.connections, c.name),
			strings.Join(want, ", "), strings.Join(got, ", "), "0.1 % and the gap between two requests; the books balance", ok)
		if c.connections == 1 && c.rate == 1000 && !c.atLeast { // only one request was under way when it stopped
			p99 := result.Service(l).Figure("p99").NS
			row(t, "The same load timed from sending instead, which is what a client sees that waits for its answer before it asks again: p99", "1 µs",
				time.Duration(p99).String(), "0.1 %", math.Abs(p99-1000) <= 1)
		}
	}
}
