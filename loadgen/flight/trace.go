package flight

import (
	"carousel/internal/result"
	"carousel/loadgen/record"
	"carousel/loadgen/trace"
)

// traceTimes are times of the first request under way on a connection that only a trace needs.
type traceTimes struct {
	first   int64 // when the first byte of its reply came; 0: none has
	hopSent int64 // when the request of the latest redirect was sent
}

// Names returns the names of the run's requests, by kind: "GET /path", or the name of a kind of a mix.
func (r *Run) Names() (names []string) {
	method := r.Method + " "
	if r.Proto == result.Line {
		method = "line "
	}
	for _, k := range r.kinds {
		if k.Kind == "" {
			names = append(names, method+k.Path)
		} else {
			names = append(names, k.Kind)
		}
	}
	if len(names) == 0 {
		names = append(names, method+r.requests[0].Name)
	}
	return names
}

// ended records what became of c's first request, and traces it.
func (s *Shard) ended(c *Conn, now int64, class record.Class) {
	s.Record.For(c.kind).Ended(c.number, c.due, c.sent, now, class)
	if s.trace != nil {
		s.keep(s.traced(c, now, class), now)
	}
}

// traced returns c's first request, which ends now, as a record for the trace.
func (s *Shard) traced(c *Conn, now int64, class record.Class) trace.Record {
	h := &s.traceTimes[c.Index]
	r := trace.Record{Due: c.due, Sent: c.sent, First: h.first, Done: now, Conn: s.global(c), Kind: uint16(c.kind), Class: class, Hops: uint8(c.hops)}
	if class.Answered() {
		r.Status, r.Bytes = uint16(c.reply.Status()), c.reply.Received()
	}
	if c.resent > 0 {
		r.Flags |= trace.Again
	}
	if c.freed > c.due || s.Rate == 0 && c.due <= c.connectBegan && c.connectBegan < c.sent {
		r.Flags |= trace.Waited
	}
	if c.hops > 0 {
		hop := r
		hop.What, hop.Sent, hop.Hops, hop.Flags = trace.Hop, h.hopSent, 0, 0
		s.keep(hop, now)
	}
	*h = traceTimes{}
	return r
}

// hopped traces a reply to c's first request that was a redirect, which is followed.
func (s *Shard) hopped(c *Conn, now int64) {
	h := &s.traceTimes[c.Index]
	hop := trace.Record{What: trace.Hop, Due: c.due, Sent: c.sent, First: h.first, Done: now, Conn: s.global(c), Kind: uint16(c.kind),
		Status: uint16(c.reply.Status()), Bytes: c.reply.Received()}
	if c.hops > 0 {
		hop.Sent = h.hopSent
	}
	s.keep(hop, now)
	*h = traceTimes{hopSent: now}
}

// keep adds r, which ended at the instant at (Never: it did not end), to the trace, with the flags that say how it counts.
func (s *Shard) keep(r trace.Record, at int64) {
	fate := s.Record.Fate(r.Due, r.Sent, at)
	if fate.Warmup {
		r.Flags |= trace.Warmup
	}
	if fate.Unanswered {
		r.Flags |= trace.Unanswered
	}
	if fate.Beyond {
		r.Flags |= trace.Beyond
	}
	s.trace.Add(r)
}

// tried traces the connect of c, which ended or was given up.
func (s *Shard) tried(c *Conn, now int64, class record.Class, flags trace.Flags) {
	if s.trace == nil {
		return
	}
	if c.Era > 0 {
		flags |= trace.Again
	}
	r := trace.Record{What: trace.Connect, Sent: c.connectBegan, Done: max(c.connectBegan, now), Conn: s.global(c), Class: class, Flags: flags}
	if s.handshakeNS > 0 && flags&trace.Unanswered == 0 {
		r.First, s.handshakeNS = max(c.connectBegan, now-s.handshakeNS), 0
	}
	s.trace.Add(r)
}

// unanswered traces what is still under way on c at the instant over, when replies are no longer taken in.
func (s *Shard) unanswered(c *Conn, over int64) {
	if s.trace == nil {
		return
	}
	if c.state == opening {
		s.tried(c, over, record.OK, trace.Unanswered)
	}
	for ; c.inFlight > 0; c.pop() {
		s.keep(s.traced(c, max(c.sent, over), record.Timeout), record.Never)
	}
}

// global returns the number of c in the load; below 0: of a silent connection, -1 the first.
func (s *Shard) global(c *Conn) int32 {
	if c.number < 0 {
		return int32(-1 - s.Idle*s.id/s.of - c.Index)
	}
	return int32(s.first + c.number)
}
