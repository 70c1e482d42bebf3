package wire

import (
	"net/url"
	"strings"
	"testing"
)

// leaves reports whether a browser takes a Location that begins with a slash to another host. A browser drops tabs and line ends, reads a backslash
// as a slash, and reads a second slash as the beginning of a host (the WHATWG's URL standard, section 4.4). It decodes percent escapes and dots
// later, when it knows the host.
func leaves(location string) bool {
	location = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(location)
	return !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//")
}

// TestMovedStays requests redirects to another host, in all spellings. The reply is a Location on this host, or a refusal.
func TestMovedStays(t *testing.T) {
	for _, c := range []struct {
		path   string
		want   string // the Location; "" where the request is refused
		parsed string // the Location of a server with its own parser, which escapes what ours refuses
	}{
		{path: "/", want: "/", parsed: "/"},
		{path: "/image/3", want: "/image/3", parsed: "/image/3"},
		{path: "//evil.com"},
		{path: "///evil.com"},
		{path: `/\evil.com`, parsed: "/%5Cevil.com"},
		{path: `/\/evil.com`, parsed: "/%5C/evil.com"},
		{path: `//\evil.com`},
		{path: `/\\evil.com`, parsed: "/%5C%5Cevil.com"},
		{path: "/\t/evil.com"},
		{path: "/\t\\evil.com"},
		{path: "/\r/evil.com"},
		{path: "/\x00/evil.com"},
		{path: "/ /evil.com", parsed: "/%20/evil.com"},
		{path: "/\u00a0/evil.com", parsed: "/%C2%A0/evil.com"},
		{path: "/%2Fevil.com", want: "/%2Fevil.com", parsed: "/%2Fevil.com"},
		{path: "/%2f%2fevil.com", want: "/%2f%2fevil.com", parsed: "/%2f%2fevil.com"},
		{path: "/%5Cevil.com", want: "/%5Cevil.com", parsed: "/%5Cevil.com"},
		{path: "/%09/evil.com", want: "/%09/evil.com", parsed: "/%09/evil.com"},
		{path: "/%0d%0aLocation:%20//evil.com", want: "/%0d%0aLocation:%20//evil.com", parsed: "/%0d%0aLocation:%20//evil.com"},
		{path: "/.//evil.com", want: "/.//evil.com", parsed: "/.//evil.com"},
		{path: "/..//evil.com", want: "/..//evil.com", parsed: "/..//evil.com"},
		{path: "/%2e//evil.com", want: "/%2e//evil.com", parsed: "/%2e//evil.com"},
		{path: `/.\\evil.com`, want: `/.\\evil.com`, parsed: "/.%5C%5Cevil.com"},
		{path: "/@evil.com", want: "/@evil.com", parsed: "/@evil.com"},
		{path: "/http://evil.com", want: "/http://evil.com", parsed: "/http://evil.com"},
		{path: "/moved//evil.com", want: "/moved//evil.com", parsed: "/moved//evil.com"},
	} {
		talk := (&Book{}).Open()
		talk.Feed([]byte("GET /moved" + c.path + " HTTP/1.1\r\nHost: h\r\n\r\n"))
		reply := string(talk.Out())
		_, rest, found := strings.Cut(reply, "\r\nLocation: ")
		got, _, _ := strings.Cut(rest, "\r\n")
		if got != c.want || found && leaves(got) || !found && !strings.HasPrefix(reply, "HTTP/1.1 400 ") {
			t.Errorf("/moved%q is answered %q, want %q", c.path, reply, c.want)
		}

		target, err := url.ParseRequestURI("/moved" + c.path)
		if err != nil {
			target = &url.URL{}
		}
		if reply := ReplyTo("GET", target); reply.Moved != c.parsed || reply.Moved != "" && leaves(reply.Moved) {
			t.Errorf("/moved%q is redirected to %q by ReplyTo, want %q", c.path, reply.Moved, c.parsed)
		}
	}
}
