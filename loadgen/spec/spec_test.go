package spec

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// valid is a load nobody objects to, changed by one test at a time.
func valid(change func(*Spec)) Spec {
	s := Default()
	s.Engine = Net
	if change != nil {
		change(&s)
	}
	return s
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Spec)
		want   string // part of the error; "" for none
	}{
		{"the default", nil, ""},
		{"no connection", func(s *Spec) { s.Connections = 0 }, "-c 0"},
		{"a connection for each port", func(s *Spec) { s.Connections = 65000; s.Idle = 535 }, ""},
		{"more connections than ports", func(s *Spec) { s.Connections = 65536 }, "-c 65536 and --idle 0: one address takes 65535"},
		{"more silent connections than ports", func(s *Spec) { s.Idle = 65486 }, "-c 50 and --idle 65486: "},
		{"connections beyond counting", func(s *Spec) { s.Connections, s.Idle = math.MaxInt, math.MaxInt }, "takes 65535 connections at most"},
		{"both ends", func(s *Spec) { s.Requests = 100 }, "give one of them"},
		{"no end", func(s *Spec) { s.Duration = 0 }, "nothing to do"},
		{"negative duration", func(s *Spec) { s.Duration = -time.Second }, "-d -1s"},
		{"negative requests", func(s *Spec) { s.Requests = -1 }, "-n -1"},
		{"requests", func(s *Spec) { s.Duration, s.Requests = 0, 50 }, ""},
		{"fewer requests than connections", func(s *Spec) { s.Duration, s.Requests = 0, 49 }, "use -c 49 or fewer"},
		{"a rate", func(s *Spec) { s.Rate = 1000 }, ""},
		{"a rate and requests", func(s *Spec) { s.Rate, s.Duration, s.Requests = 1000, 0, 100 }, ""},
		{"negative rate", func(s *Spec) { s.Rate = -1 }, "-r -1"},
		{"rate beyond the schedule", func(s *Spec) { s.Rate = 2e7 }, "10000000"},
		{"rate of less than one request", func(s *Spec) { s.Rate = 0.01 }, "-d 100s or longer"},
		{"rate of next to nothing", func(s *Spec) { s.Rate = 1e-12 }, "-d 1e+12s or longer"},
		{"negative warm-up", func(s *Spec) { s.Warmup = -1 }, "--warmup"},
		{"no timeout", func(s *Spec) { s.Timeout = 0 }, "wait for ever"},
		{"timeout beyond a day", func(s *Spec) { s.Timeout = 25 * time.Hour }, "the longest is 24h0m0s"},
		{"more threads than connections", func(s *Spec) { s.Threads = 51 }, "-t 51"},
		{"negative idle", func(s *Spec) { s.Idle = -1 }, "--idle -1"},
		{"negative process", func(s *Spec) { s.PID = -1 }, "--pid -1"},
		{"our own bodies", func(s *Spec) { s.Expect = Carousel }, ""},
		{"our own lines", func(s *Spec) { s.Proto, s.Expect = Line, Carousel }, ""},
		{"a body that is no text", func(s *Spec) { s.Method, s.Body = "POST", "a\xff" }, `--body "a\xff": it is no text: put it into a file, --body @FILE`},
		{"a file that is no text", func(s *Spec) { s.Method, s.Body, s.BodyFile = "POST", "a\xff", "f" }, ""},
		{"other expectations", func(s *Spec) { s.Expect = "hello" }, `--expect "hello": it is carousel`},
		{"unknown protocol", func(s *Spec) { s.Proto = "quic" }, `--proto "quic"`},
		{"lines", func(s *Spec) { s.Proto, s.Body = Line, "hello" }, ""},
		{"lines with a header", func(s *Spec) { s.Proto, s.Headers = Line, []string{"A: b"} }, "-X and -H"},
		{"lines with a method", func(s *Spec) { s.Proto, s.Method = Line, "POST" }, "-X and -H"},
		{"two lines", func(s *Spec) { s.Proto, s.Body = Line, "a\nb" }, "it is one line"},
		{"lines to a path", func(s *Spec) { s.Proto, s.Target = Line, "http://a:1/b" }, "use http://a:1/"},
		{"a method that is none", func(s *Spec) { s.Method = "GET /" }, "-X"},
		{"CONNECT", func(s *Spec) { s.Method = "CONNECT" }, "-X"},
		{"a header", func(s *Spec) { s.Headers = []string{"Accept: */*"} }, ""},
		{"a header without a colon", func(s *Spec) { s.Headers = []string{"Accept"} }, "'Name: value'"},
		{"a header without a name", func(s *Spec) { s.Headers = []string{": x"} }, "'Name: value'"},
		{"a header of two lines", func(s *Spec) { s.Headers = []string{"A: b\r\nC: d"} }, "no control characters"},
		{"a header with a tab", func(s *Spec) { s.Headers = []string{"A: b\tc"} }, ""},
		{"a header with an escape", func(s *Spec) { s.Headers = []string{"A: \x1b[31m"} }, `-H "A: \x1b[31m": a value has no control characters`},
		{"a header with a zero", func(s *Spec) { s.Headers = []string{"A: \x00"} }, "no control characters"},
		{"a header with a deletion", func(s *Spec) { s.Headers = []string{"A: \x7f"} }, "no control characters"},
		{"a header in another script", func(s *Spec) { s.Headers = []string{"A: né"} }, ""},
		{"a length", func(s *Spec) { s.Headers = []string{"Content-Length: 3"} }, "frames the body itself"},
		{"a target that was not cleaned", func(s *Spec) { s.Target = ":5000" }, "must be written"},
		{"an engine nobody has", func(s *Spec) { s.Engine = "nginx" }, "auto, epoll, net or hey"},
		{"no engine", func(s *Spec) { s.Engine = "" }, "auto, epoll, net or hey"},

		{"several paths", func(s *Spec) { s.Paths = []string{"/image/1", "/image/2?x=y"} }, ""},
		{"a path that was not cleaned", func(s *Spec) { s.Paths = []string{"/a b"} }, "must be written"},
		{"another server's path", func(s *Spec) { s.Paths = []string{"http://h:1/"} }, "one server at a time"},
		{"lines to several paths", func(s *Spec) { s.Proto, s.Paths = Line, []string{"/a"} }, "no path"},
		{"redirects", func(s *Spec) { s.MaxRedirects = 100 }, ""},
		{"negative redirects", func(s *Spec) { s.MaxRedirects = -1 }, "--max-redirects -1"},
		{"redirects without end", func(s *Spec) { s.MaxRedirects = 101 }, "0 to 100"},
		{"lines with redirects", func(s *Spec) { s.Proto, s.MaxRedirects = Line, 1 }, "no redirects"},
		{"saved", func(s *Spec) { s.Save, s.SaveMode = "d", Inline }, ""},
		{"saved somehow", func(s *Spec) { s.Save, s.SaveMode = "d", "later" }, "inline or offload"},
		{"a way to save nothing", func(s *Spec) { s.SaveMode = Inline }, "--save DIR"},
		{"saved lines", func(s *Spec) { s.Proto, s.Save, s.SaveMode = Line, "d", Offload }, "no bodies"},
		{"saved heads", func(s *Spec) { s.Method, s.Save, s.SaveMode = "HEAD", "d", Offload }, "no bodies"},

		{"package net with threads", func(s *Spec) { s.Threads = 2 }, "leave -t 2 out"},

		{"hey", func(s *Spec) { s.Engine = Hey }, ""},
		{"hey paced", func(s *Spec) { s.Engine, s.Rate = Hey, 1000 }, "leave -r out"},
		{"hey with lines", func(s *Spec) { s.Engine, s.Proto = Hey, Line }, "HTTP only"},
		{"hey with a warm-up", func(s *Spec) { s.Engine, s.Warmup = Hey, time.Second }, "leave --warmup out"},
		{"hey with silent connections", func(s *Spec) { s.Engine, s.Idle = Hey, 1 }, "leave --idle out"},
		{"hey with threads", func(s *Spec) { s.Engine, s.Threads = Hey, 2 }, "leave -t 2 out"},
		{"hey with paths", func(s *Spec) { s.Engine, s.Paths = Hey, []string{"/a"} }, "leave /a out"},
		{"hey with redirects", func(s *Spec) { s.Engine, s.MaxRedirects = Hey, 5 }, "leave --max-redirects 5 out"},
		{"hey with files", func(s *Spec) { s.Engine, s.Save, s.SaveMode = Hey, "d", Offload }, "leave --save d out"},
		{"hey with our own bodies", func(s *Spec) { s.Engine, s.Expect = Hey, Carousel }, "leave --expect carousel out"},
		{"hey with 501 connections", func(s *Spec) { s.Engine, s.Connections = Hey, 501 }, "use -c 500 or fewer"},
		{"hey with two million", func(s *Spec) { s.Engine, s.Duration, s.Requests = Hey, 0, 2_000_000 }, "use -n 1000000"},
		{"hey with a remainder", func(s *Spec) { s.Engine, s.Duration, s.Requests = Hey, 0, 101 }, "use -n 100 or -n 150"},
		{"hey with half a second", func(s *Spec) { s.Engine, s.Timeout = Hey, 1500*time.Millisecond }, "use --timeout 2s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := valid(c.change).Validate()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestTarget(t *testing.T) {
	for given, want := range map[string]string{
		"":                          "http://127.0.0.1:5000/",
		":5000":                     "http://127.0.0.1:5000/",
		":8080/a":                   "http://127.0.0.1:8080/a",
		"/sleep/20ms":               "http://127.0.0.1:5000/sleep/20ms",
		"example.com":               "http://example.com:80/",
		"example.com:8080":          "http://example.com:8080/",
		"example.com/a?b=c":         "http://example.com:80/a?b=c",
		"localhost:5000":            "http://localhost:5000/",
		"unix":                      "http://unix:80/",
		"unix:8080/a":               "http://unix:8080/a",
		"infinity":                  "http://infinity:80/",
		"http://h:1/a%20b?c=%2F":    "http://h:1/a%20b?c=%2F",
		"HTTP://h":                  "http://h:80/",
		"http://h?q":                "http://h:80/?q",
		"http://h?a b":              "http://h:80/?a%20b",
		"h/é?q=ü&r=%C3":             "http://h:80/%C3%A9?q=%C3%BC&r=%C3",
		"h/?u=http://x/":            "http://h:80/?u=http://x/",
		"/?u=https://x/":            "http://127.0.0.1:5000/?u=https://x/",
		"h/a%2Fé":                   "http://h:80/a%2F%C3%A9",
		"h/?%zz":                    "http://h:80/?%zz",
		"h/\xff?\xff":               "http://h:80/%FF?%FF",
		`h/"<>^|\{}?"<>^|\{}`:       "http://h:80/%22%3C%3E%5E%7C%5C%7B%7D?%22%3C%3E%5E%7C%5C%7B%7D",
		"h/-._~!$&'()*+,;=:@?[]":    "http://h:80/-._~!$&'()*+,;=:@?[]",
		"http://[::1]:5000/":        "http://[::1]:5000/",
		"http://127.0.0.1:5000/a//": "http://127.0.0.1:5000/a//",
	} {
		got, err := Target(given)
		if got != want || err != nil {
			t.Errorf("Target(%q) = %q, %v, want %q", given, got, err, want)
		}
		if again, err := Target(got); again != got || err != nil {
			t.Errorf("Target(%q) = %q, %v: a clean target must stay as it is", got, again, err)
		}
	}
	for given, want := range map[string]string{
		"https://h/":               "TLS is not measured",
		"HTTPS://h/":               "TLS is not measured",
		"ftp://h/":                 "only http://",
		"5000":                     "did you mean :5000",
		"h:0":                      "1 to 65535",
		"h:65536":                  "1 to 65535",
		"h:port":                   "no address",
		"http://":                  "no host",
		"http://u:p@h/":            "Authorization",
		"http://h/#here":           "never sent",
		"http://h/\x00":            "no address",
		"http://[fe80::1%25eth0]/": "no host",
		"http://h\x7f/":            "no address",
		"h/%zz":                    "no address",
		"http://bücher.example/":   `target "http://bücher.example/": write the name of the host in ASCII (xn--...)`,
		"http://h:/":               "1 to 65535",
		"http:/h":                  "1 to 65535",
		"unix:/run/x.sock":         `target "unix:/run/x.sock": Unix sockets are not spoken, only TCP: write http://host:port/path`,
		"unix:///run/x.sock":       "Unix sockets",
		"UNIX:///run/x.sock":       "Unix sockets",
		"http+unix://%2Fx.sock/a":  "Unix sockets",
		"http://unix:/x.sock:/a":   "Unix sockets",
		"unix:x.sock":              "no address",
	} {
		if got, err := Target(given); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Target(%q) = %q, %v, want an error with %q", given, got, err, want)
		}
	}
}

func TestPath(t *testing.T) {
	for given, want := range map[string]string{
		"/a":                 "/a",
		"/a b":               "/a%20b",
		"http://h:1/c?d=%2F": "/c?d=%2F",
		"h:1":                "/",
	} {
		if got, err := Path("http://h:1/first", given); got != want || err != nil {
			t.Errorf("Path(%q) = %q, %v, want %q", given, got, err, want)
		}
	}
	for _, given := range []string{":5000/a", "h/a", "https://h:1/a", "h:2/a"} {
		if got, err := Path("http://h:1/first", given); err == nil {
			t.Errorf("Path(%q) = %q, want an error", given, got)
		}
	}
}

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"", ":5000", "h", "/a", "http://h:1/a?b#c", "[::1]:80", "%zz", "a b", "?", "http://h?x", "/?a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, given string) {
		clean, err := Target(given)
		if err != nil {
			return
		}
		if again, err := Target(clean); again != clean || err != nil {
			t.Errorf("Target(%q) = %q, but again it is %q, %v", given, clean, again, err)
		}
		if strings.IndexFunc(clean, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
			t.Errorf("Target(%q) = %q would break a request line", given, clean)
		}
	})
}

func TestString(t *testing.T) {
	s := Spec{
		Target: "http://h:1/a?b=c&d", Proto: HTTP, Method: "PUT", Headers: []string{"A: it's", "B: $HOME"}, Body: `{"a": 1}`,
		Connections: 5, Duration: 1500 * time.Millisecond, Rate: 2.5, Warmup: time.Second, Timeout: time.Second, Grace: 2 * time.Second, Threads: 2,
		Engine: Epoll, Idle: 3, PID: 7, Paths: []string{"/b", "/c?d=e"}, MaxRedirects: 4, Save: "a b", SaveMode: Inline, Expect: Carousel,
	}
	want := `loadgen -c 5 -d 1.5s -r 2.5 --warmup 1s --timeout 1s --grace 2s -t 2 --engine epoll -X PUT -H 'A: it'\''s' -H 'B: $HOME' --body '{"a": 1}' --expect carousel --idle 3 --max-redirects 4 --save 'a b' --save-mode inline --pid 7 'http://h:1/a?b=c&d' /b '/c?d=e'`
	if diff := cmp.Diff(want, s.String()); diff != "" {
		t.Error(diff)
	}
	for want, change := range map[string]func(*Spec){
		" --body @@home ":    func(s *Spec) { s.Body = "@home" },
		" --body '@a file' ": func(s *Spec) { s.Body, s.BodyFile = "what is in it", "a file" },
		" --body @empty ":    func(s *Spec) { s.BodyFile = "empty" },
	} {
		if got := valid(change).String(); !strings.Contains(got, want) {
			t.Errorf("%s: want %q", got, want)
		}
	}
}

// A record holds a text as it was given, and of a file what tells it from others.
func TestBodyInJSON(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		`"body":"text"`: func(s *Spec) { s.Body = "text" },
		`"body_file":"f","body_bytes":2,"body_sha256":"00ff"`: func(s *Spec) {
			s.Body, s.BodyFile, s.BodyBytes, s.BodySHA256 = "\xff\xfe", "f", 2, "00ff"
		},
	} {
		text, err := json.Marshal(valid(change))
		if err != nil || !strings.Contains(string(text), want) || strings.Count(string(text), `"body`) != strings.Count(want, `"body`) {
			t.Errorf("%s, %v, want %s", text, err, want)
		}
	}
}

func TestHash(t *testing.T) {
	base := valid(nil)
	seen := map[string]string{base.Hash(): "base"}
	for name, change := range map[string]func(*Spec){
		"target":        func(s *Spec) { s.Target = "http://h:1/" },
		"connections":   func(s *Spec) { s.Connections = 51 },
		"rate":          func(s *Spec) { s.Rate = 1 },
		"header":        func(s *Spec) { s.Headers = []string{"A: b"} },
		"engine":        func(s *Spec) { s.Engine = Hey },
		"paths":         func(s *Spec) { s.Paths = []string{"/a"} },
		"redirects":     func(s *Spec) { s.MaxRedirects = 1 },
		"our bodies":    func(s *Spec) { s.Expect = Carousel },
		"files":         func(s *Spec) { s.Save, s.SaveMode = "d", Offload },
		"files at once": func(s *Spec) { s.Save, s.SaveMode = "d", Inline },
	} {
		h := valid(change).Hash()
		if other := seen[h]; other != "" || len(h) != 12 {
			t.Errorf("%s hashes to %q, as does %q", name, h, other)
		}
		seen[h] = name
	}
	if watched := valid(func(s *Spec) { s.PID = 4711 }); watched.Hash() != base.Hash() {
		t.Error("the process that is watched changed the hash of what is asked")
	}
	read := func(file, sum string) string {
		return valid(func(s *Spec) { s.Body, s.BodyFile, s.BodySHA256 = "\xff"+sum, file, sum }).Hash()
	}
	if read("f", "00") != read("g", "00") || read("f", "00") == read("f", "01") {
		t.Error("the name of a body's file counts, or what is in it does not")
	}
	saved := func(dir string) string { return valid(func(s *Spec) { s.Save, s.SaveMode = dir, Offload }).Hash() }
	if saved("a") != saved("b") {
		t.Error("the folder that files go to changed the hash of what is asked")
	}
	var back Spec
	text, err := json.Marshal(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil || back.Hash() != base.Hash() {
		t.Errorf("a spec read back from JSON hashes to %s, was %s (%v)", back.Hash(), base.Hash(), err)
	}
}
