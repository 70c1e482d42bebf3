package result_test

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/usage"
)

const (
	schemaFile     = "../../results/trial.schema.json"
	comparisonFile = "../../results/comparison.schema.json"
	searchFile     = "../../results/search.schema.json"
	readmeFile     = "../../results/README.md"
)

// full returns a trial in which no field, at any depth, is zero.
func full(t *testing.T) result.Trial {
	t.Helper()
	h := result.NewHistogram()
	h.Record(1)
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var v result.Trial
	fill(reflect.ValueOf(&v).Elem())
	v.Cell.Placement, v.Cell.Mode = result.Split, result.Inline
	v.Schema = result.Schema
	sensible(v.Load, text)
	sensible(v.Second.Load, text)
	v.Probe.Status = 503
	v.Ceiling[0].BrokenBy = map[string]int{result.Reset: 1}
	v.Exhaust.Crowd.BrokenBy = map[string]int{result.Unanswered: 1}
	v.Turns.Effects = map[string]float64{result.MetricRate: 0.01}
	v.Turns.Verdict.State, v.Turns.Verdict.Reasons[0].State = "suspect", "suspect"
	return v
}

// sensible replaces those fields of a full load that must have a certain form.
func sensible(l *result.Load, histogram string) {
	l.Histogram, l.ServiceHistogram, l.Schema = histogram, histogram, result.Schema
	l.Answered.Histogram, l.Answered.ServiceHistogram = histogram, histogram
	for _, v := range []*result.Verdict{&l.Verdict, &l.Merged[0].Verdict} {
		v.State, v.Reasons[0].State = "suspect", "suspect"
	}
	for i := range l.Intervals.List {
		l.Intervals.List[i].Histogram = histogram
	}
	l.Counters = &result.Counters{Counts: map[string]int64{result.Calls: 1}, Lacks: map[string]string{result.Faults: "x"}}
	s := &l.Spec
	s.Arrivals, s.Order, s.Mix[0].Path = result.Poisson, result.Shuffled, "/x"
	s.Mix[0].Expect.Status, s.Mix[0].Expect.SHA256 = 404, strings.Repeat("0a", 32)
	s.Target, s.Paths, s.Proto, s.Expect, s.Engine, s.SaveMode = "http://127.0.0.1:5000/", []string{"/x"}, "http", "carousel", "epoll", "inline"
}

// fullComparison returns a comparison of two servers in which no field, at any depth, is zero, except Lacks of a ratio.
func fullComparison(t *testing.T) result.Comparison {
	t.Helper()
	var v result.Comparison
	fill(reflect.ValueOf(&v).Elem())
	v.Schema = result.Schema
	s := &v.Servers[0]
	s.Target = "http://127.0.0.1:5000/"
	sensible(s.Load, full(t).Load.Histogram)
	s.Effects = map[string]float64{result.MetricRate: 0.01}
	v.Servers = append(v.Servers, *s)
	v.Ratios = nil
	for _, metric := range result.Metrics {
		v.Ratios = append(v.Ratios, result.Ratio{Server: "b", To: "a", Metric: metric, Ratio: 1.1, Low: 1, High: 1.2, Confidence: 0.95, Outcome: result.Higher})
	}
	for _, outcome := range []string{result.Lower, result.Same, result.Undecided} {
		other := v.Ratios[0]
		other.Outcome = outcome
		v.Ratios = append(v.Ratios, other)
	}
	v.Verdict.State, v.Verdict.Reasons[0].State = "suspect", "suspect"
	return v
}

// fullSearch returns a search in which no field, at any depth, is zero.
func fullSearch(t *testing.T) result.Search {
	t.Helper()
	var v result.Search
	fill(reflect.ValueOf(&v).Elem())
	histogram := full(t).Load.Histogram
	v.Schema, v.Over, v.Answer.Outcome = result.Schema, result.OverRate, result.Found
	sensible(v.Probe, histogram)
	sensible(v.Steps[0].Load, histogram)
	v.Steps[0].Outcome = result.Holds
	for _, outcome := range []string{result.Fails, result.Limited, result.Void} {
		v.Steps = append(v.Steps, result.Step{Level: 1, Outcome: outcome, Load: v.Probe})
	}
	return v
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value)
		v.SetMapIndex(reflect.ValueOf("x"), value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(0.5)
	default:
		v.Set(reflect.ValueOf(1).Convert(v.Type()))
	}
}

func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// written returns the line that Append writes for v, decoded without types.
func written(t *testing.T, v result.Trial) map[string]any {
	t.Helper()
	dir := t.TempDir()
	if err := result.Append(dir, v); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(dir + "/" + result.TrialsFile)
	if err != nil {
		t.Fatal(err)
	}
	line, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return line.(map[string]any)
}

func TestWhatIsWrittenFitsTheSchema(t *testing.T) {
	schema := compile(t, schemaFile)
	if err := schema.Validate(written(t, full(t))); err != nil {
		t.Errorf("a trial with every field does not fit: %v", err)
	}
	least := result.Trial{Schema: result.Schema, Round: 1, Order: 1, NA: "no /sleep", Started: time.Now(),
		Cell: result.Cell{Model: "mine", Scenario: "sleep", Placement: result.Shared}}
	if err := schema.Validate(written(t, least)); err != nil {
		t.Errorf("a trial with few fields does not fit: %v", err)
	}
}

func TestSchemaRefuses(t *testing.T) {
	schema := compile(t, schemaFile)
	for name, spoil := range map[string]func(line map[string]any){
		"an unknown field":             func(l map[string]any) { l["colour"] = "red" },
		"an unknown field of the load": func(l map[string]any) { l["load"].(map[string]any)["p42"] = 1 },
		"a newer schema":               func(l map[string]any) { l["schema"] = 3 },
		"a reason that is a text": func(l map[string]any) {
			l["load"].(map[string]any)["verdict"].(map[string]any)["reasons"] = []any{"steal"}
		},
		"no grace":               func(l map[string]any) { delete(l["load"].(map[string]any)["spec"].(map[string]any), "grace_ns") },
		"no round":               func(l map[string]any) { l["round"] = 0 },
		"an unknown placement":   func(l map[string]any) { l["cell"].(map[string]any)["placement"] = "apart" },
		"a date that is none":    func(l map[string]any) { l["started"] = "yesterday" },
		"a negative count":       func(l map[string]any) { l["load"].(map[string]any)["errors"] = map[string]any{"reset": -1} },
		"a count that is none":   func(l map[string]any) { l["load"].(map[string]any)["bytes_read"] = 1.5 },
		"no errors at all":       func(l map[string]any) { l["load"].(map[string]any)["errors"] = nil },
		"doubt without a reason": func(l map[string]any) { l["load"].(map[string]any)["verdict"].(map[string]any)["reasons"] = []any{} },
		"an unknown way to break": func(l map[string]any) {
			l["exhaust"].(map[string]any)["crowd"].(map[string]any)["broken_by"] = map[string]any{"bored": 1}
		},
		"a client without a number": func(l map[string]any) { l["portrait"].(map[string]any)["never_accepted"] = []any{0} },
		"a ceiling of nothing":      func(l map[string]any) { l["ceiling"] = []any{} },
		"no histogram":              func(l map[string]any) { l["load"].(map[string]any)["histogram"] = "none" },
		"a trial without an outcome": func(l map[string]any) {
			for _, key := range []string{"load", "probe", "ceiling", "exhaust", "portrait", "na", "failed"} {
				delete(l, key)
			}
		},
	} {
		line := written(t, full(t))
		spoil(line)
		if schema.Validate(line) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
}

// printed returns what loadgen --json writes for v, decoded without types.
func printed(t *testing.T, v any) map[string]any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	record, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return record.(map[string]any)
}

func TestComparisonFitsTheSchema(t *testing.T) {
	schema := compile(t, comparisonFile)
	if err := schema.Validate(printed(t, fullComparison(t))); err != nil {
		t.Errorf("a comparison with every field does not fit: %v", err)
	}
	bare := fullComparison(t)
	bare.Ratios[0] = result.Ratio{Server: "b", To: "a", Metric: result.MetricRate, Lacks: "b died"}
	bare.Until, bare.Looks, bare.Twin, bare.Verdict = 0, nil, "", result.Verdict{State: result.Valid, Reasons: []result.Reason{}}
	s := &bare.Servers[1]
	s.Slices, s.Cost, s.IdleShare, s.Trouble = nil, nil, 0, ""
	if err := schema.Validate(printed(t, bare)); err != nil {
		t.Errorf("a comparison with few fields does not fit: %v", err)
	}
}

func TestComparisonSchemaRefuses(t *testing.T) {
	schema := compile(t, comparisonFile)
	in := func(record map[string]any, list string) map[string]any {
		return record[list].([]any)[0].(map[string]any)
	}
	for name, spoil := range map[string]func(record map[string]any){
		"an unknown field":                 func(r map[string]any) { r["colour"] = "red" },
		"an unknown field of a server":     func(r map[string]any) { in(r, "servers")["colour"] = "red" },
		"an unknown field of a load":       func(r map[string]any) { in(r, "servers")["load"].(map[string]any)["p42"] = 1 },
		"an unknown field of a slice":      func(r map[string]any) { in(in(r, "servers"), "slices")["colour"] = "red" },
		"an unknown field of a cost":       func(r map[string]any) { in(r, "servers")["cost"].(map[string]any)["colour"] = "red" },
		"an unknown field of a ratio":      func(r map[string]any) { in(r, "ratios")["colour"] = "red" },
		"an unknown field of a look":       func(r map[string]any) { in(r, "looks")["colour"] = "red" },
		"an unknown field of the host":     func(r map[string]any) { r["host"].(map[string]any)["colour"] = "red" },
		"a newer schema":                   func(r map[string]any) { r["schema"] = 3 },
		"one server":                       func(r map[string]any) { r["servers"] = r["servers"].([]any)[:1] },
		"a server without a load":          func(r map[string]any) { delete(in(r, "servers"), "load") },
		"an unknown metric":                func(r map[string]any) { in(r, "ratios")["metric"] = "beauty" },
		"an unknown outcome":               func(r map[string]any) { in(r, "ratios")["outcome"] = "better" },
		"a ratio of nothing":               func(r map[string]any) { in(r, "ratios")["ratio"] = nil },
		"a ratio that is there and is not": func(r map[string]any) { in(r, "ratios")["lacks"] = "b died" },
		"a reason that is a text":          func(r map[string]any) { r["verdict"].(map[string]any)["reasons"] = []any{"steal"} },
		"doubt without a reason":           func(r map[string]any) { r["verdict"].(map[string]any)["reasons"] = []any{} },
	} {
		record := printed(t, fullComparison(t))
		spoil(record)
		if schema.Validate(record) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
}

func TestSearchFitsTheSchema(t *testing.T) {
	schema := compile(t, searchFile)
	if err := schema.Validate(printed(t, fullSearch(t))); err != nil {
		t.Errorf("a search with every field does not fit: %v", err)
	}
	bare := result.Search{Schema: result.Schema, Over: result.OverConnections, Conditions: []string{"p99<5ms"}, Steps: []result.Step{}}
	bare.Answer.Outcome = result.NoAnswer
	if err := schema.Validate(printed(t, bare)); err != nil {
		t.Errorf("a search with few fields does not fit: %v", err)
	}
	for name, spoil := range map[string]func(record map[string]any){
		"an unknown field":           func(r map[string]any) { r["colour"] = "red" },
		"a search over nothing":      func(r map[string]any) { r["over"] = "" },
		"no condition":               func(r map[string]any) { r["conditions"] = []any{} },
		"a step without a load":      func(r map[string]any) { delete(r["steps"].([]any)[0].(map[string]any), "load") },
		"an unknown outcome":         func(r map[string]any) { r["steps"].([]any)[0].(map[string]any)["outcome"] = "passes" },
		"an unknown field of a step": func(r map[string]any) { r["steps"].([]any)[0].(map[string]any)["colour"] = "red" },
		"an unknown answer":          func(r map[string]any) { r["answer"].(map[string]any)["outcome"] = "perhaps" },
		"a level below none":         func(r map[string]any) { r["answer"].(map[string]any)["level"] = -1 },
	} {
		record := printed(t, fullSearch(t))
		spoil(record)
		if schema.Validate(record) == nil {
			t.Errorf("%s fits the schema", name)
		}
	}
}

// TestKeptRunsFitTheSchema checks the kept runs, which the programs wrote, against the schema.
func TestKeptRunsFitTheSchema(t *testing.T) {
	schema := compile(t, schemaFile)
	for _, kept := range []string{"../../results/reference", "../../results/portraits"} {
		trials, flaws, err := result.ReadTrials(kept)
		if err != nil || len(flaws) > 0 {
			t.Fatalf("%v, %v", flaws, err)
		}
		if trials == nil {
			t.Fatalf("no run is kept in %s", kept)
		}
		if _, err := result.ReadRun(kept); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(kept + "/" + result.TrialsFile)
		if err != nil {
			t.Fatal(err)
		}
		number := 0
		for line := range strings.Lines(string(text)) {
			number++
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(line))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s/%s:%d: %v", kept, result.TrialsFile, number, err)
			}
		}
	}
}

// keys returns the names of typ's fields in JSON.
func keys(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name != "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// structs adds the struct types within typ to found.
func structs(typ reflect.Type, found map[reflect.Type]bool) {
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		structs(typ.Elem(), found)
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() || found[typ] {
			return
		}
		found[typ] = true
		for i := range typ.NumField() {
			structs(typ.Field(i).Type, found)
		}
	}
}

// definition is one struct of the records: its place in the schema and its heading in results/README.md.
type definition struct {
	typ     reflect.Type
	schema  string // below $defs of one of the schemas; "" for run.json, which has none
	heading string
}

var definitions = []definition{
	{reflect.TypeFor[result.Run](), "", "## run.json"},
	{reflect.TypeFor[result.Flags](), "", "### `flags`"},
	{reflect.TypeFor[result.Trial](), "trial", "## trials.jsonl"},
	{reflect.TypeFor[result.Cell](), "cell", "### `cell`"},
	{reflect.TypeFor[result.Server](), "server", "### `server`"},
	{reflect.TypeFor[result.Probe](), "probe", "### `probe`"},
	{reflect.TypeFor[result.Crowd](), "crowd", "### `ceiling`"},
	{reflect.TypeFor[result.Exhaust](), "exhaust", "### `exhaust`"},
	{reflect.TypeFor[result.Portrait](), "portrait", "### `portrait`"},
	{reflect.TypeFor[result.Silent](), "silent", "### `load.silent`"},
	{reflect.TypeFor[result.Memory](), "memory", "### `load.silent.before`, `load.silent.settled`"},
	{reflect.TypeFor[result.Turns](), "turns", "### `turns`"},
	{reflect.TypeFor[result.Load](), "load", "### `load`"},
	{reflect.TypeFor[result.Second](), "second", "### `second`"},
	{reflect.TypeFor[result.Window](), "load window", "### `load.window`"},
	{reflect.TypeFor[result.Requests](), "load requests", "### `load.requests`"},
	{reflect.TypeFor[result.Latency](), "latency", "### Latency: `latency_ns`, `service_ns`, `lateness_ns`, `pacer_lateness_ns`"},
	{reflect.TypeFor[result.PathLatency](), "load_path", "### `load.paths`"},
	{reflect.TypeFor[result.Connections](), "load connections", "### `load.connections`"},
	{reflect.TypeFor[result.TLS](), "load tls", "### `load.tls`"},
	{reflect.TypeFor[result.Answered](), "load answered", "### `load.answered`"},
	{reflect.TypeFor[result.Counters](), "counters", "### `load.counters`"},
	{reflect.TypeFor[result.HostDelta](), "load host", "### `load.host`"},
	{reflect.TypeFor[result.GC](), "load gc", "### `load.gc`"},
	{reflect.TypeFor[result.Room](), "load room", "### `load.room`"},
	{reflect.TypeFor[result.Trace](), "trace", "### `load.trace`"},
	{reflect.TypeFor[result.Part](), "part", "### `load.merged`"},
	{reflect.TypeFor[result.Series](), "load series", "### `load.series`"},
	{reflect.TypeFor[result.Intervals](), "load intervals", "### `load.intervals`"},
	{reflect.TypeFor[result.Interval](), "interval", "### `load.intervals.list`"},
	{reflect.TypeFor[result.Verdict](), "load verdict", "### `load.verdict`"},
	{reflect.TypeFor[result.Reason](), "reason", "### `load.verdict.reasons`"},
	{reflect.TypeFor[result.Spec](), "spec", "### `load.spec`"},
	{reflect.TypeFor[result.Stage](), "stage", "### `load.spec.stages`"},
	{reflect.TypeFor[result.Arrivals](), "load arrivals", "### `load.arrivals`"},
	{reflect.TypeFor[usage.CPU](), "cpu", "### Processor time: `self`, `children`, `cpu`, `target_cpu`"},
	{reflect.TypeFor[usage.Line](), "usage", "### `server.usage`"},
	{reflect.TypeOf(usage.Line{}.Switches), "usage context_switches", "### `server.usage.context_switches`"},
	{reflect.TypeOf(usage.Line{}.GC), "usage gc", "### `server.usage.gc`"},
	{reflect.TypeFor[result.Comparison](), "comparison", "## A comparison (`loadgen --vs --json`)"},
	{reflect.TypeFor[result.Compared](), "compared", "### `servers`"},
	{reflect.TypeFor[result.Kind](), "kind", "### `load.spec.mix`"},
	{reflect.TypeFor[result.Expected](), "expected", "### `load.spec.mix.expect`"},
	{reflect.TypeFor[result.Slice](), "slice", "### `servers.slices`"},
	{reflect.TypeFor[result.Cost](), "cost", "### `servers.cost`"},
	{reflect.TypeFor[result.Ratio](), "ratio", "### `ratios`"},
	{reflect.TypeFor[result.Look](), "look", "### `looks`"},
	{reflect.TypeFor[result.Search](), "search", "## A search (`loadgen --find-max --json`)"},
	{reflect.TypeFor[result.Step](), "step", "### `steps`"},
	{reflect.TypeFor[result.Answer](), "answer", "### `answer`"},
}

func TestEveryFieldIsInTheSchemaAndInTheREADME(t *testing.T) {
	found := map[reflect.Type]bool{}
	for _, root := range []reflect.Type{reflect.TypeFor[result.Trial](), reflect.TypeFor[result.Run](), reflect.TypeFor[result.Comparison](), reflect.TypeFor[result.Search]()} {
		structs(root, found)
	}
	defs := map[string]any{}
	for _, file := range []string{comparisonFile, searchFile, schemaFile} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		maps.Copy(defs, schema.Defs)
	}
	sections := sections(t)
	for _, d := range definitions {
		delete(found, d.typ)
		if d.schema != "" {
			var object any = map[string]any{"properties": defs}
			for name := range strings.FieldsSeq(d.schema) {
				object = object.(map[string]any)["properties"].(map[string]any)[name]
			}
			properties, _ := object.(map[string]any)["properties"].(map[string]any)
			if diff := cmp.Diff(keys(d.typ), slices.Sorted(maps.Keys(properties))); diff != "" {
				t.Errorf("%v and the schema of %s (-Go +schema):\n%s", d.typ, d.schema, diff)
			}
		}
		if diff := cmp.Diff(keys(d.typ), sections[d.heading]); diff != "" {
			t.Errorf("%v and %s, %s (-Go +README):\n%s", d.typ, readmeFile, d.heading, diff)
		}
	}
	for typ := range found {
		t.Errorf("%v is part of a record but not in this test's definitions", typ)
	}
}

func TestEveryEnvironmentNameIsInTheREADME(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "1GiB")
	t.Setenv("GODEBUG", "madvdontneed=1")
	known := sections(t)["## Environment"]
	for name := range host.Environment() {
		if !slices.Contains(known, name) {
			t.Errorf("%s has no row for %s", readmeFile, name)
		}
	}
}

// sections returns the names in the first column of each table of results/README.md, sorted, by the heading above the table.
func sections(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([^`]+)`")
	found := map[string][]string{}
	heading := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			heading = line
		}
		if cells := strings.Split(line, " | "); strings.HasPrefix(line, "| `") {
			for _, m := range named.FindAllStringSubmatch(cells[0], -1) {
				found[heading] = append(found[heading], m[1])
			}
			if len(cells) != 2 || len(strings.Trim(cells[1], " |")) < 3 {
				t.Errorf("%s: %q explains nothing", readmeFile, line)
			}
		}
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

// A brief record lacks all histograms and nothing else; the original record keeps them.
func TestBriefLacksHistogramsOnly(t *testing.T) {
	trial, comparison, search := full(t), fullComparison(t), fullSearch(t)
	for _, record := range []any{trial.Load, &comparison, &search} {
		whole, brief := plain(t, record), plain(t, result.Brief(record))
		n := 0
		empty(whole, &n)
		if n < 5 {
			t.Errorf("%T has %d histograms", record, n)
		}
		if diff := cmp.Diff(whole, brief); diff != "" {
			t.Errorf("%T (-without histograms +brief):\n%s", record, diff)
		}
	}
}

// plain returns a record as JSON, decoded without types.
func plain(t *testing.T, record any) (v any) {
	t.Helper()
	text, err := json.Marshal(record)
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// empty removes the histograms from v, and returns their number.
func empty(v any, n *int) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if text, is := value.(string); is && strings.HasPrefix(text, "HIST") {
				v[key] = ""
				*n++
			}
			empty(value, n)
		}
	case []any:
		for _, value := range v {
			empty(value, n)
		}
	}
}
