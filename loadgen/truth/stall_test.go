package truth

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/stats"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// server answers one request at a time, in the order in which they come, on a clock that only exists here. It stands still from stops until
// resumes.
type server struct {
	service        int64 // nanoseconds
	stops, resumes int64
	free           int64 // when it has answered all it has got
	under          []answer
}

type answer struct {
	to *flight.Conn
	at int64
}

// get takes a request at the instant now.
func (s *server) get(c *flight.Conn, now int64) {
	begin := max(now, s.free)
	s.free = begin + s.service
	if begin < s.resumes && s.free > s.stops {
		left := s.free - max(begin, s.stops)
		if s.free = record.Never; s.resumes != record.Never {
			s.free = s.resumes + left
		}
	}
	s.under = append(s.under, answer{c, s.free})
}

// next is when it gives its next answer.
func (s *server) next() int64 {
	if len(s.under) == 0 {
		return record.Never
	}
	return s.under[0].at
}

// virtual is the record of a load on a server that are both on the same invented clock.
func virtual(t *testing.T, s result.Spec, target *server) *result.Load {
	t.Helper()
	now := int64(0)
	run := flight.New(s, client.New(s), nil, func() int64 { return now })
	deck := run.Deck(0, 1, nil)
	deck.Try(false)
	deck.Turn()
	for k := range s.Connections {
		deck.Connected(deck.Conn(k))
	}
	run.Flow(0)
	deck.Start()
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	for deck.Turn() {
		for c, do := deck.Next(); do != flight.Nothing; c, do = deck.Next() {
			if do == flight.Send {
				c.Sent(len(c.Out()))
				target.get(c, now)
			}
		}
		now = max(now, min(deck.Wake(), target.next()))
		for target.next() <= now {
			c := target.under[0].to
			target.under = target.under[1:]
			deck.Feed(c, reply)
		}
	}
	flight.Settle([]*flight.Deck{deck}, run.Until(), record.NoConnection)
	load, err := record.Merge([]*record.Recorder{deck.Record}, s.Duration)
	if err != nil {
		t.Fatal(err)
	}
	load.Spec, load.Complete = s, true
	return load
}

// balanced reports whether the books are.
func balanced(l *result.Load) bool {
	unsent, errors := int64(0), int64(0)
	for _, n := range l.UnsentBy {
		unsent += n
	}
	for _, n := range l.Errors {
		errors += n
	}
	q := l.Requests
	return q.Planned == q.Sent+q.Unsent && q.Sent == q.OK+q.Errors+q.Unanswered && q.Unsent == unsent && q.Errors == errors
}

func TestAStopOfOneSecondIsSeenWhole(t *testing.T) {
	const window, second = 10 * time.Second, int64(time.Second)
	for _, c := range []struct {
		name           string
		rate           float64
		connections    int
		service        int64
		stops, resumes int64
		grace          time.Duration
		atLeast        bool // some requests have no answer
		age            float64
	}{
		{"from 4 s on", 200, 1, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on", 1000, 1, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on", 1000, 64, 1000, 4 * second, 5 * second, 0, false, 0},
		{"from 4 s on, half busy otherwise", 1000, 64, 500_000, 4 * second, 5 * second, 0, false, 0},
		{"in the last second, and answers in the grace", 200, 256, 1000, 9 * second, 10 * second, time.Second, false, 0},
		{"in the last second, and never answers again", 200, 1, 1000, 9 * second, record.Never, 0, true, 0},
		{"in the last second, and never answers again", 1000, 64, 1000, 9 * second, record.Never, 0, true, 0},
		{"in the last second, and never answers again in a grace of 1 s", 200, 256, 1000, 9 * second, record.Never, time.Second, true, 1},
	} {
		s := result.DefaultSpec()
		s.Target, s.Engine, s.Rate, s.Connections, s.Duration, s.Grace = "http://127.0.0.1:1/", result.Net, c.rate, c.connections, window, c.grace
		l := virtual(t, s, &server{service: c.service, stops: c.stops, resumes: c.resumes})

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
				truth += c.age // without an answer all of them are older by the grace
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
			ok = ok && f.Lacks == "" && mark == bound && math.Abs(found-truth) <= 0.001*truth+1/c.rate
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
