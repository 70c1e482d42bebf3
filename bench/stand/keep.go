package stand

import (
	"os"

	"github.com/spf13/cobra"

	"carousel/internal/child"
)

// keep is the keeper of a server of the user's own: this very program, which keeps all that the server leaves behind.
func keep() (keeper []string, err error) {
	self, err := os.Executable()
	return []string{self, "keep"}, err
}

// KeepCommand is the keeper; its exit code is that of the command it keeps.
func KeepCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keep COMMAND", Short: "run a command, and end all that it leaves behind", Hidden: true, DisableFlagParsing: true, Args: cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, command []string) error {
			code, err := child.Keep(command)
			if err != nil {
				return err
			}
			os.Exit(code)
			return nil
		},
	}
}
