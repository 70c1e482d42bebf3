package wire

import (
	"bytes"
	"time"
)

// act is what a request does before it is answered.
type act uint8

const (
	actNone act = iota
	actSleep
	actBlock
	actSpin
	actStore
	actBytes
	actImage
	actMoved
	actEcho
)

const (
	maxBytes = 1 << 30
	maxStore = 64 << 20
	maxPause = time.Minute
)

// route is one endpoint: its path, or what that begins with if an argument follows, and what it does.
type route struct {
	path   string
	method method
	act    act
	most   int64         // the largest number its argument may be
	pause  time.Duration // the longest duration its argument may be
}

var routes = []route{
	{path: "/"},
	{path: "/bytes/", act: actBytes, most: maxBytes},
	{path: "/sleep/", act: actSleep, pause: maxPause},
	{path: "/block/", act: actBlock, pause: maxPause},
	{path: "/spin/", act: actSpin, pause: maxPause},
	{path: "/store/", act: actStore, most: maxStore},
	{path: "/image/", act: actImage, most: Images - 1},
	{path: "/moved/", act: actMoved},
	{path: "/echo", method: methodPost, act: actEcho},
}

var (
	helloRoute   = &routes[0]
	unknownRoute = &route{}
)

// find looks up a path and its argument; ok is false where the argument is out of range.
func find(path []byte) (r *route, arg int64, ok bool) {
	for i := range routes {
		r = &routes[i]
		rest, found := bytes.CutPrefix(path, []byte(r.path))
		switch {
		case !found:
		case r.most > 0:
			arg, ok = digits(rest, r.most)
			return r, arg, ok
		case r.pause > 0:
			d, err := time.ParseDuration(string(rest))
			return r, int64(d), err == nil && 0 <= d && d <= r.pause
		case r.act == actMoved: // browsers read "//host" and "/\host" as another server
			return r, 0, len(rest) == 0 || rest[0] != '/' && rest[0] != '\\'
		case len(rest) == 0:
			return r, 0, true
		}
	}
	return unknownRoute, 0, true
}

// digits reads a plain decimal number up to most; a longer one reads as most+1 and is not ok.
func digits(p []byte, most int64) (n int64, ok bool) {
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = min(n*10+int64(c-'0'), most+1)
	}
	return n, len(p) > 0 && n <= most
}

// answer acts on a request that has been received whole.
func (t *Talk) answer() {
	r := &t.req
	body := r.body
	t.phase, r.body = phaseRequest, nil
	if r.close || r.old && !r.keep {
		t.closing = true
	}
	switch {
	case r.route == unknownRoute:
		t.fail(404)
	case r.method != r.route.method && !(r.head && r.route.method == methodGet):
		t.fail(405)
	case r.bad:
		t.fail(400)
	case r.route.act == actNone, r.route.act == actSleep && r.arg == 0: // a loop cannot set a timer of 0
		t.hello()
	case r.route.act == actBytes:
		t.content(octetStream, int(r.arg), nil)
	case r.route.act == actEcho:
		t.content(octetStream, len(body), body)
	case r.route.act == actImage:
		png, digest := image(r.arg)
		t.content("image/png\r\nContent-Digest: "+digest, len(png), png)
	case r.route.act == actMoved:
		t.moved(body)
	default:
		t.act = r.route.act
	}
}
