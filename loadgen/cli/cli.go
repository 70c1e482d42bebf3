// Package cli is loadgen's command line: flags, the habits of those who come from other tools, and what must be right before the
// first byte is sent. Each is looked at once: a flag knows its own range, check what flags mean together, Ready what this machine allows.
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
	Metrics  string   // where figures are served while the load is on; "": nowhere
	Kept     *Kept    // what is done with records that are kept, instead of a load; nil: there is a load
	Notes    []string // about flags that were left out

	body      string // as it was given
	bodyFile  string // likewise
	user      string // user:password, as -u or the target gives it
	rivals    []Server
	twin      bool
	strict    bool
	processes []process
	spreads   bool // the load's source was not given: connections are spread over the addresses of this machine
}

// ErrAnswered says that the command line asked for text (help, the version, a completion script), which was printed.
var ErrAnswered = errors.New("answered")

// Parse reads a command line. It sends nothing; its errors are usage errors.
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

// rewordFlagError rewrites pflag's errors as this program words its own.
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

// conditional tells a further condition of --fail-if from a target.
var conditional = regexp.MustCompile(`[<>]|^\s*(?i:verdict)\s*[!=]`)

// conditions takes further conditions of --fail-if from the arguments that are no flags, and returns the others.
func (o *Options) conditions(flags *pflag.FlagSet, args []string) (others []string, err error) {
	for _, arg := range args {
		given := flags.Changed("fail-if")
		switch {
		case !conditional.MatchString(arg):
			others = append(others, arg)
		case !given && o.Searches():
			return nil, fmt.Errorf("%q: a further condition of --find-max stands after a comma", arg)
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

// settle takes the arguments that are no flags and fills in what depends on other flags or on this system.
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
	if err := o.plan(flags); err != nil {
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
	return cmp.Or(o.checkStrays(flags), o.checkHosts(), o.checkSearch(flags), o.check())
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

// given is a flag with its value.
func given(flag *pflag.Flag) string { return typed(flag) + " " + flag.Value.String() }

// typed is a flag by its short name, where it has one.
func typed(flag *pflag.Flag) string {
	if flag.Shorthand != "" {
		return "-" + flag.Shorthand
	}
	return "--" + flag.Name
}
