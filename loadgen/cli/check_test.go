package cli

import (
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/engine"
)

// valid returns a load that passes all checks; each test changes it.
func valid(change func(*result.Spec)) result.Spec {
	s := result.DefaultSpec()
	s.Engine = result.Net
	if change != nil {
		change(&s)
	}
	return s
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*result.Spec)
		want   string // part of the error; "" for none
	}{
		{"the default", nil, ""},
		{"a connection for each port", func(s *result.Spec) { s.Connections = 65000; s.Idle = 535 }, ""},
		{"more connections than ports", func(s *result.Spec) { s.Connections = 65536 }, "-c 65536 and --idle 0: one address takes 65,535"},
		{"more silent connections than ports", func(s *result.Spec) { s.Idle = 65486 }, "-c 50 and --idle 65486: "},
		{"connections beyond counting", func(s *result.Spec) { s.Connections, s.Idle = math.MaxInt, math.MaxInt }, "takes 65,535 connections at most"},
		{"both ends", func(s *result.Spec) { s.Requests = 100 }, "give one of them"},
		{"requests", func(s *result.Spec) { s.Duration, s.Requests = 0, 50 }, ""},
		{"fewer requests than connections", func(s *result.Spec) { s.Duration, s.Requests = 0, 49 }, "use -c 49 or fewer"},
		{"a rate", func(s *result.Spec) { s.Rate = 1000 }, ""},
		{"a rate and requests", func(s *result.Spec) { s.Rate, s.Duration, s.Requests = 1000, 0, 100 }, ""},
		{"rate of less than one request", func(s *result.Spec) { s.Rate = 0.01 }, "-d 100s or longer"},
		{"rate of next to nothing", func(s *result.Spec) { s.Rate = 1e-12 }, "-d 1e+12s or longer"},
		{"arrivals without a rate", func(s *result.Spec) { s.Arrivals = result.Poisson }, "--arrivals poisson: a closed loop has no schedule: give -r, --ramp or --stages"},
		{"bursts without a rate", func(s *result.Spec) { s.Burst = 2 }, "--burst 2: a closed loop has no schedule"},
		{"looking out without a rate", func(s *result.Spec) { s.Engine, s.Spin = engine.Default(), 1000 }, "--spin 1µs: a closed loop has no schedule"},
		{"looking out on package net", func(s *result.Spec) { s.Rate, s.Spin = 10, 1000 }, "--spin 1µs: --engine net sleeps"},
		{"growing in a closed loop", func(s *result.Spec) { s.First = 2 }, "-c 2:50: in a closed loop all connections are busy from the beginning: use -c 50"},
		{"growing without keep-alive", func(s *result.Spec) { s.Rate, s.First, s.NoKeepalive = 10, 2, true }, "-c 2:50 and --no-keepalive"},
		{"more threads than connections", func(s *result.Spec) { s.Threads = 51 }, "-t 51"},
		{"our own bodies", func(s *result.Spec) { s.Expect = result.Carousel }, ""},
		{"our own lines", func(s *result.Spec) { s.Proto, s.Expect = result.Line, result.Carousel }, ""},
		{"a body that is no text", func(s *result.Spec) { s.Method, s.Body = "POST", "a\xff" }, `--body "a\xff": it is no text: put it into a file, --body @FILE`},
		{"a file that is no text", func(s *result.Spec) { s.Method, s.Body, s.BodyFile = "POST", "a\xff", "f" }, ""},
		{"lines", func(s *result.Spec) { s.Proto, s.Body = result.Line, "hello" }, ""},
		{"lines with a header", func(s *result.Spec) { s.Proto, s.Headers = result.Line, []string{"A: b"} }, "-X and -H"},
		{"lines with a method", func(s *result.Spec) { s.Proto, s.Method = result.Line, "POST" }, "-X and -H"},
		{"two lines", func(s *result.Spec) { s.Proto, s.Body = result.Line, "a\nb" }, "it is one line"},
		{"lines to a path", func(s *result.Spec) { s.Proto, s.Target = result.Line, "http://a:1/b" }, "use http://a:1/"},
		{"a method that is none", func(s *result.Spec) { s.Method = "GET /" }, "-X"},
		{"CONNECT", func(s *result.Spec) { s.Method = "CONNECT" }, "-X"},
		{"a header", func(s *result.Spec) { s.Headers = []string{"Accept: */*"} }, ""},
		{"a header without a colon", func(s *result.Spec) { s.Headers = []string{"Accept"} }, "'Name: value'"},
		{"a header without a name", func(s *result.Spec) { s.Headers = []string{": x"} }, "'Name: value'"},
		{"a header of two lines", func(s *result.Spec) { s.Headers = []string{"A: b\r\nC: d"} }, "no control characters"},
		{"a header with a tab", func(s *result.Spec) { s.Headers = []string{"A: b\tc"} }, ""},
		{"a header with an escape", func(s *result.Spec) { s.Headers = []string{"A: \x1b[31m"} }, `-H "A: \x1b[31m": a value has no control characters`},
		{"a header with a zero", func(s *result.Spec) { s.Headers = []string{"A: \x00"} }, "no control characters"},
		{"a header with a deletion", func(s *result.Spec) { s.Headers = []string{"A: \x7f"} }, "no control characters"},
		{"a header in another script", func(s *result.Spec) { s.Headers = []string{"A: né"} }, ""},
		{"a length", func(s *result.Spec) { s.Headers = []string{"Content-Length: 3"} }, "frames the body itself"},

		{"several paths", func(s *result.Spec) { s.Paths = []string{"/image/1", "/image/2?x=y"} }, ""},
		{"lines to several paths", func(s *result.Spec) { s.Proto, s.Paths = result.Line, []string{"/a"} }, "no path"},
		{"redirects", func(s *result.Spec) { s.MaxRedirects = 100 }, ""},
		{"lines with redirects", func(s *result.Spec) { s.Proto, s.MaxRedirects = result.Line, 1 }, "no redirects"},
		{"saved", func(s *result.Spec) { s.Save, s.SaveMode = "d", result.Inline }, ""},
		{"a way to save nothing", func(s *result.Spec) { s.SaveMode = result.Inline }, "--save DIR"},
		{"saved lines", func(s *result.Spec) { s.Proto, s.Save, s.SaveMode = result.Line, "d", result.Offload }, "no bodies"},
		{"saved heads", func(s *result.Spec) { s.Method, s.Save, s.SaveMode = "HEAD", "d", result.Offload }, "no bodies"},

		{"a connection for each request", func(s *result.Spec) { s.NoKeepalive = true }, ""},
		{"at a rate", func(s *result.Spec) { s.NoKeepalive, s.Rate = true, 100 }, ""},
		{"of lines", func(s *result.Spec) { s.NoKeepalive, s.Proto = true, result.Line }, ""},
		{"with a header of its own", func(s *result.Spec) { s.NoKeepalive, s.Headers = true, []string{"connection: keep-alive"} }, "--no-keepalive sends Connection: close itself, leave the header out"},
		{"several at once", func(s *result.Spec) { s.Pipeline = 10 }, ""},
		{"one at once", func(s *result.Spec) { s.Pipeline, s.NoKeepalive, s.Rate = 1, true, 100 }, ""},
		{"several on a connection for one", func(s *result.Spec) { s.Pipeline, s.NoKeepalive = 2, true }, "nothing behind it"},
		{"several at once with rests", func(s *result.Spec) { s.Pipeline, s.Think = 2, 1 }, "a connection rests when nothing of it is on its way"},
		{"several at once at a rate", func(s *result.Spec) { s.Pipeline, s.Rate = 2, 100 }, "use more connections"},
		{"several at once of several", func(s *result.Spec) { s.Pipeline, s.Paths = 2, []string{"/a"} }, "leave /a out"},
		{"several at once with redirects", func(s *result.Spec) { s.Pipeline, s.MaxRedirects = 2, 1 }, "behind requests that came later"},
		{"several at once and then a close", func(s *result.Spec) { s.Pipeline, s.Headers = 2, []string{"Connection: close"} }, "ends with its connection"},
		{"rests", func(s *result.Spec) { s.Think = time.Second }, ""},
		{"rests at a rate", func(s *result.Spec) { s.Think, s.Rate = time.Second, 100 }, "does not wait until"},
		{"a slow reader", func(s *result.Spec) { s.ReadRate = 1 }, ""},
		{"sources", func(s *result.Spec) { s.Target, s.Source = "http://127.9.9.9:1/", []string{"127.0.0.0/8"} }, ""},
		{"sources of a name", func(s *result.Spec) { s.Target, s.Source = "http://localhost:1/", []string{"127.0.0.0/8"} }, "can be reached from there, not localhost:1"},
		{"sources of a target elsewhere", func(s *result.Spec) { s.Target, s.Source = "http://10.0.0.1:1/", []string{"127.0.0.2"} }, "--source 127.0.0.2: only targets in 127.0.0.0/8"},
		{"more connections than the ports of one source", func(s *result.Spec) {
			s.Target, s.Source, s.Connections = "http://127.0.0.1:1/", []string{"127.0.0.2/31"}, 131070
		}, ""},
		{"than the ports of two", func(s *result.Spec) {
			s.Target, s.Source, s.Connections = "http://127.0.0.1:1/", []string{"127.0.0.2/31"}, 131071
		}, "the addresses of --source 127.0.0.2/31 take 131,070 connections"},

		{"package net with threads", func(s *result.Spec) { s.Threads = 2 }, "leave -t 2 out"},

		{"uring reading slowly", func(s *result.Spec) { s.Engine, s.ReadRate = result.Uring, 1 }, map[bool]string{true: "--engine uring cannot read slowly", false: "unavailable"}[engine.CheckUring() == nil]},

		{"hey", func(s *result.Spec) { s.Engine = result.Hey }, ""},
		{"hey paced", func(s *result.Spec) { s.Engine, s.Rate = result.Hey, 1000 }, "leave -r out"},
		{"hey with lines", func(s *result.Spec) { s.Engine, s.Proto = result.Hey, result.Line }, "HTTP only"},
		{"hey with a warm-up", func(s *result.Spec) { s.Engine, s.Warmup = result.Hey, time.Second }, "leave --warmup out"},
		{"hey with silent connections", func(s *result.Spec) { s.Engine, s.Idle = result.Hey, 1 }, "leave --idle out"},
		{"hey with threads", func(s *result.Spec) { s.Engine, s.Threads = result.Hey, 2 }, "leave -t 2 out"},
		{"hey with paths", func(s *result.Spec) { s.Engine, s.Paths = result.Hey, []string{"/a"} }, "leave /a out"},
		{"hey with redirects", func(s *result.Spec) { s.Engine, s.MaxRedirects = result.Hey, 5 }, "leave --max-redirects 5 out"},
		{"hey with files", func(s *result.Spec) { s.Engine, s.Save, s.SaveMode = result.Hey, "d", result.Offload }, "leave --save d out"},
		{"hey with our own bodies", func(s *result.Spec) { s.Engine, s.Expect = result.Hey, result.Carousel }, "leave --expect carousel out"},
		{"hey with a connection for each request", func(s *result.Spec) { s.Engine, s.NoKeepalive = result.Hey, true }, "leave --no-keepalive out"},
		{"hey with several at once", func(s *result.Spec) { s.Engine, s.Pipeline = result.Hey, 2 }, "leave --pipeline out"},
		{"hey with rests", func(s *result.Spec) { s.Engine, s.Think = result.Hey, 1 }, "leave --think out"},
		{"hey reading slowly", func(s *result.Spec) { s.Engine, s.ReadRate = result.Hey, 1 }, "leave --read-rate out"},
		{"hey with sources", func(s *result.Spec) {
			s.Engine, s.Target, s.Source = result.Hey, "http://127.0.0.1:1/", []string{"127.0.0.2"}
		}, "leave --source 127.0.0.2 out"},
		{"hey with 501 connections", func(s *result.Spec) { s.Engine, s.Connections = result.Hey, 501 }, "use -c 500 or fewer"},
		{"hey with two million", func(s *result.Spec) { s.Engine, s.Duration, s.Requests = result.Hey, 0, 2_000_000 }, "use -n 1000000"},
		{"hey with a remainder", func(s *result.Spec) { s.Engine, s.Duration, s.Requests = result.Hey, 0, 101 }, "use -n 100 or -n 150"},
		{"hey with half a second", func(s *result.Spec) { s.Engine, s.Timeout = result.Hey, 1500*time.Millisecond }, "use --timeout 2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := check(valid(c.change))
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// If the ports of one address would run out, connections to this machine come from many addresses without a flag.
func TestSpread(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs the addresses of Linux's loopback")
	}
	for line, want := range map[string]string{
		":1":                                            "",
		"--no-keepalive :1":                             "127.0.0.0/8",
		"--no-keepalive 127.9.9.9:1":                    "127.0.0.0/8",
		"--no-keepalive --source 127.0.0.3 :1":          "127.0.0.3",
		"--no-keepalive --source 127.0.0.9/30 :1":       "127.0.0.8/30",
		"--no-keepalive localhost:1":                    "",
		"--no-keepalive 10.0.0.1:1":                     "",
		"--no-keepalive [::1]:1":                        "",
		"--no-keepalive --vs :2 :1":                     "127.0.0.0/8",
		"--no-keepalive --vs localhost:2 :1":            "",
		"-c 65536 :1":                                   "127.0.0.0/8",
		"-c 32768 --twin :1":                            "127.0.0.0/8",
		"--idle 65486 :1":                               "127.0.0.0/8",
		"--no-keepalive --engine net 127.0.0.1:1":       "127.0.0.0/8",
		"-c 2 --source 127.0.0.3 --source 127.0.0.5 :1": "127.0.0.3 127.0.0.5",
	} {
		opts, err := Parse(io.Discard, io.Discard, strings.Fields(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
		} else if got := strings.Join(opts.Spec.Source, " "); got != want {
			t.Errorf("%s: from %q, want %q", line, got, want)
		} else if is := strings.Contains(opts.Command(), "--source"); is != strings.Contains(line, "--source") {
			t.Errorf("%s is shown as %s", line, opts.Command())
		}
	}
}

func TestValuesOfWays(t *testing.T) {
	for line, want := range map[string]string{
		"--read-rate 0":          "it must be 1 byte to 1GiB a second",
		"--read-rate 2GiB":       "it must be 1 byte to 1GiB a second",
		"--read-rate 9999999GiB": "it must be 1 byte to 1GiB a second",
		"--read-rate 1KB":        "it takes bytes a second, written 512, 1KiB or 1MiB",
		"--read-rate fast":       "it takes bytes a second, written 512, 1KiB or 1MiB",
		"--pipeline 0":           "it must be 1 to 10000",
		"--pipeline 10001":       "it must be 1 to 10000",
		"--source 10.0.0.1":      "only addresses within 127.0.0.0/8 can be used",
		"--source 127.0.0.1,x":   "it takes addresses such as 127.0.0.2",
		"--think x":              "--think",
	} {
		if _, err := Parse(io.Discard, io.Discard, strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	opts, err := Parse(io.Discard, io.Discard, strings.Fields("--read-rate 3MiB"))
	if err != nil || opts.Spec.ReadRate != 3<<20 {
		t.Errorf("3MiB is %d, %v", opts.Spec.ReadRate, err)
	}
}
