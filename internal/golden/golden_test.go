package golden

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"testing"
)

// spy is a testing.TB that records its failures.
type spy struct {
	testing.TB
	failure string
}

func (s *spy) Helper()                           {}
func (s *spy) Errorf(format string, args ...any) { s.failure += fmt.Sprintf(format, args...) }
func (s *spy) Fatalf(format string, args ...any) { s.Errorf(format, args...); runtime.Goexit() }

// run runs a test, which may end by Fatalf.
func (s *spy) run(test func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		test()
	}()
	<-done
}

// A failure, of a file that is missing or differs, says how to write the file.
func TestCheck(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/there.txt", []byte("as it was"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, got, says string }{
		{"there.txt", "as it was", ""},
		{"there.txt", "otherwise", "-update"},
		{"missing.txt", "anything", "-update"},
	} {
		s := &spy{TB: t}
		s.run(func() { Check(s, c.name, c.got) })
		if (s.failure == "") != (c.says == "") || !strings.Contains(s.failure, c.says) {
			t.Errorf("%s, %q: it says %q, want %q", c.name, c.got, s.failure, c.says)
		}
	}
}

// A figure may be above or below that of the file by the given share.
func TestNear(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("testdata/there.json", []byte(`{"a": 2}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, key string
		got       float64
		fails     bool
	}{
		{"there.json", "a", 2, false}, {"there.json", "a", 2.03, false}, {"there.json", "a", 1.97, false},
		{"there.json", "a", 2.05, true}, {"there.json", "a", 1.95, true}, {"there.json", "a", math.NaN(), true},
		{"there.json", "b", 2, true}, {"missing.json", "a", 2, true},
	} {
		s := &spy{TB: t}
		s.run(func() { Near(s, c.name, c.key, c.got, 0.02) })
		if (s.failure != "") != c.fails || c.fails && !strings.Contains(s.failure, "-update") {
			t.Errorf("%+v: it says %q", c, s.failure)
		}
	}
}
