package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/internal/sock"
	"carousel/internal/story"
	"carousel/internal/traceevent"
	"carousel/servers/prefork"
)

// packed are the file name endings of compressions other than gzip.
var packed = []string{".br", ".bz2", ".lz4", ".xz", ".zip", ".zst"}

// writable returns an error if a trace cannot be written to file.
func writable(file string) error {
	switch ending := strings.ToLower(filepath.Ext(file)); {
	case file == "":
		return errors.New("--trace is \"\": it names a file, such as trace.json.gz")
	case file == "-":
		return errors.New("--trace is \"-\": it names a file, stdout is for READY and the usage line")
	case slices.Contains(packed, ending):
		return fmt.Errorf("--trace is %q: it is compressed as .gz or not at all, so no file here ends in %s", file, ending)
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

// workersTraces is the environment variable with the folder in which workers leave their traces for their parent.
const workersTraces = "CAROUSEL_TRACES"

// workersMost is the environment variable with the number of events that a worker keeps: all go into one file.
const workersMost = "CAROUSEL_TRACES_MOST"

// storyBegan is the environment variable with the instant at which the parent of this process began their story.
const storyBegan = "CAROUSEL_STORY_BEGAN"

// recorder keeps the story of this process and writes its trace. A nil *recorder does neither.
type recorder struct {
	story  *story.Story
	stderr io.Writer
	model  string
	most   int    // events that the trace holds
	share  int    // the events of these that each worker may keep
	file   string // of the trace, "" for none
	dir    string // of workers' traces
	worker bool   // this process is one
}

// begin begins the story of this process, if --narrate or --trace is set.
func begin(stderr io.Writer, model string, o options) (*recorder, error) {
	if !o.narrate && o.trace == "" {
		return nil, nil
	}
	r := &recorder{stderr: stderr, model: model, file: o.trace, most: story.DefaultMaxEvents}
	if o.trace != "" {
		if err := r.openFolder(o.count); err != nil {
			return nil, err
		}
	}
	how := story.Options{Trace: o.trace != "", MaxEvents: r.most, Peer: sock.Peer, Process: prefork.Name()}
	how.Began, _ = strconv.ParseInt(os.Getenv(storyBegan), 10, 64)
	if o.narrate {
		how.Narrate = stderr
	}
	r.story = story.Begin(how)
	return r, os.Setenv(storyBegan, strconv.FormatInt(r.story.Clock(), 10))
}

// openFolder finds, or makes, the folder for the traces of workers.
func (r *recorder) openFolder(workers int) (err error) {
	r.dir = os.Getenv(workersTraces)
	if r.worker = sock.Inherited() && r.dir != ""; r.worker {
		r.file = filepath.Join(r.dir, fmt.Sprintf("%06d-%d.json", prefork.Number(), os.Getpid()))
		r.most, err = strconv.Atoi(os.Getenv(workersMost))
		return errors.Join(err, os.WriteFile(r.file, nil, 0o600)) // a file that stays empty marks a killed worker
	}
	if r.dir, err = os.MkdirTemp("", "carousel-traces-"); err != nil {
		return err
	}
	r.share = r.most / max(1, workers)
	return errors.Join(os.Setenv(workersTraces, r.dir), os.Setenv(workersMost, strconv.Itoa(r.share)))
}

// finish writes the trace, after the model has ended.
func (r *recorder) finish() error {
	if r == nil || r.file == "" {
		return nil
	}
	name, workers, killed := "servers "+r.model, []*traceevent.File(nil), 0
	if r.worker {
		name = fmt.Sprintf("%s, process %d", prefork.Name(), os.Getpid())
	} else {
		var err error
		if workers, killed, err = traces(r.dir); err != nil {
			return err
		}
	}
	about := map[string]any{"model": r.model, "command": strings.Join(os.Args, " "), "processors": runtime.NumCPU()}
	var dropped int64
	err := result.StreamGzip(r.file, func(w io.Writer) (err error) {
		dropped, err = r.story.Write(w, name, about, workers)
		return err
	})
	if err != nil {
		return fmt.Errorf("--trace %s was not written: %w", r.file, err)
	}
	if r.worker {
		return nil // its parent reports what is missing
	}
	if killed > 0 {
		fmt.Fprintf(r.stderr, "servers: --trace %s: the turns of workers that were killed are not in it: %d\n", r.file, killed)
	}
	if dropped > 0 {
		limit := fmt.Sprintf("%d at most", r.most)
		if len(workers) > 0 {
			limit += fmt.Sprintf(", %d of each worker", r.share)
		}
		fmt.Fprintf(r.stderr, "servers: --trace %s: the last %d events are not in it, for it holds %s\n", r.file, dropped, limit)
	}
	return nil
}

// tidy removes the folder of the workers' traces.
func (r *recorder) tidy() {
	if r != nil && !r.worker && r.dir != "" {
		os.RemoveAll(r.dir)
	}
}

// traces reads the traces that workers left in dir; killed counts the workers that left an empty one.
func traces(dir string) (all []*traceevent.File, killed int, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, 0, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, 0, err
		}
		if len(text) == 0 {
			killed++
			continue
		}
		f, err := traceevent.Parse(text)
		if err != nil {
			return nil, 0, fmt.Errorf("the trace of a worker: %w", err)
		}
		all = append(all, f)
	}
	return all, killed, nil
}
