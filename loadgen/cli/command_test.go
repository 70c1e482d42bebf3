package cli

import (
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carousel/internal/result"
	"carousel/loadgen/verdict"
)

func TestCommand(t *testing.T) {
	s := result.Spec{
		Target: "http://h:1/a?b=c&d", Proto: result.HTTP, Method: "PUT", Headers: []string{"A: it's", "B: $HOME"}, Body: `{"a": 1}`,
		Connections: 5, Duration: 1500 * time.Millisecond, Rate: 2.5, Warmup: time.Second, Timeout: time.Second, Grace: 2 * time.Second, Threads: 2,
		Engine: result.Epoll, Idle: 3, PID: 7, Paths: []string{"/b", "/c?d=e"}, MaxRedirects: 4, Save: "a b", SaveMode: result.Inline, Expect: result.Carousel,
		Spin: usualSpin, NoKeepalive: true, Pipeline: 2, Think: time.Millisecond, ReadRate: 1024, Source: []string{"127.0.0.2", "127.1.0.0/16"},
	}
	want := `loadgen -c 5 -d 1.5s -r 2.5 --warmup 1s --timeout 1s --grace 2s -t 2 --engine epoll -X PUT -H 'A: it'\''s' -H 'B: $HOME' --body '{"a": 1}' --expect carousel --idle 3 --no-keepalive --pipeline 2 --think 1ms --read-rate 1024 --source 127.0.0.2,127.1.0.0/16 --max-redirects 4 --save 'a b' --save-mode inline --pid 7 'http://h:1/a?b=c&d' /b '/c?d=e'`
	if diff := cmp.Diff(want, Command(s)); diff != "" {
		t.Error(diff)
	}
	for want, change := range map[string]func(*result.Spec){
		" --body @@home ":    func(s *result.Spec) { s.Body = "@home" },
		" --body '@a file' ": func(s *result.Spec) { s.Body, s.BodyFile = "what is in it", "a file" },
		" --body-file @f ":   func(s *result.Spec) { s.BodyFile = "@f" },
		" --body @empty ":    func(s *result.Spec) { s.BodyFile = "empty" },
	} {
		if got := Command(valid(change)); !strings.Contains(got, want) {
			t.Errorf("%s: want %q", got, want)
		}
	}
}

// The command line that Command returns parses to the same options.
func TestCommandAsksForTheSame(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"-c500", "-d30s"},
		{"-n", "1000", "-c", "10", "--engine", "hey", "--timeout", "2s"},
		{"-r", "12.5", "--warmup", "1s", "--idle", "7", "--engine", "net", "example.com/a?b=c"},
		{"-X", "PUT", "-H", "A: it's", "-H", "B: $x", "--body", "a b", "--pid", "1"},
		{"--pid", "auto"},
		{"--ramp", "100:5e3", "-d", "3s"},
		{"--stages", "testdata/stages", "-c", "2:20"},
		{"-r", "100", "--arrivals", "poisson", "--seed", "18446744073709551615", "--burst", "4", "--spin", "1.5us"},
		{"-r", "100", "--spin", "0"},
		{"-r", "1000", "--arrivals", "poisson", "--twin", "--spin", "20us"},
		{"--proto", "line", "--body", "hi", ":7"},
		{"--max-redirects", "3", "--save", "a b", "--save-mode", "inline", ":7/moved/image/0", "/moved/image/1", "http://127.0.0.1:7/x y"},
		{"--save", "d"},
		{"--expect", "carousel"},
		{"--expect", "204"},
		{"http://h:1/a", "/b", "http://i:2/a?b"},
		{"unix:/run/x.sock:/a", "/b", "unix:/run/y.sock"},
		{"--mix", "testdata/mix", "--seed", "3"},
		{"--mix", "testdata/mix", "--order", "file", "-H", "A: b", "--vs", ":7"},
		{"--mix", "testdata/mix", "--order", "shuffled", "--find-max", "p99<5ms"},
		{"--body", "@command_test.go", "-X", "PUT"},
		{"--body", "@@home"},
		{"--body", "@@@\\n $x '"},
		{"--body", ""},
		{"--no-keepalive", "127.0.0.1:7"},
		{"--no-keepalive", "localhost:7"},
		{"--pipeline", "8"},
		{"--think", "1.5ms"},
		{"--read-rate", "2KiB"},
		{"--ceiling"},
		{"--trace", "a b.json.gz"},
		{"--trace", "t.json", "--trace-limit", "10", "-r", "100"},
		{"--trace", "t.json", "--trace-limit", "1000000", "--vs", ":7"},
		{"--source", "127.0.0.2,127.0.1.7/24", "--source", "127.3.0.0/16", "127.0.0.1:7"},

		{"--vs", ":7"},
		{"--vs", "new=:7/a?b=c d", "--vs", "h:7", "old=:8", "--slice", "40ms", "--seed", "18446744073709551615", "--until", "0.7%"},
		{"--twin", "--seed", "0", "-c", "300"},
		{"--vs", "b=:7", "--cycles", "12"},
		{"--vs", ":7", "--vs", ":7", "--vs", ":5000/it's", "--twin", "--pid", "auto"},
		{"--vs", ":7", "--vs", ":7", "--vs", ":5000/a=b", "--twin", "--pid", "12", "--pid", ":7=13", "--pid", ":7#2=auto", "--pid", ":5000/a=b=auto"},
		{"--vs", "b=:7", "a=:8", "--pid", "a=auto"},
		{"--vs", "b=:7", "a=:8", "--pid", "auto", "--pid", "b=0"},

		{"--csv", "a b.csv", "--hlog", "x.hlog", "--hgrm", "-", "--benchfmt", "b.txt"},
		{"--vs", ":7", "--benchfmt", "-"},
		{"--vs", ":7", "--prom", "x.prom"},
		{"--prom", "a b.prom", "--metrics", "[::1]:9100"},
		{"--find-max", "p99<5ms", "--metrics", "localhost:0"},
		{"--find-max", "p99<5ms"},
		{"--find-max", "p99 < 5ms and errors<0.1%,rate>1", "--find-max", "service_p50<=1ms", "-r", "100", "-d", "1s", "--pid", "auto"},
		{"--find-max", "p99<5ms", "--arrivals", "poisson", "--spin", "0", "-c", "3:9"},
		{"--find-max", "p99<5ms", "--over", "connections", "-r", "100", "-c", "3"},
		{"--find-max", "p99<5ms", "--over", "connections", "-c", "3", "--warmup", "0", "--think", "1ms"},
	} {
		opts, err := Parse(io.Discard, io.Discard, args)
		if err != nil {
			t.Errorf("%q: %v", args, err)
			continue
		}
		line, err := exec.Command("sh", "-c", `for a in "$@"; do :; done; eval "set -- $1"; shift; for a in "$@"; do printf '%s\n' "$a"; done`, "sh", opts.Command()).Output()
		if err != nil {
			t.Skipf("no shell: %v", err)
		}
		again, err := Parse(io.Discard, io.Discard, strings.Split(strings.TrimSuffix(string(line), "\n"), "\n"))
		if err != nil {
			t.Errorf("%s: %v", opts.Command(), err)
			continue
		}
		if diff := cmp.Diff(opts, again, cmpopts.IgnoreUnexported(Options{}, verdict.Gate{})); diff != "" {
			t.Errorf("%s asks for something else:\n%s", opts.Command(), diff)
		}
	}
}

// The command line above a comparison has only the flags that it needs.
func TestCommandOfAComparison(t *testing.T) {
	for line, want := range map[string]string{
		"--vs :7 --seed 1 :8":                                  "--vs http://127.0.0.1:7/ --slice 25ms --seed 1 http://127.0.0.1:8/",
		"--vs b=:7 --seed 1 --pid auto a=:8":                   "--vs b=http://127.0.0.1:7/ --slice 25ms --seed 1 --pid auto a=http://127.0.0.1:8/",
		"--vs b=:7 --twin --until 1% --seed 1 --pid 3 a=:8":    "--vs b=http://127.0.0.1:7/ --twin --slice 25ms --until 0.01 --seed 1 --pid 3 a=http://127.0.0.1:8/",
		"--vs b=:7 --seed 1 --pid 3 --pid auto a=:8":           "--vs b=http://127.0.0.1:7/ --slice 25ms --seed 1 --pid 3 --pid b=auto a=http://127.0.0.1:8/",
		"--twin --slice 5ms --seed 1 --pid auto --engine auto": "--twin --slice 5ms --seed 1 --pid auto http://127.0.0.1:5000/",
	} {
		opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		opts.Spec.Threads, opts.Spec.Engine = 0, ""
		for i := range opts.Servers {
			if s := &opts.Servers[i]; s.Auto {
				s.PID = 99 // found by --pid auto
			}
		}
		if got := opts.Command(); got != "loadgen -c 50 -d 10s "+want {
			t.Errorf("%s:\n%s, want\n%s", line, got, want)
		}
	}
}
