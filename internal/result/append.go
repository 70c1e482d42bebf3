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

// Append adds trials to those of the run in folder dir, which must exist, a line each in one write, and returns when
// they are on the disk. What is there is never rewritten: after a line that an earlier writer left torn, the first starts on a
// fresh one. A run has one writer at a time.
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

// WriteRun writes r to run.json in folder dir, which must exist: whole or not at all, and on the disk when it returns.
func WriteRun(dir string, r *Run) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return WriteFile(filepath.Join(dir, RunFile), append(text, '\n'))
}

// WriteFile makes text the content of the file path: whole or not at all (except on Windows, which has no such
// promise), and on the disk when it returns. What is no file, such as /dev/stdout or a pipe, is written to as it is.
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

// Stream makes what write writes the content of the file path, as WriteFile does with a text: for what is too long to be in memory at once.
// The error is the first of write's and its own.
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

// StreamGzip is Stream, compressed where the file's name ends in .gz.
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

// syncDir makes new names in dir last: a file's own sync does not cover the entry that leads to it.
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
