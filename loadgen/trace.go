package main

import (
	"fmt"
	"io"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/cli"
	"carousel/loadgen/trace"
)

// newTrace returns the trace for --trace; nil without it.
func newTrace(opts *cli.Options) *trace.Trace {
	if opts.Trace == "" {
		return nil
	}
	return trace.New(opts.Traced)
}

// keepTrace writes a trace to its file, whole or not at all, and prints how much did not fit. The record is nil if there is no trace. If writing
// fails, it prints the error and returns it.
func keepTrace(opts *cli.Options, t *trace.Trace, say func(any)) (*result.Trace, error) {
	if t == nil {
		return nil, nil
	}
	var n trace.Tally
	write := func(w io.Writer) (err error) {
		n, err = t.Write(w, map[string]any{"command": opts.Command()})
		return err
	}
	if err := replace("--trace", opts.Trace, func(path string) error { return result.StreamGzip(path, write) }); err != nil {
		say(err)
		return nil, err
	}
	if n.DroppedRequests+n.DroppedConnects > 0 {
		say(fmt.Sprintf("--trace %s: %s and %s did not fit: it holds at most %s (--trace-limit)", opts.Trace,
			units.Plural(n.DroppedRequests, "request"), units.Plural(n.DroppedConnects, "connect"), units.Count(n.Limit)))
	}
	return &result.Trace{File: opts.Trace, Limit: n.Limit, Requests: n.Requests, Connects: n.Connects, DroppedRequests: n.DroppedRequests, DroppedConnects: n.DroppedConnects}, nil
}
