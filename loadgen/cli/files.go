package cli

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/loadgen/export"
)

// The commands that read records, as -o writes them, and send no load.
const (
	Compare = "compare"
	Merge   = "merge"
	Export  = "export"
)

// Kept is one of these commands with its arguments.
type Kept struct {
	Command  string
	Files    []string
	Sequence bool // merge: the loads ran one after another
}

// commands are their names. As the first argument such a name is the command and not a target.
var commands = []string{Compare, Merge, Export}

// subcommands returns these commands for cobra. ran is called when the command line is one of them.
func (o *Options) subcommands(ran func()) (all []*cobra.Command) {
	for _, c := range []struct {
		name, records, short string
		least, most          int
		takes                string
		define               func(*pflag.FlagSet, *Kept)
	}{
		{Compare, "a.json b.json", "compare two records", 2, 2, "two records", o.definePrinted},
		{Merge, "a.json b.json ...", "add up several records", 2, math.MaxInt, "two records or more", func(flags *pflag.FlagSet, k *Kept) {
			flags.StringVarP(&o.Output, "output", "o", "", "also write the record as JSON to this `FILE`")
			flags.BoolVar(&k.Sequence, "sequence", false, "the loads ran one after another")
			o.definePrinted(flags, k)
			o.Exports.Define(flags)
		}},
		{Export, "record.json", "write a record as files for other tools", 1, 1, "one record", func(flags *pflag.FlagSet, _ *Kept) {
			o.Exports.Define(flags)
		}},
	} {
		k := &Kept{Command: c.name}
		cmd := &cobra.Command{
			Use: c.name + " " + c.records, Short: c.short, Long: page(c.name), SilenceErrors: true, SilenceUsage: true,
			RunE: func(cmd *cobra.Command, args []string) error {
				ran()
				files, err := o.conditions(cmd.Flags(), args)
				switch {
				case err != nil:
					return err
				case len(files) < c.least || len(files) > c.most:
					return fmt.Errorf("%s takes %s: loadgen %[1]s %[3]s", c.name, c.takes, c.records)
				}
				k.Files, o.Kept = files, k
				return o.checkKept(cmd.Flags())
			},
			ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return []cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt
			},
		}
		cmd.Flags().SortFlags = false
		c.define(cmd.Flags(), k)
		finish(cmd)
		all = append(all, cmd)
	}
	return all
}

// definePrinted defines the flags of compare and merge, which print a result.
func (o *Options) definePrinted(flags *pflag.FlagSet, k *Kept) {
	condition := map[string]string{Compare: "p99_ratio>1", Merge: "p99>5ms"}[k.Command]
	flags.BoolVar(&o.JSON, "json", false, "print JSON instead")
	flags.BoolVarP(&o.Quiet, "quiet", "q", false, "print nothing, only set the exit code")
	flags.Var(gates{&o.Gates}, "fail-if", "exit code 99 if this holds, such as '"+condition+"'")
	flags.BoolVar(&o.strict, "strict", false, "exit code 99 unless the verdict is valid")
}

// checkKept rejects flags and files that the command cannot combine.
func (o *Options) checkKept(flags *pflag.FlagSet) error {
	k := o.Kept
	if o.strict {
		if err := (gates{&o.Gates}).Set("verdict!=valid"); err != nil {
			return err
		}
	}
	if err := checkNames(flags); err != nil {
		return err
	}
	if k.Command == Export && len(o.Exports.Asked()) == 0 {
		return fmt.Errorf("export to what? give %s", strings.Join(export.Flags(), ", "))
	}
	for _, gate := range o.Gates {
		if k.Command == Merge && gate.OfRatio() {
			return fmt.Errorf("--fail-if %s: nothing is compared: loadgen compare does", gate.Expr)
		}
	}
	written := []string{o.Output}
	for _, e := range o.Exports.Asked() {
		written = append(written, e.File)
	}
	for _, file := range written {
		if slices.ContainsFunc(k.Files, func(kept string) bool { return filepath.Clean(kept) == filepath.Clean(file) }) {
			return fmt.Errorf("%s is one of the records, and would be overwritten: name another file", file)
		}
	}
	return o.checkExports()
}

// checkExports rejects files for other tools that cannot be combined, or not with this load.
func (o *Options) checkExports() error {
	exports := o.Exports.Asked()
	onStdout := slices.DeleteFunc(slices.Clone(exports), func(e export.Export) bool { return e.File != export.Stdout })
	switch {
	case len(onStdout) > 1:
		return fmt.Errorf("--%s - and --%s -: one file goes to standard output", onStdout[0].Flag, onStdout[1].Flag)
	case len(onStdout) == 1 && o.JSON:
		return fmt.Errorf("--%s - and --json: one of them goes to standard output", onStdout[0].Flag)
	}
	for i, e := range exports {
		for _, other := range exports[:i] {
			if e.File == other.File && e.File != export.Stdout {
				return fmt.Errorf("--%s and --%s: %s cannot be both", other.Flag, e.Flag, e.File)
			}
		}
		for flag, file := range map[string]string{"-o": o.Output, "--trace": o.Trace} {
			if e.File == file {
				return fmt.Errorf("%s and --%s: %s cannot be both", flag, e.Flag, e.File)
			}
		}
		if o.Compares() && !e.Several {
			return fmt.Errorf("--%s %s: it holds one load, and servers are compared: load each by itself, or use --benchfmt or --prom", e.Flag, e.File)
		}
	}
	return nil
}

// command is the command line of k.
func (k *Kept) command() string {
	words := []string{"loadgen", k.Command}
	for _, file := range k.Files {
		words = append(words, quote(file))
	}
	if k.Sequence {
		words = append(words, "--sequence")
	}
	return strings.Join(words, " ")
}
