package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// order returns a trial with that Order and otherwise fixed fields.
func order(n int) Trial {
	return Trial{Schema: Schema, Round: 1, Order: n, NA: "no /sleep", Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Cell: Cell{Model: "epoll", Scenario: "hello", Placement: Split}}
}

func appendOrder(t *testing.T, dir string, n int) {
	t.Helper()
	v := order(n)
	if err := Append(dir, v); err != nil {
		t.Fatal(err)
	}
}

func orders(trials []Trial) []int {
	var list []int
	for _, v := range trials {
		list = append(list, v.Order)
	}
	return list
}

func flawTexts(flaws []Flaw) []string {
	var list []string
	for _, f := range flaws {
		list = append(list, f.String())
	}
	return list
}

func TestAppendThenRead(t *testing.T) {
	dir := t.TempDir()
	if trials, flaws, err := ReadTrials(dir); trials != nil || flaws != nil || err != nil {
		t.Errorf("a folder without trials: %v, %v, %v", trials, flaws, err)
	}
	var want []Trial
	for i := range 3 {
		appendOrder(t, dir, i+1)
		want = append(want, order(i+1))
	}
	got, flaws, err := ReadTrials(dir)
	if err != nil || flaws != nil {
		t.Errorf("%v, %v", flaws, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read what was not written (-want +got):\n%s", diff)
	}
	if err := Append(filepath.Join(dir, "nowhere"), want[0]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
	bad := order(4)
	bad.Cell.RateRPS = 0
	bad.Load = &Load{RateRPS: nan()}
	if err := Append(dir, bad); err == nil || !strings.Contains(err.Error(), "trial 4 of round 1") {
		t.Errorf("a number that JSON cannot write: %v", err)
	}
	if got, flaws, _ := ReadTrials(dir); len(got) != 3 || flaws != nil {
		t.Errorf("what could not be written left %d trials and %v", len(got), flaws)
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

// TestTornAnywhere cuts a file of two trials at every byte: whole lines are read, a torn line is reported, and a trial that
// is appended later is whole.
func TestTornAnywhere(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, TrialsFile)
	appendOrder(t, dir, 1)
	first, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	appendOrder(t, dir, 2)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(text) + 1 {
		if err := os.WriteFile(file, text[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		// A line that lacks only its newline is whole.
		whole := bytes.Count(text[:cut], []byte("\n"))
		if cut == len(first)-1 || cut == len(text)-1 {
			whole++
		}
		torn := cut != 0 && cut != len(first)-1 && cut != len(first) && cut < len(text)-1
		trials, flaws, err := ReadTrials(dir)
		if err != nil || len(trials) != whole || (len(flaws) == 1) != torn || torn && !flaws[0].Torn {
			t.Fatalf("cut at %d of %d: %d trials, %v, %v", cut, len(text), len(trials), flaws, err)
		}
		appendOrder(t, dir, 3)
		trials, flaws, err = ReadTrials(dir)
		if err != nil || len(trials) != whole+1 || trials[whole].Order != 3 || (len(flaws) == 1) != torn || torn && flaws[0].Torn {
			t.Fatalf("cut at %d of %d, then one more: %v, %v, %v", cut, len(text), orders(trials), flaws, err)
		}
	}
}

func TestParse(t *testing.T) {
	line := func(n int) string {
		text, err := json.Marshal(order(n))
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	for _, c := range []struct {
		name, text string
		orders     []int
		flaws      []string
		err        string
	}{
		{name: "nothing"},
		{name: "empty lines", text: "\n\n" + line(1) + "  \n", orders: []int{1}},
		{name: "a field of later", text: strings.Replace(line(1), "{", `{"colour":"red",`, 1), orders: []int{1}},
		{name: "torn", text: line(1) + `{"schema":1,"rou`, orders: []int{1},
			flaws: []string{"trials.jsonl:2: skipped the last line: it is torn (its writer was stopped in the middle)"}},
		{name: "malformed in the middle", text: line(1) + "\x00\x00\n" + line(2), orders: []int{1, 2},
			flaws: []string{`trials.jsonl:2: skipped: invalid character '\x00' looking for beginning of value`}},
		{name: "two in a line", text: strings.TrimSuffix(line(1), "\n") + line(2) + line(3), orders: []int{3},
			flaws: []string{"trials.jsonl:1: skipped: invalid character '{' after top-level value"}},
		{name: "of another type", text: `{"schema":1,"round":"one"}` + "\n",
			flaws: []string{"trials.jsonl:1: skipped: json: cannot unmarshal string into Go struct field Trial.round of type int"}},
		{name: "no schema", text: `{"cell":{"model":"epoll"}}` + "\n",
			flaws: []string{`trials.jsonl:1: skipped: no record of ours: "schema" is missing`}},
		{name: "no cell", text: `{"schema":1}` + "\n",
			flaws: []string{"trials.jsonl:1: skipped: no trial: it names no model or no scenario"}},
		{name: "a newer schema", text: line(1) + `{"schema":3,"round":"one"}` + "\n",
			err: "trials.jsonl:2: the record has schema 3, this program reads up to 2: use the version that wrote it"},
		{name: "a load of a newer schema", text: `{"schema":1,"cell":{"model":"m","scenario":"s"},"load":{"schema":7}}` + "\n",
			err: "trials.jsonl:1: the record has schema 7, this program reads up to 2: use the version that wrote it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			trials, flaws, err := Parse([]byte(c.text))
			if (err == nil) != (c.err == "") || err != nil && err.Error() != c.err {
				t.Errorf("error %v, want %q", err, c.err)
			}
			if diff := cmp.Diff(c.orders, orders(trials)); diff != "" {
				t.Errorf("trials (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.flaws, flawTexts(flaws)); diff != "" {
				t.Errorf("flaws (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	if _, err := ReadRun(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder without a run: %v", err)
	}
	want := &Run{Schema: Schema, ID: "one", Seed: 1<<64 - 1, Models: []string{"epoll"}, Started: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)}
	for range 2 { // the second replaces the first
		want.Rounds++
		if err := WriteRun(dir, want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadRun(dir)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("read what was not written (-want +got):\n%s", diff)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("writing left %v, %v", left, err)
	}
	want.Schema = Schema + 1
	if err := WriteRun(dir, want); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRun(dir); err == nil || !strings.Contains(err.Error(), RunFile) || !strings.Contains(err.Error(), "schema 3") {
		t.Errorf("a newer run is refused with %v", err)
	}
}

func TestReadLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "load.json")
	if err := WriteFile(file, []byte(`{"schema":1,"complete":true,"requests":{"ok":3}}`)); err != nil {
		t.Fatal(err)
	}
	if l, err := ReadLoad(file); err != nil || !l.Complete || l.Requests.OK != 3 {
		t.Errorf("ReadLoad = %+v, %v", l, err)
	}
	if err := WriteFile(file, []byte(`{"schema":1,`)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadLoad(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("half a record is refused with %v", err)
	}
	for text, want := range map[string]string{
		`{"schema":2,"servers":[]}`:                   "it is the record of a comparison of several servers (--vs), not the record of one load",
		`{"schema":2,"over":"rate","steps":[]}`:       "it is the record of a search (--find-max), not",
		`{"schema":2,"cell":{},"load":{}}`:            "it is a trial of bench",
		`{"schema":2,"figures":[]}`:                   "it is a comparison of two records",
		`{"schema":2,"complete":true}`:                `it is no record of a load: "requests" is missing`,
		`{"schema":3,"requests":{}}`:                  "the record has schema 3, this program reads up to 2",
		`{"requests":{}}`:                             "no record of ours",
		`{"schema":2,"cell":{}}` + "\n" + `{"schema"`: "it is no record of loadgen, as -o writes one: it is not one JSON document",
		`[]`: "cannot unmarshal array",
	} {
		if err := WriteFile(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadLoad(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestReadComparison(t *testing.T) {
	want := &Comparison{Schema: Schema, Complete: true, Cycles: 200, Seed: 1<<64 - 1,
		Servers: []Compared{{Name: "a", Load: &Load{Schema: Schema, RateRPS: 81_200}, Slices: []Slice{{Cycle: 1, OK: 3}}}, {Name: "b", Cost: &Cost{Steady: 5_310}}},
		Ratios: []Ratio{{Server: "b", To: "a", Metric: MetricSteady, Ratio: 1.086, Low: 1.081, High: 1.092, Confidence: 0.95, Outcome: Higher},
			{Server: "b", To: "a", Metric: MetricP99, Lacks: "too few"}}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "comparison.json")
	read := func(text string) (*Comparison, error) {
		if err := WriteFile(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		return ReadComparison(file)
	}
	got, err := read(string(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read what was not written (-want +got):\n%s", diff)
	}
	if r := got.Ratio("b", MetricSteady); r == nil || r.Ratio != 1.086 || got.Ratio("a", MetricSteady) != nil {
		t.Errorf("the ratio of b is %v", r)
	}
	if s := got.Find("b"); s != &got.Servers[1] || got.Find("c") != nil {
		t.Errorf("b is %v", s)
	}
	for text, says := range map[string]string{
		string(text[:len(text)/2]):      "unexpected end",
		`{"schema":3,"servers":"all"}`:  "schema 3",
		`{"schema":2,"rate_rps":81200}`: "it names no servers",
	} {
		if _, err := read(text); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), file) {
			t.Errorf("%.40s is refused with %v, want %q", text, err, says)
		}
	}
}

func TestWriteFileKeepsWhatIsNoFile(t *testing.T) {
	if err := WriteFile(os.DevNull, []byte("text")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s has become a file: %v, %v", os.DevNull, info, err)
	}
	if err := WriteFile(filepath.Join(t.TempDir(), "no", "where"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

// Stream writes the whole file or nothing, and leaves no temporary file.
func TestStream(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	write := func(text string, err error) error {
		return Stream(file, func(w io.Writer) error {
			_, e := io.WriteString(w, text)
			return errors.Join(e, err)
		})
	}
	for _, c := range []struct {
		text string
		err  error
		want string
	}{{"one", nil, "one"}, {"two", nil, "two"}, {"three", os.ErrClosed, "two"}} {
		if err := write(c.text, c.err); !errors.Is(err, c.err) {
			t.Errorf("%s: %v", c.text, err)
		}
		names, _ := os.ReadDir(filepath.Dir(file))
		if text, err := os.ReadFile(file); string(text) != c.want || err != nil || len(names) != 1 {
			t.Errorf("%s: %q, %v, beside %v", c.text, text, err, names)
		}
	}
	if err := Stream(os.DevNull, func(w io.Writer) error { return nil }); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Fatalf("%s has become a file: %v, %v", os.DevNull, info, err)
	}
	if err := Stream(filepath.Join(t.TempDir(), "no", "where"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("into a folder that is not there: %v", err)
	}
}

// FuzzParse checks on any bytes that every line is read or reported, and that the accepted trials read the same after they
// were written again.
func FuzzParse(f *testing.F) {
	text, err := json.Marshal(order(1))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "\n", "{}", string(text), string(text) + "\n" + string(text[:20]), "\x00\n" + string(text) + "\n",
		`{"schema":3}`, `{"schema":1,"cell":{"model":"m","scenario":"s"},"server":{"cpus":[],"command":[]}}`, `{"schema":1,"cell":{"model":"m","scenario":"s"},"load":{"schema":1,"spec":{"a":[1]}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		trials, flaws, err := Parse(text)
		if err != nil {
			if !strings.Contains(err.Error(), "schema") || trials != nil || flaws != nil {
				t.Fatalf("%d trials, %d flaws, %v", len(trials), len(flaws), err)
			}
			return
		}
		lines := 0
		for line := range bytes.Lines(text) {
			if len(bytes.TrimSpace(line)) > 0 {
				lines++
			}
		}
		if len(trials)+len(flaws) != lines {
			t.Fatalf("%d trials and %d flaws of %d lines", len(trials), len(flaws), lines)
		}
		var again []byte
		for _, v := range trials {
			line, err := json.Marshal(v)
			if err != nil {
				t.Fatalf("accepted, but cannot be written: %v", err)
			}
			again = append(append(again, line...), '\n')
		}
		back, flaws, err := Parse(again)
		if err != nil || flaws != nil {
			t.Fatalf("written again: %v, %v", flaws, err)
		}
		if diff := cmp.Diff(trials, back, cmpopts.EquateEmpty()); diff != "" { // an empty optional field is written as none
			t.Fatalf("written again it reads otherwise (-first +again):\n%s", diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	h := NewHistogram()
	for _, v := range []int64{1, 1000, 1_000_000, 60_000_000_000} {
		text, err := h.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		h.RecordN(v, v)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Decode(text)
		if err != nil {
			return
		}
		again, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(again)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(summary(h), summary(back)); diff != "" {
			t.Fatalf("encoded again it is another (-first +again):\n%s", diff)
		}
	})
}
