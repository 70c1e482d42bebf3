package record

import "carousel/internal/result"

// times are how long requests took.
type times struct {
	response, service *result.Histogram
	lost, lostService int64 // the longest of those without an answer
}

func newTimes() times { return times{response: result.NewHistogram(), service: result.NewHistogram()} }

// apart holds the times of connections without any reply, to separate them from the others. It is allocated when the first request of such a
// connection fails.
type apart struct {
	silent times // of failed requests on connections without a reply
	heard  times // of it, what was on a connection that had one later
}

// vain are requests of one connection that were in vain for much the same time.
type vain struct {
	response, service int // steps
	n                 int64
	waited, since     int64 // the sums of response and service time
}

// inVain notes a request that was sent and had no answer for so long.
func (r *Recorder) inVain(c *Connection, due, response, service int64) {
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
		c.inVain(response, service)
	}
}

// inVain keeps the time of a request until it is known whether c is answered: the same for all that are within 3 %, so that what a
// connection keeps is bounded.
func (c *Connection) inVain(response, service int64) {
	v := vain{stepOf(uint64(max(response, 0)), coarse), stepOf(uint64(max(service, 0)), coarse), 1, response, service}
	for i := range c.vain {
		if o := &c.vain[i]; o.response == v.response && o.service == v.service {
			o.n++
			o.waited += response
			o.since += service
			return
		}
	}
	c.vain = append(c.vain, v)
}

// heard notes that c had its first reply, so that what was in vain on it before is of a connection that was answered.
func (r *Recorder) heard(c *Connection) {
	for _, v := range c.vain {
		response, service := v.waited/v.n, v.since/v.n
		r.apart.heard.response.RecordN(response, v.n)
		r.apart.heard.service.RecordN(service, v.n)
		r.apart.heard.gaveUp(response, service)
	}
	c.vain = nil
}

func (t *times) gaveUp(response, service int64) {
	t.lost, t.lostService = max(t.lost, response), max(t.lostService, service)
}

// merge adds what o has.
func (t *times) merge(o times) {
	t.response.Merge(o.response)
	t.service.Merge(o.service)
	t.gaveUp(o.lost, o.lostService)
}

// latencies are the summaries for the record.
func (t *times) latencies() (response, service result.Latency) {
	response, service = t.response.Latency(), t.service.Latency()
	response.Unanswered, service.Unanswered = t.lost, t.lostService
	return response, service
}

// encode renders the buckets.
func (t *times) encode() (response, service string, err error) {
	if response, err = t.response.Encode(); err == nil {
		service, err = t.service.Encode()
	}
	return response, service, err
}

// Answered is the times of the connections that were answered, of a window of one piece.
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

// times are those of requests on connections that had a reply by then, and of requests that were never sent.
func (r *Recorder) times() times { return times{r.latency, r.service, r.lost, r.lostService} }
