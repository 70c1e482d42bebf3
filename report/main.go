// Command report turns a run folder into a report: README.md and pictures in the folder, a table on stdout.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"

	"carousel/internal/result"
	"carousel/report/findings"
	"carousel/report/study"
)

func main() {
	debug.SetGCPercent(50) // a run of a hundred thousand trials takes half as much memory again as it needs, and not twice as much
	os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]))
}

// mistake is an error in what was asked for, which a run of the program cannot mend.
type mistake struct{ error }

// run is the program: it returns the exit code.
func run(stdout, stderr io.Writer, args []string) int {
	cmd := &cobra.Command{
		Use:   "report [results/RUN]",
		Short: "Write a run's report: README.md and pictures into its folder, a table on stdout",
		Long: "Write a run's report: README.md and pictures into its folder, a table on stdout.\n" +
			"Without an argument it takes the newest run under results/. The same trials give the same bytes.",
		Example:       "  report results/20261122-210000\n  report",
		SilenceErrors: true, SilenceUsage: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return mistake{fmt.Errorf("%d folders: report takes one", len(args))}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return report(stdout, stderr, args[0])
			}
			dir, err := newest("results")
			if err != nil {
				return err
			}
			return report(stdout, stderr, dir)
		},
	}
	cmd.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return mistake{err} })

	err := cmd.Execute()
	var wrong mistake
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "report: %v (see report --help)\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "report: %v\n", err)
	return 1
}

// newest is the run folder under root that was started last, of those that have trials.
func newest(root string) (string, error) {
	folders, err := filepath.Glob(filepath.Join(root, "*", result.TrialsFile))
	if err != nil {
		return "", err
	}
	var dir string
	var last time.Time
	for _, file := range folders { // sorted by name, which decides between equals
		r, err := result.ReadRun(filepath.Dir(file))
		if err == nil && !r.Started.Before(last) {
			dir, last = filepath.Dir(file), r.Started
		}
	}
	if dir == "" {
		return "", mistake{fmt.Errorf("no run under %s%c: make one with \"make bench\", or name a run folder", root, filepath.Separator)}
	}
	return dir, nil
}

// report writes the report of the run in folder dir.
func report(stdout, stderr io.Writer, dir string) error {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return mistake{fmt.Errorf("%s is no run folder: it must hold %s and %s", dir, result.RunFile, result.TrialsFile)}
	}
	r, err := result.ReadRun(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return mistake{fmt.Errorf("%s is no run folder: it has no %s", dir, result.RunFile)}
	}
	if err != nil {
		return err
	}
	s := study.Begin(*r)
	flaws, err := result.Each(dir, study.Unpack, s.Add)
	if err != nil {
		return err
	}
	s.End(flaws)
	if len(s.Trials) == 0 {
		return fmt.Errorf("%s has no trials: go on with it by \"bench --resume %s\"", dir, dir)
	}

	record, err := findings.Of(s).JSON()
	if err != nil {
		return err
	}
	file := filepath.Join(dir, findings.File)
	if err := maybe.WriteFile(file, record, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "report: wrote %s\n", file)
	return nil
}
