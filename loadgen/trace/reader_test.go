package trace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// file is a file of trace events in their object form.
type file struct {
	other   map[string]any
	events  []event
	names   map[int]string // of processes
	threads map[int]string
}

// event is one of them, its times in nanoseconds.
type event struct {
	phase, name, category, id string
	at, length                int64
	pid, tid                  int
	args                      map[string]any
}

// fields are those that an event of a phase must have, and those that it may have.
var fields = map[string]struct{ must, may []string }{
	"M": {[]string{"name", "pid", "tid", "args"}, []string{"ts"}},
	"X": {[]string{"name", "cat", "ts", "dur", "pid", "tid"}, []string{"args"}},
	"i": {[]string{"name", "cat", "ts", "pid", "tid", "s"}, []string{"args"}},
	"b": {[]string{"name", "cat", "ts", "pid", "tid", "id"}, []string{"args"}},
	"e": {[]string{"name", "cat", "ts", "pid", "tid", "id"}, nil},
}

var decimal = regexp.MustCompile(`^[0-9]+\.[0-9]{3}$`)

// parse reads a file as strictly as the format's description has it ("Trace Event Format", Google, 2016), and checks that slices nest, that async
// events are pairs, that all lanes have names, and that no lane is of two processes.
func parse(text []byte) (*file, error) {
	var raw struct {
		OtherData   map[string]any `json:"otherData"`
		TraceEvents []map[string]json.RawMessage
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&raw); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something follows")
	}
	f := &file{other: raw.OtherData, names: map[int]string{}, threads: map[int]string{}}
	for _, fields := range raw.TraceEvents {
		e, err := read(fields)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fields, err)
		}
		if e.phase != "M" {
			f.events = append(f.events, e)
			continue
		}
		switch e.name {
		case "process_name":
			f.names[e.pid] = e.args["name"].(string)
		case "thread_name":
			if f.threads[e.tid] != "" {
				return nil, fmt.Errorf("thread %d is %q and %q", e.tid, f.threads[e.tid], e.args["name"])
			}
			f.threads[e.tid] = e.args["name"].(string)
		case "thread_sort_index":
			if e.args["sort_index"].(float64) != float64(e.tid) {
				return nil, fmt.Errorf("thread %d stands at %v", e.tid, e.args)
			}
		default:
			return nil, fmt.Errorf("metadata %q", e.name)
		}
	}
	return f, f.check()
}

// read reads the fields of an event.
func read(raw map[string]json.RawMessage) (e event, err error) {
	texts := map[string]*string{"ph": &e.phase, "name": &e.name, "cat": &e.category, "id": &e.id}
	var scope string
	texts["s"] = &scope
	for key, to := range texts {
		if raw[key] != nil {
			if err := json.Unmarshal(raw[key], to); err != nil || *to == "" {
				return e, fmt.Errorf("%s is no text", key)
			}
		}
	}
	known, ok := fields[e.phase]
	if !ok {
		return e, fmt.Errorf("phase %q", e.phase)
	}
	for _, key := range known.must {
		if raw[key] == nil {
			return e, fmt.Errorf("%s is missing", key)
		}
	}
	for key := range raw {
		if key != "ph" && !slices.Contains(known.must, key) && !slices.Contains(known.may, key) {
			return e, fmt.Errorf("%s is too much", key)
		}
	}
	for key, to := range map[string]*int64{"ts": &e.at, "dur": &e.length} {
		if raw[key] == nil {
			continue
		}
		if !decimal.Match(raw[key]) {
			return e, fmt.Errorf("%s is no number of microseconds to the nanosecond", key)
		}
		if *to, err = strconv.ParseInt(strings.Replace(string(raw[key]), ".", "", 1), 10, 64); err != nil {
			return e, err
		}
	}
	for key, to := range map[string]*int{"pid": &e.pid, "tid": &e.tid} {
		if err := json.Unmarshal(raw[key], to); err != nil || *to < 1 {
			return e, fmt.Errorf("%s is no number from 1 on", key)
		}
	}
	if raw["args"] != nil {
		if err := json.Unmarshal(raw["args"], &e.args); err != nil {
			return e, err
		}
	}
	if scope != "" && !slices.Contains([]string{"g", "p", "t"}, scope) {
		return e, fmt.Errorf("scope %q", scope)
	}
	if strings.Contains(string(raw["name"]), `\u`) {
		return e, fmt.Errorf("Perfetto does not read \\u in %s", raw["name"])
	}
	return e, nil
}

// check checks what must hold of all events together.
func (f *file) check() error {
	of, open := map[int]int{}, map[string]event{}
	lanes := map[int][]event{}
	for _, e := range f.events {
		if pid := of[e.tid]; pid != 0 && pid != e.pid || f.names[e.pid] == "" || f.threads[e.tid] == "" {
			return fmt.Errorf("%+v: its lane is of process %d too, or has no name", e, pid)
		}
		of[e.tid] = e.pid
		key := fmt.Sprint(e.pid, e.category, e.id)
		begun, is := open[key]
		switch e.phase {
		case "X":
			lanes[e.tid] = append(lanes[e.tid], e)
		case "b":
			if is {
				return fmt.Errorf("%+v began already: %+v", e, begun)
			}
			open[key] = e
		case "e":
			if !is || begun.name != e.name || begun.at >= e.at {
				return fmt.Errorf("%+v ends what did not begin: %+v", e, begun)
			}
			delete(open, key)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%d async events do not end", len(open))
	}
	for _, tid := range slices.Sorted(maps.Keys(lanes)) {
		if err := nested(lanes[tid]); err != nil {
			return fmt.Errorf("%s: %w", f.threads[tid], err)
		}
	}
	return nil
}

// nested says which of the slices of a lane overlap without one being within the other. Of those that begin at the same instant the first in the
// file is the outer one, as it is for those who draw them.
func nested(lane []event) error {
	slices.SortStableFunc(lane, func(a, b event) int { return int(min(max(a.at-b.at, -1), 1)) })
	var around []event
	for _, e := range lane {
		for len(around) > 0 && around[len(around)-1].at+around[len(around)-1].length <= e.at {
			around = around[:len(around)-1]
		}
		if n := len(around); n > 0 && e.at+e.length > around[n-1].at+around[n-1].length {
			return fmt.Errorf("%s at %d for %d overlaps %s at %d for %d", e.name, e.at, e.length, around[n-1].name, around[n-1].at, around[n-1].length)
		}
		around = append(around, e)
	}
	return nil
}

// pick is the events of a phase and a category.
func (f *file) pick(phase, category string) (some []event) {
	for _, e := range f.events {
		if e.phase == phase && e.category == category {
			some = append(some, e)
		}
	}
	return some
}

// The reader refuses what it is there to refuse.
func TestReaderIsStrict(t *testing.T) {
	named := `{"ph":"M","name":"process_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"p"}},{"ph":"M","name":"thread_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"t"}}`
	slice := func(at, length string) string {
		return `,{"ph":"X","name":"s","cat":"c","ts":` + at + `,"dur":` + length + `,"pid":1,"tid":1}`
	}
	for events, fails := range map[string]bool{
		slice("1.000", "2.000") + slice("2.000", "1.000"): false,
		slice("1.000", "2.000") + slice("3.000", "1.000"): false,
		slice("1.000", "2.000") + slice("2.000", "1.001"): true,
		slice("1.000", "0.000") + slice("1.000", "1.000"): false,
		slice("1", "2.000"):      true,
		slice("-1.000", "2.000"): true,
		`,{"ph":"X","name":"s","cat":"c","ts":1.000,"pid":1,"tid":1}`:                               true,
		`,{"ph":"X","name":"s","cat":"c","ts":1.000,"dur":1.000,"pid":1,"tid":2}`:                   true,
		`,{"ph":"b","name":"s","cat":"c","ts":1.000,"pid":1,"tid":1,"id":"1"}`:                      true,
		`,{"ph":"e","name":"s","cat":"c","ts":1.000,"pid":1,"tid":1,"id":"1"}`:                      true,
		`,{"ph":"i","name":"s","cat":"c","ts":1.000,"pid":1,"tid":1,"s":"x"}`:                       true,
		`,{"ph":"i","name":"s\u003c","cat":"c","ts":1.000,"pid":1,"tid":1,"s":"p"}`:                 true,
		`,{"ph":"M","name":"thread_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"another one"}}`: true,
	} {
		if _, err := parse([]byte(`{"otherData":{},"traceEvents":[` + named + events + `]}`)); (err != nil) != fails {
			t.Errorf("%s: %v", events, err)
		}
	}
}
