package cli

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"strings"
	"unicode/utf8"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// maxPorts is how many local ports there can be.
const maxPorts = 65535

// check says which flags of s cannot be carried out together, and what to write instead. What each can be by itself is its value's affair.
func check(s result.Spec) error {
	return cmp.Or(checkLoad(s), checkRequest(s), checkDownload(s), checkEngine(s))
}

func checkLoad(s result.Spec) error {
	switch {
	case s.Duration > 0 && s.Requests > 0:
		return fmt.Errorf("-n %d and -d %v: give one of them, the run ends by count or by time", s.Requests, s.Duration)
	case s.Requests > 0 && s.Requests < int64(s.Connections):
		return fmt.Errorf("-n %d leaves some of %d connections without a request: use -c %d or fewer", s.Requests, s.Connections, s.Requests)
	case s.Rate > 0 && s.Duration > 0 && s.Rate*s.Duration.Seconds() < 1:
		return fmt.Errorf("-r %v for %v is less than one request: use -d %.9gs or longer", s.Rate, s.Duration, math.Ceil(1/s.Rate))
	case s.Threads > s.Connections:
		return fmt.Errorf("-t %d: %d connections keep at most as many threads busy, use -t %[2]d or less", s.Threads, s.Connections)
	case s.Connections > maxPorts || s.Idle > maxPorts-s.Connections:
		return fmt.Errorf("-c %d and --idle %d: one address takes %d connections at most, one for each local port", s.Connections, s.Idle, maxPorts)
	}
	return nil
}

func checkRequest(s result.Spec) error {
	if s.BodyFile == "" && !utf8.ValidString(s.Body) {
		return fmt.Errorf("--body %q: it is no text: put it into a file, --body @FILE", s.Body)
	}
	if s.Proto == result.Line {
		if s.Method != "GET" || len(s.Headers) > 0 {
			return fmt.Errorf("--proto line sends lines: -X and -H are for --proto http")
		}
		if strings.ContainsAny(s.Body, "\r\n") {
			return fmt.Errorf("--body %q: with --proto line it is one line, the newline is added", s.Body)
		}
		return nil
	}
	if !client.IsToken(s.Method) || s.Method == "CONNECT" {
		return fmt.Errorf("-X %q is no method that can be sent", s.Method)
	}
	for _, h := range s.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !client.IsToken(name) {
			return fmt.Errorf("-H %q: a header is 'Name: value'", h)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) { // RFC 9110, section 5.5
			return fmt.Errorf("-H %q: a value has no control characters", h)
		}
		switch strings.ToLower(name) {
		case "content-length", "transfer-encoding":
			return fmt.Errorf("-H %q: loadgen frames the body itself, leave the header out", h)
		}
	}
	return nil
}

func checkDownload(s result.Spec) error {
	switch {
	case s.Proto == result.Line && client.PathOf(s.Target) != "/":
		return fmt.Errorf("target %s: --proto line has no path, use http://%s/", s.Target, client.Addr(s.Target))
	case s.Proto == result.Line && len(s.Paths) > 0:
		return fmt.Errorf("--proto line has no path: leave %s out", s.Paths[0])
	case s.Proto == result.Line && s.MaxRedirects > 0:
		return fmt.Errorf("--proto line has no redirects: leave --max-redirects %d out", s.MaxRedirects)
	case s.Proto == result.Line && s.Save != "":
		return fmt.Errorf("--proto line has no bodies: leave --save %s out", s.Save)
	case s.Method == "HEAD" && s.Save != "":
		return fmt.Errorf("replies to HEAD have no bodies: leave --save %s out", s.Save)
	case s.Save == "" && s.SaveMode != "":
		return fmt.Errorf("--save-mode %s: it says how --save DIR writes, give that too", s.SaveMode)
	}
	return nil
}

func checkEngine(s result.Spec) error {
	switch s.Engine {
	case result.Epoll:
		if runtime.GOOS != "linux" {
			return fmt.Errorf("--engine epoll needs Linux, this is %s: use --engine net", runtime.GOOS)
		}
		return nil
	case result.Net:
		if s.Threads > 0 {
			return fmt.Errorf("--engine net runs on the Go scheduler: leave -t %d out", s.Threads)
		}
		return nil
	case result.Hey:
		return checkHey(s)
	}
	return nil
}
