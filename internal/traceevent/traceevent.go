// Package traceevent writes and reads Chrome trace events: the JSON that ui.perfetto.dev and chrome://tracing open.
//
// The format is described in "Trace Event Format" (Google, 2016). A file is an object: otherData, with facts about the trace, and
// traceEvents, here one per line. An event stands on a lane (tid) of a process (pid). Instants and lengths are nanoseconds here, and
// microseconds with three decimals in the file.
package traceevent

// Phases of events.
const (
	Slice     = 'X' // something that lasts
	Instant   = 'i'
	AsyncFrom = 'b' // something that lasts and may overlap the slices of its lane; its ends are joined by an id
	AsyncTo   = 'e'
	FlowFrom  = 's' // an arrow between slices of any lanes, by an id: where it starts,
	FlowStep  = 't' // where it passes,
	FlowTo    = 'f' // and where it ends
	metadata  = 'M' // the name of a process or a lane
)

// Beyond returns the next multiple of 1000 after a lane's number. Another kind of lanes is numbered from there, so that no two lanes have the
// same number.
func Beyond(lane int) int { return (lane/1000 + 1) * 1000 }
