package client

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"carousel/internal/result"
)

func TestTarget(t *testing.T) {
	for given, want := range map[string]string{
		"":                            "http://127.0.0.1:5000/",
		":5000":                       "http://127.0.0.1:5000/",
		":8080/a":                     "http://127.0.0.1:8080/a",
		"/sleep/20ms":                 "http://127.0.0.1:5000/sleep/20ms",
		"example.com":                 "http://example.com:80/",
		"example.com:8080":            "http://example.com:8080/",
		"example.com/a?b=c":           "http://example.com:80/a?b=c",
		"localhost:5000":              "http://localhost:5000/",
		"unix":                        "http://unix:80/",
		"unix:8080/a":                 "http://unix:8080/a",
		"infinity":                    "http://infinity:80/",
		"http://h:1/a%20b?c=%2F":      "http://h:1/a%20b?c=%2F",
		"HTTP://h":                    "http://h:80/",
		"http://h?q":                  "http://h:80/?q",
		"http://h?a b":                "http://h:80/?a%20b",
		"h/é?q=ü&r=%C3":               "http://h:80/%C3%A9?q=%C3%BC&r=%C3",
		"h/?u=http://x/":              "http://h:80/?u=http://x/",
		"/?u=https://x/":              "http://127.0.0.1:5000/?u=https://x/",
		"h/a%2Fé":                     "http://h:80/a%2F%C3%A9",
		"h/?%zz":                      "http://h:80/?%zz",
		"h/\xff?\xff":                 "http://h:80/%FF?%FF",
		`h/"<>^|\{}?"<>^|\{}`:         "http://h:80/%22%3C%3E%5E%7C%5C%7B%7D?%22%3C%3E%5E%7C%5C%7B%7D",
		"h/-._~!$&'()*+,;=:@?[]":      "http://h:80/-._~!$&'()*+,;=:@?[]",
		"http://[::1]:5000/":          "http://[::1]:5000/",
		"http://127.0.0.1:5000/a//":   "http://127.0.0.1:5000/a//",
		"http+unix://%2Fx.sock/a":     "unix:/x.sock:/a",
		"HTTP+unix://%2frun%2Fx.sock": "unix:/run/x.sock:/",
		"http+unix:///x.sock:/a":      "unix:/x.sock:/a",
		"https://h":                   "https://h:443/",
		"HTTPS://h:8443/a?b":          "https://h:8443/a?b",
		"https://h:80/":               "https://h:80/",
		"unix:/run/x.sock":            "unix:/run/x.sock:/",
		"unix:/run/x.sock:":           "unix:/run/x.sock:/",
		"unix:/run/x.sock:/a b?c=d":   "unix:/run/x.sock:/a%20b?c=d",
		"unix:/x:/a:/b":               "unix:/x:/a:/b",
		"unix:///run/x.sock":          "unix:/run/x.sock:/",
		"UNIX:///run/x.sock:/a":       "unix:/run/x.sock:/a",
		"http://unix:/x.sock:/a":      "unix:/x.sock:/a",
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
		"ftp://h/":                          "use http://, https:// or unix:/socket:/path",
		"5000":                              "did you mean :5000",
		"h:0":                               "1 to 65535",
		"h:65536":                           "1 to 65535",
		"h:port":                            "not an address",
		"http://":                           "no host",
		"http://u:p@h/":                     "-u USER:PASSWORD",
		"http://h/#here":                    "never sent",
		"http://h/\x00":                     "not an address",
		"http://[fe80::1%25eth0]/":          "no host",
		"http://h\x7f/":                     "not an address",
		"h/%zz":                             "not an address",
		"http://bücher.example/":            `target "http://bücher.example/": write the name of the host in ASCII (xn--...)`,
		"http://h:/":                        "1 to 65535",
		"http:/h":                           "1 to 65535",
		"https://unix:/x.sock:/a":           "1 to 65535",
		"unix:/x y":                         `the path of the socket has the character ' '`,
		"unix:/x:/a#b":                      "never sent",
		"unix:/x:/%zz":                      "not a path of a request",
		"unix:/" + strings.Repeat("x", 107): "has 107 bytes at most, this one has 108",
	} {
		if got, err := Target(given); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Target(%q) = %q, %v, want an error with %q", given, got, err, want)
		}
	}
}

// A relative path of a socket is relative to the working directory.
func TestRelativeSocket(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for given, want := range map[string]string{"unix:x.sock": "/x.sock:/", "unix:./x/y:/a": "/x/y:/a"} {
		if got, err := Target(given); got != "unix:"+dir+want || err != nil {
			t.Errorf("Target(%q) = %q, %v", given, got, err)
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
	for _, of := range [][2]string{{"https://h:1/", "/b"}, {"unix:/x:/a", "/b"}, {"unix:/x:/a", "unix:/x:/b"}, {"https://h:1/", "https://h:1/b"}} {
		if got, err := Path(of[0], of[1]); got != "/b" || err != nil {
			t.Errorf("Path(%q) of %s = %q, %v, want /b", of[1], of[0], got, err)
		}
	}
	for _, given := range []string{":5000/a", "h/a", "https://h:1/a", "h:2/a", "unix:/h:1:/"} {
		if got, err := Path("http://h:1/first", given); err == nil {
			t.Errorf("Path(%q) = %q, want an error", given, got)
		}
	}
}

func TestPartsOfATarget(t *testing.T) {
	for target, want := range map[string][5]string{
		"http://h:80/a?b":   {"http://h:80", "h:80", "/a?b", "tcp", "h"},
		"http://h:443/":     {"http://h:443", "h:443", "/", "tcp", "h:443"},
		"https://h:443/":    {"https://h:443", "h:443", "/", "tcp", "h"},
		"https://[::1]:1/":  {"https://[::1]:1", "[::1]:1", "/", "tcp", "[::1]:1"},
		"unix:/x/y:/a:/x/y": {"unix:/x/y:", "/x/y", "/a:/x/y", "unix", "localhost"},
	} {
		got := [5]string{Server(target), Addr(target), PathOf(target), Network(Addr(target)), hostOf(target)}
		if got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
	if !Secure("https://h:1/") || Secure("http://https:1/") || Secure("unix:/https:/") {
		t.Error("https alone is secure")
	}
}

func TestFurther(t *testing.T) {
	for _, c := range []struct{ first, given, want string }{
		{"http://h:1/first", "/a b", "/a%20b"},
		{"http://h:1/first", "h:1/c", "/c"},
		{"http://h:1/first", "h:2/c", "http://h:2/c"},
		{"http://h:1/first", "b", "http://b:80/"},
		{"https://h:443/", "https://b/x", "https://b:443/x"},
		{"https://h:443/", "/x", "/x"},
		{"unix:/a.sock:/", "unix:/b.sock:/x", "unix:/b.sock:/x"},
		{"unix:/a.sock:/y", "/x", "/x"},
	} {
		if got, err := Further(c.first, c.given); got != c.want || err != nil {
			t.Errorf("Further(%q, %q) = %q, %v, want %q", c.first, c.given, got, err, c.want)
		}
	}
	for given, want := range map[string]string{
		"https://h:1/a":   "targets http://h:1/first and https://h:1/a: several servers are all unix:, all http:// or all https://",
		"unix:/a.sock:/x": "several servers are all unix:, all http://",
		"ftp://h":         "use http://",
		"/%zz":            "not an address",
	} {
		if got, err := Further("http://h:1/first", given); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Further(%q) = %q, %v, want an error with %q", given, got, err, want)
		}
	}
}

// With several servers the name of a request has its server; with one it is the path alone.
func TestServers(t *testing.T) {
	s := result.DefaultSpec()
	s.Target, s.Paths = "http://a:80/x", []string{"/y", "http://b:1/x", "http://c:2/?q", "http://b:1/z"}
	if got := strings.Join(Servers(s), " "); got != "http://a:80 http://b:1 http://c:2" {
		t.Errorf("servers %s", got)
	}
	var got []string
	for _, q := range New(s) {
		got = append(got, fmt.Sprint(q.Host, " ", q.Addr, " ", q.Path, " ", q.Name, " ", q.host))
	}
	want := []string{"0 a:80 /x a:80/x a", "0 a:80 /y a:80/y a", "1 b:1 /x b:1/x b:1", "2 c:2 /?q c:2/?q c:2", "1 b:1 /z b:1/z b:1"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
	s.Target, s.Paths = "unix:/a:/x", []string{"unix:/b:/x"}
	if all := New(s); all[0].Name != "/a:/x" || all[1].Name != "/b:/x" || all[1].Host != 1 {
		t.Errorf("%+v", all)
	}
	s.Target, s.Paths = "http://a:80/x", []string{"/y"}
	if all := New(s); all[1].Name != "/y" {
		t.Errorf("%+v", all[1])
	}
}

func FuzzTarget(f *testing.F) {
	for _, seed := range []string{"", ":5000", "h", "/a", "http://h:1/a?b#c", "[::1]:80", "%zz", "a b", "?", "http://h?x", "/?a b", "https://h", "unix:/x:/y", "http+unix://%2Fx%3A/a", "http://unix:/x y"} {
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
