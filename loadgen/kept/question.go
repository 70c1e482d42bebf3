// Package kept works on records that loadgen wrote to files earlier: it compares two, or adds up several.
package kept

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// Difference is a field in which two specs differ.
type Difference struct {
	Field string `json:"field"` // as in the record, without its unit
	A     string `json:"a"`
	B     string `json:"b"`
}

func (d Difference) String() string { return fmt.Sprintf("%s: %s and %s", d.Field, d.A, d.B) }

// rules are the fields that may differ.
type rules []string

// free are the fields that may differ between records of the same load: address and process of the server, the seed, the length of the run, and
// names of files, whose content is compared instead. All other fields must be equal, including any added to the spec later. Engine, threads and spin must be
// equal because the client is part of what is measured: its own time is in every response time. The timeout must be equal because it decides
// what counts as an error.
var free = rules{"address", "pid", "seed", "source", "duration", "requests", "warmup", "grace", "save", "body_file", "mix_file", "stages_file", "cacert"}

// shared are the fields that may differ between loads that ran at the same time: they add up.
var shared = append(rules{"connections", "connections_first", "rate", "stages", "idle", "threads", "spin"}, free...)

// Compare returns the fields in which two specs differ: other must not differ, same may.
func (free rules) Compare(a, b result.Spec) (other, same []Difference) {
	for _, d := range differences(a, b) {
		if slices.Contains(free, d.Field) {
			same = append(same, d)
		} else {
			other = append(other, d)
		}
	}
	return other, same
}

// differences are all the fields in which a and b differ, in the order of the spec, the target in its parts.
func differences(a, b result.Spec) (all []Difference) {
	add := func(field string, a, b any) {
		if !reflect.DeepEqual(a, b) {
			all = append(all, Difference{field, text(a), text(b)})
		}
	}
	add("tls", client.Secure(a.Target), client.Secure(b.Target))
	add("address", client.Addr(a.Target), client.Addr(b.Target))
	add("path", client.PathOf(a.Target), client.PathOf(b.Target))
	add("ends by", endsBy(a), endsBy(b))
	add("lengths of stages", lengths(a), lengths(b))
	x, y := reflect.ValueOf(plain(a)), reflect.ValueOf(plain(b))
	for i := range x.NumField() {
		name, _, _ := strings.Cut(x.Type().Field(i).Tag.Get("json"), ",")
		if name == "-" || name == "target" {
			continue
		}
		for _, unit := range []string{"_ns", "_rps", "_bps"} {
			name = strings.TrimSuffix(name, unit)
		}
		if endsBy(a) != endsBy(b) && (name == "duration" || name == "requests") { // "ends by" covers it
			continue
		}
		add(name, x.Field(i).Interface(), y.Field(i).Interface())
	}
	return all
}

// endsBy is whether a load ends by time or by number. One that ends by number lasts until its slowest request is answered, which lowers its rate.
func endsBy(s result.Spec) string {
	if s.Requests > 0 {
		return "number"
	}
	return "time"
}

// lengths are the lengths of the stages of s.
func lengths(s result.Spec) (all []string) {
	for _, stage := range s.Stages {
		all = append(all, stage.Length.String())
	}
	return all
}

// plain normalizes s for the comparison: a body becomes its digest, secret headers lose their values, a client certificate becomes "given",
// defaults are filled in, and empty lists become nil.
func plain(s result.Spec) result.Spec {
	hash := func(body *string, bytes *int64, sum *string) {
		if *body != "" && *sum == "" {
			of := sha256.Sum256([]byte(*body))
			*bytes, *sum = int64(len(*body)), hex.EncodeToString(of[:])
		}
		*body = ""
	}
	hash(&s.Body, &s.BodyBytes, &s.BodySHA256)
	s.Mix = slices.Clone(s.Mix)
	for i := range s.Mix {
		kind := &s.Mix[i]
		hash(&kind.Body, &kind.BodyBytes, &kind.BodySHA256)
		kind.BodyFile, kind.Headers = "", result.HideSecrets(kind.Headers)
	}
	s.Headers = result.HideSecrets(s.Headers)
	if s.Cert != "" {
		s.Cert, s.Key = "given", "given"
	}
	s.Burst, s.Pipeline = max(s.Burst, 1), max(s.Pipeline, 1)
	for v, i := reflect.ValueOf(&s).Elem(), 0; i < v.NumField(); i++ {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.Len() == 0 {
			f.SetZero()
		}
	}
	return s
}

// longestText is how many characters of a value are printed.
const longestText = 60

// text is a value of a spec for people.
func text(v any) (text string) {
	switch v := v.(type) {
	case string:
		text = v
	case time.Duration:
		text = v.String()
	default:
		encoded, err := json.Marshal(v)
		if text = string(encoded); err != nil {
			text = fmt.Sprint(v)
		}
	}
	if text == "" || text == "null" || text == "0" || text == "0s" {
		return "none"
	}
	if runes := []rune(text); len(runes) > longestText {
		text = string(runes[:longestText-1]) + "…"
	}
	return text
}
