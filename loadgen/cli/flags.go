package cli

import (
	"time"

	"github.com/spf13/cobra"

	"carousel/internal/result"
	"carousel/loadgen/trace"
)

// longest is the longest that a request may take, and a grace: whoever waits longer for a reply has stopped waiting.
const longest = 24 * time.Hour

// maxRedirects is the longest chain that may be asked for; browsers give up after 20.
const maxRedirects = 100

// mostPipelined is how many requests of a connection may be on their way at once.
const mostPipelined = 10_000

// mostAtOnce is how many requests may be due at once.
const mostAtOnce = 100_000

// mostSpin is the longest that a sender may look out for the next request, and usualSpin how long it does unless it is said: a sleep ends
// some 20 us late, 1 % of them 50.
const (
	mostSpin  = 10 * time.Millisecond
	usualSpin = 35 * time.Microsecond
)

// mostReadRate is the fastest slow reader, in bytes per second.
const mostReadRate = 1 << 30

// The range of --slice: a shorter one is mostly waking up, and in a longer one the machine changes.
const (
	shortestSlice = 5 * time.Millisecond
	longestSlice  = 10 * time.Second
)

// define gives cmd its flags, in the order of the help.
func (o *Options) define(cmd *cobra.Command) {
	s, flags := &o.Spec, cmd.Flags()
	flags.SortFlags = false
	choice := func(to *string, name, help string, words ...string) {
		flags.Var(word{to, words}, name, help)
		complete(cmd, name, words)
	}
	s.Engine, o.Over, o.Traced = "auto", result.OverRate, trace.Usual

	flags.VarP(connections{&s.First, &s.Connections}, "connections", "c", "connections, each with one request in flight (see --pipeline); with -r FIRST:MOST opens the first so many at once, and another whenever a request is due and none is free")
	flags.VarP(span{&s.Duration, 1, forever}, "duration", "d", "length of the run; of a comparison what each server gets")
	flags.VarP(atLeast(1, &s.Requests), "requests", "n", "requests in total, instead of a duration")
	flags.VarP(pace{&s.Rate}, "rate", "r", "requests per second in total, timed from due (default closed loop)")
	choice(&s.Arrivals, "arrivals", "uniform, evenly spaced, or poisson, at random as from many people who do not know of each other (default uniform)", uniform, result.Poisson)
	flags.Var(number[int]{&s.Burst, 1, mostAtOnce}, "burst", "requests that are due at once, at as many fewer instants (default 1)")
	flags.Var(ramp{&s.Stages}, "ramp", "instead of -r: the rate goes evenly from one to another over -d, such as 100:5000; a warm-up goes at the first")
	flags.StringVar(&s.StagesFile, "stages", "", "instead of -r and -d: a file with a rate and a length on each line, such as 500 30s, or 100:500 10s for a ramp; - is standard input")
	flags.Var(span{&s.Warmup, 0, forever}, "warmup", "load this long first, outside -d, the counts and the figures")
	flags.Var(span{&s.Timeout, 1, longest}, "timeout", "longest wait for a reply")
	flags.Var(span{&s.Grace, 0, longest}, "grace", "after the run, take replies in for so long at most; no further request begins")
	flags.Var(span{&s.Spin, 0, mostSpin}, "spin", "before a request is due, look for so long instead of sleeping: a sleep ends late (default 35us with -r, 0 where servers are compared or there is one processor; engines epoll and uring)")
	flags.VarP(atLeast(1, &s.Threads), "threads", "t", "threads (default half of the processors)")
	choice(&s.Engine, "engine", "auto, epoll, uring, net or hey", "auto", result.Epoll, result.Uring, result.Net, result.Hey)
	flags.StringVarP(&s.Method, "method", "X", s.Method, "request method (POST with --body)")
	complete(cmd, "method", []string{"GET", "HEAD", "POST", "PUT", "DELETE"})
	flags.BoolVarP(&s.Insecure, "insecure", "k", false, "https: take any certificate")
	flags.StringVar(&s.CACert, "cacert", "", "https: file of the certificates (PEM) to trust, instead of the system's")
	flags.StringVar(&s.Cert, "cert", "", "https: file of the client's certificate (PEM), with --key")
	flags.StringVar(&s.Key, "key", "", "https: file of the key (PEM) of --cert")
	flags.StringArrayVarP(&s.Headers, "header", "H", nil, "request header 'Name: value', repeatable")
	flags.StringVar(&o.body, "body", "", "request body, or the line to send; @FILE and @- (standard input) are read, @@TEXT begins with @")
	choice(&s.Proto, "proto", "http or line", result.HTTP, result.Line)
	flags.StringVar(&s.MixFile, "mix", "", "file with kinds of requests and how often each is sent, instead of -X, --body and a path; - is standard input")
	choice(&s.Order, "order", "of --mix: weighted, at random by weight; shuffled, in rounds of all weights; or file, as they stand there (default weighted)", result.Weighted, result.Shuffled, result.InFileOrder)
	flags.Var(expected{&s.Expect}, "expect", "status that every reply must have, such as 200 (default any below 400); or carousel: bodies must be what Carousel's own servers answer")
	complete(cmd, "expect", []string{"200", result.Carousel})
	flags.Var(atLeast(0, &s.Idle), "idle", "silent connections opened first")
	flags.BoolVar(&s.NoKeepalive, "no-keepalive", false, "a connection for each request: it says Connection: close, and connecting is part of its service time; its response time is from when it was due (in a closed loop: when the one before was answered)")
	flags.Var(number[int]{&s.Pipeline, 1, mostPipelined}, "pipeline", "requests of a connection that may be on their way at once, each timed from when it was sent (default 1)")
	flags.Var(span{&s.Think, 0, longest}, "think", "rest of a connection after each reply before it sends again; response time is from the end of the rest, service time from when it was sent")
	flags.Var(size{&s.ReadRate, mostReadRate}, "read-rate", "bytes per second that a connection takes in at most, such as 1KiB; the rest waits at the server; engines epoll and net (default as they come)")
	flags.Var(sources{&s.Source}, "source", "addresses that connections come from in turn, such as 127.0.0.2 or 127.1.0.0/16, repeatable (default the system's; 127.0.0.0/8 where a target in it is loaded with --no-keepalive, or over more connections than there are ports)")
	flags.Var(number[int]{&s.MaxRedirects, 0, maxRedirects}, "max-redirects", "longest chain of redirects to follow (default none: a redirect is a reply)")
	flags.StringVar(&s.Save, "save", "", "write the bodies of good replies to files in this folder")
	choice(&s.SaveMode, "save-mode", "inline, by the thread that sends and receives, or offload, by others (default offload)", result.Inline, result.Offload)
	flags.Var(rivals{&o.rivals}, "vs", "a further server, compared with the target in turns, repeatable")
	flags.BoolVar(&o.twin, "twin", false, "compare the target with itself as well, over connections of their own")
	flags.Var(span{&o.Slice, shortestSlice, longestSlice}, "slice", "a server's turn; every other one lasts three times as long (default 25ms, 50ms from 256 connections on)")
	flags.Var(cycles{&o.Cycles}, "cycles", "compare for so many cycles, an even number, instead of for -d: every server has one slice in each")
	flags.Var(share{&o.Until, 0.001, 0.5}, "until", "end a comparison early once more cycles could move rate and processor time by no more, such as 1%")
	complete(cmd, "until", []string{"1%", "2%", "5%"})
	flags.Var(seed{&o.Seed}, "seed", "of the order of turns, and of arrivals and a mix at random (default from the clock)")
	flags.Var(processes{&o.processes}, "pid", "process tree whose processor time to read over the same window, or auto: whoever listens there; repeatable")
	complete(cmd, "pid", []string{"auto"})
	flags.StringToIntVar(&s.Counters, "counters", nil, "counters of the target, each with the descriptor it was inherited at")
	flags.MarkHidden("counters") // a shell has none; results/README.md explains it
	flags.Var(gates{&o.Gates}, "fail-if", "fail (exit 99) when this holds, such as 'p99>5ms' or 'rate_ratio<0.97', repeatable")
	flags.Var(conditions{&o.FindMax}, "find-max", "look for the highest rate at which this holds, such as 'p99<5ms', repeatable")
	choice(&o.Over, "over", "what --find-max raises: rate or connections", result.OverRate, result.OverConnections)
	flags.BoolVar(&o.strict, "strict", false, "fail (exit 99) unless the verdict is valid: the same as --fail-if 'verdict!=valid'")
	flags.BoolVar(&o.Ceiling, "ceiling", false, "first load a server within loadgen that does nothing, for a second, over as many connections: what loadgen itself can do here; the verdict holds the rate against it")
	flags.BoolVar(&o.JSON, "json", false, "print the record as JSON instead of the summary")
	flags.StringVarP(&o.Output, "output", "o", "", "write the record as JSON to this file as well")
	flags.StringVar(&o.Trace, "trace", "", "write what became of each request to this file, as trace events that ui.perfetto.dev opens (.gz: compressed)")
	flags.Var(number[int]{&o.Traced, 1, trace.Most}, "trace-limit", "requests and connects that --trace holds at most, the first that end, in some 56 bytes of memory each")
	o.Exports.Define(flags)
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress on stderr")
	flags.BoolVar(&o.Announce, "ready", false, "print READY and the target's address on stderr when connections are open and requests begin to flow")
}

// complete has shells offer words for a flag.
func complete(cmd *cobra.Command, flag string, words []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that is not defined
	}
}
