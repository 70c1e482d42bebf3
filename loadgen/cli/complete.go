package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"carousel/loadgen/verdict"
)

// valueOf is the annotation of a flag that names its value: the word between backquotes of its help, or its type.
const valueOf = "value"

// finish removes the backquotes from the help of all flags of cmd, because shells show it. It makes shells complete the name of a file if the
// value is called FILE, of a folder if it is called DIR, a metric for CONDITION, and after @ a file for TEXT.
func finish(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value, help := pflag.UnquoteUsage(f)
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		f.Annotations[valueOf], f.Usage = []string{value}, help
		switch value {
		case "FILE":
			must(cmd.RegisterFlagCompletionFunc(f.Name, completes(cobra.ShellCompDirectiveDefault)))
		case "DIR":
			must(cmd.RegisterFlagCompletionFunc(f.Name, completes(cobra.ShellCompDirectiveFilterDirs)))
		case "CONDITION":
			must(cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(verdict.Metrics(), cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)))
		case "TEXT":
			must(cmd.RegisterFlagCompletionFunc(f.Name, afterAt))
		}
	})
}

// completes returns a completion without words of its own.
func completes(directive cobra.ShellCompDirective) cobra.CompletionFunc {
	return cobra.FixedCompletions(nil, directive)
}

// afterAt offers files after an @, as --body takes them.
func afterAt(_ *cobra.Command, _ []string, typed string) (offered []cobra.Completion, _ cobra.ShellCompDirective) {
	path, is := strings.CutPrefix(typed, "@")
	if !is {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	folder, _ := filepath.Split(path)
	entries, _ := os.ReadDir(cmp.Or(folder, ".")) // no files if the folder cannot be read
	directive := cobra.ShellCompDirectiveNoFileComp
	for _, entry := range entries {
		name := folder + entry.Name()
		if entry.IsDir() {
			name += "/"
		}
		if strings.HasPrefix(name, path) {
			offered = append(offered, "@"+name)
		}
	}
	if len(offered) == 1 && strings.HasSuffix(offered[0], "/") {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return offered, directive
}

func must(err error) {
	if err != nil {
		panic(err) // a flag that is not defined, or one that offers words already
	}
}
