package client

import (
	"regexp"
	"strconv"
	"strings"

	"carousel/loadgen/record"
)

const (
	// helloBody is what our own servers say to whoever asks for nothing else.
	helloBody = "Hello world\n"
	// alphabet is what the bodies of /bytes/N repeat.
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	// maxBytes is the largest N of /bytes/N.
	maxBytes = 1 << 30
)

// helloPaths are those that are answered with a hello, sooner or later.
var helloPaths = regexp.MustCompile(`^/((sleep|block|spin|store)/.*)?$`)

// demand is what a body must be: period bytes of text, repeated to length bytes.
type demand struct {
	text   string
	period int
	length int64
}

func exactly(text string) *demand { return &demand{text, len(text), int64(len(text))} }

// demanded is what our own servers answer; nil for methods and paths that have no rule, and where the reply has no body.
func (q *Request) demanded() *demand {
	path, _, _ := strings.Cut(q.Path, "?")
	digits, isBytes := strings.CutPrefix(path, "/bytes/")
	switch method := q.spec.Method; {
	case q.line:
		return exactly(helloBody)
	case method == "POST" && path == "/echo":
		return exactly(q.spec.Body)
	case method != "GET":
	case helloPaths.MatchString(path):
		return exactly(helloBody)
	case isBytes:
		if n, err := strconv.ParseUint(digits, 10, 64); err == nil && n <= maxBytes {
			// One alphabet more than a read takes: a piece that starts anywhere in it can be compared in one go.
			return &demand{strings.Repeat(alphabet, 1+MaxRead/len(alphabet)), len(alphabet), int64(n)}
		}
	}
	return nil
}

// fits reports whether p may stand at byte at of the body.
func (d *demand) fits(p []byte, at int64) bool {
	if at+int64(len(p)) > d.length {
		return false
	}
	from := int(at)
	if d.period > 0 && d.length > int64(d.period) {
		from = int(at % int64(d.period))
	}
	return string(p) == d.text[from:from+len(p)]
}

// judge is the class of a whole body of size bytes, of which fits says whether each piece fitted.
func (d *demand) judge(size int64, fits bool) record.Class {
	switch {
	case size != d.length:
		return record.BodyLength
	case !fits:
		return record.BodyContent
	}
	return record.OK
}
