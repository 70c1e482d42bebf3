package main

import (
	"io"
	"os/signal"
	"syscall"

	"carousel/internal/result"
	"carousel/loadgen/cli"
	"carousel/loadgen/export"
	"carousel/loadgen/kept"
	"carousel/loadgen/screen"
)

// withKept compares, adds up or exports records that were kept. It returns the exit code: that of a wrong command line where the records
// cannot be read, or do not go together.
func withKept(stdout io.Writer, opts *cli.Options, say func(any)) int {
	signal.Ignore(syscall.SIGPIPE) // what is written after the summary is written, whoever reads that
	records, err := kept.Read(opts.Kept.Files)
	if err == nil {
		switch opts.Kept.Command {
		case cli.Compare:
			return pair(stdout, records[0], records[1], opts, say)
		case cli.Merge:
			return merge(stdout, records, opts, say)
		}
		return code(deliver(stdout, say, opts, nil, nil, loads(records[0].Load), func(bool) error { return nil }), false)
	}
	say(err)
	return usage
}

func loads(l *result.Load) []export.Load { return []export.Load{{Load: l}} }

func pair(stdout io.Writer, a, b kept.Record, opts *cli.Options, say func(any)) int {
	p, err := kept.Compare(a, b)
	if err != nil {
		say(err)
		return usage
	}
	is := code(deliver(stdout, say, opts, nil, p, nil, func(colours bool) error {
		return screen.Pair(stdout, opts.Command(), p, colours)
	}), false)
	return worst(is, tell(p.Broken(opts.Gates), say))
}

func merge(stdout io.Writer, records []kept.Record, opts *cli.Options, say func(any)) int {
	l, err := kept.Merge(records, opts.Kept.Sequence)
	if err != nil {
		say(err)
		return usage
	}
	writeErr := deliver(stdout, say, opts, nil, l, loads(l), func(colours bool) error {
		return screen.Summary(stdout, opts.Command(), l, colours)
	})
	broken := false
	for _, gate := range opts.Gates {
		if is, why := gate.Broken(l); is {
			say("--fail-if " + why)
			broken = true
		}
	}
	return code(writeErr, broken)
}

// code is the exit code of what has no load of its own.
func code(writeErr error, broken bool) int {
	switch {
	case writeErr != nil:
		return failed
	case broken:
		return gateBroken
	}
	return done
}
