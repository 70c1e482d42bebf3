package engine

import (
	"maps"
	"slices"
	"strings"

	"carousel/internal/result"
	"carousel/loadgen/trace"
	"carousel/loadgen/turns"
)

// traceIn has t keep what becomes of r's requests, if there is one, under a name that may be "". It is called before r has shards.
func (r *run) traceIn(t *trace.Trace, name string) {
	r.Trace = t.Process(strings.Join(strings.Fields("loadgen "+name+" "+r.Target), " "), r.Connections, r.Idle, r.Pipeline, r.Names())
	t.Begin(r.base)
}

// mark notes in the trace what happened to the whole of a load whose window ended at this instant.
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

// neverSent notes in the trace, if there is one, how many requests of l were never sent, as is known at this instant.
func (r *run) neverSent(l *result.Load, end int64) {
	for _, why := range slices.Sorted(maps.Keys(l.UnsentBy)) {
		r.Trace.Counted("never sent: "+why, end, l.UnsentBy[why])
	}
}

// sliceName is what a slice is called in a trace.
func sliceName(t turns.Turn) string {
	if t.Warm {
		return "slice of the warm-up"
	}
	return "slice"
}
