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
	actEcho
)

const (
	maxBytes = 1 << 30
	maxStore = 64 << 20
	maxPause = time.Minute
)

// route is one endpoint: what its path begins with (or is, where it takes no argument) and what it does.
type route struct {
	path   string
	method method
	act    act
	size   int64         // most bytes its argument may ask for
	pause  time.Duration // longest duration its argument may ask for
}

var routes = []route{
	{path: "/"},
	{path: "/bytes/", act: actBytes, size: maxBytes},
	{path: "/sleep/", act: actSleep, pause: maxPause},
	{path: "/block/", act: actBlock, pause: maxPause},
	{path: "/spin/", act: actSpin, pause: maxPause},
	{path: "/store/", act: actStore, size: maxStore},
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
		if r.size == 0 && r.pause == 0 {
			if string(path) == r.path {
				return r, 0, true
			}
		} else if rest, found := bytes.CutPrefix(path, []byte(r.path)); found {
			if r.size > 0 {
				arg, ok = digits(rest, r.size)
				return r, arg, ok
			}
			d, err := time.ParseDuration(string(rest))
			return r, int64(d), err == nil && 0 <= d && d <= r.pause
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
	case r.route.act == actNone, r.route.act == actSleep && r.arg == 0: // a loop has no timer for no time
		t.hello()
	case r.route.act == actBytes:
		t.content(int(r.arg), nil)
	case r.route.act == actEcho:
		t.content(len(body), body)
	default:
		t.act = r.route.act
	}
}
