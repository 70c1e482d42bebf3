package wire

import (
	"net/url"
	"strings"
	"time"
)

// Reply is the reply to one request, for a server that has HTTP of its own (net/http, fasthttp) and shares only the endpoints.
type Reply struct {
	Status int           // 200, 302, or an error
	Reason string        // body of an error
	Close  bool          // close the connection after the reply
	Allow  string        // the Allow header of a 405
	Bytes  int           // size of a /bytes/N body (see Pattern), -1 for other replies
	Echo   bool          // the body is the request's
	Image  []byte        // body of an /image/K, nil for other replies
	Digest string        // Content-Digest of the image (RFC 9530)
	Moved  string        // the Location of a 302, "" for other replies
	Sleep  time.Duration // wait this long before the reply
	Work   func() error  // call this before the reply; nil: nothing to do
}

// ReplyTo returns the reply to a request.
func ReplyTo(method string, target *url.URL) Reply {
	path := target.EscapedPath()
	if path == "" && target.Host != "" {
		path = "/" // http://host, an absolute form without a path (RFC 9112, section 3.2.1)
	}
	return ReplyToPath(method, path)
}

// ReplyToPath is ReplyTo for a path that is still escaped.
func ReplyToPath(method, path string) Reply {
	r, arg, ok := find([]byte(path))
	p := Reply{Status: 200, Bytes: -1}
	switch {
	case !registered(method):
		return Failure(501)
	case r == unknownRoute:
		return Failure(404)
	case r.method == methodPost && method != "POST":
		p = Failure(405)
		p.Allow = "POST"
	case r.method == methodGet && method != "GET" && method != "HEAD":
		p = Failure(405)
		p.Allow = "GET, HEAD"
	case !ok:
		return Failure(400)
	case r.act == actBytes:
		p.Bytes = int(arg)
	case r.act == actEcho:
		p.Echo = true
	case r.act == actImage:
		p.Image, p.Digest = image(arg)
	case r.act == actMoved:
		p.Status, p.Moved = 302, "/"+strings.TrimPrefix(path, r.path)
	case r.act == actSleep:
		p.Sleep = time.Duration(arg)
	case r.act != actNone:
		p.Work = func() error { return r.act.work(arg) }
	}
	return p
}

// Failure returns the reply with an error status, 400 or more. It closes the connection after 413, whose body was not read, and after 501,
// whose method is unknown: where the next request begins is not known then.
func Failure(status int) Reply {
	return Reply{Status: status, Reason: failures[status][1], Bytes: -1, Close: status == 413 || status == 501}
}

// registered reports whether a method is registered (RFC 9110 and RFC 5789); the reply to any other is a 501.
func registered(method string) bool {
	switch method {
	case "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		return true
	}
	return false
}

// MaxBody is the largest request body, in bytes.
const MaxBody = maxBody

// Hello is the body of the hello reply.
const Hello = "Hello world\n"

// Pattern is an io.Reader of the body of /bytes/N, from its first byte on.
type Pattern struct{ off int }

// Read fills p. It never ends and never fails.
func (r *Pattern) Read(p []byte) (int, error) {
	n := copy(p, pattern[r.off%64:])
	r.off += n
	return n, nil
}

// Tally counts requests served and reply bytes sent where a server has HTTP of its own and does not call Sent. A negative number takes some
// back.
func (t *Talk) Tally(requests, bytes int) {
	t.book.Requests.Add(int64(requests))
	t.book.Bytes.Add(int64(bytes))
}
