// Package save writes reply bodies to files of their own in one folder.
//
// Files never collide, not even with those of another process: each is created, and no existing one is opened. None lies
// outside the folder. A file that could not be finished is removed, so all are whole.
package save

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"carousel/loadgen/record"
)

const (
	// Writers is how many goroutines write the bodies passed to Put.
	Writers = 4

	// waiting is how many bodies may wait for a writer; with more, Put waits.
	waiting = 64
)

// Files is a folder that bodies are saved to.
type Files struct {
	root     *os.Root
	create   func(name string) (io.WriteCloser, error)
	sequence atomic.Int64
	jobs     chan job // nil: Put writes the bodies itself
	pending  sync.WaitGroup
	writers  sync.WaitGroup

	mu    sync.Mutex
	spare [][]byte // buffers of bodies that were written
}

// Body is a body to save, with the parts of its file's name.
type Body struct {
	Stem       string // see Stem
	Extension  string // see Extension
	Connection int
	Bytes      []byte
}

type job struct {
	Body
	done func(record.Class)
}

// Open creates dir if it is missing. With inline, Put writes the bodies itself; else goroutines do.
func Open(dir string, inline bool) (*Files, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	f := &Files{root: root}
	f.create = func(name string) (io.WriteCloser, error) {
		return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	}
	if !inline {
		f.jobs = make(chan job, waiting)
		for range Writers {
			f.writers.Go(f.write)
		}
	}
	return f, nil
}

// Probe creates dir if it is missing, and returns an error if no file can be created in it. It does not check for free space.
func Probe(dir string) error {
	f, err := Open(dir, true)
	if err != nil {
		return err
	}
	defer f.Close()
	name, class, err := f.store(Body{Stem: ".loadgen"})
	switch class {
	case record.OK:
		return f.root.Remove(name)
	case record.SaveNoSpace:
		return nil
	}
	return err
}

// Put saves b and then calls done, on any goroutine, with record.OK or the class of the error. It may wait for earlier
// bodies to be written. Put keeps b.Bytes, and returns an empty buffer for the next body, which may have no capacity.
func (f *Files) Put(b Body, done func(record.Class)) (buffer []byte) {
	if f.jobs == nil {
		_, class, _ := f.store(b)
		done(class)
		return b.Bytes[:0]
	}
	f.pending.Add(1)
	f.jobs <- job{b, done}
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.spare) - 1; n >= 0 {
		buffer, f.spare = f.spare[n], f.spare[:n]
	}
	return buffer
}

// Wait returns when all bodies are written, or have failed. Do not call Put meanwhile.
func (f *Files) Wait() { f.pending.Wait() }

// Close waits too. Do not call Put afterwards.
func (f *Files) Close() error {
	if f.jobs != nil {
		close(f.jobs)
	}
	f.writers.Wait()
	return f.root.Close()
}

func (f *Files) write() {
	for j := range f.jobs {
		_, class, _ := f.store(j.Body)
		f.mu.Lock()
		f.spare = append(f.spare, j.Bytes[:0])
		f.mu.Unlock()
		j.done(class)
		f.pending.Done()
	}
}

// store writes b to a new file.
func (f *Files) store(b Body) (name string, class record.Class, err error) {
	var file io.WriteCloser
	for {
		name = fmt.Sprintf("%s-%d-%d%s", b.Stem, b.Connection, f.sequence.Add(1), b.Extension)
		if file, err = f.create(name); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", classOf(err), err
	}
	_, err = file.Write(b.Bytes)
	if err = errors.Join(err, file.Close()); err != nil {
		_ = f.root.Remove(name)
		return "", classOf(err), err
	}
	return name, record.OK, nil
}

// classOf returns the class of an error in writing a file.
func classOf(err error) record.Class {
	for _, c := range []struct {
		err   error
		class record.Class
	}{
		{syscall.ENOSPC, record.SaveNoSpace},
		{syscall.EDQUOT, record.SaveNoSpace},
		{syscall.EFBIG, record.SaveNoSpace}, // a limit of this process
		{syscall.EROFS, record.SaveReadOnly},
		{fs.ErrPermission, record.SaveDenied},
	} {
		if errors.Is(err, c.err) {
			return c.class
		}
	}
	return record.SaveOther
}

// maxStem bounds the part of a file's name that comes from the path; names may have 255 bytes.
const maxStem = 100

// Stem returns the name of files for a path, without the extension, and the path's extension, or "" if it has none:
// "/image/3" gives "image-3", "/a/b.tgz?c" gives "a-b-c" and ".tgz", "/" gives "index".
func Stem(path string) (stem, extension string) {
	path, query, _ := strings.Cut(path, "?")
	if dot := strings.LastIndexByte(path, '.'); dot > strings.LastIndexByte(path, '/')+1 {
		if tail := path[dot+1:]; 0 < len(tail) && len(tail) <= 5 && !strings.Contains(plain(tail), "-") {
			path, extension = path[:dot], path[dot:]
		}
	}
	stem = strings.Trim(plain(path+"-"+query), "-")
	if stem == "" {
		stem = "index"
	}
	return stem[:min(len(stem), maxStem)], extension
}

// plain replaces everything but ASCII letters and digits by a dash.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
			return r
		}
		return '-'
	}, text)
}

// extensions are those of the media types a server of files is likely to send.
var extensions = map[string]string{
	"image/png":              ".png",
	"image/jpeg":             ".jpg",
	"image/gif":              ".gif",
	"image/webp":             ".webp",
	"image/svg+xml":          ".svg",
	"text/plain":             ".txt",
	"text/html":              ".html",
	"text/css":               ".css",
	"text/csv":               ".csv",
	"text/javascript":        ".js",
	"application/javascript": ".js",
	"application/json":       ".json",
	"application/pdf":        ".pdf",
	"application/xml":        ".xml",
	"application/zip":        ".zip",
}

// Extension returns the file extension of a media type, the value of Content-Type, such as ".png"; ".bin" if it is not known.
func Extension(contentType string) string {
	kind, _, _ := strings.Cut(contentType, ";")
	if known, ok := extensions[strings.ToLower(strings.TrimSpace(kind))]; ok {
		return known
	}
	return ".bin"
}
