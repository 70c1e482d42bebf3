package wire

import "bytes"

// requestLine reads "METHOD target HTTP/1.1".
func (t *Talk) requestLine(line []byte) {
	if len(line) == 0 && !t.req.crlf {
		t.req.crlf = true // skip it: old clients send a CRLF after a body (RFC 9112, section 2.2)
		return
	}
	t.req = request{bytes: int32(len(line) + 2)}
	t.phase = phaseHeaders
	r := &t.req
	if string(line) == "GET / HTTP/1.1" {
		r.route = helloRoute
		return
	}
	i, j := bytes.IndexByte(line, ' '), bytes.LastIndexByte(line, ' ')
	if i <= 0 || i == j {
		t.refuse(400)
		return
	}
	name, target, version := line[:i], line[i+1:j], line[j+1:]
	r.head = string(name) == "HEAD"
	switch {
	case string(version) == "HTTP/1.1":
	case string(version) == "HTTP/1.0":
		r.old = true
	case len(version) == 8 && string(version[:5]) == "HTTP/" && digit(version[5]) && version[6] == '.' && digit(version[7]):
		t.refuse(505)
		return
	default:
		t.refuse(400)
		return
	}
	switch string(name) {
	case "GET":
	case "POST":
		r.method = methodPost
	case "HEAD", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH":
		r.method = methodOther
	default:
		if only(&tokens, name) {
			t.refuse(501)
		} else {
			t.refuse(400)
		}
		return
	}
	path, ok := pathOf(target)
	if !ok {
		t.refuse(400)
		return
	}
	r.route, r.arg, ok = find(path)
	r.bad = !ok
	if r.route.act == actMoved {
		r.body = bytes.Clone(path[len(r.route.path):])
	}
}

// pathOf returns the path of a request target in origin form ("/path?query") or absolute form ("http://host/path").
func pathOf(target []byte) ([]byte, bool) {
	for i, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return nil, false
		}
		if c == '%' && (i+2 >= len(target) || !hex(target[i+1]) || !hex(target[i+2])) {
			return nil, false
		}
	}
	if rest, absolute := bytes.CutPrefix(target, []byte("http://")); absolute {
		i := bytes.IndexByte(rest, '/')
		if i < 0 {
			i, target = len(rest), []byte("/")
		} else {
			target = rest[i:]
		}
		host, port, found := bytes.Cut(rest[:i], []byte(":"))
		if _, ok := digits(port, 65535); found && !ok || len(host) == 0 || !only(&names, host) {
			return nil, false
		}
	}
	if len(target) == 0 || target[0] != '/' {
		return nil, false
	}
	path, _, _ := bytes.Cut(target, []byte("?"))
	return path, true
}

// headerLine reads "Name: value", or the empty line that ends a head or a trailer.
func (t *Talk) headerLine(line []byte) {
	r := &t.req
	r.bytes += int32(len(line) + 2)
	if len(line) == 0 {
		t.headEnd()
		return
	}
	if r.headers++; r.headers > maxHeaders {
		t.refuse(431)
		return
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !only(&tokens, line[:colon]) {
		t.refuse(400)
		return
	}
	name, value := line[:colon], bytes.Trim(line[colon+1:], " \t")
	for _, c := range value {
		if c < ' ' && c != '\t' || c == 0x7f {
			t.refuse(400)
			return
		}
	}
	trailer := t.phase == phaseTrailers
	switch len(name) {
	case len("Host"):
		if is(name, "host") {
			if r.host || trailer || !only(&hosts, value) {
				t.refuse(400)
			}
			r.host = true
		}
	case len("Expect"):
		if is(name, "expect") && !r.old && !trailer {
			if r.expect = is(value, "100-continue"); !r.expect {
				t.refuse(417)
			}
		}
	case len("Connection"):
		if is(name, "connection") && !trailer {
			for option := range options(value) {
				r.close = r.close || is(option, "close")
				r.keep = r.keep || is(option, "keep-alive")
			}
		}
	case len("Trailer"):
		if is(name, "trailer") {
			for option := range options(value) {
				if is(option, "transfer-encoding") || is(option, "content-length") || is(option, "trailer") {
					t.refuse(400)
					return
				}
			}
		}
	case len("Content-Length"):
		if is(name, "content-length") {
			t.contentLength(value)
		}
	case len("Transfer-Encoding"):
		if is(name, "transfer-encoding") {
			switch {
			case r.sized || r.chunked || r.old || trailer:
				t.refuse(400)
			case !is(value, "chunked"):
				t.refuse(501)
			}
			r.chunked = true
		}
	}
}

func (t *Talk) contentLength(value []byte) {
	r := &t.req
	n, ok := digits(value, maxBody)
	switch {
	case r.sized || r.chunked || t.phase == phaseTrailers || !ok && n == 0:
		t.refuse(400)
	case !ok:
		t.refuse(413)
	}
	r.sized, r.length = true, n
}

// headEnd decides what follows a head, or answers after a trailer.
func (t *Talk) headEnd() {
	r := &t.req
	switch {
	case t.phase == phaseTrailers:
		t.answer()
		return
	case !r.host && !r.old:
		t.refuse(400)
		return
	case r.chunked:
		t.phase = phaseChunk
	case r.length > 0:
		t.phase = phaseBody
	default:
		t.answer()
		return
	}
	if r.expect {
		t.end() // the 100 belongs to no reply, so it ends none
		t.write(goAhead)
	}
}
