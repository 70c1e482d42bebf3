package cli

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
)

func TestStages(t *testing.T) {
	opts := parse(t, "--stages testdata/stages")
	want := []result.Stage{{To: 500, Length: 2 * time.Second}, {From: 500, To: 500, Length: time.Second}, {Length: 500 * time.Millisecond}}
	s := opts.Spec
	if diff := cmp.Diff(want, s.Stages); diff != "" || s.Duration != 3500*time.Millisecond || s.Rate != 285.714286 {
		t.Errorf("%v at %v/s on average; %s", s.Duration, s.Rate, diff)
	}
}

func TestRamp(t *testing.T) {
	s := parse(t, "--ramp 500:100 -d 3s --warmup 1s --seed 3 --arrivals poisson").Spec
	if diff := cmp.Diff([]result.Stage{{From: 500, To: 100, Length: 3 * time.Second}}, s.Stages); diff != "" || s.Rate != 300 || s.Duration != 3*time.Second || s.Seed != 3 {
		t.Errorf("%v for %v, seed %d; %s", s.Rate, s.Duration, s.Seed, diff)
	}
}

// A seed that was not given is in the record, so that the run can be repeated.
func TestSeed(t *testing.T) {
	if s := parse(t, "-r 100 --arrivals poisson").Spec; s.Seed == 0 {
		t.Error("at random, and nobody knows by which seed")
	}
	if s := parse(t, "-r 100").Spec; s.Seed != 0 || s.Arrivals != "" {
		t.Errorf("evenly spaced, by seed %d, %s", s.Seed, s.Arrivals)
	}
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for line, want := range map[string]string{
		"--ramp 100":                          "--ramp 100: it takes two rates, such as 100:5000",
		"--ramp 1:x":                          `--ramp 1:x: "x" is no number of requests per second`,
		"--ramp 0:0":                          "--ramp 0:0: one of the rates must be above 0",
		"--ramp 1:2 -r 5":                     "-r 5 and --ramp: give one of them",
		"--ramp 1:2 -n 100":                   "-n 100 and --ramp: rates that change end by time, leave -n out",
		"--ramp 0:2 --warmup 1s":              "--warmup 1s goes at the rate with which --ramp begins, and that is 0",
		"--ramp 0:1 -d 1s":                    "--ramp for 1s is less than one request",
		"--ramp 1:2 --twin":                   "--ramp and --stages: servers are compared at one rate, use -r",
		"--stages":                            "--stages needs a value",
		"--stages=":                           "--stages needs a file",
		"--stages no/such":                    "--stages no/such: no such file or directory",
		"--stages schedule_test.go":           "--stages schedule_test.go: line 1: ",
		"--stages testdata/stages -d1s":       "-d 1s and --stages testdata/stages: the stages say how long they are, leave -d out",
		"--stages testdata/stages -r 5":       "-r 5 and --stages testdata/stages: give one of them",
		"--stages testdata/stages --ramp 1:2": "--ramp and --stages testdata/stages: give one of them, a stage may be a ramp",
		"--arrivals random -r 5":              "--arrivals random: it is uniform or poisson",
		"--burst 0 -r 5":                      "--burst 0: it must be 1 to 100000",
		"-c 5:5 -r 5":                         "-c 5:5: 5 are not fewer than 5: write FIRST:MOST, such as 10:500",
		"-c 5: -r 5":                          "-c 5:: it takes a whole number",
		"-c 0:5 -r 5":                         "-c 0:5: it must be 1 or more",
		"-c 2:5 -r 5 --twin":                  "-c 2:5: servers that are compared have as many connections each: use -c 5",
		"-r 5 --engine hey --burst 2":         "--engine hey: it paces each worker by a ticker",
	} {
		_, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
}
