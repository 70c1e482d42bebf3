package client

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// DefaultTarget is where `servers` listens when nothing is said.
const DefaultTarget = "http://127.0.0.1:5000/"

// unixSocket is how other tools name the socket of a file.
var unixSocket = regexp.MustCompile(`(?i)^(https?://|https?\+)?unix:/`)

// Target writes what a person gave as http://host:port/path. It understands "host:port", ":5000", "host", "/path" on the
// default address and "" for the default; a scheme other than http is an error.
func Target(given string) (string, error) {
	const addr = "127.0.0.1:5000"
	full := escape(given)
	scheme, _, hasScheme := strings.Cut(full, "://")
	hasScheme = hasScheme && !strings.ContainsAny(scheme, "/?#") // otherwise it is part of a path
	switch {
	case given == "":
		return DefaultTarget, nil
	case unixSocket.MatchString(given):
		return "", fmt.Errorf("target %q: Unix sockets are not spoken, only TCP: write http://host:port/path", given)
	case hasScheme && strings.EqualFold(scheme, "https"):
		return "", fmt.Errorf("target %q: TLS is not measured here, it would measure the client's cipher; use http://", given)
	case hasScheme && !strings.EqualFold(scheme, "http"):
		return "", fmt.Errorf("target %q: only http:// is spoken (and lines, with --proto line)", given)
	case hasScheme:
	case given[0] == '/':
		full = "http://" + addr + full
	case given[0] == ':':
		full = "http://127.0.0.1" + full
	case strings.Trim(given, "0123456789") == "":
		return "", fmt.Errorf("target %q: did you mean :%s", given, given)
	default:
		full = "http://" + full
	}
	u, err := url.Parse(full)
	if err != nil {
		return "", fmt.Errorf("target %q is no address: write http://host:port/path", given)
	}
	port := u.Port()
	if port == "" && !strings.HasSuffix(u.Host, ":") {
		port = "80"
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil || n < 1 || n > 65535:
		return "", fmt.Errorf("target %q: a port is 1 to 65535", given)
	case escape(u.Host) != u.Host:
		return "", fmt.Errorf("target %q: write the name of the host in ASCII (xn--...)", given)
	case u.Hostname() == "" || strings.ContainsAny(u.Host, "'%"):
		return "", fmt.Errorf("target %q has no host: write http://host:port/path", given)
	case u.User != nil:
		return "", fmt.Errorf("target %q: write the password as -H 'Authorization: Basic ...'", u.Redacted())
	case u.Fragment != "":
		return "", fmt.Errorf("target %q: what follows # is never sent, leave it out", given)
	}
	return "http://" + net.JoinHostPort(u.Hostname(), port) + u.RequestURI(), nil
}

// escape percent-encodes what an address may not hold (RFC 3986, section 2), as browsers do: spaces, quotes, braces and
// whatever is beyond ASCII. Control characters stay: package url refuses them.
func escape(address string) string {
	var b strings.Builder
	for _, c := range []byte(address) {
		if c > '~'+1 || strings.IndexByte(" \"<>\\^`{|}", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// Path is the path of a further target on the server of the first, as Target writes that; given may be the path alone.
func Path(first, given string) (string, error) {
	if strings.HasPrefix(given, "/") {
		given = "http://" + Addr(first) + given
	}
	clean, err := Target(given)
	if err == nil && Addr(clean) != Addr(first) {
		err = fmt.Errorf("targets %s and %s: one server at a time, only the paths may differ; --vs compares servers", first, clean)
	}
	return PathOf(clean), err
}

// Addr is the "host:port" of a target as Target writes it.
func Addr(target string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(target, "http://"), "/")
	return host
}

// PathOf is the path and query of a target as Target writes it.
func PathOf(target string) string {
	return strings.TrimPrefix(target, "http://"+Addr(target))
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
