package spec

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// DefaultTarget is where `servers` listens when nothing is said.
const DefaultTarget = "http://127.0.0.1:5000/"

// Target writes what a person gave as http://host:port/path. It understands "host:port", ":5000", "host", "/path" on the
// default address and "" for the default; a scheme other than http is an error.
func Target(given string) (string, error) {
	const addr = "127.0.0.1:5000"
	full := given
	scheme, _, hasScheme := strings.Cut(given, "://")
	switch {
	case given == "":
		return DefaultTarget, nil
	case hasScheme && strings.EqualFold(scheme, "https"):
		return "", fmt.Errorf("target %s: TLS is not measured here, it would measure the client's cipher; use http://", given)
	case hasScheme && !strings.EqualFold(scheme, "http"):
		return "", fmt.Errorf("target %s: only http:// is spoken (and lines, with --proto line)", given)
	case hasScheme:
	case given[0] == '/':
		full = "http://" + addr + given
	case given[0] == ':':
		full = "http://127.0.0.1" + given
	case strings.Trim(given, "0123456789") == "":
		return "", fmt.Errorf("target %s: did you mean :%[1]s", given)
	default:
		full = "http://" + given
	}
	u, err := url.Parse(full)
	if err != nil {
		return "", fmt.Errorf("target %q is no address: write http://host:port/path", given)
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	n, err := strconv.Atoi(port)
	switch {
	case err != nil || n < 1 || n > 65535:
		return "", fmt.Errorf("target %s: a port is 1 to 65535", given)
	case u.Hostname() == "" || strings.ContainsAny(u.Host, " <>\"'%"):
		return "", fmt.Errorf("target %q has no host: write http://host:port/path", given)
	case u.User != nil:
		return "", fmt.Errorf("target %s: write the password as -H 'Authorization: Basic ...'", u.Redacted())
	case u.Fragment != "":
		return "", fmt.Errorf("target %s: what follows # is never sent, leave it out", given)
	}
	path := strings.ReplaceAll(u.RequestURI(), " ", "%20") // package url lets a query keep its spaces
	if path[0] != '/' {
		path = "/" + path // http://host?query
	}
	return "http://" + net.JoinHostPort(u.Hostname(), port) + path, nil
}

// Path is the path of a further target on the server of the first, as Target writes that; given may be the path alone.
func Path(first, given string) (string, error) {
	if strings.HasPrefix(given, "/") {
		given = "http://" + Addr(first) + given
	}
	clean, err := Target(given)
	if err == nil && Addr(clean) != Addr(first) {
		err = fmt.Errorf("targets %s and %s: one server at a time, only the paths may differ", first, clean)
	}
	return pathOf(clean), err
}

// Addr is the "host:port" of a target as Target writes it.
func Addr(target string) string {
	host, _, _ := strings.Cut(strings.TrimPrefix(target, "http://"), "/")
	return host
}

// pathOf is the path and query of a target as Target writes it.
func pathOf(target string) string {
	return strings.TrimPrefix(target, "http://"+Addr(target))
}
