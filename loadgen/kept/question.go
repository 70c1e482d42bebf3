// Package kept is about records of loads that were kept in files: two are compared, several are added up.
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

// Difference is a field of two specs that is not the same.
type Difference struct {
	Field string `json:"field"` // as in the record, without its unit
	A     string `json:"a"`
	B     string `json:"b"`
}

func (d Difference) String() string { return fmt.Sprintf("%s: %s and %s", d.Field, d.A, d.B) }

// rules are the fields that may differ.
type rules []string

// free are the fields that two loads may differ in and still ask the same: where the server was, which process it is, what chance was drawn
// from, how long the load went on, and names of files whose content counts by itself. All others are part of the question, a field that is
// added to the spec as well. Engine, threads and spin are part of it, for the client is part of what is measured: its own time is in every
// response time and in its processor time, so that another engine makes another figure of the same server. What a load waits for (timeout)
// decides what counts as an error.
var free = rules{"address", "pid", "seed", "source", "duration", "requests", "warmup", "grace", "save", "body_file", "mix_file", "stages_file", "cacert"}

// shared are those in which loads that ran side by side may differ as well, since they add up: each is a part of the whole.
var shared = append(rules{"connections", "connections_first", "rate", "stages", "idle", "threads", "spin"}, free...)

// Compare says which fields of two specs differ: those that make them different questions, and those that do not.
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
		if endsBy(a) != endsBy(b) && (name == "duration" || name == "requests") { // which says it already
			continue
		}
		add(name, x.Field(i).Interface(), y.Field(i).Interface())
	}
	return all
}

// endsBy is whether a load ends by time or by number. By number it lasts until the slowest request is answered, which the rate is over.
func endsBy(s result.Spec) string {
	if s.Requests > 0 {
		return "number"
	}
	return "time"
}

// lengths are those of its stages.
func lengths(s result.Spec) (all []string) {
	for _, stage := range s.Stages {
		all = append(all, stage.Length.String())
	}
	return all
}

// plain is s as it is compared: a body by its digest, wherever it was read from; secret headers without their values; a certificate of the
// client as one; what may be left out as what it then is; and empty lists as none.
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

// longestText is how much of a value is shown.
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
