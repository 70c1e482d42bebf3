package golden

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// spy is a test that keeps what it is told.
type spy struct {
	testing.TB
	said string
}

func (s *spy) Helper()                           {}
func (s *spy) Errorf(format string, args ...any) { s.said += fmt.Sprintf(format, args...) }
func (s *spy) Fatalf(format string, args ...any) { s.Errorf(format, args...); runtime.Goexit() }

// A file that is missing, or differs, is said with the way to write it.
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
		s, done := &spy{TB: t}, make(chan struct{})
		go func() {
			defer close(done)
			Check(s, c.name, c.got)
		}()
		<-done
		if (s.said == "") != (c.says == "") || !strings.Contains(s.said, c.says) {
			t.Errorf("%s, %q: it says %q, want %q", c.name, c.got, s.said, c.says)
		}
	}
}
