package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/cli"
	"carousel/loadgen/trace"
)

// newTrace is the trace that opts asks for; nil: none.
func newTrace(opts *cli.Options) *trace.Trace {
	if opts.Trace == "" {
		return nil
	}
	return trace.New(opts.Traced)
}

// keepTrace writes a trace to its file, whole or not at all, and says what there was no room for. The record is nil where there is no trace.
// The error, which was said, is that it was not written.
func keepTrace(opts *cli.Options, t *trace.Trace, say func(any)) (*result.Trace, error) {
	if t == nil {
		return nil, nil
	}
	path := opts.Trace
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // the file is replaced, not the link to it
	}
	var n trace.Tally
	err := result.Stream(path, func(w io.Writer) (err error) {
		if !strings.HasSuffix(opts.Trace, ".gz") {
			n, err = t.Write(w, map[string]any{"command": opts.Command()})
			return err
		}
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		n, err = t.Write(z, map[string]any{"command": opts.Command()})
		return errors.Join(err, z.Close())
	})
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err // its path is that of a temporary file
	}
	if err != nil {
		err = fmt.Errorf("--trace %s was not written: %w", opts.Trace, err)
		say(err)
		return nil, err
	}
	if n.DroppedRequests+n.DroppedConnects > 0 {
		say(fmt.Sprintf("--trace %s: %s and %s are not in it, for it holds %s of them at most (--trace-limit)", opts.Trace,
			units.Plural(n.DroppedRequests, "request"), units.Plural(n.DroppedConnects, "connect"), units.Count(n.Limit)))
	}
	return &result.Trace{File: opts.Trace, Limit: n.Limit, Requests: n.Requests, Connects: n.Connects, DroppedRequests: n.DroppedRequests, DroppedConnects: n.DroppedConnects}, nil
}
