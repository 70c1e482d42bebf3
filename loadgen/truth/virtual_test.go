package truth

import (
	"testing"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/flight"
	"carousel/loadgen/record"
)

// oneByOne is a simulated server that answers one request at a time, in the order of arrival, on a simulated clock. It stands still from stops
// until resumes.
type oneByOne struct {
	service        int64 // nanoseconds
	stops, resumes int64
	free           int64 // when it will have answered all requests so far
	under          []answer
}

// never is the resumes of a server that stops for good.
const never = record.Never / 2

type answer struct {
	to *flight.Conn
	at int64
}

// get receives a request at the instant now.
func (s *oneByOne) get(c *flight.Conn, now int64) {
	begin := max(now, s.free)
	s.free = begin + s.service
	if begin < s.resumes && s.free > s.stops {
		s.free += s.resumes - max(begin, s.stops)
	}
	s.under = append(s.under, answer{c, s.free})
}

// next returns when it sends its next reply.
func (s *oneByOne) next() int64 {
	if len(s.under) == 0 {
		return record.Never
	}
	return s.under[0].at
}

// virtual returns the record of a load on target, both on the same simulated clock.
func virtual(t *testing.T, s result.Spec, target *oneByOne) *result.Load {
	t.Helper()
	now := int64(0)
	run := flight.New(s, client.New(s), nil, func() int64 { return now })
	shard := run.Shard(0, 1, nil)
	shard.Try(false)
	shard.Turn()
	for k := range s.Connections {
		shard.Connected(shard.Conn(k))
	}
	run.Flow(0)
	shard.Start()
	reply := []byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
	for shard.Turn() {
		for c, do := shard.Next(); do != flight.Nothing; c, do = shard.Next() {
			if do == flight.Send {
				c.Sent(len(c.Out()))
				target.get(c, now)
			}
		}
		now = max(now, min(shard.Wake(), target.next()))
		for target.next() <= now {
			c := target.under[0].to
			target.under = target.under[1:]
			shard.Feed(c, reply)
		}
	}
	flight.Settle([]*flight.Shard{shard}, run.Until(), record.NoConnection)
	load, err := record.Merge([]*record.Recorder{shard.Record}, s.Duration)
	if err != nil {
		t.Fatal(err)
	}
	load.Spec, load.Complete = s, true
	return load
}

// balanced reports whether the counts of a record agree with each other.
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
