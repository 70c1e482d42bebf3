package stand

import (
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"carousel/internal/child"
)

// startKept starts a server of the user's own below this very program, which keeps all that it leaves behind.
func startKept(cmd *exec.Cmd, cpus []int) (*child.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return child.StartTree(cmd, []string{self, "keep"}, cpus...)
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
