package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/internal/result"
	"carousel/loadgen/trace"
)

// longest is the upper bound of --timeout, --grace and --think.
const longest = 24 * time.Hour

// maxRedirects is the upper bound of --max-redirects; browsers give up after 20.
const maxRedirects = 100

// mostPipelined is the upper bound of --pipeline.
const mostPipelined = 10_000

// mostAtOnce is the upper bound of --burst.
const mostAtOnce = 100_000

// mostSpin is the upper bound of --spin, and usualSpin its default in an open loop: a sleep ends about 20 us late, 1 % of sleeps 50 us.
const (
	mostSpin  = 10 * time.Millisecond
	usualSpin = 35 * time.Microsecond
)

// mostReadRate is the upper bound of --read-rate, in bytes per second.
const mostReadRate = 1 << 30

// The range of --slice. In a shorter slice most of the time goes into waking up; during a longer one the machine's speed changes.
const (
	shortestSlice = 5 * time.Millisecond
	longestSlice  = 10 * time.Second
)

// group is a section of --help and the flags in it. The help of a flag takes a line or two; topics hold the details. The word between
// backquotes names the flag's value.
type group struct {
	heading string
	define  func(*Options, flagSet)
}

// groups are the sections of --help, in order.
var groups = []group{
	{"What to send", (*Options).defineRequest},
	{"How much, and when", (*Options).defineAmount},
	{"Connections", (*Options).defineConnections},
	{"https", (*Options).defineTLS},
	{"Checks", (*Options).defineChecks},
	{"Comparing servers", (*Options).defineTurns},
	{"Finding the highest load", (*Options).defineSearch},
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
	flags.StringVarP(&s.Method, "method", "X", s.Method, "request `METHOD` (default GET, with --body POST)")
	flags.offer("method", "GET", "HEAD", "POST", "PUT", "DELETE")
	flags.StringArrayVarP(&s.Headers, "header", "H", nil, "add a header, a `LINE` such as 'A: b'; repeatable")
	flags.StringVar(&o.body, "body", "", "request body, or line to send: `TEXT`, @FILE or @-")
	flags.StringVar(&o.bodyFile, "body-file", "", "read the body from `FILE`, same as --body @FILE")
	flags.StringVarP(&o.user, "user", "u", "", "`USER:PASSWORD` for Authorization: Basic")
	flags.choice(&s.Proto, "proto", "protocol: http or line", result.HTTP, result.Line)
	flags.StringVar(&s.MixFile, "mix", "", "a `FILE` of weighted requests (see help requests)")
	flags.choice(&s.Order, "order", "order of --mix: weighted (default), shuffled or file", result.Weighted, result.Shuffled, result.InFileOrder)
	flags.Var(number[int]{&s.MaxRedirects, 0, maxRedirects}, "max-redirects", "follow up to N redirects a request (default none)")
}

func (o *Options) defineAmount(flags flagSet) {
	s := &o.Spec
	flags.VarP(connections{&s.First, &s.Connections}, "connections", "c", "connections, one request in flight on each; with -r, FIRST:MOST opens more when none is free")
	flags.VarP(span{&s.Duration, 1, forever}, "duration", "d", "length of the run, such as 30s")
	flags.VarP(atLeast(1, &s.Requests), "requests", "n", "total number of requests, instead of -d")
	flags.VarP(pace{&s.Rate}, "rate", "r", "requests per second in total (default closed loop)")
	flags.Var(ramp{&s.Stages}, "ramp", "rate that changes evenly, instead of -r")
	flags.StringVar(&s.StagesFile, "stages", "", "a `FILE` of rates and lengths, instead of -r and -d")
	flags.choice(&s.Arrivals, "arrivals", "uniform (default): evenly spaced; poisson: random", uniform, result.Poisson)
	flags.Var(number[int]{&s.Burst, 1, mostAtOnce}, "burst", "requests due at the same instant (default 1)")
	flags.Var(seed{&o.Seed}, "seed", "seed of arrivals, mix, turns (default: the clock)")
	flags.Var(span{&s.Warmup, 0, forever}, "warmup", "load this long first, unmeasured")
	flags.Var(span{&s.Timeout, 1, longest}, "timeout", "longest wait for a reply")
	flags.Var(span{&s.Grace, 0, longest}, "grace", "wait this long for late replies")
	flags.Var(span{&s.Spin, 0, mostSpin}, "spin", "poll, not sleep, this long before a request is due")
}

func (o *Options) defineConnections(flags flagSet) {
	s := &o.Spec
	flags.BoolVar(&s.NoKeepalive, "no-keepalive", false, "a new connection for each request")
	flags.Var(number[int]{&s.Pipeline, 1, mostPipelined}, "pipeline", "requests in flight on each connection (default 1)")
	flags.Var(span{&s.Think, 0, longest}, "think", "pause of a connection after each reply")
	flags.Var(size{&s.ReadRate, mostReadRate}, "read-rate", "most bytes per second that a connection reads")
	flags.Var(atLeast(0, &s.Idle), "idle", "open N silent connections first")
	flags.Var(sources{&s.Source}, "source", "local addresses to connect from; repeatable")
	flags.VarP(atLeast(1, &s.Threads), "threads", "t", "threads that send (default half of the processors)")
	s.Engine = "auto"
	flags.choice(&s.Engine, "engine", "I/O: auto, epoll, uring, net or hey", "auto", result.Epoll, result.Uring, result.Net, result.Hey)
}

func (o *Options) defineTLS(flags flagSet) {
	s := &o.Spec
	flags.BoolVarP(&s.Insecure, "insecure", "k", false, "accept any certificate")
	flags.StringVar(&s.CACert, "cacert", "", "trust the certificates in `FILE`, not the system's")
	flags.StringVar(&s.Cert, "cert", "", "a `FILE` with the client's certificate, PEM")
	flags.StringVar(&s.Key, "key", "", "a `FILE` with the key of --cert, PEM")
}

func (o *Options) defineChecks(flags flagSet) {
	flags.Var(expected{&o.Spec.Expect}, "expect", "required `STATUS` of replies (default any below 400)")
	flags.offer("expect", "200", result.Carousel)
	flags.Var(gates{&o.Gates}, "fail-if", "exit code 99 if this holds, such as 'p99>5ms'")
	flags.BoolVar(&o.strict, "strict", false, "exit code 99 unless the verdict is valid")
	flags.BoolVar(&o.Ceiling, "ceiling", false, "first measure loadgen's own limit on this machine")
	flags.Var(processes{&o.processes}, "pid", "process whose processor time to read, or auto")
	flags.offer("pid", "auto")
}

func (o *Options) defineTurns(flags flagSet) {
	flags.Var(rivals{&o.rivals}, "vs", "compare the target with this server; repeatable")
	flags.BoolVar(&o.twin, "twin", false, "also compare the target with itself")
	flags.StringToIntVar(&o.Spec.Counters, "counters", nil, "counters of the target, each with the descriptor it was inherited at")
	flags.MarkHidden("counters") // only a program such as bench can pass descriptors; see results/README.md
	flags.Var(span{&o.Slice, shortestSlice, longestSlice}, "slice", "length of a turn (default 25ms; 50ms from -c 256 on)")
	flags.Var(cycles{&o.Cycles}, "cycles", "turns of each server, an even number, instead of -d")
	flags.Var(share{&o.Until, 0.001, 0.5}, "until", "stop once the ratios are this precise, such as 1%")
	flags.offer("until", "1%", "2%", "5%")
}

func (o *Options) defineSearch(flags flagSet) {
	flags.Var(conditions{&o.FindMax}, "find-max", "find the highest rate where this holds: 'p99<5ms'")
	o.Over = result.OverRate
	flags.choice(&o.Over, "over", "what to raise: rate or connections", result.OverRate, result.OverConnections)
}

func (o *Options) defineOutput(flags flagSet) {
	s := &o.Spec
	flags.BoolVar(&o.JSON, "json", false, "print the record as JSON, without histograms")
	flags.StringVarP(&o.Output, "output", "o", "", "also write the record as JSON to this `FILE`")
	flags.StringVar(&o.Trace, "trace", "", "write each request to this `FILE`, for ui.perfetto.dev")
	o.Traced = trace.Usual
	flags.Var(number[int]{&o.Traced, 1, trace.Most}, "trace-limit", "most requests in the trace")
	o.Exports.Define(flags.FlagSet)
	flags.StringVar(&o.Metrics, "metrics", "", "serve the figures at this `ADDR` during the run")
	flags.StringVar(&s.Save, "save", "", "write bodies of good replies to files in this `DIR`")
	flags.choice(&s.SaveMode, "save-mode", "threads that write them: offload (default) or inline", result.Inline, result.Offload)
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "no progress on stderr")
	flags.BoolVar(&o.Announce, "ready", false, "print READY on stderr when requests begin")
	flags.BoolP("help", "h", false, "this help; for more, loadgen help TOPIC")
	flags.BoolP("version", "v", false, "print the version")
}

// choice defines a flag whose value is one of words.
func (f flagSet) choice(to *string, name, help string, words ...string) {
	f.Var(word{to, words}, name, help)
	f.offer(name, words...)
}

// offer makes shells complete the flag's value with words.
func (f flagSet) offer(name string, words ...string) {
	if err := f.cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag is not defined
	}
}
