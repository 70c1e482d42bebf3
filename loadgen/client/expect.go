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
	// helloBody is the body of our own servers' plain replies.
	helloBody = "Hello world\n"
	// alphabet is repeated in the bodies of /bytes/N.
	alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	// maxBytes is the largest N of /bytes/N.
	maxBytes = 1 << 30
)

// helloPaths matches the paths whose reply is helloBody, some after a delay.
var helloPaths = regexp.MustCompile(`^/((sleep|block|spin|store)/.*)?$`)

// demand is what a reply must be.
type demand struct {
	status int    // 0: any below 400
	ours   bool   // the rules of our own servers (--expect carousel), which apply to replies with status 200 only
	text   string // the body repeats the first period bytes of text
	period int    // 0: any body
	length int64  // of the body, or anyLength

	digest   *digest // of the body; nil: any
	contains *phrase // the body must contain it; nil: nothing
}

// anyLength stands for any length.
const anyLength = -1

func exactly(text string) *demand {
	return &demand{ours: true, text: text, period: len(text), length: int64(len(text))}
}

// expected converts e, which must be valid.
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

// status returns the class of a reply by its status.
func (q *Request) status(code int) record.Class {
	switch d := q.want; {
	case d == nil || d.status == 0:
		return record.Status(code)
	case d.status != code:
		return record.Class(code)
	}
	return record.OK
}

// demanded returns what our own servers reply to q; nil for methods and paths without a rule, and for replies without a body.
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
			// One alphabet longer than a read: a piece that starts at any of its bytes can be compared at once.
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

// judge returns the class of a whole reply with a good status. Its body has size bytes; fits is whether all its pieces fitted, matched how much of the
// phrase was found in it.
func (d *demand) judge(size int64, fits bool, matched int) record.Class {
	switch {
	case d.length != anyLength && size != d.length:
		return record.BodyLength
	case !fits, d.contains != nil && matched < len(d.contains.text):
		return record.BodyContent
	}
	return record.OK
}

// phrase searches for a text in a body that comes in pieces.
type phrase struct {
	text string
	next []int // by matched bytes: how many of them still match after a mismatch (Knuth, Morris and Pratt 1977)
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

// seek takes a further piece of the body. matched is how many bytes of the phrase matched at the end of the body before; it returns how many do now, or
// the length of the phrase if it was found.
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
