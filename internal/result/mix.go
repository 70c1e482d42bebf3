package result

import (
	"encoding/json"
	"slices"
	"strings"
)

// The orders of a mix.
const (
	Weighted    = "weighted" // drawn at random, as often as their weights say
	Shuffled    = "shuffled" // in shuffled rounds that hold each kind as often as its weight
	InFileOrder = "file"     // in the order of the file, each kind repeated by its weight
)

// Kind is a kind of request of a mix.
type Kind struct {
	Name       string    `json:"name,omitempty"` // in figures; "": method and path
	Weight     int       `json:"weight"`         // its share of the requests is this over the sum of all weights
	Method     string    `json:"method,omitempty"`
	Path       string    `json:"path"`
	Headers    []string  `json:"headers,omitempty"`     // "Name: value", added to those of the load
	Body       string    `json:"body,omitempty"`        // not in a record if it came from a file
	BodyFile   string    `json:"body_file,omitempty"`   // where Body was read from
	BodyBytes  int64     `json:"body_bytes,omitempty"`  // of what came from a file
	BodySHA256 string    `json:"body_sha256,omitempty"` // of the same, in hexadecimal
	Expect     *Expected `json:"expect,omitempty"`      // nil: what the load expects
}

// Expected is what a reply must match; a zero or nil field is not checked.
type Expected struct {
	Status   int     `json:"status,omitempty"`   // 0: any below 400
	Length   *int64  `json:"length,omitempty"`   // bytes of the body
	SHA256   string  `json:"sha256,omitempty"`   // of the body, in hexadecimal
	Text     *string `json:"text,omitempty"`     // the whole body
	Contains string  `json:"contains,omitempty"` // somewhere in the body
}

// MarshalJSON omits a body that came from a file, and the values of secret headers.
func (k Kind) MarshalJSON() ([]byte, error) {
	k.Headers = HideSecrets(k.Headers)
	if k.BodyFile != "" {
		k.Body = ""
	}
	type fields Kind // without this method
	return json.Marshal(fields(k))
}

// ForKind is the load of s with requests of the kind k only. A header of the kind replaces one of the load with the same name.
func (s Spec) ForKind(k Kind) Spec {
	name := func(header string) string {
		name, _, _ := strings.Cut(header, ":")
		return strings.ToLower(name)
	}
	own := map[string]bool{}
	for _, h := range k.Headers {
		own[name(h)] = true
	}
	s.Headers = slices.DeleteFunc(slices.Clone(s.Headers), func(h string) bool { return own[name(h)] })
	s.Headers = append(s.Headers, k.Headers...)
	s.Method, s.Body, s.BodyFile, s.BodyBytes, s.BodySHA256 = k.Method, k.Body, k.BodyFile, k.BodyBytes, k.BodySHA256
	s.Mix, s.Order = nil, ""
	return s
}

// ExpectsStatus reports whether s requires a certain status of any reply.
func (s Spec) ExpectsStatus() bool {
	return s.Expect != "" && s.Expect != Carousel ||
		slices.ContainsFunc(s.Mix, func(k Kind) bool { return k.Expect != nil && k.Expect.Status != 0 })
}
