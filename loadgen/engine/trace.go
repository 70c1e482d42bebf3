package engine

import (
	"maps"
	"slices"

	"carousel/internal/result"
	"carousel/loadgen/trace"
)

// traceIn has t keep what becomes of r's requests, if there is one. It is called before r has decks.
func (r *run) traceIn(t *trace.Trace) {
	r.Trace = t.Process("loadgen "+r.Target, r.Connections, r.Idle, r.Pipeline, r.Names())
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
	for _, why := range slices.Sorted(maps.Keys(l.UnsentBy)) {
		r.Trace.Counted("never sent: "+why, end, l.UnsentBy[why])
	}
}
