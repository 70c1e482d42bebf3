package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// group is a part of the flags, under a heading of the help. The help of a flag is a line or two; what there is to know beyond that stands
// in a topic. The word between backquotes is what its value is called.
type group struct {
	heading string
	define  func(*Options, flagSet)
}

// groups are all flags, in the order of the help.
var groups = []group{
	{"What to send", (*Options).defineRequest},
	{"How much, and when", (*Options).defineAmount},
	{"Connections", (*Options).defineConnections},
	{"https", (*Options).defineTLS},
	{"What must hold, and what to believe", (*Options).defineChecks},
	{"Several servers, in turns", (*Options).defineTurns},
	{"The most that a server can take", (*Options).defineSearch},
	{"Output and files", (*Options).defineOutput},
}

// heading is the annotation of a flag that names its group.
const heading = "heading"

// flagSet is where flags are defined.
type flagSet struct {
	*pflag.FlagSet
	cmd *cobra.Command
}

// define gives cmd its flags.
func (o *Options) define(cmd *cobra.Command) {
	flags := flagSet{cmd.Flags(), cmd}
	flags.SortFlags = false
	for _, g := range groups {
		g.define(o, flags)
		flags.VisitAll(func(f *pflag.Flag) {
			if f.Annotations[heading] == nil {
				f.Annotations = map[string][]string{heading: {g.heading}}
			}
		})
	}
	finish(cmd)
}

func (o *Options) defineRequest(flags flagSet) {
	s := &o.Spec
	flags.StringVarP(&s.Method, "method", "X", s.Method, "request `METHOD`, POST with --body")
	flags.offer("method", "GET", "HEAD", "POST", "PUT", "DELETE")
	flags.StringArrayVarP(&s.Headers, "header", "H", nil, "request header, a `LINE` such as 'A: b', repeatable")
	flags.StringVar(&o.body, "body", "", "request body, or line to send: `TEXT`, @FILE or @-")
	flags.StringVar(&o.bodyFile, "body-file", "", "a `FILE` with the body, as --body @FILE")
	flags.StringVarP(&o.user, "user", "u", "", "`USER:PASSWORD`, sent as Authorization: Basic")
	flags.choice(&s.Proto, "proto", "http or line", result.HTTP, result.Line)
	flags.StringVar(&s.MixFile, "mix", "", "a `FILE` of requests by weight (see help requests)")
	flags.choice(&s.Order, "order", "of --mix: weighted (default), shuffled or file", result.Weighted, result.Shuffled, result.InFileOrder)
	flags.Var(number[int]{&s.MaxRedirects, 0, maxRedirects}, "max-redirects", "longest chain of redirects to follow (default none)")
}

func (o *Options) defineAmount(flags flagSet) {
	s := &o.Spec
	flags.VarP(connections{&s.First, &s.Connections}, "connections", "c", "connections, each with one request in flight; with -r FIRST:MOST opens more when none is free")
	flags.VarP(span{&s.Duration, 1, forever}, "duration", "d", "length of the run, such as 30s")
	flags.VarP(atLeast(1, &s.Requests), "requests", "n", "requests in total, instead of a duration")
	flags.VarP(pace{&s.Rate}, "rate", "r", "requests per second in total (default closed loop)")
	flags.Var(ramp{&s.Stages}, "ramp", "instead of -r: from one rate to another, evenly")
	flags.StringVar(&s.StagesFile, "stages", "", "instead of -r and -d: a `FILE` of rates and lengths")
	flags.choice(&s.Arrivals, "arrivals", "uniform (default), evenly spaced; or poisson, random", uniform, result.Poisson)
	flags.Var(number[int]{&s.Burst, 1, mostAtOnce}, "burst", "requests that are due at once (default 1)")
	flags.Var(seed{&o.Seed}, "seed", "of arrivals, mix and turns (default from the clock)")
	flags.Var(span{&s.Warmup, 0, forever}, "warmup", "load this long first, outside -d and the figures")
	flags.Var(span{&s.Timeout, 1, longest}, "timeout", "longest wait for a reply")
	flags.Var(span{&s.Grace, 0, longest}, "grace", "after the run, wait for replies so long")
	flags.Var(span{&s.Spin, 0, mostSpin}, "spin", "stay awake so long before a request is due")
}

func (o *Options) defineConnections(flags flagSet) {
	s := &o.Spec
	flags.BoolVar(&s.NoKeepalive, "no-keepalive", false, "a connection for each request")
	flags.Var(number[int]{&s.Pipeline, 1, mostPipelined}, "pipeline", "requests on their way at once (default 1)")
	flags.Var(span{&s.Think, 0, longest}, "think", "rest of a connection after each reply")
	flags.Var(size{&s.ReadRate, mostReadRate}, "read-rate", "most bytes per second that a connection takes in")
	flags.Var(atLeast(0, &s.Idle), "idle", "silent connections opened first")
	flags.Var(sources{&s.Source}, "source", "addresses that connections come from, repeatable")
	flags.VarP(atLeast(1, &s.Threads), "threads", "t", "threads (default half of the processors)")
	s.Engine = "auto"
	flags.choice(&s.Engine, "engine", "auto, epoll, uring, net or hey", "auto", result.Epoll, result.Uring, result.Net, result.Hey)
}

func (o *Options) defineTLS(flags flagSet) {
	s := &o.Spec
	flags.BoolVarP(&s.Insecure, "insecure", "k", false, "take any certificate")
	flags.StringVar(&s.CACert, "cacert", "", "a `FILE` of certificates to trust, not the system's")
	flags.StringVar(&s.Cert, "cert", "", "a `FILE` with the client's certificate")
	flags.StringVar(&s.Key, "key", "", "a `FILE` with the key of --cert")
}

func (o *Options) defineChecks(flags flagSet) {
	flags.Var(expected{&o.Spec.Expect}, "expect", "`STATUS` of every reply (default any below 400)")
	flags.offer("expect", "200", result.Carousel)
	flags.Var(gates{&o.Gates}, "fail-if", "exit code 99 when this holds, such as 'p99>5ms'")
	flags.BoolVar(&o.strict, "strict", false, "exit code 99 unless the figures can be believed")
	flags.BoolVar(&o.Ceiling, "ceiling", false, "first measure what loadgen itself can do here")
	flags.Var(processes{&o.processes}, "pid", "whose processor time to read, or auto")
	flags.offer("pid", "auto")
}

func (o *Options) defineTurns(flags flagSet) {
	flags.Var(rivals{&o.rivals}, "vs", "compare the target with this (see help comparing)")
	flags.BoolVar(&o.twin, "twin", false, "compare the target with itself as well")
	flags.StringToIntVar(&o.Spec.Counters, "counters", nil, "counters of the target, each with the descriptor it was inherited at")
	flags.MarkHidden("counters") // a shell has none; results/README.md explains it
	flags.Var(span{&o.Slice, shortestSlice, longestSlice}, "slice", "a server's turn (default 25ms; 50ms from -c 256 on)")
	flags.Var(cycles{&o.Cycles}, "cycles", "so many turns of each, an even number, not -d")
	flags.Var(share{&o.Until, 0.001, 0.5}, "until", "end once the ratios are known this well, such as 1%")
	flags.offer("until", "1%", "2%", "5%")
}

func (o *Options) defineSearch(flags flagSet) {
	flags.Var(conditions{&o.FindMax}, "find-max", "the highest rate where this holds, such as 'p99<5ms'")
	o.Over = result.OverRate
	flags.choice(&o.Over, "over", "what is raised: rate or connections", result.OverRate, result.OverConnections)
}

func (o *Options) defineOutput(flags flagSet) {
	s := &o.Spec
	flags.BoolVar(&o.JSON, "json", false, "print the record as JSON, without histograms")
	flags.StringVarP(&o.Output, "output", "o", "", "write the record as JSON to this `FILE` as well")
	flags.StringVar(&o.Trace, "trace", "", "write each request to this `FILE`, for ui.perfetto.dev")
	o.Traced = trace.Usual
	flags.Var(number[int]{&o.Traced, 1, trace.Most}, "trace-limit", "most requests in it")
	o.Exports.Define(flags.FlagSet)
	flags.StringVar(&o.Metrics, "metrics", "", "serve them at this `ADDR` while the load is on")
	flags.StringVar(&s.Save, "save", "", "write bodies of good replies to files in this `DIR`")
	flags.choice(&s.SaveMode, "save-mode", "who writes them: offload (default) or inline", result.Inline, result.Offload)
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress on stderr")
	flags.BoolVar(&o.Announce, "ready", false, "print READY on stderr when requests begin to flow")
	flags.BoolP("help", "h", false, "this help; loadgen help TOPIC says more")
	flags.BoolP("version", "v", false, "the version")
}

// choice defines a flag that is one of a few words.
func (f flagSet) choice(to *string, name, help string, words ...string) {
	f.Var(word{to, words}, name, help)
	f.offer(name, words...)
}

// offer has shells offer words for a flag.
func (f flagSet) offer(name string, words ...string) {
	if err := f.cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a flag that is not defined
	}
}
