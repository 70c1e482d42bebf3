package save

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"carousel/loadgen/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string, inline bool) *Files {
	t.Helper()
	f, err := Open(dir, inline)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// Two savers on one folder, like two processes: every body has its own whole file, and files that were there before do
// not change.
func TestNoTwoFilesCollide(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	old := filepath.Join(dir, "image-3-0-1.png")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(old, []byte("old"), 0o644)); err != nil {
		t.Fatal(err)
	}
	const each = 100
	var failures atomic.Int64
	var all sync.WaitGroup
	var savers []*Files
	for saver := range 2 {
		f := open(t, dir, saver == 0)
		for connection := range 3 {
			all.Go(func() {
				buffer := []byte(nil)
				for i := range each {
					buffer = append(buffer, strings.Repeat(fmt.Sprintf("%d %d %d\n", saver, connection, i), 1+i*10)...)
					buffer = f.Put(Body{"image-3", ".png", connection, buffer}, func(class record.Class) {
						if class != record.OK {
							failures.Add(1)
						}
					})
					if len(buffer) != 0 {
						t.Errorf("a buffer for the next body holds %q", buffer)
					}
				}
			})
		}
		savers = append(savers, f)
	}
	all.Wait()
	for _, f := range savers {
		f.Wait()
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2*3*each+1 || failures.Load() > 0 {
		t.Fatalf("%d files, %d failures, %v", len(entries), failures.Load(), err)
	}
	bodies := map[string]int{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil || !regexp.MustCompile(`^image-3-[0-2]-[0-9]+\.png$`).MatchString(e.Name()) {
			t.Fatal(e.Name(), err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		bodies[line]++
		var saver, connection, i int
		if n, _ := fmt.Sscan(line, &saver, &connection, &i); n == 3 && string(text) != strings.Repeat(line+"\n", 1+i*10) {
			t.Errorf("%s is not what was saved", e.Name())
		}
	}
	if len(bodies) != 2*3*each+1 || bodies["old"] != 1 {
		t.Errorf("%d different bodies", len(bodies))
	}
}

// full is the device that always has no space (full(4)).
func full(string) (io.WriteCloser, error) { return os.OpenFile("/dev/full", os.O_WRONLY, 0) }

func TestErrors(t *testing.T) {
	refuse := func(err error) func(string) (io.WriteCloser, error) {
		return func(name string) (io.WriteCloser, error) { return nil, &os.PathError{Op: "open", Path: name, Err: err} }
	}
	for _, c := range []struct {
		name   string
		create func(string) (io.WriteCloser, error)
		want   record.Class
	}{
		{"full", full, record.SaveNoSpace},
		{"quota", refuse(syscall.EDQUOT), record.SaveNoSpace},
		{"read-only", refuse(syscall.EROFS), record.SaveReadOnly},
		{"denied", refuse(syscall.EACCES), record.SaveDenied},
		{"not permitted", refuse(syscall.EPERM), record.SaveDenied},
		{"out of descriptors", refuse(syscall.EMFILE), record.SaveOther},
	} {
		for _, inline := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, inline), func(t *testing.T) {
				if _, err := os.Stat("/dev/full"); err != nil && c.name == "full" {
					t.Skip(err)
				}
				f := open(t, t.TempDir(), inline)
				f.create = c.create
				var got [5]record.Class
				for i := range got {
					f.Put(Body{Stem: "x", Bytes: []byte("body")}, func(class record.Class) { got[i] = class })
				}
				f.Wait()
				for _, class := range got {
					if class != c.want {
						t.Fatalf("%v, want all %v", got, c.want)
					}
				}
			})
		}
	}
}

// half writes only a part of the bytes.
type half struct{ io.WriteCloser }

func (h half) Write(p []byte) (int, error) {
	n, _ := h.WriteCloser.Write(p[:len(p)/2])
	return n, syscall.ENOSPC
}

func TestUnfinishedFileIsRemoved(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir, true)
	create := f.create
	f.create = func(name string) (io.WriteCloser, error) {
		file, err := create(name)
		return half{file}, err
	}
	f.Put(Body{Stem: "x", Bytes: []byte("body")}, func(class record.Class) {
		if class != record.SaveNoSpace {
			t.Error(class)
		}
	})
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// gate is a disk that blocks until it is opened.
type gate struct{ open chan struct{} }

func (g gate) Write(p []byte) (int, error) { <-g.open; return len(p), nil }
func (g gate) Close() error                { return nil }

// Put waits if the writers are too slow, and no body is dropped.
func TestBackPressure(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := open(t, dir, false)
		disk := gate{make(chan struct{})}
		f.create = func(string) (io.WriteCloser, error) { return disk, nil }
		const bodies = 500
		var taken, written atomic.Int64
		go func() {
			for range bodies {
				f.Put(Body{Stem: "x"}, func(record.Class) { written.Add(1) })
				taken.Add(1)
			}
		}()
		synctest.Wait()
		if taken.Load() != waiting+Writers || written.Load() != 0 {
			t.Errorf("%d bodies were taken and %d written by a disk that stands still", taken.Load(), written.Load())
		}
		close(disk.open)
		synctest.Wait()
		if f.Wait(); written.Load() != bodies {
			t.Errorf("%d of %d bodies were written", written.Load(), bodies)
		}
	})
}

func TestProbe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	if err := Probe(dir); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v, %v: the folder must be there and empty", left, err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if Probe(file) == nil || Probe(filepath.Join(file, "below")) == nil {
		t.Error("a file passes for a folder")
	}
	if os.Geteuid() != 0 { // root may write anywhere
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		if Probe(dir) == nil {
			t.Error("a folder that may not be written to passes")
		}
	}
}

func TestStem(t *testing.T) {
	for path, want := range map[string]string{
		"/":                                      "index",
		"/image/3":                               "image-3",
		"/a/b.tgz?c=d":                           "a-b-c-d.tgz",
		"/a.b/c":                                 "a-b-c",
		"/.profile":                              "profile",
		"/../../etc/passwd":                      "etc-passwd",
		"/%2e%2e%2fetc":                          "2e-2e-2fetc",
		"/a\\..\\b":                              "a----b",
		"/a.":                                    "a",
		"/a.not an extension":                    "a-not-an-extension",
		"/a.toolong":                             "a-toolong",
		"/a.-":                                   "a",
		"/?q":                                    "q",
		"/" + "x" + "/\x00é\n":                   "x",
		"/" + strings.Repeat("y", 1000) + ".png": strings.Repeat("y", maxStem) + ".png",
	} {
		stem, extension := Stem(path)
		if got := stem + extension; got != want {
			t.Errorf("Stem(%q) = %q, want %q", path, got, want)
		}
	}
	for kind, want := range map[string]string{"image/png": ".png", "Text/HTML; charset=utf-8": ".html", "": ".bin", "../../x": ".bin"} {
		if got := Extension(kind); got != want {
			t.Errorf("Extension(%q) = %q, want %q", kind, got, want)
		}
	}
}

func FuzzStem(f *testing.F) {
	for _, seed := range []string{"/", "/../..", "/a.b?c", "/..", "/\x00", "/CON", "/é.png", "//", "/a/.."} {
		f.Add(seed)
	}
	safe := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9]{1,5})?$`)
	f.Fuzz(func(t *testing.T, path string) {
		stem, extension := Stem(path)
		if !safe.MatchString(stem+extension) || len(stem) > maxStem {
			t.Errorf("Stem(%q) = %q, %q", path, stem, extension)
		}
	})
}
