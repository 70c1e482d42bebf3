package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carousel/internal/printable"
	"carousel/internal/units"
	"carousel/report/compare"
	"carousel/report/findings"
	"carousel/report/text"
	"carousel/report/words"
)

// exitGate is the exit code of a comparison that a gate of --fail-if has failed.
const exitGate = 99

// gateFailed lists the broken gates, a line each.
type gateFailed struct{ error }

// format writes a comparison.
type format struct {
	name  string
	write func(w io.Writer, c *compare.Comparison) error
}

// formats are in the order of help.
var formats = []format{
	{"terminal", func(w io.Writer, c *compare.Comparison) error { return text.Comparison(c).Terminal(w, width(w)) }},
	{"markdown", func(w io.Writer, c *compare.Comparison) error { return text.Comparison(c).Markdown(w) }},
	{"json", made((*compare.Comparison).JSON)},
	{"github-smaller", made((*compare.Comparison).Smaller)},
	{"github-bigger", made((*compare.Comparison).Bigger)},
	{"bencher", made((*compare.Comparison).Bencher)},
	{"benchfmt", made((*compare.Comparison).Bench)},
}

// made is a format whose text is made before it is written.
func made(of func(*compare.Comparison) ([]byte, error)) func(io.Writer, *compare.Comparison) error {
	return func(w io.Writer, c *compare.Comparison) error {
		text, err := of(c)
		if err == nil {
			_, err = w.Write(text)
		}
		return err
	}
}

func formatNames() string {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

func compareCommand(stdout, stderr io.Writer) *cobra.Command {
	var name string
	var gates []string
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare two runs of one plan: what changed from A to B",
		Long: `Compare two runs of one plan: what changed from run folder A to run folder B.

A ratio is B over A. The machine may have been slower during one of the runs, so
the change of a model is taken against the other servers of its cell, which took
turns with it. A figure is different if that is significant with all figures
tested together (Holm, 95 %); the same if its whole interval is within 2 % of no
change; otherwise undecided.

Runs of different plans are refused (exit code 2). Rounds, budget and models
may differ; programs and machines that differ are listed.

--fail-if makes the exit code 99 if a change is significant and its whole
interval is beyond the limit, or if a model that was ranked in A cannot be
ranked in B; and 1 if no model has the figure. worse_ratio stands for every
metric, inverted where more is better, so that above 1 is worse. Metrics:
` + text.Fold(strings.Join(compare.Gates(), " "), 80) + `

Formats: terminal, markdown, json; github-smaller and github-bigger for
github-action-benchmark (customSmallerIsBetter, customBiggerIsBetter), bencher
(Bencher Metric Format) and benchfmt (for benchstat -col run).`,
		Example: "  report compare results/20261127-041002-ref results/20261128-091500-default\n" +
			"  report compare A B --fail-if 'worse_ratio>1.03' --format markdown",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return mistake{fmt.Errorf("compare takes two run folders, A and B: there are %d", len(args))}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			form := slices.IndexFunc(formats, func(f format) bool { return f.name == name })
			if form < 0 {
				return mistake{fmt.Errorf("--format %s: there are %s", name, formatNames())}
			}
			var conditions []compare.Gate
			for _, several := range gates {
				for expr := range strings.SplitSeq(several, ",") {
					gate, err := compare.ParseGate(expr)
					if err != nil {
						return mistake{fmt.Errorf("--fail-if %w", err)}
					}
					conditions = append(conditions, gate)
				}
			}
			c, err := compareRuns(stderr, args[0], args[1])
			if err != nil {
				return err
			}
			if err := formats[form].write(stdout, c); err != nil {
				return err
			}
			return judge(c, conditions)
		},
	}
	cmd.Flags().StringVar(&name, "format", "terminal", "one of "+formatNames())
	cmd.Flags().StringArrayVar(&gates, "fail-if", nil, "exit code 99 when this holds, such as 'worse_ratio>1.03'; commas separate several")
	return cmd
}

// compareRuns compares the run in folder dirB with that in dirA. If their plans differ it fails, and writes a line for each difference to stderr.
func compareRuns(stderr io.Writer, dirA, dirB string) (*compare.Comparison, error) {
	a, err := readRun(dirA)
	if err != nil {
		return nil, err
	}
	b, err := readRun(dirB)
	if err != nil {
		return nil, err
	}
	if refused := compare.Refused(a, b); len(refused) > 0 {
		for _, d := range refused {
			fmt.Fprintf(stderr, "%s: %s in A, %s in B\n", printable.Line(d.What), orNothing(d.A), orNothing(d.B))
		}
		return nil, mistake{errors.New("the two runs measured different things: make both by one plan")}
	}
	return compare.Of(a, b), nil
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return printable.Line(s)
}

// readRun reads the run in a folder, with the text of its plan.
func readRun(dir string) (compare.Input, error) {
	s, err := read(dir)
	if err != nil {
		return compare.Input{}, err
	}
	plan, err := os.ReadFile(filepath.Join(dir, planFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return compare.Input{}, err
	}
	return compare.Input{Study: s, Folder: dir, Plan: string(plan)}, nil
}

// judge returns an error that lists the broken gates, or names a gate on something that was not measured.
func judge(c *compare.Comparison, gates []compare.Gate) error {
	for _, run := range []compare.Run{c.A, c.B} {
		if len(gates) > 0 && run.Rounds < findings.Fewest {
			return fmt.Errorf("--fail-if: run %s has %s, and it takes %d to compare anything", run.Name, units.Plural(run.Rounds, "round"), findings.Fewest)
		}
	}
	var broken, unknown []string
	for _, g := range gates {
		for _, x := range g.Broken(c) {
			broken = append(broken, fmt.Sprintf("report: --fail-if %s: %s", g.Expr, words.Plain(words.Broken(x))))
		}
		if !g.Known(c) {
			unknown = append(unknown, fmt.Sprintf("--fail-if %s: no model has this figure in both runs beside three other servers, which separate its change from the machine's", g.Expr))
		}
	}
	if len(gates) > 0 {
		for _, l := range c.Lost {
			if l.In == "B" {
				broken = append(broken, "report: --fail-if: "+words.Plain(words.Lost(l)))
			}
		}
	}
	switch {
	case len(broken) > 0:
		return gateFailed{errors.New(strings.Join(broken, "\n"))}
	case len(unknown) > 0:
		return errors.New(strings.Join(unknown, "; "))
	}
	return nil
}
