package traceevent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// File is a file of trace events.
type File struct {
	Other     map[string]any // its otherData
	Events    []Event        // in the order of the file, without those that give names
	Processes map[int]string // names, by pid
	Lanes     map[int]Event  // by tid: the event that names the lane; its Name is the name of the lane
}

// Event is a trace event. Instants and lengths are in nanoseconds.
type Event struct {
	Phase              byte
	Name, Category, ID string
	At, Length         int64
	PID, TID           int
	Whole              bool // an instant of its whole process, or of all processes
	Args               map[string]any
}

// Text returns the text of an arg, "" if there is none.
func (e Event) Text(key string) string {
	s, _ := e.Args[key].(string)
	return s
}

// Number returns the number of an arg, 0 if there is none.
func (e Event) Number(key string) int {
	n, _ := e.Args[key].(float64)
	return int(n)
}

// fields are the fields that an event must and may have, by its phase.
var fields = map[byte]struct{ must, may []string }{
	metadata:  {[]string{"name", "pid", "tid", "args"}, []string{"ts"}},
	Slice:     {[]string{"name", "cat", "ts", "dur", "pid", "tid"}, []string{"args"}},
	Instant:   {[]string{"name", "cat", "ts", "pid", "tid", "s"}, []string{"args"}},
	AsyncFrom: {[]string{"name", "cat", "ts", "pid", "tid", "id"}, []string{"args"}},
	AsyncTo:   {[]string{"name", "cat", "ts", "pid", "tid", "id"}, nil},
	FlowFrom:  {[]string{"name", "cat", "ts", "pid", "tid", "id"}, nil},
	FlowStep:  {[]string{"name", "cat", "ts", "pid", "tid", "id"}, nil},
	FlowTo:    {[]string{"name", "cat", "ts", "pid", "tid", "id", "bp"}, nil},
}

var decimal = regexp.MustCompile(`^[0-9]+\.[0-9]{3}$`)

// Parse reads a file, as strictly as the description of the format. It is an error if slices of a lane overlap and neither contains the other, if
// an async event or a flow has no end, if a process or a lane has no name, or if a lane belongs to two processes.
func Parse(text []byte) (*File, error) {
	var raw struct {
		OtherData   map[string]any `json:"otherData"`
		TraceEvents []map[string]json.RawMessage
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("no file of trace events: %w", err)
	}
	if d.More() {
		return nil, fmt.Errorf("something follows the trace events")
	}
	f := &File{Other: raw.OtherData, Processes: map[int]string{}, Lanes: map[int]Event{}}
	for i, fields := range raw.TraceEvents {
		e, err := read(fields)
		if err == nil && e.Phase == metadata {
			err = f.name(e)
		} else if err == nil {
			f.Events = append(f.Events, e)
		}
		if err != nil {
			return nil, fmt.Errorf("trace event %d: %w", i+1, err)
		}
	}
	return f, f.check()
}

// name stores the name of a process or a lane.
func (f *File) name(e Event) error {
	name := e.Text("name")
	switch e.Name {
	case "process_name":
		f.Processes[e.PID] = name
	case "thread_name":
		if known, is := f.Lanes[e.TID]; is {
			return fmt.Errorf("lane %d is %q and %q", e.TID, known.Name, name)
		}
		e.Name = name
		f.Lanes[e.TID] = e
	case "thread_sort_index":
		if e.Number("sort_index") != e.TID {
			return fmt.Errorf("lane %d stands at %v", e.TID, e.Args)
		}
		return nil
	default:
		return fmt.Errorf("metadata %q", e.Name)
	}
	if name == "" {
		return fmt.Errorf("%s of %d, %d is empty", e.Name, e.PID, e.TID)
	}
	return nil
}

// read reads the fields of an event.
func read(raw map[string]json.RawMessage) (e Event, err error) {
	var phase, scope, bind string
	for key, to := range map[string]*string{"ph": &phase, "name": &e.Name, "cat": &e.Category, "id": &e.ID, "s": &scope, "bp": &bind} {
		if raw[key] != nil {
			if err := json.Unmarshal(raw[key], to); err != nil || *to == "" {
				return e, fmt.Errorf("%s is no text", key)
			}
		}
	}
	known, ok := fields[(phase + "?")[0]]
	if !ok || len(phase) != 1 {
		return e, fmt.Errorf("phase %q", phase)
	}
	e.Phase = phase[0]
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
	for key, to := range map[string]*int64{"ts": &e.At, "dur": &e.Length} {
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
	for key, to := range map[string]*int{"pid": &e.PID, "tid": &e.TID} {
		if err := json.Unmarshal(raw[key], to); err != nil || *to < 1 {
			return e, fmt.Errorf("%s is no number from 1 on", key)
		}
	}
	if raw["args"] != nil {
		if err := json.Unmarshal(raw["args"], &e.Args); err != nil {
			return e, err
		}
	}
	if scope != "" && !slices.Contains([]string{"g", "p", "t"}, scope) {
		return e, fmt.Errorf("scope %q", scope)
	}
	e.Whole = scope == "p" || scope == "g"
	if bind != "" && bind != "e" {
		return e, fmt.Errorf("binding point %q", bind)
	}
	if strings.Contains(string(raw["name"]), `\u`) {
		return e, fmt.Errorf("a reader such as Perfetto does not read \\u in %s", raw["name"])
	}
	return e, nil
}

// check checks what must hold of all events together.
func (f *File) check() error {
	of, open := map[int]int{}, map[string]Event{}
	lanes, flows := map[int][]Event{}, map[string][]Event{}
	for _, e := range f.Events {
		if pid := of[e.TID]; pid != 0 && pid != e.PID || f.Processes[e.PID] == "" || f.Lanes[e.TID].Name == "" {
			return fmt.Errorf("%s at %d: lane %d is of process %d too, or has no name", e.Name, e.At, e.TID, pid)
		}
		of[e.TID] = e.PID
		key := fmt.Sprint(e.PID, e.Category, e.ID)
		begun, is := open[key]
		switch e.Phase {
		case Slice:
			lanes[e.TID] = append(lanes[e.TID], e)
		case AsyncFrom:
			if is {
				return fmt.Errorf("%s at %d began already, at %d", e.Name, e.At, begun.At)
			}
			open[key] = e
		case AsyncTo:
			if !is || begun.Name != e.Name || begun.At >= e.At {
				return fmt.Errorf("%s at %d ends what did not begin", e.Name, e.At)
			}
			delete(open, key)
		case FlowFrom, FlowStep, FlowTo:
			flows[e.Category+e.ID] = append(flows[e.Category+e.ID], e)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%d async events do not end", len(open))
	}
	for _, key := range slices.Sorted(maps.Keys(flows)) {
		if err := arrow(flows[key]); err != nil {
			return err
		}
	}
	for _, tid := range slices.Sorted(maps.Keys(lanes)) {
		if err := nested(lanes[tid]); err != nil {
			return fmt.Errorf("%s: %w", f.Lanes[tid].Name, err)
		}
	}
	return nil
}

// arrow returns an error if the points of a flow do not make an arrow.
func arrow(points []Event) error {
	slices.SortStableFunc(points, byInstant)
	for i, e := range points {
		if first, last := i == 0, i == len(points)-1; (e.Phase == FlowFrom) != first || (e.Phase == FlowTo) != last {
			return fmt.Errorf("%s at %d: flow %s does not start once, first, and end once, last", e.Name, e.At, e.ID)
		}
	}
	return nil
}

// nested returns an error if slices of a lane overlap and neither contains the other. Of those that begin at the same instant the first in the
// file is the outer one, as in viewers.
func nested(lane []Event) error {
	slices.SortStableFunc(lane, byInstant)
	var around []Event
	for _, e := range lane {
		for len(around) > 0 && around[len(around)-1].At+around[len(around)-1].Length <= e.At {
			around = around[:len(around)-1]
		}
		if n := len(around); n > 0 && e.At+e.Length > around[n-1].At+around[n-1].Length {
			return fmt.Errorf("%s at %d for %d overlaps %s at %d for %d", e.Name, e.At, e.Length, around[n-1].Name, around[n-1].At, around[n-1].Length)
		}
		around = append(around, e)
	}
	return nil
}

func byInstant(a, b Event) int { return cmp.Compare(a.At, b.At) }

// Pick returns the events of a phase and a category.
func (f *File) Pick(phase byte, category string) (some []Event) {
	for _, e := range f.Events {
		if e.Phase == phase && e.Category == category {
			some = append(some, e)
		}
	}
	return some
}
