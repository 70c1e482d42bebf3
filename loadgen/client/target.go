package client

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"carousel/internal/result"
)

// DefaultTarget is where `servers` listens by default.
const DefaultTarget = "http://127.0.0.1:5000/"

// unixSocket matches a Unix socket and a path on it: unix:/run/x.sock:/path, and the forms of other tools.
var unixSocket = regexp.MustCompile(`(?i)^(?:http://|http\+)?unix:(?://)?([^:0-9][^:]*)(?::(/.*)?)?$`)

// joinedSocket matches a Unix socket that is percent-encoded in the place of the host, a form of some clients.
var joinedSocket = regexp.MustCompile(`(?i)^http\+unix://(%2F[^/?#]*)(/.*)?$`)

// mostSocketPath is the longest path of a Unix socket, in bytes: sun_path of unix(7) without the final zero.
const mostSocketPath = 107

// Target normalizes a target to http://host:port/path, https://host:port/path or unix:/socket:/path. given may be such a URL, "host:port", ":5000",
// "host", "/path" on the default address, or "" for DefaultTarget; another scheme is an error. The functions below that take a target take a
// normalized one.
func Target(given string) (string, error) {
	const addr = "127.0.0.1:5000"
	full := escape(given)
	scheme, _, hasScheme := strings.Cut(full, "://")
	hasScheme = hasScheme && !strings.ContainsAny(scheme, "/?#") // otherwise it is part of a path
	switch {
	case given == "":
		return DefaultTarget, nil
	case joinedSocket.MatchString(given):
		parts := joinedSocket.FindStringSubmatch(given)
		socket, err := url.PathUnescape(parts[1])
		if plain := "unix:" + socket + ":" + cmp.Or(parts[2], "/"); err == nil && unixSocket.MatchString(plain) {
			return socketTarget(plain)
		}
		return "", fmt.Errorf("target %q: write the socket as unix:/socket:/path", given)
	case unixSocket.MatchString(given):
		return socketTarget(given)
	case hasScheme && !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https"):
		return "", fmt.Errorf("target %q: use http://, https:// or unix:/socket:/path (and --proto line for lines)", given)
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
		return "", fmt.Errorf("target %q is not an address: write http://host:port/path", given)
	}
	port := u.Port()
	if port == "" && !strings.HasSuffix(u.Host, ":") {
		port = defaultPort[u.Scheme]
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
		return "", fmt.Errorf("target %q: write the password as -u USER:PASSWORD", u.Redacted())
	case u.Fragment != "":
		return "", fmt.Errorf("target %q: what follows # is never sent, leave it out", given)
	}
	return u.Scheme + "://" + net.JoinHostPort(u.Hostname(), port) + u.RequestURI(), nil
}

// defaultPort has the port of a target without one, by scheme.
var defaultPort = map[string]string{"http": "80", "https": "443"}

// socketTarget normalizes the target of a Unix socket to unix:/socket:/path.
func socketTarget(given string) (string, error) {
	parts := unixSocket.FindStringSubmatch(given)
	path := cmp.Or(parts[2], "/")
	socket, err := filepath.Abs(parts[1])
	if err != nil || !strings.HasPrefix(socket, "/") {
		return "", fmt.Errorf("target %q: write the whole path of the socket, unix:/socket:/path", given)
	}
	if len(socket) > mostSocketPath {
		return "", fmt.Errorf("target %q: the path of a socket has %d bytes at most, this one has %d: link to it from a shorter one", given, mostSocketPath, len(socket))
	}
	for _, c := range []byte(socket) {
		if c <= ' ' || c > '~' {
			return "", fmt.Errorf("target %q: the path of the socket has the character %q: link to it from another", given, c)
		}
	}
	u, err := url.Parse("http://localhost" + escape(path))
	switch {
	case err != nil:
		return "", fmt.Errorf("target %q: %q is not a path of a request: write unix:/socket:/path", given, path)
	case u.Fragment != "":
		return "", fmt.Errorf("target %q: what follows # is never sent, leave it out", given)
	}
	return "unix:" + socket + ":" + u.RequestURI(), nil
}

// escape percent-encodes characters that a URL must not have (RFC 3986, section 2), as browsers do: spaces, quotes, braces and all beyond ASCII. Control
// characters stay: package url refuses them.
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

// Path returns the path of a further target, given, on the server of the first. given may be the path alone. Another server is an error.
func Path(first, given string) (string, error) {
	if strings.HasPrefix(given, "/") {
		given = strings.TrimSuffix(first, PathOf(first)) + given
	}
	clean, err := Target(given)
	if err == nil && Server(clean) != Server(first) {
		err = fmt.Errorf("targets %s and %s: one server at a time, only the paths may differ; --vs compares servers", first, clean)
	}
	return PathOf(clean), err
}

// Further normalizes a further target: to its path alone if it is on the server of the first, else to the whole target. given may be a path on the
// server of the first. All servers of a load must have the same scheme.
func Further(first, given string) (string, error) {
	if strings.HasPrefix(given, "/") {
		given = Server(first) + given
	}
	clean, err := Target(given)
	switch {
	case err != nil:
		return "", err
	case Server(clean) == Server(first):
		return PathOf(clean), nil
	case scheme(clean) != scheme(first):
		return "", fmt.Errorf("targets %s and %s: several servers are all unix:, all http:// or all https://", first, clean)
	}
	return clean, nil
}

// Servers returns the servers of the targets of s, each once, that of the first target first.
func Servers(s result.Spec) []string {
	all := []string{Server(s.Target)}
	for _, further := range s.Paths {
		if server := Server(on(s, further).Target); !slices.Contains(all, server) {
			all = append(all, server)
		}
	}
	return all
}

// on returns s with one of its further targets as its target.
func on(s result.Spec, further string) result.Spec {
	if strings.HasPrefix(further, "/") {
		further = Server(s.Target) + further
	}
	s.Target = further
	return s
}

func scheme(target string) string {
	scheme, _, _ := strings.Cut(target, ":")
	return scheme
}

// Server returns a target without its path: the scheme and the address.
func Server(target string) string { return strings.TrimSuffix(target, PathOf(target)) }

// Addr returns the address of a target: "host:port", or the path of a Unix socket.
func Addr(target string) string {
	if socket, isUnix := strings.CutPrefix(target, "unix:"); isUnix {
		socket, _, _ = strings.Cut(socket, ":")
		return socket
	}
	_, rest, _ := strings.Cut(target, "://")
	addr, _, _ := strings.Cut(rest, "/")
	return addr
}

// Network returns the network of an address that Addr returned, for package net: "tcp" or "unix".
func Network(addr string) string {
	if strings.HasPrefix(addr, "/") {
		return "unix"
	}
	return "tcp"
}

// Secure reports whether a target uses TLS.
func Secure(target string) bool { return strings.HasPrefix(target, "https:") }

// ServerName returns the name that the server's certificate must have: that in the Host header of s, or else in its target.
func ServerName(s result.Spec) string {
	host := Addr(s.Target)
	for _, h := range s.Headers {
		if name, value, _ := strings.Cut(h, ":"); strings.EqualFold(name, "host") {
			host = strings.Trim(value, " \t")
		}
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

// PathOf returns the path and query of a target.
func PathOf(target string) string {
	_, path, _ := strings.Cut(target, Addr(target))
	return strings.TrimPrefix(path, ":")
}

// nameOf returns the name of a target in the figures of a load with several servers: without the scheme, which all share.
func nameOf(target string) string {
	_, rest, _ := strings.Cut(target, ":")
	return strings.TrimPrefix(rest, "//")
}

// hostOf returns the Host header of a target: without a default port.
func hostOf(target string) string {
	addr := Addr(target)
	if Network(addr) == "unix" {
		return "localhost"
	}
	return strings.TrimSuffix(addr, ":"+defaultPort[scheme(target)])
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
