package main

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestBuiltinPlans(t *testing.T) {
	for name, rounds := range map[string]int{"quick": 1, "default": 6, "full": 12} {
		p, err := readPlan(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if int(p.Rounds) != rounds {
			t.Errorf("%s has %d rounds, want %d", name, p.Rounds, rounds)
		}
		if len(p.Scenarios) != len(scenarios) {
			t.Errorf("%s has %d scenarios, want all %d", name, len(p.Scenarios), len(scenarios))
		}
	}
}

// A plan is kept beside the trials as it was carried out, so it must read back as the same plan.
func TestPlanReadsBack(t *testing.T) {
	p, err := readPlan("default")
	if err != nil {
		t.Fatal(err)
	}
	p.Servers = []Guest{{"mine", "./mine --addr {addr}"}}
	text, err := yaml.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parsePlan(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d := cmp.Diff(p, again, cmpopts.IgnoreUnexported(Plan{})); d != "" {
		t.Error(d)
	}
}

func TestPlanFillsIn(t *testing.T) {
	p, err := parsePlan([]byte("rounds: 2\nwarmup: 10ms\nwindow: 1s\nscenarios:\n  - name: block\n    warmup: 0s\n    window: 3s\n  - name: thinking\n"))
	if err != nil {
		t.Fatal(err)
	}
	ms := span(time.Millisecond)
	none, plans := span(0), 10*ms
	want := []Scenario{
		{Name: "block", Connections: []int{64}, Warmup: &none, Window: 3000 * ms},
		{Name: "thinking", Connections: []int{64}, Warmup: &plans, Window: 1000 * ms, Wait: 1000 * ms},
		{Name: "hello", Connections: []int{1, 16, 64, 256}, Warmup: &plans, Window: 1000 * ms},
		{Name: "paced", Connections: []int{64}, Warmup: &plans, Window: 1000 * ms},
		{Name: "spin", Connections: []int{16}, Warmup: &plans, Window: 1000 * ms},
	}
	if d := cmp.Diff(want, p.Scenarios); d != "" {
		t.Error(d)
	}
}

func TestUnknownModelIsShown(t *testing.T) {
	for _, c := range []struct{ text, points string }{
		{"rounds: 1\nwindow: 1s\nmodels: [epoll, epol]\nscenarios: [{name: hello}]\n", ">  3 | models: [epoll, epol]"},
		{"rounds: 1\nwindow: 1s\nscenarios:\n  - name: block\n    models: [epol]\n", ">  5 |     models: [epol]"},
		{"rounds: 1\nwindow: 1s\nscenarios:\n  - name: hello\n    shared: [64]\n    shared_models: [epol]\n", ">  6 |     shared_models: [epol]"},
	} {
		p, err := parsePlan([]byte(c.text))
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = choose(p, []listed{{Name: "select", Available: true}, {Name: "epoll", Available: true}}, "servers")
		if err == nil || !strings.Contains(err.Error(), `unknown model "epol": there are select, epoll`) || !strings.Contains(err.Error(), c.points) || !strings.Contains(err.Error(), "^") {
			t.Errorf("%v", err)
		}
	}
}

func TestPlanFaults(t *testing.T) {
	const rest = "rounds: 1\nwindow: 1s\nscenarios:\n"
	for _, c := range []struct{ name, text, says, points string }{
		{"unknown key", "rouns: 1\n", "unknown field \"rouns\"", ">  1 | rouns: 1"},
		{"no number", "rounds: x\n", "x is not a whole number", ">  1 | rounds: x"},
		{"not YAML", "rounds: [1\n", "not found", ">  1 | rounds: [1"},
		{"key twice", "rounds: 1\nrounds: 2\n", "already defined", ">  2 | rounds: 2"},
		{"rounds", "rounds: 0\nwindow: 1s\nscenarios: [{name: hello}]\n", "rounds is 0: it must be 1 to 1000", ">  1 | rounds: 0"},
		{"no window", "rounds: 1\n", "window must be longer than 0", ""},
		{"no duration", "rounds: 1\nwindow: 3 parsecs\n", "3 parsecs is not a duration", ">  2 | window: 3 parsecs"},
		{"bare number", "rounds: 1\nwindow: 3\n", "3 is not a duration", ">  2 | window: 3"},
		{"negative", "rounds: 1\nwindow: -3s\n", "-3s is not a duration", ">  2 | window: -3s"},
		{"nothing", "", "rounds is 0", ""},
		{"a comment", "# later\n", "rounds is 0", ""},
		{"an empty document", "---\n", "rounds is 0", ""},
		{"no scenario", "rounds: 1\nwindow: 1s\n", "no scenario", ""},
		{"unknown scenario", rest + "  - name: helo\n", `unknown scenario "helo": there are block, download, hello, paced, sleep, spin, thinking`, ">  4 |   - name: helo"},
		{"scenario twice", rest + "  - name: block\n  - name: block\n", "scenario block is there twice", ">  5 |   - name: block"},
		{"no connections", rest + "  - name: hello\n    connections: [64, 0]\n", "0 connections", ">  5 |     connections: [64, 0]"},
		{"no connections shared", rest + "  - name: hello\n    connections: [64]\n    shared: [0]\n", "0 connections", ">  6 |     shared: [0]"},
		{"level twice", rest + "  - name: hello\n    connections: [64, 1, 64]\n", "64 connections are there twice", ">  5 |     connections: [64, 1, 64]"},
		{"level shared twice", rest + "  - name: hello\n    connections: [64]\n    shared: [64, 64]\n", "64 connections are there twice", ">  6 |     shared: [64, 64]"},
		{"no name", rest + "  - connections: [64]\n", `unknown scenario "": there are block`, ">  4 |   - connections: [64]"},
		{"half a round", "rounds: 1.5\nwindow: 1s\nscenarios: [{name: hello}]\n", "1.5 is not a whole number", ">  1 | rounds: 1.5"},
		{"a round in words", "rounds: \"2\"\nwindow: 1s\nscenarios: [{name: hello}]\n", "is not a whole number", ">  1 | rounds: \"2\""},
		{"rounds by exponent", "rounds: 1e2\nwindow: 1s\nscenarios: [{name: hello}]\n", "1e2 is not a whole number", ">  1 | rounds: 1e2"},
		{"rounds beyond counting", "rounds: 18446744073709551617\nwindow: 1s\nscenarios: [{name: hello}]\n", "18446744073709551617 is not a whole number", ">  1 |"},
		{"part of a connection", rest + "  - name: hello\n    connections: [64, 16.7]\n", "16.7 is not a whole number", ">  5 |     connections: [64, 16.7]"},
		{"part of a connection shared", rest + "  - name: hello\n    shared: [1.5]\n", "1.5 is not a whole number", ">  5 |     shared: [1.5]"},
		{"a window that never ends", "rounds: 1\nwindow: 2562047h\nscenarios: [{name: hello}]\n", "2562047h is longer than 24h", ">  2 | window: 2562047h"},
		{"a control character", "rounds: 1\n# \x1b[2J\n", `line 2 holds what does not print: # \x1b[2J`, ""},
		{"no UTF-8", "rounds: 1\n# \xff\n", `line 2 holds what does not print: # \xff`, ""},
		{"too long", strings.Repeat("#\n", 40_000), "longer than 16 KiB", ""},
		{"too many lines", "a: |\n" + strings.Repeat("\n", 1000), "more than 1000 lines", ""},
		{"deep", strings.Repeat("[", 15_000), "line 1: nested deeper than 16", ""},
		{"deep by maps", strings.Repeat("{a: ", 4000), "line 1: nested deeper than 16", ""},
		{"deep by dashes", strings.Repeat("- ", 8000), "line 1: nested deeper than 16", ""},
		{"deep by lines", stairs(100), "line 17: nested deeper than 16", ""},
		{"merge bomb", "a: &a [x, x]\nb: &b [*a, *a]\n", "a plan has no anchors", ">  1 | a: &a [x, x]"},
		{"alias", rest + "  - *a\n", "a plan has no anchors", ">  4 |   - *a"},
		{"merge key", rest + "  - {<<: {name: hello}}\n", "a plan has no anchors", ">  4 |"},
		{"two plans", rest + "  - name: hello\n---\nrounds: 2\n", "a plan is one document", ">  5 | ---"},
		{"no reference", rest + "  - name: hello\n    connections: [1, 16]\n", "hello needs 64 connections", ">  5 |     connections: [1, 16]"},
		{"shared", rest + "  - name: block\n    shared: [64]\n", "only hello", ">  5 |     shared: [64]"},
		{"levels", rest + "  - name: block\n    connections: [1, 2]\n", "takes one number", ">  5 |     connections: [1, 2]"},
		{"wait", rest + "  - name: block\n    wait: 1s\n", "only thinking", ">  5 |     wait: 1s"},
		{"model twice", "rounds: 1\nwindow: 1s\nmodels: [a, b, a]\nscenarios: [{name: hello}]\n", `model "a" is there twice`, ">  3 | models: [a, b, a]"},
		{"model of a scenario twice", rest + "  - name: block\n    models: [a, a]\n", `model "a" is there twice`, ">  5 |     models: [a, a]"},
		{"model of a scenario only", "rounds: 1\nwindow: 1s\nmodels: [a]\nscenarios:\n  - name: block\n    models: [a, b]\n", `model "b" is not among the models of the plan`, ">  6 |     models: [a, b]"},
		{"model shared only", "rounds: 1\nwindow: 1s\nmodels: [a]\nscenarios:\n  - name: hello\n    shared: [64]\n    shared_models: [b]\n", `model "b" is not among`, ">  7 |     shared_models: [b]"},
		{"nothing shared", rest + "  - name: hello\n    shared_models: [a]\n", "no level is measured with shared processors", ">  5 |     shared_models: [a]"},
		{"models of spin", rest + "  - name: spin\n    models: [a]\n", "leave models out", ">  5 |     models: [a]"},
		{"models is no list", rest + "  - name: block\n    models: a: b\n", "", ">  5 |     models: a: b"},
		{"download by one", rest + "  - name: download\n    connections: [1]\n", "download needs 2 connections or more", ">  5 |     connections: [1]"},
		{"tag on nothing", rest + "  - connections: !00 00\n", "a plan has no anchors", ">  4 |"},
		{"server name", rest + "  - name: hello\nservers:\n  - name: my server\n    command: x\n", "must be one word", ">  6 |   - name: my server"},
		{"server name with an escape sequence", rest + "  - name: hello\nservers:\n  - {name: \"a\\e[2J\", command: x}\n", `server name "a\x1b[2J": it must be one word`, ">  6 |"},
		{"server name of two lines", rest + "  - name: hello\nservers:\n  - {name: \"a\\nb\", command: x}\n", `server name "a\nb": it must be one word`, ">  6 |"},
		{"model with an escape sequence twice", "rounds: 1\nwindow: 1s\nmodels: [\"\\e\", \"\\e\"]\nscenarios: [{name: hello}]\n", `model "\x1b" is there twice`, ">  3 |"},
		{"server twice", rest + "  - name: hello\nservers:\n  - {name: a, command: x}\n  - {name: a, command: x}\n", "must be one word that no other", ">  7 |   - {name: a"},
		{"server null", rest + "  - name: hello\nservers:\n  - {name: \"null\", command: x}\n", "must be one word that no other", ">  6 |"},
		{"no server command", rest + "  - name: hello\nservers:\n  - name: a\n", "command is empty", ">  6 |   - name: a"},
		{"server command", rest + "  - name: hello\nservers:\n  - name: a\n    command: \"x 'y\"\n", "is not closed", ">  7 |     command:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parsePlan([]byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); !strings.Contains(text, c.says) || !strings.Contains(text, c.points) {
				t.Errorf("the error does not say %q or does not point at %q:\n%s", c.says, c.points, text)
			} else if strings.HasPrefix(c.points, ">") && !strings.Contains(text, "^") {
				t.Errorf("no caret:\n%s", text)
			}
		})
	}
}

// stairs is YAML that goes a level deeper with every line.
func stairs(levels int) string {
	var b strings.Builder
	for i := range levels {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// A byte order mark, which some editors put before UTF-8, is no part of the plan.
func TestPlanAfterByteOrderMark(t *testing.T) {
	if _, err := parsePlan([]byte("\ufeffrounds: 1\nwindow: 1s\nscenarios: [{name: hello}]\n")); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	for command, want := range map[string][]string{
		"./mine --addr {addr}":      {"./mine", "--addr", "{addr}"},
		"  a\t'b c'  d\"e f\"g '' ": {"a", "b c", "de fg", ""},
		"sh -c 'x \"$1\"'":          {"sh", "-c", `x "$1"`},
	} {
		got, err := split(command)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("split(%q) = %q, %v, want %q", command, got, err, want)
		}
	}
	for _, command := range []string{"", "  ", "a 'b"} {
		if got, err := split(command); err == nil {
			t.Errorf("split(%q) = %q, want an error", command, got)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, name := range builtins {
		text, err := builtin.ReadFile("plans/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("rounds: 1\nwindow: 1s\nscenarios: [{name: hello, shared: [1]}]\nservers: [{name: a, command: b}]"))
	f.Add([]byte("scenarios:\n  - connections: !00 00")) // panics inside the decoder
	f.Add([]byte("rounds: 1\nwindow: 1s\nscenarios: [{name: hello, models: [select]}, {name: download, models: [epoll]}]"))
	f.Add([]byte("\ufeffrounds: 1.5\nwindow: 2562047h\nscenarios: [{name: hello, connections: [1e1]}]"))
	f.Add([]byte("a: &a [x, x]\nb: &b [*a, *a]\nscenarios:\n  - <<: *b\n  - ? - ? [{a: {"))
	f.Add([]byte(strings.Repeat("- ", 1000) + strings.Repeat("[", 1000) + "\n" + stairs(30)))
	f.Fuzz(func(t *testing.T, text []byte) {
		began := time.Now()
		p, err := parsePlan(text)
		if took := time.Since(began); took > 10*time.Second { // milliseconds, unless something is not bounded
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if err != nil {
			return
		}
		if where, what := p.fault(); what != "" {
			t.Errorf("a plan that was read has a fault at %s: %s", where, what)
		}
		if jobs := p.jobs([]string{"epoll"}, true, 1); len(jobs) == 0 {
			t.Error("a plan without a trial")
		}
	})
}
