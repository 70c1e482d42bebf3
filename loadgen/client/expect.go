package client

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"carousel/internal/result"
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

// demand is what a reply must be.
type demand struct {
	status int    // 0: below 400; of our own servers' only a 200 has a rule
	ours   bool   // it is one of our own servers'
	text   string // the body is that, period bytes of it over and over
	period int    // 0: whatever it is
	length int64  // of the body

	digest   *digest // of the body
	contains *phrase // that is in the body
}

// anyLength is a length that is not demanded.
const anyLength = -1

func exactly(text string) *demand {
	return &demand{ours: true, text: text, period: len(text), length: int64(len(text))}
}

// expected is what e says, which must be valid.
func expected(e *result.Expected) *demand {
	d := &demand{status: e.Status, length: anyLength}
	if e.Length != nil {
		d.length = *e.Length
	}
	if e.Text != nil {
		d.text, d.period, d.length = *e.Text, len(*e.Text), int64(len(*e.Text))
	}
	if e.SHA256 != "" {
		d.digest = new(digest)
		hex.Decode(d.digest[:], []byte(e.SHA256))
	}
	if e.Contains != "" {
		d.contains = newPhrase(e.Contains)
	}
	return d
}

// status is the class of a reply by its status.
func (q *Request) status(code int) record.Class {
	switch d := q.want; {
	case d == nil || d.status == 0:
		return record.Status(code)
	case d.status != code:
		return record.Class(code)
	}
	return record.OK
}

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
			return &demand{ours: true, text: strings.Repeat(alphabet, 1+MaxRead/len(alphabet)), period: len(alphabet), length: int64(n)}
		}
	}
	return nil
}

// fits reports whether p may stand at byte at of the body.
func (d *demand) fits(p []byte, at int64) bool {
	switch {
	case d.length != anyLength && at+int64(len(p)) > d.length:
		return false
	case d.period == 0:
		return true
	}
	from := int(at)
	if d.length > int64(d.period) {
		from = int(at % int64(d.period))
	}
	return string(p) == d.text[from:from+len(p)]
}

// judge is the class of a whole reply with a good status, whose body has size bytes, of which fits says whether each piece fitted, and said
// how much of the phrase is in it.
func (d *demand) judge(size int64, fits bool, said int) record.Class {
	switch {
	case d.length != anyLength && size != d.length:
		return record.BodyLength
	case !fits, d.contains != nil && said < len(d.contains.text):
		return record.BodyContent
	}
	return record.OK
}

// phrase is a text that is looked for in a body which comes in pieces.
type phrase struct {
	text string
	next []int // where the search goes on, by the length of what matched, when the byte after it does not (Knuth, Morris and Pratt 1977)
}

func newPhrase(text string) *phrase {
	f := &phrase{text: text, next: make([]int, len(text)+1)}
	for i, k := 1, 0; i < len(text); i++ {
		for k > 0 && text[i] != text[k] {
			k = f.next[k]
		}
		if text[i] == text[k] {
			k++
		}
		f.next[i+1] = k
	}
	return f
}

// seek is how much of the phrase ends a body, after a piece more, of which so much did before; all of it once it was there.
func (f *phrase) seek(p []byte, matched int) int {
	for len(p) > 0 && matched < len(f.text) {
		if matched == 0 {
			at := bytes.IndexByte(p, f.text[0])
			if at < 0 {
				return 0
			}
			p = p[at:]
		}
		if p[0] == f.text[matched] {
			matched++
			p = p[1:]
		} else {
			matched = f.next[matched]
		}
	}
	return matched
}
