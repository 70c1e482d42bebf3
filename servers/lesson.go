package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"carousel/lessons"
)

// lessonCommand lists the tutorial's chapters, or runs the example of one. An example that fails sets code.
func lessonCommand(stdout, stderr io.Writer, code *int) *cobra.Command {
	return &cobra.Command{
		Use:     "lesson [N]",
		Short:   "Run the example of the tutorial's chapter N; without N, list the chapters",
		Example: "  servers lesson\n  servers lesson 5",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("%d lessons named: one at a time", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printLessons(stdout)
			}
			c, err := lessons.Find(args[0])
			if err != nil {
				return fmt.Errorf("%w: servers lesson lists them", err)
			}
			fmt.Fprintf(stdout, "Chapter %d: %s\n\n", c.Number(), c.Title)
			if err := c.Example(stdout); err != nil {
				fmt.Fprintf(stderr, "servers: lesson %d: %v\n", c.Number(), err)
				*code = exitFailed
				return nil
			}
			_, err = fmt.Fprintf(stdout, "\nThe code:     lessons/%s/example.go\nThe exercise: lessons/%[1]s/exercise.go, then go test -tags exercise ./lessons/%[1]s\n"+
				"The model:    %s\n", c.Folder, modelCommands(c.Models))
			return err
		},
	}
}

// modelCommands returns the commands that start the models.
func modelCommands(names []string) string {
	var commands []string
	for _, name := range names {
		commands = append(commands, "servers --model "+name)
	}
	return strings.Join(commands, ", ")
}

func printLessons(w io.Writer) error {
	for _, c := range lessons.Chapters {
		if _, err := fmt.Fprintf(w, "%2d  %s (%s)\n    %s\n", c.Number(), c.Title, strings.Join(c.Models, ", "), c.Idea); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w, "\nlesson N runs the example of chapter N and names its exercise. An editor sees the exercises if it is\n"+
		"started with GOFLAGS=-tags=exercise in its environment.")
	return err
}
