package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/traceevent"
)

// writable is why a trace cannot be written to a file, as far as is known before there is one; nil for no file.
func writable(file string) error {
	if file == "" {
		return nil
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("--trace is %q: it is a folder, name a file", file)
	}
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("--trace is %q: there is no folder %s", file, dir)
	}
	return nil
}

// workersTraces in the environment is the folder that a worker leaves its trace in.
const workersTraces = "CAROUSEL_TRACES"

// begin begins the story of this process, if there is to be one. finish writes the trace; it is called when all is over.
func begin(stderr io.Writer, model string, o options) (finish func() error, err error) {
	if !o.narrate && o.trace == "" {
		return func() error { return nil }, nil
	}
	how := story.Options{Trace: o.trace != "", Peer: sock.Peer}
	if o.narrate {
		how.Narrate = stderr
	}
	if o.trace == "" {
		story.Begin(how)
		return func() error { return nil }, nil
	}
	dir := os.Getenv(workersTraces)
	worker := sock.Inherited() && dir != ""
	if !worker {
		if dir, err = os.MkdirTemp("", "carousel-traces-"); err != nil {
			return nil, err
		}
		if err := os.Setenv(workersTraces, dir); err != nil {
			return nil, err
		}
	}
	s := story.Begin(how)
	return func() error {
		name, file, workers := "servers "+model, o.trace, []*traceevent.File(nil)
		if worker {
			name, file = fmt.Sprintf("worker %d", os.Getpid()), filepath.Join(dir, fmt.Sprintf("%d.json", os.Getpid()))
		} else {
			defer os.RemoveAll(dir)
			if workers, err = traces(dir); err != nil {
				return err
			}
		}
		other := map[string]any{"model": model, "command": strings.Join(os.Args, " "), "processors": runtime.NumCPU()}
		var dropped int64
		err := result.Stream(file, func(w io.Writer) (err error) {
			if !strings.HasSuffix(file, ".gz") {
				dropped, err = s.Write(w, name, other, workers)
				return err
			}
			z := gzip.NewWriter(w)
			dropped, err = s.Write(z, name, other, workers)
			return errors.Join(err, z.Close())
		})
		if err != nil {
			return fmt.Errorf("--trace %s was not written: %w", file, err)
		}
		if dropped > 0 {
			fmt.Fprintf(stderr, "servers: --trace %s: the last %d events are not in it, for it holds %d at most\n", file, dropped, story.Most)
		}
		return nil
	}, nil
}

// traces reads what workers have left in a folder.
func traces(dir string) (all []*traceevent.File, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		f, err := traceevent.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("the trace of a worker: %w", err)
		}
		all = append(all, f)
	}
	return all, nil
}
