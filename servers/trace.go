package main

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/traceevent"
	"carousel/servers/prefork"
)

// writable says why a trace could not be written to a file, before there is one; nil for no file.
func writable(file string) error {
	if file == "" {
		return nil
	}
	if file == "-" {
		return errors.New("--trace is \"-\": it names a file, stdout is for READY and the usage line")
	}
	switch info, err := os.Stat(file); {
	case err == nil && info.IsDir():
		return fmt.Errorf("--trace is %q: it is a folder, name a file in it", file)
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe, written to as it is
	}
	probe, err := os.CreateTemp(filepath.Dir(file), ".servers-*")
	if err != nil {
		return fmt.Errorf("--trace is %q: it cannot be written: %w", file, errors.Unwrap(err))
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// workersTraces in the environment is the folder in which workers leave their traces for their parent.
const workersTraces = "CAROUSEL_TRACES"

// workersMost in the environment is how many events a worker keeps: all end up in one file.
const workersMost = "CAROUSEL_TRACES_MOST"

// storyBegan in the environment is when the parent of this process began the story that both are part of.
const storyBegan = "CAROUSEL_STORY_BEGAN"

// recorder is the story of this process and where it goes. A nil *recorder has none.
type recorder struct {
	story  *story.Story
	stderr io.Writer
	model  string
	most   int    // events of the trace
	file   string // of the trace, "" for none
	dir    string // of workers' traces
	worker bool   // this process is one
}

// begin begins the story of this process, if there is to be one.
func begin(stderr io.Writer, model string, o options) (*recorder, error) {
	if !o.narrate && o.trace == "" {
		return nil, nil
	}
	r := &recorder{stderr: stderr, model: model, file: o.trace, most: story.Most}
	if o.trace != "" {
		if err := r.meet(o.count); err != nil {
			return nil, err
		}
	}
	how := story.Options{Trace: o.trace != "", Most: r.most, Peer: sock.Peer, Part: prefork.Name()}
	how.Began, _ = strconv.ParseInt(os.Getenv(storyBegan), 10, 64)
	if o.narrate {
		how.Narrate = stderr
	}
	r.story = story.Begin(how)
	return r, os.Setenv(storyBegan, strconv.FormatInt(r.story.Clock(), 10))
}

// meet finds, or makes, the folder of the traces of so many workers.
func (r *recorder) meet(workers int) (err error) {
	r.dir = os.Getenv(workersTraces)
	if r.worker = sock.Inherited() && r.dir != ""; r.worker {
		r.file = filepath.Join(r.dir, fmt.Sprintf("%06d-%d.json", prefork.Number(), os.Getpid()))
		r.most, err = strconv.Atoi(os.Getenv(workersMost))
		return err
	}
	if r.dir, err = os.MkdirTemp("", "carousel-traces-"); err != nil {
		return err
	}
	return errors.Join(os.Setenv(workersTraces, r.dir), os.Setenv(workersMost, strconv.Itoa(r.most/max(1, workers))))
}

// finish writes the trace. It is called when all is over.
func (r *recorder) finish() error {
	if r == nil || r.file == "" {
		return nil
	}
	name, what, workers := "servers "+r.model, "--trace "+r.file, []*traceevent.File(nil)
	if r.worker {
		what = "--trace, the part of " + prefork.Name()
		name = fmt.Sprintf("%s, process %d", prefork.Name(), os.Getpid())
	} else {
		var err error
		if workers, err = traces(r.dir); err != nil {
			return err
		}
	}
	about := map[string]any{"model": r.model, "command": strings.Join(os.Args, " "), "processors": runtime.NumCPU()}
	var dropped int64
	err := result.Stream(r.file, func(w io.Writer) (err error) {
		if !strings.HasSuffix(r.file, ".gz") {
			dropped, err = r.story.Write(w, name, about, workers)
			return err
		}
		z := gzip.NewWriter(w)
		dropped, err = r.story.Write(z, name, about, workers)
		return errors.Join(err, z.Close())
	})
	if err != nil {
		return fmt.Errorf("--trace %s was not written: %w", r.file, err)
	}
	if dropped > 0 {
		fmt.Fprintf(r.stderr, "servers: %s: the last %d events are not in it, for it holds %d at most\n", what, dropped, r.most)
	}
	return nil
}

// tidy removes the folder of the workers' traces.
func (r *recorder) tidy() {
	if r != nil && !r.worker && r.dir != "" {
		os.RemoveAll(r.dir)
	}
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
