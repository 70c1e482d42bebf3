package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carousel/loadgen/export"
)

// The commands that are about records which are kept, as -o writes them, instead of a load.
const (
	Compare = "compare"
	Merge   = "merge"
	Export  = "export"
)

// Kept is such a command, understood.
type Kept struct {
	Command  string
	Files    []string
	Sequence bool // of merge: the loads came one after another
}

// commands are their names, which no target is taken for that stands first on the command line.
var commands = []string{Compare, Merge, Export}

// subcommands are they. ran is called when one of them was given rightly.
func (o *Options) subcommands(ran func()) (all []*cobra.Command) {
	kept := func(name, use, short, long string, least, most int, define func(*cobra.Command, *Kept)) {
		k := &Kept{Command: name}
		cmd := &cobra.Command{
			Use: name + " " + use, Short: short, Long: long,
			Args: func(_ *cobra.Command, args []string) error {
				if n := len(args); n < least || n > most {
					return fmt.Errorf("%s takes %s: loadgen %s %s", name, map[bool]string{true: "two records or more", false: map[int]string{1: "one record", 2: "two records"}[least]}[most > 2], name, use)
				}
				return nil
			},
			RunE: func(cmd *cobra.Command, args []string) error {
				ran()
				k.Files, o.Kept = args, k
				return o.checkKept(cmd)
			},
			SilenceErrors: true, SilenceUsage: true,
			ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
				return []cobra.Completion{"json"}, cobra.ShellCompDirectiveFilterFileExt
			},
		}
		cmd.Flags().SortFlags = false
		define(cmd, k)
		all = append(all, cmd)
	}
	printed := func(cmd *cobra.Command) {
		cmd.Flags().BoolVar(&o.JSON, "json", false, "print JSON instead")
		cmd.Flags().BoolVarP(&o.Quiet, "quiet", "q", false, "print nothing: the exit code says what --fail-if found")
		cmd.Flags().Var(gates{&o.Gates}, "fail-if", "fail (exit 99) when this holds, such as 'p99_ratio>1.1' or 'errors>0.1%', repeatable")
		cmd.Flags().BoolVar(&o.strict, "strict", false, "fail (exit 99) unless the verdict is valid")
	}
	kept(Compare, "a.json b.json", "put the records of two loads beside each other", compareHelp, 2, 2, func(cmd *cobra.Command, _ *Kept) { printed(cmd) })
	kept(Merge, "a.json b.json ...", "add the records of several loads up", mergeHelp, 2, 1<<30, func(cmd *cobra.Command, k *Kept) {
		cmd.Flags().StringVarP(&o.Output, "output", "o", "", "write the record as JSON to this file as well")
		cmd.Flags().BoolVar(&k.Sequence, "sequence", false, "the loads came one after another: what they counted adds up over the sum of their windows")
		printed(cmd)
		o.Exports.Define(cmd.Flags())
	})
	kept(Export, "record.json", "write files that other tools read, from a record", exportHelp, 1, 1, func(cmd *cobra.Command, _ *Kept) { o.Exports.Define(cmd.Flags()) })
	return all
}

const compareHelp = `compare puts the records of two loads beside each other that asked the same of a server, each in a run of its own, and
gives the ratio of the second to the first. The two were made in different minutes, and what the machine did in one of them is in
the ratio: there is no interval. To compare servers with one, load them in turns: loadgen --vs OTHER TARGET

Different questions are refused (exit code 2). May differ: where the server was, its process, the seed, the length of the run, warm-up
and grace, addresses that connections came from, and names of files. All else has to be the same: the requests, connections,
rate and schedule, and engine and threads too, for the client's own time is in every figure.

--fail-if holds the ratio itself against the limit, and what is no ratio of each record: 'p99_ratio>1.2' 'errors>0.1%'`

const mergeHelp = `merge adds up the records of loads that ran side by side, as several loadgens load one server: connections, rates, all that
was counted, and the histograms bucket for bucket, so that percentiles are those of all requests together. Target, connections,
rate, seed and threads may differ. The windows must have 90 % of the longest in common; --sequence adds up loads that came one after
another instead. What cannot be known of the whole is left out: how evenly connections were served, percentiles by path.`

const exportHelp = `export writes the files that --hlog, --hgrm, --csv and --benchfmt write after a run, from a record that -o kept. - is standard
output.`

// checkKept says what of the command cannot be carried out.
func (o *Options) checkKept(cmd *cobra.Command) error {
	k := o.Kept
	if o.strict {
		if err := (gates{&o.Gates}).Set("verdict!=valid"); err != nil {
			return err
		}
	}
	if flag := cmd.Flags().Lookup("output"); flag != nil && flag.Changed && o.Output == "" {
		return errors.New("-o needs a file")
	}
	if k.Command == Export && len(o.Exports.Asked()) == 0 {
		return fmt.Errorf("export to what? give %s", strings.Join(export.Flags(), ", "))
	}
	for _, gate := range o.Gates {
		if k.Command == Merge && gate.OfRatio() {
			return fmt.Errorf("--fail-if %s: nothing is compared: loadgen compare does", gate.Expr)
		}
	}
	return o.checkExports()
}

// checkExports says why files cannot be written together, or after this load.
func (o *Options) checkExports() error {
	asked := o.Exports.Asked()
	onStdout := slices.DeleteFunc(slices.Clone(asked), func(e export.Export) bool { return e.File != export.Stdout })
	switch {
	case len(onStdout) > 1:
		return fmt.Errorf("--%s - and --%s -: one file goes to standard output", onStdout[0].Flag, onStdout[1].Flag)
	case len(onStdout) == 1 && o.JSON:
		return fmt.Errorf("--%s - and --json: one of them goes to standard output", onStdout[0].Flag)
	}
	for i, e := range asked {
		for _, other := range asked[:i] {
			if e.File == other.File && e.File != export.Stdout {
				return fmt.Errorf("--%s and --%s: %s cannot be both", other.Flag, e.Flag, e.File)
			}
		}
		if e.File == o.Output {
			return fmt.Errorf("-o and --%s: %s cannot be both", e.Flag, e.File)
		}
		if o.Compares() && !e.Several {
			return fmt.Errorf("--%s %s: it holds one load, and servers are compared: load each by itself, or use --benchfmt", e.Flag, e.File)
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
