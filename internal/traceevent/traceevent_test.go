package traceevent

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The reader rejects files that break the format.
func TestReaderIsStrict(t *testing.T) {
	named := `{"ph":"M","name":"process_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"p"}},{"ph":"M","name":"thread_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"t"}}`
	slice := func(at, length string) string {
		return `,{"ph":"X","name":"s","cat":"c","ts":` + at + `,"dur":` + length + `,"pid":1,"tid":1}`
	}
	flow := func(phase string, at int) string {
		e := `,{"ph":"` + phase + `","name":"s","cat":"c","ts":` + strconv.Itoa(at) + `.000,"pid":1,"tid":1,"id":"0x1"`
		if phase == "f" {
			e += `,"bp":"e"`
		}
		return e + "}"
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
		flow("s", 1) + flow("t", 2) + flow("f", 3):                                                  false,
		flow("s", 1) + flow("f", 3):                                                                 false,
		flow("s", 1):                                                                                true,
		flow("t", 1) + flow("f", 3):                                                                 true,
		flow("s", 1) + flow("s", 2) + flow("f", 3):                                                  true,
		`,{"ph":"XX","name":"s","cat":"c","ts":1.000,"dur":1.000,"pid":1,"tid":1}`:                  true,
		`,{"ph":"M","name":"thread_name","ts":0.000,"pid":1,"tid":1,"args":{"name":"another one"}}`: true,
	} {
		if _, err := Parse([]byte(`{"otherData":{},"traceEvents":[` + named + events + `]}`)); (err != nil) != fails {
			t.Errorf("%s: %v", events, err)
		}
	}
}

// The reader reads what the writer wrote.
func TestRoundTrip(t *testing.T) {
	var text bytes.Buffer
	w := NewWriter(&text, map[string]any{"model": "<epoll>"})
	w.Process(1, 1, "a server")
	w.LaneWith(1, 1, "loop")
	w.Text("peer", "127.0.0.1:1")
	w.End()
	w.Lane(1, 2, "client \x1b[2J1")
	w.Sorted(1, 2)
	w.Slice(Quoted(`"turn" & more`), "turn", 1, 2_000_003, 1, 1)
	w.Text("why", "fd 7 is readable")
	w.Number("client", 3)
	w.True("last")
	w.End()
	w.Slice(`"backwards"`, "turn", 5, 4, 1, 2)
	w.End()
	w.Instant(`"all"`, "load", 6, 1, 1, true)
	w.End()
	w.Instant(`"now"`, "say", 7, 1, 1, false)
	w.Word("kind", "read")
	w.End()
	for i, phase := range []byte{FlowFrom, FlowStep, FlowTo} {
		w.Joined(phase, `"request"`, "request", int64(i), 11, 1, 1+i%2)
		w.End()
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := Parse(text.Bytes())
	if err != nil {
		t.Fatalf("%v in\n%s", err, &text)
	}
	want := &File{
		Other:     map[string]any{"model": "<epoll>"},
		Processes: map[int]string{1: "a server"},
		Lanes: map[int]Event{
			1: {Phase: 'M', Name: "loop", PID: 1, TID: 1, Args: map[string]any{"name": "loop", "peer": "127.0.0.1:1"}},
			2: {Phase: 'M', Name: `client \x1b[2J1`, PID: 1, TID: 2, Args: map[string]any{"name": `client \x1b[2J1`}},
		},
		Events: []Event{
			{Phase: 'X', Name: `"turn" & more`, Category: "turn", At: 1, Length: 2_000_002, PID: 1, TID: 1, Args: map[string]any{"why": "fd 7 is readable", "client": 3.0, "last": true}},
			{Phase: 'X', Name: "backwards", Category: "turn", At: 5, PID: 1, TID: 2},
			{Phase: 'i', Name: "all", Category: "load", At: 6, PID: 1, TID: 1, Whole: true},
			{Phase: 'i', Name: "now", Category: "say", At: 7, PID: 1, TID: 1, Args: map[string]any{"kind": "read"}},
			{Phase: 's', Name: "request", Category: "request", ID: "0xb", At: 0, PID: 1, TID: 1},
			{Phase: 't', Name: "request", Category: "request", ID: "0xb", At: 1, PID: 1, TID: 2},
			{Phase: 'f', Name: "request", Category: "request", ID: "0xb", At: 2, PID: 1, TID: 1},
		},
	}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	var again bytes.Buffer
	w = NewWriter(&again, f.Other)
	w.Copy(f, 0, 0, 0)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if copied, err := Parse(again.Bytes()); err != nil {
		t.Error(err)
	} else if diff := cmp.Diff(want, copied); diff != "" {
		t.Errorf("copied: %s", diff)
	}
	if e := f.Events[0]; e.Text("why") != "fd 7 is readable" || e.Number("client") != 3 || e.Text("client") != "" || e.Number("why") != 0 {
		t.Errorf("args of %+v", e)
	}
}

// Parse returns on any input, with an error or without.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"otherData":{},"traceEvents":[{"ph":"M","name":"thread_name","pid":1,"tid":1,"args":{"name":"t"}}]}`))
	f.Add([]byte(`{"traceEvents":[{"ph":"f","name":"s","cat":"c","ts":1.000,"pid":1,"tid":1,"id":"1","bp":"e"}]}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if file, err := Parse(text); err == nil && file == nil {
			t.Error("neither a file nor an error")
		}
	})
}
