package cli

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/loadgen/verdict"
)

// columns is the width of the help, and column the place at which the explanation of a flag begins.
const (
	columns = 80
	column  = 27
)

// texts are the pages of the help. The manual page rewraps their paragraphs, but keeps lines that begin with two spaces.
//
//go:embed help
var texts embed.FS

// topic is a page that "loadgen help NAME" prints.
type topic struct{ name, short string }

var topics = []topic{
	{"load", "closed and open loops, rates, bursts, warm-up, ctrl-C"},
	{"requests", "targets, bodies, mixes, redirects, downloads"},
	{"connections", "keep-alive, pipelining, slow readers, sources, engines"},
	{"tls", "https and certificates"},
	{"checks", "what counts as a good reply; the verdict on the figures"},
	{"gates", "--fail-if, and all metrics"},
	{"comparing", "several servers, loaded in turns: --vs"},
	{"searching", "the highest load that meets conditions: --find-max"},
	{"files", "output, files for other tools, traces"},
	{"exit", "exit codes"},
}

// page returns the help page of that name.
func page(name string) string {
	text, err := texts.ReadFile("help/" + name + ".txt")
	if err != nil {
		panic(err) // it is built in
	}
	if name == "gates" {
		return string(text) + "  " + wrap(strings.Join(verdict.Metrics(), " "), columns, 2) + "\n"
	}
	return string(text)
}

// helpCommand prints the whole help, a topic, or the details of a flag.
func helpCommand() *cobra.Command {
	words := make([]string, len(topics))
	for i, t := range topics {
		words[i] = t.name + "\t" + t.short
	}
	return &cobra.Command{
		Use:                "help [topic|flag]",
		Short:              "this help, a topic below, or details of a flag",
		ValidArgsFunction:  firstOnly(words),
		DisableFlagParsing: true, // so that help --flag reaches RunE
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.Join(args, " ")
			if name == "" || name == "-h" || name == "--help" {
				return cmd.Root().Help()
			}
			if strings.HasPrefix(name, "-") {
				return writeFlag(cmd.OutOrStdout(), cmd.Root().Flags(), name)
			}
			if slices.ContainsFunc(topics, func(t topic) bool { return t.name == name }) {
				_, err := io.WriteString(cmd.OutOrStdout(), page(name))
				return err
			}
			if inner, rest, err := cmd.Root().Find(args); err == nil && inner != cmd.Root() && len(rest) == 0 {
				return inner.Help()
			}
			if cmd.Root().Flags().Lookup(name) != nil {
				return writeFlag(cmd.OutOrStdout(), cmd.Root().Flags(), "--"+name)
			}
			return fmt.Errorf("help %s: no such topic; there are %s", name, names(topics))
		},
	}
}

// writeFlag writes the help line of a flag and every paragraph of the topics that names it.
func writeFlag(w io.Writer, flags *pflag.FlagSet, name string) error {
	f := flags.Lookup(strings.TrimLeft(name, "-"))
	if f == nil && len(name) == 2 {
		f = flags.ShorthandLookup(name[1:])
	}
	if f == nil {
		return fmt.Errorf("help %s: no such flag; loadgen --help lists all flags", name)
	}
	var b strings.Builder
	b.WriteString(entry(spelled(f), explained(f)))
	named := regexp.MustCompile(`(^|[\s('])(--` + f.Name + `|` + regexp.QuoteMeta(typed(f)) + `)($|[\s,.;:)'])`)
	for _, t := range topics {
		heading := "\nFrom loadgen help " + t.name + ":\n"
		for paragraph := range strings.SplitSeq(strings.TrimSpace(page(t.name)), "\n\n") {
			if named.MatchString(paragraph) {
				b.WriteString(heading + "\n" + paragraph + "\n")
				heading = ""
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// firstOnly completes the first argument with words, and later ones with nothing.
func firstOnly(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

func names(topics []topic) string {
	var all []string
	for _, t := range topics {
		all = append(all, t.name)
	}
	return strings.Join(all, " ")
}

// writeHelp writes the --help of cmd.
func writeHelp(cmd *cobra.Command) {
	var b strings.Builder
	list := func(heading string, flags []*pflag.Flag) {
		fmt.Fprintf(&b, "\n%s:\n", heading)
		for _, f := range flags {
			b.WriteString(entry(spelled(f), explained(f)))
		}
	}
	whole := cmd == cmd.Root()
	if whole {
		fmt.Fprintf(&b, "%s\n\nExamples:\n%s\nUsage:\n  %s\n\n%s", cmd.Short, page("examples"), cmd.UseLine(), page("targets"))
		for _, g := range groups {
			list(g.heading, g.flags(cmd.Flags()))
		}
	} else {
		fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(cmp.Or(cmd.Long, cmd.Short)), cmd.UseLine())
		cmd.InitDefaultHelpFlag()
		cmd.Flag("help").Usage = "this help"
		list("Flags", group{}.flags(cmd.Flags()))
	}
	if cmd.HasSubCommands() {
		b.WriteString("\nCommands:\n")
	}
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			b.WriteString(entry("  "+c.Use, c.Short))
		}
	}
	if whole {
		b.WriteString("\nTopics (loadgen help TOPIC):\n")
		for _, t := range topics {
			fmt.Fprintf(&b, "  %-12s  %s\n", t.name, t.short)
		}
	}
	io.WriteString(cmd.OutOrStdout(), b.String())
}

// flags are the visible flags of g; without a heading, those in no group.
func (g group) flags(all *pflag.FlagSet) (flags []*pflag.Flag) {
	all.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && strings.Join(f.Annotations[heading], "") == g.heading {
			flags = append(flags, f)
		}
	})
	return flags
}

// entry is a name with its explanation beside it, or below it if the name is long.
func entry(name, text string) string {
	if len(name) >= column {
		return name + "\n" + strings.Repeat(" ", column) + wrap(text, columns, column) + "\n"
	}
	return fmt.Sprintf("%-*s%s\n", column, name, wrap(text, columns, column))
}

// spelled is a flag with its short form and the name of its value.
func spelled(f *pflag.Flag) string {
	short := "    "
	if f.Shorthand != "" {
		short = "-" + f.Shorthand + ", "
	}
	return strings.TrimRight("  "+short+"--"+f.Name+" "+strings.Join(f.Annotations[valueOf], ""), " ")
}

// explained is the help text of a flag, with its default.
func explained(f *pflag.Flag) string {
	if slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) || strings.Contains(f.Usage, "(default") {
		return f.Usage
	}
	return f.Usage + " (default " + f.DefValue + ")"
}

// wrap breaks text into lines of at most width columns. All lines are indented by indent columns; the caller writes the first indent.
func wrap(text string, width, indent int) string {
	var b strings.Builder
	used := indent
	for i, word := range strings.Fields(text) {
		switch n := len([]rune(word)); {
		case i == 0:
			used += n
		case used+1+n > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			used = indent + n
		default:
			b.WriteByte(' ')
			used += 1 + n
		}
		b.WriteString(word)
	}
	return b.String()
}
