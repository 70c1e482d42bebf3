// Package counters counts events of a process tree: system calls, those that wait for many descriptors, context switches, migrations and page faults.
//
// A count is a perf event on the thread that a process is started from. Whatever is started from that thread inherits it, and it counts from
// the first exec on: the process, its threads, its children and theirs, also those that have ended, and nothing of this program. So a
// thread that starts a counted process starts no other (package child keeps to that).
//
// Counting an event takes time in the counted process, so a counted process is not timed.
package counters

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os"
	"slices"

	"carousel/internal/result"
)

// Set is a set of counters, some of which may not be available.
type Set struct {
	lacks map[string]string // by name: why a counter is not available, and what to do
	files map[string]*os.File
}

// Open opens all available counters on the calling thread, which must be locked (runtime.LockOSThread). They count the processes that this
// thread starts from now on. The Set is never nil.
func Open() *Set {
	s := &Set{map[string]string{}, map[string]*os.File{}}
	for _, name := range result.CounterNames {
		f, err := open(name)
		if err != nil {
			s.lacks[name] = err.Error()
		} else {
			s.files[name] = f
		}
	}
	return s
}

// Inherited returns a Set of counters that another program has opened, given by name and descriptor. It fails if a descriptor is no counter, or a
// name is unknown.
func Inherited(descriptors map[string]int) (*Set, error) {
	s := &Set{map[string]string{}, map[string]*os.File{}}
	for name, fd := range descriptors {
		if !slices.Contains(result.CounterNames, name) {
			return nil, fmt.Errorf("no counter is called %q: there are %v", name, result.CounterNames)
		}
		s.files[name] = os.NewFile(uintptr(fd), name)
		if s.files[name] == nil {
			return nil, fmt.Errorf("%s: %d is no descriptor", name, fd)
		}
		if _, err := read(s.files[name]); err != nil {
			return nil, fmt.Errorf("descriptor %d is no counter: %w", fd, err)
		}
	}
	return s, nil
}

// Files returns the open counters, with their names, in the order of result.CounterNames.
func (s *Set) Files() (names []string, files []*os.File) {
	for _, name := range result.CounterNames {
		if f := s.files[name]; f != nil {
			names, files = append(names, name), append(files, f)
		}
	}
	return names, files
}

// Lacks returns, by name, why a counter is not available, and what to do.
func (s *Set) Lacks() map[string]string { return s.lacks }

// Read returns the counts so far. It reads one counter after another, so the counts are not of the same instant.
func (s *Set) Read() *result.Counters {
	c := &result.Counters{Counts: map[string]int64{}, Lacks: maps.Clone(s.lacks)}
	for name, f := range s.files {
		n, err := read(f)
		if err != nil {
			c.Lacks[name] = fmt.Sprintf("read its counter: %v", err)
		} else {
			c.Counts[name] = n
		}
	}
	return c
}

// read returns the count of an event. The kernel adds up the counts of all processes that inherited it.
func read(f *os.File) (int64, error) {
	var text [8]byte
	if n, err := f.Read(text[:]); err != nil || n != len(text) {
		return 0, fmt.Errorf("%d bytes, expected %d: %w", n, len(text), err)
	}
	return int64(binary.NativeEndian.Uint64(text[:])), nil
}

// Close closes the counters.
func (s *Set) Close() {
	for _, f := range s.files {
		f.Close()
	}
}
