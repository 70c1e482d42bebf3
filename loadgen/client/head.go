package client

import (
	"bytes"
)

// head is what the head of a reply determines about its body and the connection.
type head struct {
	status  int
	length  int64 // -1: not given
	chunked bool
	keep    bool
	digest  *digest // nil: no SHA-256 given
	kind    string  // the body's media type, if bodies are saved
}

// headEnd returns the length of the head at the begin of p, its empty line included, or 0 if it is not complete. A line may end in LF alone (RFC 9112,
// section 2.2). The search begins at byte from.
func headEnd(p []byte, from int) int {
	for i := from; ; {
		n := bytes.IndexByte(p[i:], '\n')
		if n < 0 {
			return 0
		}
		i += n + 1
		switch {
		case i < len(p) && p[i] == '\n':
			return i + 1
		case i+1 < len(p) && p[i] == '\r' && p[i+1] == '\n':
			return i + 2
		}
	}
}

// parseHead parses a status line and its headers (RFC 9112). It is stricter than the RFC where a lenient parser could be wrong about the end of the
// body.
func parseHead(text []byte) (head, bool) {
	h := head{length: -1}
	line, text := nextLine(text)
	// HTTP/1.x SSS reason
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || line[7] != '0' && line[7] != '1' || line[8] != ' ' || len(line) > 12 && line[12] != ' ' {
		return h, false
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return h, false
		}
		h.status = h.status*10 + int(c-'0')
	}
	if h.status < 100 || h.status > 599 {
		return h, false
	}
	newer := line[7] == '1'
	var closes, keeps bool
	for {
		if line, text = nextLine(text); len(line) == 0 {
			break
		}
		end := bytes.IndexByte(line, ':')
		if end < 1 || !token(line[:end]) {
			return h, false // a continuation line ends up here too
		}
		name, value := line[:end], bytes.Trim(line[end+1:], " \t")
		switch {
		case is(name, "content-length"):
			n, ok := decimal(value)
			if !ok || h.length >= 0 && h.length != n {
				return h, false
			}
			h.length = n
		case is(name, "transfer-encoding"):
			if !newer {
				break // HTTP/1.0 has no transfer encodings
			}
			if h.chunked || !is(value, "chunked") {
				return h, false
			}
			h.chunked = true
		case is(name, "connection"):
			closes = closes || lists(value, "close")
			keeps = keeps || lists(value, "keep-alive")
		case is(name, "content-digest"):
			if d := digestOf(value); d != nil {
				h.digest = d
			}
		}
	}
	h.keep = !closes && (newer || keeps)
	if h.chunked && h.length >= 0 {
		h.length, h.keep = -1, false // RFC 9112, section 6.3: chunked wins, and the connection must close
	}
	return h, true
}

var comma, colon = []byte(","), []byte(":")

// field returns the value of the first header with the name word, in lower case, in a head that parseHead accepted; nil if there is none.
func field(text []byte, word string) []byte {
	_, text = nextLine(text)
	for {
		var line []byte
		if line, text = nextLine(text); len(line) == 0 {
			return nil
		}
		if name, value, _ := bytes.Cut(line, colon); is(name, word) {
			return bytes.Trim(value, " \t")
		}
	}
}

// nextLine returns the first line of text, without its line end, and the rest.
func nextLine(text []byte) (line, rest []byte) {
	n := bytes.IndexByte(text, '\n')
	line, rest = text[:n], text[n+1:]
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line, rest
}

// lists reports whether a header's value, a comma-separated list, has the option word, in lower case.
func lists(value []byte, word string) bool {
	for len(value) > 0 {
		option, rest, _ := bytes.Cut(value, comma)
		if is(bytes.Trim(option, " \t"), word) {
			return true
		}
		value = rest
	}
	return false
}

// is reports whether p equals word, which is in lower case, ignoring the case of ASCII letters.
func is(p []byte, word string) bool {
	if len(p) != len(word) {
		return false
	}
	for i, c := range p {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

func decimal(p []byte) (n int64, ok bool) {
	if len(p) == 0 || len(p) > 18 {
		return 0, false
	}
	for _, c := range p {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

func token(p []byte) bool {
	for _, c := range p {
		if !tokens[c] {
			return false
		}
	}
	return true
}

// tokens are the bytes of a header's name (RFC 9110, section 5.6.2).
var tokens = func() (t [256]bool) {
	for c := range t {
		t[c] = IsToken(string([]byte{byte(c)}))
	}
	return t
}()
