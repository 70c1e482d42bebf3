package result

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/renameio/v2/maybe"
)

// The files of a run's folder.
const (
	RunFile    = "run.json"
	TrialsFile = "trials.jsonl"
)

// Append appends trials to trials.jsonl in folder dir, which must exist, one line each, in a single write, and syncs the file. It never rewrites
// what is there: after an incomplete last line it starts a new one. Only one process may write to a run at a time.
func Append(dir string, trials ...Trial) (err error) {
	var lines []byte
	for _, t := range trials {
		line, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("trial %d of round %d: %w", t.Order, t.Round, err)
		}
		lines = append(append(lines, line...), '\n')
	}

	f, err := os.OpenFile(filepath.Join(dir, TrialsFile), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			lines = append([]byte{'\n'}, lines...)
		}
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if size == 0 {
		return syncDir(dir)
	}
	return nil
}

// WriteRun writes r to run.json in folder dir, which must exist, as WriteFile does.
func WriteRun(dir string, r *Run) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return WriteFile(filepath.Join(dir, RunFile), append(text, '\n'))
}

// WriteFile replaces the file path with text, atomically (except on Windows, which cannot), and syncs it. It writes directly to
// a path that is not a regular file, such as /dev/stdout or a pipe.
func WriteFile(path string, text []byte) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return errors.Join(err, f.Close())
	}
	if err := maybe.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncDir(filepath.Dir(path))
}

// Stream replaces the file path with what write writes, as WriteFile does, without holding it in memory. It returns the error of write or
// its own.
func Stream(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	dir, name := filepath.Split(path)
	f, err := os.OpenFile(fmt.Sprintf("%s.%s-%08x", dir, name, rand.Uint32()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if err = errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// StreamGzip is Stream, but compresses the file if its name ends in .gz.
func StreamGzip(path string, write func(io.Writer) error) error {
	if !strings.EqualFold(filepath.Ext(path), ".gz") {
		return Stream(path, write)
	}
	return Stream(path, func(w io.Writer) error {
		z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
		if err != nil {
			return err
		}
		return errors.Join(write(z), z.Close())
	})
}

// syncDir syncs folder dir, because syncing a file does not sync its directory entry.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder cannot be synced there
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
