// Command report turns a run folder into a report: README.md, report.html and pictures in the folder, a table on stdout.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"carousel/internal/printable"
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/internal/version"
	"carousel/report/draw"
	"carousel/report/findings"
	"carousel/report/page"
	"carousel/report/study"
	"carousel/report/text"
	"carousel/report/words"
)

func main() {
	debug.SetGCPercent(50) // so the peak is 1.5 times the live memory of a large run, not twice
	os.Exit(run(os.Stdout, os.Stderr, os.Args[1:]))
}

// mistake is a usage error.
type mistake struct{ error }

// run is the program: it returns the exit code.
func run(stdout, stderr io.Writer, args []string) int {
	cmd := &cobra.Command{
		Use: "report [results/RUN]", Version: version.Of("report"),
		Short: "Write a run's report: README.md, report.html and pictures into its folder, a table on stdout",
		Long: "Write a run's report: README.md, report.html and pictures into its folder, a table on stdout.\n" +
			"report.html is the same report for a browser, in one file: tables that sort, charts, and portraits that play.\n" +
			"Without an argument it takes the newest run under results/. The same trials give the same bytes.\n" +
			"Given results/truth, which \"make truth\" writes, it only draws the picture stall.png.",
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
	cmd.AddCommand(compareCommand(stdout, stderr))
	cmd.CompletionOptions.DisableDefaultCmd = true
	cmd.SetHelpCommand(&cobra.Command{Hidden: true})
	cmd.SetArgs(append([]string{}, args...)) // nil would mean the arguments of the process
	cmd.SetVersionTemplate("{{.Version}}\n")
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return mistake{err} })

	called, err := cmd.ExecuteC()
	var wrong mistake
	var failed gateFailed
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		fmt.Fprintln(stderr, err)
		return exitGate
	case errors.As(err, &wrong):
		fmt.Fprintf(stderr, "report: %v (see %s --help)\n", err, called.CommandPath())
		return 2
	}
	fmt.Fprintf(stderr, "report: %v\n", err)
	return 1
}

// newest returns the folder under root of the run that started last, of the runs that have trials.
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

// report writes the report of the run in folder dir or, if dir holds a stall, its picture.
func report(stdout, stderr io.Writer, dir string) error {
	if s, err := result.ReadStall(dir); err == nil {
		return stall(stderr, s, dir)
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		return err
	}
	s, err := read(dir)
	if err != nil {
		return err
	}
	all, err := s.Portraits(dir)
	if err != nil {
		return err
	}
	for _, why := range s.Undrawn {
		fmt.Fprintf(stderr, "report: a portrait is left out: %s\n", printable.Line(why))
	}
	f := findings.Of(s)
	pictures, err := draw.Draw(f)
	if err != nil {
		return err
	}
	drawn, err := draw.Portraits(all)
	if err != nil {
		return err
	}
	maps.Copy(pictures, drawn)
	var readme bytes.Buffer
	if err := text.Markdown(&readme, f, all, pictures); err != nil {
		return err
	}
	record, err := f.JSON()
	if err != nil {
		return err
	}
	files := map[string][]byte{readmeFile: readme.Bytes(), findings.File: record}
	maps.Copy(files, pictures)
	plan, err := os.ReadFile(filepath.Join(dir, planFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if files[words.PageFile], err = page.Of(f, all, string(plan)); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := maybe.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return err
		}
	}
	if err := sweep(dir, files); err != nil {
		return err
	}
	if err := text.Terminal(stdout, f, width(stdout)); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "report: wrote %s, %s, %s and %s beside it\n", filepath.Join(dir, readmeFile), words.PageFile, findings.File, units.Plural(len(pictures), "picture"))
	return nil
}

// read reads the run in folder dir. It returns an error if the run has no trials.
func read(dir string) (*study.Study, error) {
	if info, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, mistake{fmt.Errorf("%s is no run folder: it must hold %s and %s", dir, result.RunFile, result.TrialsFile)}
	}
	r, err := result.ReadRun(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mistake{fmt.Errorf("%s is no run folder: it has no %s", dir, result.RunFile)}
	}
	if err != nil {
		return nil, err
	}
	s := study.Begin(*r)
	flaws, err := result.Each(dir, study.Unpack, s.Add)
	if err != nil {
		return nil, err
	}
	s.End(flaws)
	if len(s.Trials) == 0 {
		return nil, fmt.Errorf("%s has no trials: continue it with \"bench --resume %s\"", dir, dir)
	}
	return s, nil
}

// oldPage is a page that played portraits; report.html plays them now.
const oldPage = "portraits.html"

// sweep removes oldPage, and the pictures of portraits that are not among the files written now.
func sweep(dir string, written map[string][]byte) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range list {
		name := entry.Name()
		drawn := name == words.PortraitsFile || name == oldPage || strings.HasPrefix(name, words.PortraitPrefix) && strings.HasSuffix(name, ".png")
		if written[name] == nil && drawn && entry.Type().IsRegular() {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// stall draws what load generators reported about a server that stood still.
func stall(stderr io.Writer, s *result.Stall, dir string) error {
	png, err := draw.Stall(s)
	if err != nil {
		return err
	}
	if err := maybe.WriteFile(filepath.Join(dir, draw.StallPicture), png, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "report: wrote %s\n", filepath.Join(dir, draw.StallPicture))
	return nil
}

// readmeFile is the report itself.
const readmeFile = "README.md"

// planFile is the plan that bench wrote into the run's folder.
const planFile = "plan.yaml"

// usual is the largest width of a line of the table if the width of the terminal is not known.
const usual = 100

// width returns the largest width of a line on w.
func width(w io.Writer) int {
	if f, is := w.(*os.File); is {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return columns
	}
	return usual
}
