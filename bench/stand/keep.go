package stand

import (
	"os"

	"github.com/spf13/cobra"

	"carousel/internal/child"
)

// keeperCommand returns the command of a guest's keeper: this program again, which adopts and ends all processes that the guest leaves.
func keeperCommand() (keeper []string, err error) {
	self, err := child.Self()
	return []string{self, "keep"}, err
}

// KeepCommand returns the command "keep", which runs a command, ends all processes that it leaves, and exits with its exit code.
func KeepCommand() *cobra.Command {
	return &cobra.Command{
		Use: "keep COMMAND", Short: "run a command, and end all processes that it leaves", Hidden: true, DisableFlagParsing: true, Args: cobra.MinimumNArgs(1),
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
