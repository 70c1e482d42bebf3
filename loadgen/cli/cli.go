// Package cli is loadgen's command line: its flags and help, hints for users of other tools, and all checks before the first byte is sent. Each flag checks
// its own range, check the combination of flags, and Ready the limits of this machine.
package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/version"
	"carousel/loadgen/client"
	"carousel/loadgen/engine"
	"carousel/loadgen/export"
	"carousel/loadgen/turns"
	"carousel/loadgen/verdict"
)

// Options is a parsed and checked command line.
type Options struct {
	Spec    result.Spec // the load; in a comparison that of each server, see Of
	Servers []Server    // the target first; more than one are compared
	Slice   time.Duration
	Cycles  int     // of a comparison; 0: as many as Spec.Duration allows
	Until   float64 // a comparison ends once each ratio is this precise, as a share; 0: it does not end early
	Seed    uint64  // of the order of slices

	FindMax []verdict.Gate // conditions of a search; none: there is no search
	Over    string         // result.OverRate or result.OverConnections, with FindMax

	Ceiling  bool // first measure loadgen's own limit
	Gates    []verdict.Gate
	JSON     bool   // print the record instead of the summary
	Output   string // file for the record; "": none
	Trace    string // file for the trace; "": none
	Traced   int    // most requests and connects in the trace
	Quiet    bool   // no progress
	Announce bool   // print READY when requests begin
	Exports  export.Files
	Metrics  string   // address to serve figures at during the run; "": none
	Kept     *Kept    // command on existing records, instead of a load; nil: there is a load
	Notes    []string // about flags that were ignored

	body      string // as given
	bodyFile  string // likewise
	user      string // user:password, as -u or the target gives it
	rivals    []Server
	twin      bool
	strict    bool
	processes []process
	spreads   bool // Spec.Source was chosen here and not given: connections are spread over loopback addresses
}

// ErrAnswered is returned by Parse if it printed what the command line asked for: help, the version or a completion script.
var ErrAnswered = errors.New("answered")

// Parse parses and checks the command line args. Any error but ErrAnswered is a usage error.
func Parse(stdout, stderr io.Writer, args []string) (*Options, error) {
	opts := &Options{Spec: result.DefaultSpec()}
	answered := true
	cmd := &cobra.Command{
		Use:           "loadgen [flags] [target...]",
		Short:         "loadgen loads a server over many connections and reports what happened.",
		Args:          cobra.ArbitraryArgs,
		Version:       version.Of("loadgen"),
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
	help := helpCommand()
	cmd.SetHelpCommand(help)
	cmd.AddCommand(help, manCommand())
	cmd.InitDefaultCompletionCmd()
	if completion, _, err := cmd.Find([]string{"completion"}); err == nil {
		completion.Use, completion.Short, completion.Long = "completion SHELL", "completion script for bash, zsh, fish, powershell", page("completion")
		completion.Args = cobra.ArbitraryArgs
		completion.RunE = func(of *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("completion %s: there is bash, zsh, fish and powershell", args[0])
			}
			return of.Help()
		}
		for _, shell := range completion.Commands() {
			shell.Short, shell.Long = "the script for "+shell.Name(), page("completion")
		}
	}
	cmd.SetHelpFunc(func(of *cobra.Command, _ []string) { writeHelp(of) })

	if len(args) == 0 || !slices.Contains(append([]string{"help", "man", "completion", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}, commands...), args[0]) {
		var err error
		if args, opts.Notes, err = translate(args, cmd.Flags()); err != nil {
			return nil, err
		}
	}
	cmd.SetFlagErrorFunc(rewordFlagError)
	cmd.SetArgs(append([]string{}, args...)) // nil would make cobra look at os.Args
	if err := cmd.Execute(); err != nil {
		return nil, err
	}
	if answered {
		return nil, ErrAnswered
	}
	return opts, nil
}

// rewordFlagError rewrites pflag's errors in the style of this program.
func rewordFlagError(of *cobra.Command, err error) error {
	var value *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &value):
		why := value.Unwrap()
		switch value.GetFlag().Value.Type() {
		case "bool":
			why = errors.New("it takes no value, or true or false after a =")
		case "stringToInt":
			why = errors.New("it takes NAME=DESCRIPTOR")
		}
		return fmt.Errorf("%s %s: %w", typed(value.GetFlag()), cmp.Or(value.GetValue(), `""`), why)
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		return fmt.Errorf("%s is not a flag of %s: %[2]s --help lists them all", name, of.CommandPath())
	case errors.As(err, &lacking):
		if lacking.GetSpecifiedShortnames() != "" {
			return fmt.Errorf("-%s needs a value", lacking.GetFlag().Shorthand)
		}
		return fmt.Errorf("--%s needs a value", lacking.GetFlag().Name)
	}
	return err
}

// conditional matches a condition of --fail-if, but no target.
var conditional = regexp.MustCompile(`[<>]|^\s*(?i:verdict)\s*[!=]`)

// conditions adds the arguments that are conditions to those of --fail-if, and returns the others.
func (o *Options) conditions(flags *pflag.FlagSet, args []string) (others []string, err error) {
	for _, arg := range args {
		given := flags.Changed("fail-if")
		switch {
		case !conditional.MatchString(arg):
			others = append(others, arg)
		case !given && o.Searches():
			return nil, fmt.Errorf("%q: separate conditions of --find-max with commas", arg)
		case !given:
			return nil, fmt.Errorf("%q: a gate follows --fail-if", arg)
		default:
			if err := (gates{&o.Gates}).Set(arg); err != nil {
				return nil, fmt.Errorf("--fail-if %s: %w", arg, err)
			}
		}
	}
	return others, nil
}

// settle parses the arguments that are not flags, fills in defaults that depend on other flags or on this system, and checks all.
func (o *Options) settle(flags *pflag.FlagSet, args []string) error {
	s := &o.Spec
	if err := checkNames(flags); err != nil {
		return err
	}
	targets, err := o.conditions(flags, args)
	if err != nil {
		return err
	}
	if o.strict {
		if err := (gates{&o.Gates}).Set("verdict!=valid"); err != nil {
			return err
		}
	}
	if err := o.settleServers(targets); err != nil {
		return err
	}
	if s.Save != "" && s.SaveMode == "" {
		s.SaveMode = result.Offload
	}
	if flags.Changed("requests") && !flags.Changed("duration") {
		s.Duration = 0
	}
	if err := o.settleSchedule(flags); err != nil {
		return err
	}
	if !flags.Changed("connections") && s.Requests > 0 {
		s.Connections = int(min(s.Requests, int64(s.Connections)))
	}
	if err := cmp.Or(o.settleBody(flags), o.settleUser(flags)); err != nil {
		return err
	}
	if err := o.readMix(flags); err != nil {
		return err
	}
	if err := o.settleTLS(flags); err != nil {
		return err
	}
	if s.Engine == "auto" {
		s.Engine = engine.Default()
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
	if n := host.Processors(); flags.Changed("threads") && s.Threads > n {
		o.Notes = append(o.Notes, fmt.Sprintf("-t %d is threads, of which %d have a processor; hey's -t, a timeout, is --timeout %[1]ds, ab's is -d %[1]ds", s.Threads, n))
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
			o.Seed = uint64(uint32(time.Now().UnixNano())) // 32 bits, which every reader of JSON keeps exactly
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
	return cmp.Or(o.checkStrays(flags), o.checkHosts(), o.checkSearch(flags), o.check())
}

// draws reports whether the load itself is random.
func (o *Options) draws() bool {
	return o.Spec.Arrivals == result.Poisson || len(o.Spec.Mix) > 0 && o.Spec.Order != result.InFileOrder
}

// random reports whether the load or the order of turns is random.
func (o *Options) random() bool { return o.draws() || o.Compares() }

// secure reports whether any server uses TLS.
func (o *Options) secure() bool {
	return slices.ContainsFunc(o.Servers, func(s Server) bool { return client.Secure(s.Target) })
}

// given is a flag and its value, as typed.
func given(flag *pflag.Flag) string { return typed(flag) + " " + flag.Value.String() }

// typed is the short name of a flag, or its long name if it has none.
func typed(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand
	}
	return "--" + flag.Name
}
