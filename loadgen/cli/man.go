package cli

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand prints the manual page.
func manCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "man",
		Short: "the manual page: loadgen man | man -l -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("man %s: it is one page, without a topic: loadgen man", args[0])
			}
			return nil
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(cmd.OutOrStdout(), manual(cmd.Root(), manualDate()))
			return err
		},
	}
}

// manualDate returns the day of SOURCE_DATE_EPOCH, or else of the commit that this program was built from, so that the same source gives the same
// page; "" if neither is known.
func manualDate() string {
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC().Format(time.DateOnly)
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.time" && len(setting.Value) >= len(time.DateOnly) {
				return setting.Value[:len(time.DateOnly)]
			}
		}
	}
	return ""
}

// manual returns the manual page in the format of man(7), from the texts of the help.
func manual(root *cobra.Command, date string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	list := func(flags []*pflag.Flag) {
		for _, f := range flags {
			line(".TP\n.B %s\n%s", roff(strings.TrimSpace(spelled(f))), roff(explained(f)))
		}
	}
	line(".TH LOADGEN 1 %q loadgen %q", date, "User Commands")
	line(".nh\n.ad l\n.SH NAME\nloadgen \\- send requests to a server and report what happened")
	line(".SH SYNOPSIS\n.B loadgen\n.RI [ flags ]\n.RI [ target ...]")
	for _, c := range root.Commands() {
		if !c.Hidden {
			line(".br\n.B loadgen %s", roff(c.Use))
		}
	}
	line(".SH DESCRIPTION")
	b.WriteString(prose(page("targets")))
	for _, t := range topics {
		if t.name != "exit" {
			line(".SS %s", roff(strings.ToUpper(t.name[:1])+t.name[1:]+": "+t.short))
			b.WriteString(prose(page(t.name)))
		}
	}
	line(".SH OPTIONS")
	for _, g := range groups {
		line(".SS %s", roff(g.heading))
		list(g.flags(root.Flags()))
	}
	line(".SH COMMANDS")
	for _, c := range root.Commands() {
		if c.Hidden {
			continue
		}
		line(".SS loadgen %s", roff(c.Use))
		b.WriteString(prose(cmp.Or(c.Long, c.Short)))
		list(slices.DeleteFunc(group{}.flags(c.Flags()), func(f *pflag.Flag) bool { return f.Name == "help" }))
	}
	line(".SH EXAMPLES")
	b.WriteString(prose(page("examples")))
	line(".SH EXIT STATUS")
	b.WriteString(prose(page("exit")))
	line(".SH FILES\nloadgen reads and writes only files that the command line names.")
	line(".SH SEE ALSO\n.BR curl (1),\n.BR jq (1)")
	return b.String()
}

// prose converts a text of the help: it refills paragraphs, and keeps lines that begin with two spaces.
func prose(text string) string {
	var b strings.Builder
	literal := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if kept, is := strings.CutPrefix(line, "  "); is {
			if !literal {
				b.WriteString(".IP\n.EX\n")
			}
			literal, line = true, kept
		} else if literal && line != "" {
			b.WriteString(".EE\n.PP\n")
			literal = false
		}
		if line == "" && !literal {
			b.WriteString(".PP\n")
		} else if line != "" {
			b.WriteString(roff(line) + "\n")
		}
	}
	if literal {
		b.WriteString(".EE\n")
	}
	return strings.ReplaceAll(b.String(), ".PP\n.IP\n", ".IP\n")
}

// roff escapes text for roff. Hyphens and quotes stay ASCII, so that examples can be pasted into a shell.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		return `\&` + text
	}
	return text
}
