// Package spec is what a load asks for: target, connections, rate, workload; validated, printable, hashable.
package spec

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"carousel/internal/result"
)

// What the fields of a Spec may be that take one of a few words.
const (
	Epoll = "epoll"
	Net   = "net"
	Hey   = "hey"

	HTTP = "http"
	Line = "line"

	Carousel = "carousel"

	Inline  = "inline"
	Offload = "offload"
)

// MaxTimeout is the longest that a request may take: whoever waits longer for a reply has stopped waiting.
const MaxTimeout = 24 * time.Hour

// maxPorts is how many local ports there can be.
const maxPorts = 65535

// Spec is one load. Durations are nanoseconds in JSON.
type Spec struct {
	Target       string        `json:"target"`          // http://host:port/path
	Paths        []string      `json:"paths,omitempty"` // on the same server, asked for in turn with the target's own
	Proto        string        `json:"proto"`           // http or line
	Method       string        `json:"method"`
	Headers      []string      `json:"headers,omitempty"`     // "Name: value"
	Body         string        `json:"body,omitempty"`        // what is sent; not in JSON where it came from a file
	BodyFile     string        `json:"body_file,omitempty"`   // where Body was read from; "-" is standard input
	BodyBytes    int64         `json:"body_bytes,omitempty"`  // of what came from a file
	BodySHA256   string        `json:"body_sha256,omitempty"` // of the same, in hexadecimal
	Expect       string        `json:"expect,omitempty"`      // carousel: bodies must be what our own servers answer; "": whatever they are
	Connections  int           `json:"connections"`
	Duration     time.Duration `json:"duration_ns"` // 0 when Requests is given
	Requests     int64         `json:"requests"`    // 0 when Duration is given
	Rate         float64       `json:"rate_rps"`    // in total, evenly spaced; 0 is a closed loop
	Warmup       time.Duration `json:"warmup_ns"`
	Timeout      time.Duration `json:"timeout_ns"`
	Grace        time.Duration `json:"grace_ns"` // after the window, in which nothing more is sent and replies are taken in
	Threads      int           `json:"threads"`
	Engine       string        `json:"engine"`                  // epoll, net or hey, never auto once validated
	Idle         int           `json:"idle"`                    // silent connections opened first
	MaxRedirects int           `json:"max_redirects,omitempty"` // longest chain that is followed; 0: a redirect is a reply like others
	Save         string        `json:"save,omitempty"`          // folder for the bodies of good replies; "": they are not kept
	SaveMode     string        `json:"save_mode,omitempty"`     // inline or offload, with Save
	PID          int           `json:"pid,omitempty"`
}

// Default is the load of a command line without flags. Engine and Threads are empty: what is best depends on the system.
func Default() Spec {
	return Spec{Target: DefaultTarget, Proto: HTTP, Method: "GET", Connections: 50, Duration: 10 * time.Second, Timeout: 30 * time.Second, Grace: time.Second}
}

// Asked is the part of s on which it depends whether a figure can be shown.
func (s Spec) Asked() result.Asked {
	return result.Asked{Connections: int64(s.Connections), Requests: s.Requests, RateRPS: s.Rate}
}

// Validate says what is wrong with the first field that cannot be carried out, and what to write instead.
func (s Spec) Validate() error {
	for _, wrong := range []func() error{s.load, s.workload, s.target, s.download, s.engine} {
		if err := wrong(); err != nil {
			return err
		}
	}
	return nil
}

func (s Spec) load() error {
	switch {
	case s.Connections < 1:
		return fmt.Errorf("-c %d: at least one connection is needed", s.Connections)
	case s.Duration < 0:
		return fmt.Errorf("-d %v: a duration is above 0", s.Duration)
	case s.Requests < 0:
		return fmt.Errorf("-n %d: a number of requests is above 0", s.Requests)
	case s.Duration > 0 && s.Requests > 0:
		return fmt.Errorf("-n %d and -d %v: give one of them, the run ends by count or by time", s.Requests, s.Duration)
	case s.Duration == 0 && s.Requests == 0:
		return fmt.Errorf("nothing to do: give -d above 0 or -n above 0")
	case s.Requests > 0 && s.Requests < int64(s.Connections):
		return fmt.Errorf("-n %d leaves some of %d connections without a request: use -c %d or fewer", s.Requests, s.Connections, s.Requests)
	case s.Rate < 0 || math.IsNaN(s.Rate) || math.IsInf(s.Rate, 0):
		return fmt.Errorf("-r %v: a rate is above 0 requests per second", s.Rate)
	case s.Rate > 1e7:
		return fmt.Errorf("-r %v: the finest schedule is 10000000 requests per second", s.Rate)
	case s.Rate > 0 && s.Duration > 0 && s.Rate*s.Duration.Seconds() < 1:
		return fmt.Errorf("-r %v for %v is less than one request: use -d %.9gs or longer", s.Rate, s.Duration, math.Ceil(1/s.Rate))
	case s.Warmup < 0:
		return fmt.Errorf("--warmup %v: a warm-up is not negative", s.Warmup)
	case s.Timeout <= 0:
		return fmt.Errorf("--timeout %v: without a timeout a lost request would wait for ever; give one above 0", s.Timeout)
	case s.Timeout > MaxTimeout:
		return fmt.Errorf("--timeout %v: the longest is %v", s.Timeout, MaxTimeout)
	case s.Grace < 0 || s.Grace > MaxTimeout:
		return fmt.Errorf("--grace %v: it is 0 to %v", s.Grace, MaxTimeout)
	case s.Threads < 0:
		return fmt.Errorf("-t %d: threads are not negative", s.Threads)
	case s.Threads > s.Connections:
		return fmt.Errorf("-t %d: %d connections keep at most as many threads busy, use -t %[2]d or less", s.Threads, s.Connections)
	case s.Idle < 0:
		return fmt.Errorf("--idle %d: a number of connections is not negative", s.Idle)
	case s.Connections > maxPorts || s.Idle > maxPorts-s.Connections:
		return fmt.Errorf("-c %d and --idle %d: one address takes %d connections at most, one for each local port", s.Connections, s.Idle, maxPorts)
	case s.PID < 0:
		return fmt.Errorf("--pid %d is no process", s.PID)
	}
	return nil
}

func (s Spec) workload() error {
	if s.Expect != "" && s.Expect != Carousel {
		return fmt.Errorf("--expect %q: it is carousel, or left out", s.Expect)
	}
	if s.BodyFile == "" && !utf8.ValidString(s.Body) {
		return fmt.Errorf("--body %q: it is no text: put it into a file, --body @FILE", s.Body)
	}
	switch s.Proto {
	case HTTP:
	case Line:
		if s.Method != "GET" || len(s.Headers) > 0 {
			return fmt.Errorf("--proto line sends lines: -X and -H are for --proto http")
		}
		if strings.ContainsAny(s.Body, "\r\n") {
			return fmt.Errorf("--body %q: with --proto line it is one line, the newline is added", s.Body)
		}
		return nil
	default:
		return fmt.Errorf("--proto %q: it is http or line", s.Proto)
	}
	if !IsToken(s.Method) || s.Method == "CONNECT" {
		return fmt.Errorf("-X %q is no method that can be sent", s.Method)
	}
	for _, h := range s.Headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok || !IsToken(name) {
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

func (s Spec) target() error {
	clean, err := Target(s.Target)
	switch {
	case err != nil:
		return err
	case clean != s.Target:
		return fmt.Errorf("target %q must be written %q", s.Target, clean)
	case s.Proto == Line && pathOf(clean) != "/":
		return fmt.Errorf("target %s: --proto line has no path, use %s", s.Target, strings.TrimSuffix(clean, pathOf(clean))+"/")
	}
	return nil
}

func (s Spec) engine() error {
	switch s.Engine {
	case Epoll:
		if runtime.GOOS != "linux" {
			return fmt.Errorf("--engine epoll needs Linux, this is %s: use --engine net", runtime.GOOS)
		}
		return nil
	case Net:
		if s.Threads > 0 {
			return fmt.Errorf("--engine net runs on the Go scheduler: leave -t %d out", s.Threads)
		}
		return nil
	case Hey:
		return s.heyLimits()
	}
	return fmt.Errorf("--engine %q: it is auto, epoll, net or hey", s.Engine)
}

// MarshalJSON leaves out a body that came from a file, which may be long and need not be text.
func (s Spec) MarshalJSON() ([]byte, error) {
	if s.BodyFile != "" {
		s.Body = ""
	}
	type fields Spec // without this method
	return json.Marshal(fields(s))
}

// Hash identifies what is asked: equal loads have equal hashes, whatever process is watched beside them and wherever their
// files are.
func (s Spec) Hash() string {
	if s.PID = 0; s.Save != "" {
		s.Save = "."
	}
	if s.BodyFile != "" {
		s.BodyFile = "-"
	}
	text, err := json.Marshal(s)
	if err != nil { // only a rate that is no number, which Validate refuses
		return ""
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// String is the command line that asks for s, to be pasted into a shell.
func (s Spec) String() string {
	usual := Default()
	line := []string{"loadgen"}
	add := func(differs bool, flag, value string) {
		if differs {
			line = append(line, flag, quote(value))
		}
	}
	add(true, "-c", strconv.Itoa(s.Connections))
	add(s.Duration > 0, "-d", s.Duration.String())
	add(s.Requests > 0, "-n", strconv.FormatInt(s.Requests, 10))
	add(s.Rate > 0, "-r", strconv.FormatFloat(s.Rate, 'f', -1, 64))
	add(s.Warmup != usual.Warmup, "--warmup", s.Warmup.String())
	add(s.Timeout != usual.Timeout, "--timeout", s.Timeout.String())
	add(s.Grace != usual.Grace, "--grace", s.Grace.String())
	add(s.Threads > 0, "-t", strconv.Itoa(s.Threads))
	add(s.Engine != "", "--engine", s.Engine)
	add(s.Proto != usual.Proto, "--proto", s.Proto)
	add(s.Method != usual.Method, "-X", s.Method)
	for _, h := range s.Headers {
		add(true, "-H", h)
	}
	add(s.Body != "" || s.BodyFile != "", "--body", s.bodyFlag())
	add(s.Expect != "", "--expect", s.Expect)
	add(s.Idle > 0, "--idle", strconv.Itoa(s.Idle))
	add(s.MaxRedirects > 0, "--max-redirects", strconv.Itoa(s.MaxRedirects))
	add(s.Save != "", "--save", s.Save)
	add(s.Save != "" && s.SaveMode != Offload, "--save-mode", s.SaveMode)
	add(s.PID > 0, "--pid", strconv.Itoa(s.PID))
	line = append(line, quote(s.Target))
	for _, path := range s.Paths {
		line = append(line, quote(path))
	}
	return strings.Join(line, " ")
}

// bodyFlag is what --body takes to mean the body: @FILE, or a text in which a leading @ is written twice.
func (s Spec) bodyFlag() string {
	switch {
	case s.BodyFile != "":
		return "@" + s.BodyFile
	case strings.HasPrefix(s.Body, "@"):
		return "@" + s.Body
	}
	return s.Body
}

// quote makes word one word of a POSIX shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r < 128 && (IsToken(string(r)) && !strings.ContainsRune("!#$&'*`|~", r) || strings.ContainsRune("/:=,@[]", r))
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// IsToken reports whether s is a token, as the name of a method or header is (RFC 9110, section 5.6.2).
func IsToken(s string) bool {
	for _, b := range []byte(s) {
		if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0) {
			return false
		}
	}
	return s != ""
}
