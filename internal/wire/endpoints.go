package wire

import (
	"net/url"
	"strings"
	"time"
)

// Reply is what one request is to be answered with, for a server that has its own HTTP (net/http, fasthttp) and shares only the endpoints.
type Reply struct {
	Status int           // 200, or why the request is refused
	Reason string        // text of a refusal
	Close  bool          // the connection ends with the reply
	Allow  string        // of a 405
	Bytes  int           // size of a /bytes/N body, -1 for other replies
	Echo   bool          // the reply is the request's body
	Image  []byte        // the reply, nil for others
	Digest string        // of the image (RFC 9530)
	Moved  string        // where to ask instead, "" for other replies
	Sleep  time.Duration // to wait before the reply
	Work   func() error  // to call before the reply; nil where there is nothing to do
}

// ReplyTo returns the plan of a request.
func ReplyTo(method string, target *url.URL) Reply {
	path := target.EscapedPath()
	if path == "" && target.Host != "" {
		path = "/" // http://host, an absolute form without a path (RFC 9112, section 3.2.1)
	}
	return ReplyToPath(method, path)
}

// ReplyToPath is PlanFor for a path that is still escaped.
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

// Failure returns the plan of a reply with a status of 400 or more. It ends the connection where the body could not be read or the method
// is not known, since what follows cannot be trusted then.
func Failure(status int) Reply {
	return Reply{Status: status, Reason: failures[status][1], Bytes: -1, Close: status == 413 || status == 501}
}

// registered reports whether a method is one that servers know (RFC 9110 and RFC 5789), if only to refuse it.
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

// Pattern reads as the body of /bytes/N, from its first byte on.
type Pattern struct{ off int }

// Read fills p. It never ends and never fails.
func (r *Pattern) Read(p []byte) (int, error) {
	n := copy(p, pattern[r.off%64:])
	r.off += n
	return n, nil
}

// Tally counts what such a server sent, in place of Sent.
func (t *Talk) Tally(requests, bytes int) {
	t.book.Requests.Add(int64(requests))
	t.book.Bytes.Add(int64(bytes))
}
