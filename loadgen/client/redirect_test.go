package client

import (
	"bytes"
	"strings"
	"testing"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

func TestFollow(t *testing.T) {
	for _, c := range []struct {
		name     string
		change   func(*result.Spec)
		status   int
		location string
		want     string // the request's first line; "" for redirect-elsewhere
	}{
		{"a path", nil, 302, "/b", "GET /b"},
		{"a path and query", nil, 301, "/b?c=%2F&d", "GET /b?c=%2F&d"},
		{"relative", nil, 307, "c", "GET /a/c"},
		{"above", nil, 308, "../../../c", "GET /c"},
		{"a query", nil, 302, "?d", "GET /a/b?d"},
		{"the same again", nil, 302, ".", "GET /a/"},
		{"a fragment", nil, 302, "/c#here", "GET /c"},
		{"a space", nil, 302, "/c d", "GET /c%20d"},
		{"another script", nil, 302, "/a%2Fé?ü", "GET /a%2F%C3%A9?%C3%BC"},
		{"the whole address", nil, 302, "http://H:81/c", "GET /c"},
		{"no path", nil, 302, "http://h:81", "GET /"},
		{"without a scheme", nil, 302, "//h:81/c", "GET /c"},
		{"the usual port left out", func(s *result.Spec) { s.Target = "http://h:80/" }, 302, "http://h/c", "GET /c"},
		{"the usual port named", func(s *result.Spec) { s.Target = "http://h:80/" }, 302, "http://h:80/c", "GET /c"},
		{"the name in the Host header", func(s *result.Spec) { s.Headers = []string{"Host: name"} }, 302, "http://name/c", "GET /c"},
		{"from a path that begins with two slashes", func(s *result.Spec) { s.Target = "http://h:81//x/y" }, 302, "z", "GET //x/z"},

		{"another server", nil, 302, "http://g:81/c", ""},
		{"another port", nil, 302, "http://h:82/c", ""},
		{"another server without a scheme", nil, 302, "//g/c", ""},
		{"with TLS", nil, 302, "https://h:81/c", ""},
		{"with a password", nil, 302, "http://u:p@h:81/c", ""},
		{"nowhere", nil, 302, "", ""},
		{"no address", nil, 302, "http://h:port/", ""},
		{"another kind of address", nil, 302, "mailto:a@b", ""},
		{"a control character", nil, 302, "/c\x01", ""},

		{"POST, 301", func(s *result.Spec) { s.Method, s.Body = "POST", "x" }, 301, "/c", "GET /c"},
		{"POST, 302", func(s *result.Spec) { s.Method, s.Body = "POST", "x" }, 302, "/c", "GET /c"},
		{"POST, 303", func(s *result.Spec) { s.Method, s.Body = "POST", "x" }, 303, "/c", "GET /c"},
		{"POST, 307", func(s *result.Spec) { s.Method, s.Body = "POST", "x" }, 307, "/c", "POST /c"},
		{"POST, 308", func(s *result.Spec) { s.Method, s.Body = "POST", "x" }, 308, "/c", "POST /c"},
		{"PUT, 301", func(s *result.Spec) { s.Method = "PUT" }, 301, "/c", "PUT /c"},
		{"PUT, 303", func(s *result.Spec) { s.Method = "PUT" }, 303, "/c", "GET /c"},
		{"HEAD, 303", func(s *result.Spec) { s.Method = "HEAD" }, 303, "/c", "HEAD /c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := result.DefaultSpec()
			if s.Target = "http://h:81/a/b"; c.change != nil {
				c.change(&s)
			}
			asks := NewRequestCache(New(s))
			to, class := asks.Follow(asks.Request(0), c.status, c.location)
			if c.want == "" {
				if class != record.RedirectElsewhere {
					t.Fatalf("%v to %+v", class, to)
				}
				return
			}
			if class != record.OK {
				t.Fatal(class)
			}
			if line, _, _ := strings.Cut(string(to.Bytes), " HTTP/1.1\r\n"); line != c.want {
				t.Errorf("%q, want %q", line, c.want)
			}
			if body := strings.HasSuffix(string(to.Bytes), "\r\n\r\nx"); body != strings.HasPrefix(c.want, "POST") {
				t.Errorf("%q", to.Bytes)
			}
			if again, _ := asks.Follow(asks.Request(0), c.status, c.location); again != to {
				t.Error("the same redirect led elsewhere the second time")
			}
		})
	}
}

func TestRedirectsRememberedAreBounded(t *testing.T) {
	asks := NewRequestCache(New(result.DefaultSpec()))
	for i := range 3 * maxFollowed {
		asks.Follow(asks.Request(0), 302, strings.Repeat("x", i))
	}
	if len(asks.followed) > maxFollowed {
		t.Errorf("%d are remembered", len(asks.followed))
	}
}

func TestMoved(t *testing.T) {
	text := []byte("HTTP/1.1 302 Found\r\nLocation:  /a b \r\nContent-Length: 0\r\n\r\n")
	r := saving(nil).Reply(new(ReplyCache))
	for range 2 {
		if !r.Feed(text) {
			t.Fatal("not complete")
		}
		if status, location, is := r.Moved(); status != 302 || location != "/a b" || !is {
			t.Errorf("%d %q %v", status, location, is)
		}
		if !r.Feed([]byte(hello)) {
			t.Fatal("not complete")
		}
		if _, _, is := r.Moved(); is || r.Class() != record.OK {
			t.Errorf("hello has moved")
		}
	}
	for name, c := range map[string]struct {
		max  int
		text string
	}{
		"not to be followed": {0, string(text)},
		"not modified":       {5, "HTTP/1.1 304 Not Modified\r\nLocation: /a\r\n\r\n"},
		"a choice":           {5, "HTTP/1.1 300 Multiple Choices\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"},
		"created":            {5, "HTTP/1.1 201 Created\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"},
		"with surplus":       {5, string(text) + "x"},
	} {
		r := saving(func(s *result.Spec) { s.MaxRedirects = c.max }).Reply(new(ReplyCache))
		if !r.Feed([]byte(c.text)) {
			t.Fatal(name)
		}
		if _, _, is := r.Moved(); is {
			t.Errorf("%s: has moved", name)
		}
	}
}

// No Location can make the client send a request to another server, or a malformed request.
func FuzzFollow(f *testing.F) {
	for _, seed := range []string{"/a", "http://h:81/", "//g/", "../..", "/a\r\nX: y", "?", "? 0", "#", "\\\\g\\", "http:a", "/%zz"} {
		f.Add(seed, 302)
	}
	s := result.DefaultSpec()
	s.Target = "http://h:81/a/b"
	asks := NewRequestCache(New(s))
	f.Fuzz(func(t *testing.T, location string, status int) {
		to, class := asks.Follow(asks.Request(0), status, location)
		if class != record.OK {
			return
		}
		if to.Addr != "h:81" || !bytes.HasPrefix(to.Bytes, []byte("GET /")) || bytes.Count(to.Bytes, []byte("\r\n")) != 3 ||
			!bytes.HasSuffix(to.Bytes, []byte(" HTTP/1.1\r\nHost: h:81\r\n\r\n")) || bytes.ContainsAny(bytes.TrimSuffix(to.Bytes[5:], []byte(" HTTP/1.1\r\nHost: h:81\r\n\r\n")), " \r\n") {
			t.Errorf("%q leads to %q", location, to.Bytes)
		}
	})
}
