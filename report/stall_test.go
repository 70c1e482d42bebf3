package main

import (
	"bytes"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/report/draw"
)

// The picture of a stall is drawn whatever the clients reported, and the same stall gives the same bytes.
func TestStall(t *testing.T) {
	times := []result.Within{{Share: 0.1, NS: 90_000}, {Share: 0.5, NS: 120_000}, {Share: 0.99, NS: 900_000_000}}
	for name, reports := range map[string][]result.Report{
		"several":      {{Client: "hey", Requests: 2000, Times: times, Max: 1e9}, {Client: "wrk", Requests: math.MaxInt64, Times: times[:2], Max: 3e9}},
		"one":          {{Client: "loadgen, open", Requests: 2000, Times: times}},
		"no clients":   nil,
		"no times":     {{Client: "hey", Requests: 0, Max: 0}},
		"zero, beyond": {{Client: "hey", Requests: 1, Times: []result.Within{{Share: 0.5}, {Share: 1, NS: 5}, {Share: -1, NS: 5}}, Max: 7}},
	} {
		dir := t.TempDir()
		s := result.Stall{Schema: result.Schema, Processors: 2, Rounds: 1, Stop: time.Second, Window: 10 * time.Second, Rate: 200, Reports: reports}
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		var drawn [2][]byte
		for i := range drawn {
			var stdout, stderr bytes.Buffer
			if code := run(&stdout, &stderr, []string{dir}); code != 0 || !strings.HasSuffix(stderr.String(), draw.StallPicture+"\n") {
				t.Fatalf("%s: exit code %d: %s", name, code, &stderr)
			}
			var err error
			if drawn[i], err = os.ReadFile(filepath.Join(dir, draw.StallPicture)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := png.Decode(bytes.NewReader(drawn[0])); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(drawn[0], drawn[1]) {
			t.Errorf("%s: drawn again it differs", name)
		}
	}

	for text, want := range map[string]string{
		"{": result.StallFile, `{"schema": 2}`: "stood still for 0s of 0s", `{"schema": 2, "stop_ns": 5, "window_ns": -5}`: "of -5ns", `{"schema": 99}`: "schema 99",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, result.StallFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		if code := run(&stdout, &stderr, []string{dir}); code != 1 || !strings.Contains(stderr.String(), want) {
			t.Errorf("%s: exit code %d: %s", text, code, &stderr)
		}
	}
}
