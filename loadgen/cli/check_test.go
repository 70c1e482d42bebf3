package cli

import (
	"math"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
)

// valid is a load nobody objects to, changed by one test at a time.
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
		{"more connections than ports", func(s *result.Spec) { s.Connections = 65536 }, "-c 65536 and --idle 0: one address takes 65535"},
		{"more silent connections than ports", func(s *result.Spec) { s.Idle = 65486 }, "-c 50 and --idle 65486: "},
		{"connections beyond counting", func(s *result.Spec) { s.Connections, s.Idle = math.MaxInt, math.MaxInt }, "takes 65535 connections at most"},
		{"both ends", func(s *result.Spec) { s.Requests = 100 }, "give one of them"},
		{"requests", func(s *result.Spec) { s.Duration, s.Requests = 0, 50 }, ""},
		{"fewer requests than connections", func(s *result.Spec) { s.Duration, s.Requests = 0, 49 }, "use -c 49 or fewer"},
		{"a rate", func(s *result.Spec) { s.Rate = 1000 }, ""},
		{"a rate and requests", func(s *result.Spec) { s.Rate, s.Duration, s.Requests = 1000, 0, 100 }, ""},
		{"rate of less than one request", func(s *result.Spec) { s.Rate = 0.01 }, "-d 100s or longer"},
		{"rate of next to nothing", func(s *result.Spec) { s.Rate = 1e-12 }, "-d 1e+12s or longer"},
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

		{"package net with threads", func(s *result.Spec) { s.Threads = 2 }, "leave -t 2 out"},

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
