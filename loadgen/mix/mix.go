// Package mix defines a load of several kinds of requests: what each requests, how often, and in which order they come. It is arithmetic, without a
// clock and without I/O.
package mix

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"carousel/internal/result"
)

// The most kinds, the most weight that all of them have together, and the longest file.
const (
	mostKinds  = 1000
	mostWeight = 100_000
	longest    = 16 << 20
)

// Usual is an example of a file for Parse.
const Usual = `{"path": "/", "weight": 7}
{"name": "order", "method": "POST", "path": "/orders", "body": "tea", "weight": 3, "expect": {"status": 201}}`

// Parse reads kinds of requests: JSON objects, one after another. A line that begins with # is a comment. It reads no further files: the
// name of a body file is in BodyFile. The error names the line.
func Parse(text []byte) (kinds []result.Kind, err error) {
	if len(text) > longest {
		return nil, fmt.Errorf("it is longer than %d MiB", longest>>20)
	}
	text = blankComments(text)
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	weight := 0
	for {
		k := result.Kind{Weight: 1}
		begin := begins(text, in.InputOffset())
		err := in.Decode(&k)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = settle(&k)
		}
		if weight += min(k.Weight, mostWeight+1); err == nil && (len(kinds) == mostKinds || weight > mostWeight) {
			err = fmt.Errorf("there are %d kinds of requests at most, with a weight of %d in all", mostKinds, mostWeight)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line(text, begin, in.InputOffset(), err), plainly(err))
		}
		kinds = append(kinds, k)
	}
	if len(kinds) == 0 {
		return nil, errors.New("it has no requests: write one on each line, such as {\"path\": \"/\", \"weight\": 7}")
	}
	return kinds, unique(kinds)
}

// settle fills in the defaults of a kind, and checks it by itself.
func settle(k *result.Kind) error {
	switch {
	case k.Path == "":
		return errors.New(`a request has a path, such as "path": "/"`)
	case k.Path[0] != '/':
		return fmt.Errorf("path %q: it begins with /, the target names the server", k.Path)
	case k.Weight < 1:
		return fmt.Errorf("weight %d: it is 1 or more", k.Weight)
	case k.BodyBytes != 0 || k.BodySHA256 != "":
		return errors.New("body_bytes and body_sha256 are of a record: leave them out")
	case k.Body != "" && k.BodyFile != "":
		return errors.New("body and body_file: give one of them")
	}
	if k.Method == "" {
		k.Method = "GET"
		if k.Body != "" || k.BodyFile != "" {
			k.Method = "POST"
		}
	}
	if k.Name == "" {
		k.Name = k.Path
		if k.Method != "GET" {
			k.Name = k.Method + " " + k.Path
		}
	}
	if e := k.Expect; e != nil && k.Method == "HEAD" && (result.Expected{Status: e.Status}) != *e {
		return errors.New("a reply to HEAD has no body: expect its status alone")
	}
	return expected(k.Expect)
}

// expected checks the expect of a kind.
func expected(e *result.Expected) error {
	if e == nil {
		return nil
	}
	hash, err := hex.DecodeString(e.SHA256)
	switch {
	case e.Status != 0 && (e.Status < 200 || e.Status > 599):
		return fmt.Errorf("status %d: it is 200 to 599", e.Status)
	case e.Length != nil && *e.Length < 0:
		return fmt.Errorf("length %d: it is 0 or more", *e.Length)
	case e.SHA256 != "" && (err != nil || len(hash) != 32):
		return fmt.Errorf("sha256 %q: it is 64 hexadecimal digits", e.SHA256)
	case e.Text != nil && (e.Length != nil || e.SHA256 != "" || e.Contains != ""):
		return errors.New("text is the whole body: leave length, sha256 and contains out")
	case *e == result.Expected{}:
		return errors.New("expect says nothing: it has a status, length, sha256, text or contains")
	}
	return nil
}

// unique returns an error if two kinds share a name.
func unique(kinds []result.Kind) error {
	seen := map[string]bool{}
	for _, k := range kinds {
		if seen[k.Name] {
			return fmt.Errorf("two requests are called %q: give each a name of its own, \"name\": \"...\"", k.Name)
		}
		seen[k.Name] = true
	}
	return nil
}

// blankComments replaces each line that begins with # by blanks, so that offsets stay the same.
func blankComments(text []byte) []byte {
	lines := bytes.SplitAfter(text, []byte("\n"))
	for i, l := range lines {
		if bytes.HasPrefix(bytes.TrimLeft(l, " \t"), []byte("#")) {
			lines[i] = append(bytes.Repeat([]byte(" "), len(bytes.TrimRight(l, "\n"))), l[len(bytes.TrimRight(l, "\n")):]...)
		}
	}
	return bytes.Join(lines, nil)
}

// begins returns where the next object begins after an offset.
func begins(text []byte, from int64) int64 {
	return int64(len(text)) - int64(len(bytes.TrimLeft(text[from:], " \t\r\n,")))
}

// line returns the number of the line with the fault.
func line(text []byte, begin, end int64, err error) int {
	at := begin
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		at = min(int64(len(text)), max(begin, syntax.Offset-1))
	}
	return 1 + bytes.Count(text[:at], []byte("\n"))
}

// plainly rewords an error of package json.
func plainly(err error) error {
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		if wrong.Field == "" {
			return fmt.Errorf("a request is an object, such as {\"path\": \"/\"}, not %s %s", article(wrong.Value), wrong.Value)
		}
		return fmt.Errorf("%s is %s here, not %s %s", wrong.Field, called[wrong.Type.String()], article(wrong.Value), wrong.Value)
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return fmt.Errorf("%s: there are %s; in expect %s", strings.TrimPrefix(err.Error(), "json: "), "name weight method path headers body body_file expect", "status length sha256 text contains")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it ends within a request")
	}
	return errors.New(strings.TrimPrefix(err.Error(), "json: "))
}

// called are the types of fields in plain words.
var called = map[string]string{"string": "a text", "int": "a whole number", "int64": "a whole number", "[]string": "a list of texts", "result.Expected": "an object"}

// article returns the article of a word.
func article(word string) string {
	if strings.ContainsRune("aeiou", rune(word[0])) {
		return "an"
	}
	return "a"
}
