// Package cli is loadgen's command line: flags, the habits of those who come from other tools, and what must be right before the
// first byte is sent. Each is looked at once: a flag knows its own range, check what flags mean together, Ready what this machine allows.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/internal/result"
	"carousel/loadgen/client"
	"carousel/loadgen/engine"
	"carousel/loadgen/export"
	"carousel/loadgen/turns"
	"carousel/loadgen/verdict"
)

// Options is a command line, understood.
type Options struct {
	Spec    result.Spec // the load; in a comparison what each server gets, see Of
	Servers []Server    // the target first; more than one are compared
	Slice   time.Duration
	Cycles  int     // of a comparison, which says how long each server is loaded; 0: the load's duration says how many
	Until   float64 // a comparison may end once each ratio is known within this share of itself; 0: it lasts
	Seed    uint64  // of the order of slices

	FindMax []verdict.Gate // what must hold at the level that is looked for; none: no level is
	Over    string         // what levels are, with FindMax

	Ceiling  bool // what loadgen itself can do is measured first
	Gates    []verdict.Gate
	JSON     bool   // the record goes to stdout instead of the summary
	Output   string // file for the record; "": none
	Trace    string // file for what became of each request; "": none
	Traced   int    // records that it holds at most
	Quiet    bool   // no progress
	Announce bool   // it is said when requests begin to flow
	Exports  export.Files
	Kept     *Kept    // what is done with records that are kept, instead of a load; nil: there is a load
	Notes    []string // about flags that were left out

	body      string // as it was given
	rivals    []Server
	twin      bool
	strict    bool
	processes []process
	spreads   bool // the load's source was not given: connections are spread over the addresses of this machine
}

// ErrAnswered says that the command line asked for text (help, the version, a completion script), which was printed.
var ErrAnswered = errors.New("answered")

const help = `loadgen sends HTTP requests (or lines) to one server from many connections and says what happened, or
compares it with others.

Without -r it is a closed loop: a connection sends again when it was answered. With -r requests are due by a schedule,
whatever the server does, and are timed from when they were due. The schedule is evenly spaced, or at random as requests
of many people are (--arrivals poisson), in bursts (--burst), at a rate that changes (--ramp, --stages); the same --seed
has the same instants on every machine. The gaps between requests as they were sent are held against the schedule.

The target is http://host:port/path, host:port, :port or /path; without one it is ` + result.DefaultTarget + `
Further targets, on the same server, are asked for in turn; a /path is enough. Shells write ten as image/{0..9}

--vs URL, which may be repeated, names a further server, to be compared with the target: one client loads them in turns,
in short slices of random order, so that what the machine does to one it does to all. Each gets the load of -d. With
--pid auto the processor time they use is compared as well. They are called by their addresses unless they are written
NAME=URL, the target too. --twin adds the target once more: what differs there is chance. What other programs disturb,
by a tenth of the machine's processor time in a pair of cycles, is measured again, a quarter of the pairs at most.

A chain of redirects is one request, timed from its due to its last reply; only those to the same host and port are
followed. --save writes the body of each good reply to a file of its own, such as image-3-CONNECTION-NUMBER.png.

Every reply must be framed rightly and be as long as it says, and match the sha-256 of its Content-Digest where it
carries one. What else is in it is the server's affair; --expect carousel compares every byte with what Carousel's own
servers answer.

Of a chain of redirects with --no-keepalive each request has its own connection. The first requests of a run ride on the
connections with which it looked whether the target is there. A request that waits for a connection which cannot be had
is tried again until --timeout; each attempt counts in connect_failures.

--find-max CONDITION looks for the highest rate at which a condition holds, such as 'p99<5ms': it doubles the rate until a
step fails, looks closer around what was served then, bisects to 3 %, and confirms what it found in a step three times as
long. A step lasts -d (3s where it is not given), and longer where a percentile takes more requests. It begins at -r, or at
two fifths of what a closed loop gets. With --over connections the same for connections, from -c on, of a closed loop or at -r. Several conditions, with commas or
"and" between, must all hold. A step fails as well where less than 99 % of the offered rate is served, or more than 0.1 %
of requests fail and no condition says how many may. A step that the machine or loadgen itself disturbed does not count:
it is repeated, twice at most. --fail-if is about the step that confirms.

--fail-if takes a metric, one of > < >= <=, and a limit with its unit (ns us ms s, %, /s); the verdict takes = or !=
and valid, suspect or invalid. What ends in _ratio compares a further server with the target and takes a plain number or %:
it holds only where the whole interval of the ratio is beyond the limit. Metrics:
  `

const examples = `  servers --model epoll &                      a server to load, on port 5000
  loadgen -c 500 -d 30s                        a closed loop over 500 connections
  loadgen -r 1000 -d 1m http://host:8080/path  1000 requests per second, evenly spaced
  loadgen --ramp 100:5000 -d 1m -c 10:1000     from 100 to 5000 requests per second, at random with --arrivals
                                               poisson; 10 connections, and up to 1000 as they are needed
  loadgen --fail-if 'p99>5ms' 'errors>0.1%'    exit code 99 when one of them holds
  loadgen --strict --ceiling                   the same when the figures cannot be believed, or are loadgen's own limit
  loadgen --json | jq .latency_ns.p99          the record, for programs
  loadgen -r 1000 --trace trace.json.gz        every request as a picture: open the file at ui.perfetto.dev
  loadgen -c 10 -n 10 --max-redirects 1 --save pictures :5000/moved/image/{0..9}
                                               ten downloads all at once; one by one with -c 1
  loadgen -c 64 -d 10s --pid auto --vs :5001 :5000
                                               which of two servers is faster, and which is cheaper
  loadgen -c 64 --find-max 'p99<5ms'           the highest rate at which that holds
  loadgen --find-max 'p99<5ms' --over connections
                                               the most connections at which it holds

Exit codes: 0 done; 1 nothing succeeded, a file could not be written, a ratio that --fail-if asks for cannot be told, or --find-max found no level that holds; 2 usage; 3 cannot reach the target, or no more; 4 wrong answers; 99 a --fail-if holds, or its figure is not known;
130 interrupted, 143 terminated. Of several the first of 130, 143, 3, 1, 4, 99 is taken. -o FILE and --trace FILE are written in every case but 2.

ctrl-C ends the run, and what was measured is printed: the first one cuts its time short, then or during the grace one more ends the grace.`

// Parse reads a command line. It sends nothing; its errors are usage errors.
func Parse(stdout, stderr io.Writer, args []string) (*Options, error) {
	opts := &Options{Spec: result.DefaultSpec()}
	answered := true
	cmd := &cobra.Command{
		Use:           "loadgen [flags] [target...]",
		Long:          help + strings.Join(verdict.Metrics(), " "),
		Example:       examples,
		Args:          cobra.ArbitraryArgs,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			answered = false
			return opts.settle(cmd.Flags(), args)
		},
	}
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	opts.define(cmd)
	cmd.AddCommand(opts.subcommands(func() { answered = false })...)
	cmd.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true}) // --help is there, and a host may be called help
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()

	if len(args) == 0 || !slices.Contains(append([]string{"completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, commands...), args[0]) {
		var err error
		if args, opts.Notes, err = translate(args, cmd.Flags()); err != nil {
			return nil, err
		}
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return plainly(err) })
	cmd.SetArgs(append([]string{}, args...)) // nil would make cobra look at os.Args
	if err := cmd.Execute(); err != nil {
		return nil, err
	}
	if answered {
		return nil, ErrAnswered
	}
	return opts, nil
}

// plainly rewrites pflag's errors as this program words its own.
func plainly(err error) error {
	var value *pflag.InvalidValueError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &value):
		name := "--" + value.GetFlag().Name
		if short := value.GetFlag().Shorthand; short != "" {
			name = "-" + short
		}
		given := value.GetValue()
		if given == "" {
			given = `""`
		}
		return fmt.Errorf("%s %s: %w", name, given, value.Unwrap())
	case errors.As(err, &lacking):
		if lacking.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("-%s needs a value", lacking.GetFlag().Shorthand)
		}
		return fmt.Errorf("--%s needs a value", lacking.GetFlag().Name)
	}
	return err
}

// conditional tells a further condition of --fail-if from a target.
var conditional = regexp.MustCompile(`[<>]|^\s*(?i:verdict)\s*[!=]`)

// settle takes the arguments that are no flags and fills in what depends on other flags or on this system.
func (o *Options) settle(flags *pflag.FlagSet, args []string) error {
	s := &o.Spec
	var targets []string
	for _, arg := range args {
		if !conditional.MatchString(arg) {
			targets = append(targets, arg)
		} else if o.Searches() && !flags.Changed("fail-if") {
			return fmt.Errorf("%q: a further condition of --find-max stands after a comma", arg)
		} else if !flags.Changed("fail-if") {
			return fmt.Errorf("%q: a gate follows --fail-if", arg)
		} else if err := (gates{&o.Gates}).Set(arg); err != nil {
			return fmt.Errorf("--fail-if %s: %w", arg, err)
		}
	}
	if o.strict {
		if err := (gates{&o.Gates}).Set("verdict!=valid"); err != nil {
			return err
		}
	}
	if err := o.aim(targets); err != nil {
		return err
	}
	switch {
	case flags.Changed("output") && o.Output == "":
		return errors.New("-o needs a file")
	case flags.Changed("trace") && o.Trace == "":
		return errors.New("--trace needs a file")
	case flags.Changed("save") && s.Save == "":
		return errors.New("--save needs a folder")
	case s.Save != "" && s.SaveMode == "":
		s.SaveMode = result.Offload
	}
	if flags.Changed("requests") && !flags.Changed("duration") {
		s.Duration = 0
	}
	if err := o.plan(flags); err != nil {
		return err
	}
	if !flags.Changed("connections") && s.Requests > 0 {
		s.Connections = int(min(s.Requests, int64(s.Connections)))
	}
	if flags.Changed("body") {
		if err := readBody(s, o.body); err != nil {
			return err
		}
		switch {
		case s.Proto == result.Line && s.Body == "":
			return fmt.Errorf("--body %q: an empty line cannot be sent", o.body)
		case s.Proto == result.HTTP && !flags.Changed("method"):
			s.Method = "POST"
		}
	}
	if err := o.blend(flags); err != nil {
		return err
	}
	if err := o.settleTLS(flags); err != nil {
		return err
	}
	if s.Engine == "auto" {
		s.Engine = engine.Auto()
		if o.secure() {
			s.Engine = result.Net
		}
		if s.ReadRate > 0 && s.Engine == result.Uring {
			s.Engine = result.Epoll
		}
	}
	if (s.Engine == result.Epoll || s.Engine == result.Uring) && s.Connections > 0 {
		s.Threads = engine.Threads(*s)
	}
	o.spread()
	if o.Compares() {
		if !flags.Changed("slice") {
			o.Slice = usualSlice(s.Connections)
		}
		if o.Cycles > 0 {
			for _, name := range []string{"duration", "until"} {
				if flag := flags.Lookup(name); flag.Changed {
					return fmt.Errorf("--cycles %d and %s: give one of them", o.Cycles, given(flag))
				}
			}
			s.Duration = time.Duration(o.Cycles/2) * turns.Pair(o.Slice)
		}
	}
	if o.random() {
		if !flags.Changed("seed") {
			o.Seed = uint64(uint32(time.Now().UnixNano())) // few enough digits for every reader of JSON
		}
		if o.draws() {
			s.Seed = o.Seed
		}
	}
	if !flags.Changed("spin") {
		s.Spin = o.spin()
	}
	if o.Searches() {
		o.settleSearch(flags)
	}
	return cmp.Or(o.checkStrays(flags), o.checkSearch(flags), o.check())
}

// draws says whether the load is random in part.
func (o *Options) draws() bool {
	return o.Spec.Arrivals == result.Poisson || len(o.Spec.Mix) > 0 && o.Spec.Order != result.InFileOrder
}

// random says whether anything is: the load, or the order of turns.
func (o *Options) random() bool { return o.draws() || o.Compares() }

// secure says whether a server is spoken to by TLS.
func (o *Options) secure() bool {
	return slices.ContainsFunc(o.Servers, func(s Server) bool { return client.Secure(s.Target) })
}

// given is a flag as it was typed, by its short name where it has one.
func given(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand + " " + flag.Value.String()
	}
	return "--" + flag.Name + " " + flag.Value.String()
}

// version names the commit and the Go version this was built with.
func version() string {
	commit := "commit unknown" // built with -buildvcs=false, or outside a repository
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "loadgen, " + commit + ", " + runtime.Version()
	}
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = "commit " + setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			commit += " with changes"
		}
	}
	return "loadgen, " + commit + ", " + info.GoVersion
}
