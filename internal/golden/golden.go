// Package golden compares the output of a test with a file that a person has reviewed.
package golden

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Check fails t unless testdata/name holds got. With -update it writes got there first: look at the diff.
func Check(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		write(t, file, []byte(got))
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (if it should, run the test with -update):\n%s", file, diff)
	}
}

// Near fails t unless the figure of that key in testdata/name, a JSON object, is got or within a share of it. With -update it writes got there
// first: look at the diff.
func Near(t testing.TB, name, key string, got, share float64) {
	t.Helper()
	file := filepath.Join("testdata", name)
	figures := map[string]float64{}
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if err == nil {
		if err := json.Unmarshal(text, &figures); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if *update {
		figures[key] = got
		text, err := json.MarshalIndent(figures, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		write(t, file, append(text, '\n'))
	}
	switch want, known := figures[key]; {
	case !known:
		t.Errorf("%s has no %s: run the test with -update to write it", file, key)
	case !(math.Abs(got-want) <= share*want): // nor is not-a-number
		t.Errorf("%s is %.4g, %s has %.4g: they differ by over %g %% (if they should, run the test with -update)", key, got, file, want, 100*share)
	}
}

func write(t testing.TB, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
}
