package engine

import (
	"maps"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
)

// traceIn makes r's requests be recorded in t, if that is not nil, under a name that may be "". Call it before r has shards.
func (r *run) traceIn(t *trace.Trace, name string) {
	r.Trace = t.Process(strings.Join(strings.Fields("loadgen "+name+" "+r.Target), " "), r.Connections, r.Idle, r.Pipeline, r.Names())
	t.Begin(r.base)
}

// mark adds the begin and the end of the window to the trace, and how many requests were never sent.
func (r *run) mark(l *result.Load, end int64) {
	if r.Trace == nil {
		return
	}
	r.Trace.Mark("requests flow", r.Begin)
	if end >= r.Opens {
		r.Trace.Mark("window opens", r.Opens)
		r.Trace.Mark("window closes", end)
	}
	r.neverSent(l, end)
}

// neverSent adds to the trace, if there is one, how many requests of l were never sent, at the instant end.
func (r *run) neverSent(l *result.Load, end int64) {
	for _, why := range slices.Sorted(maps.Keys(l.UnsentBy)) {
		r.Trace.Counted("never sent: "+why, end, l.UnsentBy[why])
	}
}

// sliceName returns the name of a slice in a trace.
func sliceName(t turns.Turn) string {
	if t.Warm {
		return "slice of the warm-up"
	}
	return "slice"
}
