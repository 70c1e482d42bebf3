package main

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"carousel/lessons"
)

func TestLesson(t *testing.T) {
	failing := lessons.Chapter{Folder: "98-failing", Title: "Failing", Models: []string{"epoll"}, Idea: "An example that fails.",
		Example: func(io.Writer) error { return errors.New("no such luck") }}
	fine := lessons.Chapter{Folder: "99-fine", Title: "Fine", Models: []string{"poll", "epoll"}, Idea: "One that does not.",
		Example: func(out io.Writer) error { _, err := io.WriteString(out, "as it went\n"); return err }}
	defer func(kept []lessons.Chapter) { lessons.Chapters = kept }(lessons.Chapters)
	lessons.Chapters = []lessons.Chapter{failing, fine}
	for _, c := range []struct {
		args        string
		code        int
		out, errors string // parts of what it prints
	}{
		{"lesson", 0, "98  Failing (epoll)\n    An example that fails.\n99  Fine (poll, epoll)\n", ""},
		{"lesson", 0, "GOFLAGS=-tags=exercise", ""},
		{"lesson 99", 0, "Chapter 99: Fine\n\nas it went\n", ""},
		{"lesson 99", 0, "go test -tags exercise ./lessons/99-fine\n", ""},
		{"lesson 99", 0, "servers --model poll, servers --model epoll\n", ""},
		{"lesson 98", exitFailed, "Chapter 98", "servers: lesson 98: no such luck\n"},
		{"lesson 7", exitUsage, "", `servers: no lesson "7": they are numbered 98 to 99: servers lesson lists them`},
		{"lesson epoll", exitUsage, "", `no lesson "epoll"`},
		{"lesson 98 99", exitUsage, "", "2 lessons named: one at a time"},
		{"lesson --model epoll", exitUsage, "", "unknown flag: --model: see servers --help"},
		{"lesson --help", 0, "servers lesson 5", ""},
		{"--help", 0, "lesson ", ""},
		{"epoll", exitUsage, "", `argument "epoll": a model is named by --model`},
	} {
		var stdout, stderr bytes.Buffer
		code := run(&stdout, &stderr, strings.Fields(c.args))
		if code != c.code || !strings.Contains(stdout.String(), c.out) || !strings.Contains(stderr.String(), c.errors) || (code == 0) != (stderr.Len() == 0) {
			t.Errorf("servers %s: exit code %d, want %d\nstdout %q, want %q\nstderr %q, want %q", c.args, code, c.code, &stdout, c.out, &stderr, c.errors)
		}
	}
}

// TestLessonsModels checks that every model that a chapter leads to is in the table of models.
func TestLessonsModels(t *testing.T) {
	for _, c := range lessons.Chapters {
		for _, name := range c.Models {
			if !slices.ContainsFunc(models, func(m model) bool { return m.name == name && !m.hidden }) {
				t.Errorf("chapter %s leads to %q, which is no model", c.Folder, name)
			}
		}
	}
}
