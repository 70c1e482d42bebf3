package record

import "carousel/internal/result"

// times are response and service times of requests.
type times struct {
	response, service *result.Histogram
	lost, lostService int64 // the longest of requests without a reply
}

func newTimes() times { return times{response: result.NewHistogram(), service: result.NewHistogram()} }

// apart holds the times of requests that had no reply on connections that had no reply so far. Such a connection may never be served, and its
// times are then not those of the served ones. It is allocated when the first such request fails.
type apart struct {
	silent times // of all these requests
	heard  times // of those whose connection had a reply later
}

// unreplied are requests of one connection without a reply, whose times are in the same steps.
type unreplied struct {
	response, service int // steps of their times
	n                 int64
	waited, since     int64 // the sums of response and service times
}

// noReply records a request that was sent and had no reply, with its times until it was given up.
func (r *Recorder) noReply(c *Connection, due, response, service int64) {
	timed := due >= c.timed
	if r.parts != nil || c.Replies > 0 {
		if r.gaveUp(response, service); timed {
			r.took(response, service, false)
		}
		return
	}
	if r.apart == nil {
		r.apart = &apart{newTimes(), newTimes()}
	}
	if r.apart.silent.gaveUp(response, service); timed {
		r.apart.silent.response.Record(response)
		r.apart.silent.service.Record(service)
		r.byKind(response, false)
		c.keepUnreplied(response, service)
	}
}

// keepUnreplied keeps the times of a request without a reply until c has one. Times within 3 % of each other are added up, so that the memory of a
// connection is bounded.
func (c *Connection) keepUnreplied(response, service int64) {
	v := unreplied{stepOf(uint64(max(response, 0)), coarse), stepOf(uint64(max(service, 0)), coarse), 1, response, service}
	for i := range c.unreplied {
		if o := &c.unreplied[i]; o.response == v.response && o.service == v.service {
			o.n++
			o.waited += response
			o.since += service
			return
		}
	}
	c.unreplied = append(c.unreplied, v)
}

// heard records that c had its first reply: the times that it kept are those of a connection that was answered. Of each step only the mean
// is known.
func (r *Recorder) heard(c *Connection) {
	for _, v := range c.unreplied {
		response, service := v.waited/v.n, v.since/v.n
		r.apart.heard.response.RecordN(response, v.n)
		r.apart.heard.service.RecordN(service, v.n)
		r.apart.heard.gaveUp(response, service)
	}
	c.unreplied = nil
}

func (t *times) gaveUp(response, service int64) {
	t.lost, t.lostService = max(t.lost, response), max(t.lostService, service)
}

// merge adds o to t.
func (t *times) merge(o times) {
	t.response.Merge(o.response)
	t.service.Merge(o.service)
	t.gaveUp(o.lost, o.lostService)
}

// latencies returns the summaries for the record.
func (t *times) latencies() (response, service result.Latency) {
	response, service = t.response.Latency(), t.service.Latency()
	response.Unanswered, service.Unanswered = t.lost, t.lostService
	return response, service
}

// encode returns the histograms in the form of the record.
func (t *times) encode() (response, service string, err error) {
	if response, err = t.response.Encode(); err == nil {
		service, err = t.service.Encode()
	}
	return response, service, err
}

// Answered returns the times of requests on the connections that had a reply, of a window in one piece.
func Answered(workers ...*Recorder) (*result.Answered, error) {
	all := newTimes()
	for _, r := range workers {
		all.merge(r.times())
		if r.apart != nil {
			all.merge(r.apart.heard)
		}
	}
	var a result.Answered
	var err error
	a.Latency, a.Service = all.latencies()
	a.Histogram, a.ServiceHistogram, err = all.encode()
	return &a, err
}

// times returns the times of all requests but those in apart: of requests with a reply, of requests on connections that had one before, and
// of requests that were never sent.
func (r *Recorder) times() times { return times{r.latency, r.service, r.lost, r.lostService} }
