package plan

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"carousel/internal/result"
	"carousel/internal/scenario"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBuiltinPlans(t *testing.T) {
	for name, rounds := range map[string]int{"quick": 1, "default": 6, "full": 12} {
		p, err := Read(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if int(p.Rounds) != rounds {
			t.Errorf("%s has %d rounds, want %d", name, p.Rounds, rounds)
		}
		for i, e := range p.Scenarios {
			if i >= len(scenario.All) || e.Name != scenario.All[i].Name {
				t.Errorf("%s has %s in place %d: want all scenarios, as the report has them", name, e.Name, i+1)
			}
		}
		if len(p.Scenarios) != len(scenario.All) {
			t.Errorf("%s has %d scenarios, want all %d", name, len(p.Scenarios), len(scenario.All))
		}
	}
}

func mustRead(t testing.TB, name string) *Plan {
	t.Helper()
	p, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustParse(t testing.TB, text string) *Plan {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// readsBack checks that Parse reads the text of a plan as the same plan.
func readsBack(t testing.TB, p *Plan) {
	t.Helper()
	text, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if d := cmp.Diff(p, again, cmpopts.IgnoreUnexported(Plan{}), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s\n%s", text, d)
	}
}

// The plan of a run is saved beside its trials, so it must read back as the same plan.
func TestPlanReadsBack(t *testing.T) {
	for _, name := range Builtins {
		p := mustRead(t, name)
		p.Servers = []Guest{{Name: "mine", Command: "./mine --addr {addr}"}, {Name: "yours", URL: "http://[::1]:80/x?y=z", Path: "/a", Expect: 201}}
		readsBack(t, p)
	}
}

func TestPlanFillsIn(t *testing.T) {
	p := mustParse(t, "rounds: 2\nbudget: 90s\nwarmup: 10ms\nwindow: 1s\nscenarios:\n  - name: block\n    warmup: 0s\n    window: 3s\n    every: 2\n"+
		"  - name: thinking\n  - name: cost\n  - name: download\n  - name: paced\n")
	ms := Span(time.Millisecond)
	none, plans := Span(0), 10*ms
	want := []Entry{
		{Name: "block", Connections: Levels{64}, Warmup: &none, Window: 3000 * ms, Every: 2},
		{Name: "thinking", Connections: Levels{5000}, Warmup: &plans, Window: 1000 * ms, Wait: 1000 * ms, Every: 1},
		{Name: "cost", Connections: Levels{64}, Rates: Levels{1000, 10000, 30000}, Warmup: &plans, Window: 1000 * ms, Every: 1},
		{Name: "download", Connections: Levels{20}, Warmup: &plans, Window: 1000 * ms, Every: 1},
		{Name: "paced", Connections: Levels{64}, Warmup: &plans, Window: 1000 * ms, Every: 1},
		{Name: "hello", Connections: Levels{64}, Warmup: &plans, Window: 1000 * ms, Every: 1}, // for the rate of paced
	}
	if d := cmp.Diff(want, p.Scenarios); d != "" {
		t.Error(d)
	}
	if p.Budget != 90000*ms || p.Cycles != 0 {
		t.Errorf("budget %v, cycles %d", p.Budget, p.Cycles)
	}
}

func TestUnknownModelIsShown(t *testing.T) {
	for _, c := range []struct{ text, points string }{
		{"rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [epoll, epol]\nscenarios: [{name: hello}]\n", ">  4 | models: [epoll, epol]"},
		{"rounds: 1\ncycles: 2\nwindow: 1s\nscenarios:\n  - name: block\n    models: [epol]\n", ">  6 |     models: [epol]"},
		{"rounds: 1\ncycles: 2\nwindow: 1s\nscenarios:\n  - name: hello\n    shared: [64]\n    shared_models: [epol]\n", ">  7 |     shared_models: [epol]"},
	} {
		err := mustParse(t, c.text).UnknownModel([]string{"select", "epoll"})
		if err == nil || !strings.Contains(err.Error(), `unknown model "epol": there are select, epoll`) || !strings.Contains(err.Error(), c.points) || !strings.Contains(err.Error(), "^") {
			t.Errorf("%v", err)
		}
	}
	if err := mustRead(t, "default").UnknownModel(ladder); err != nil {
		t.Errorf("all are there: %v", err)
	}
}

func TestPlanFaults(t *testing.T) {
	const rest = "rounds: 1\ncycles: 2\nwindow: 1s\nscenarios:\n"
	for _, c := range []struct{ name, text, message, points string }{
		{"unknown key", "rouns: 1\n", "unknown field \"rouns\"", ">  1 | rouns: 1"},
		{"no number", "rounds: x\n", "x is not a whole number", ">  1 | rounds: x"},
		{"not YAML", "rounds: [1\n", "not found", ">  1 | rounds: [1"},
		{"key twice", "rounds: 1\nrounds: 2\n", "already defined", ">  2 | rounds: 2"},
		{"rounds", "rounds: 0\nwindow: 1s\nscenarios: [{name: hello}]\n", "rounds is 0: it must be 1 to 1000", ">  1 | rounds: 0"},
		{"no window", "rounds: 1\ncycles: 2\n", "window must be longer than 0", ""},
		{"no duration", "rounds: 1\nwindow: 3 parsecs\n", "3 parsecs is not a duration", ">  2 | window: 3 parsecs"},
		{"bare number", "rounds: 1\nwindow: 3\n", "3 is not a duration", ">  2 | window: 3"},
		{"negative", "rounds: 1\nwindow: -3s\n", "-3s is not a duration", ">  2 | window: -3s"},
		{"nothing", "", "rounds is 0", ""},
		{"a comment", "# later\n", "rounds is 0", ""},
		{"an empty document", "---\n", "rounds is 0", ""},
		{"no scenario", "rounds: 1\ncycles: 2\nwindow: 1s\n", "no scenario", ""},
		{"unknown scenario", rest + "  - name: helo\n", `unknown scenario "helo": there are ` + strings.Join(scenario.Names(), ", "), ">  5 |   - name: helo"},
		{"scenario twice", rest + "  - name: block\n  - name: block\n", "scenario block is listed twice", ">  6 |   - name: block"},
		{"no connections", rest + "  - name: hello\n    connections: [64, 0]\n", "0 connections", ">  6 |     connections: [64, 0]"},
		{"no connections shared", rest + "  - name: hello\n    connections: [64]\n    shared: [0]\n", "0 connections", ">  7 |     shared: [0]"},
		{"level twice", rest + "  - name: hello\n    connections: [64, 1, 64]\n", "64 connections are listed twice", ">  6 |     connections: [64, 1, 64]"},
		{"level shared twice", rest + "  - name: hello\n    connections: [64]\n    shared: [64, 64]\n", "64 connections are listed twice", ">  7 |     shared: [64, 64]"},
		{"no name", rest + "  - connections: [64]\n", `unknown scenario "": there are hello`, ">  5 |   - connections: [64]"},
		{"half a round", "rounds: 1.5\nwindow: 1s\nscenarios: [{name: hello}]\n", "1.5 is not a whole number", ">  1 | rounds: 1.5"},
		{"a round in words", "rounds: \"2\"\nwindow: 1s\nscenarios: [{name: hello}]\n", "is not a whole number", ">  1 | rounds: \"2\""},
		{"rounds by exponent", "rounds: 1e2\nwindow: 1s\nscenarios: [{name: hello}]\n", "1e2 is not a whole number", ">  1 | rounds: 1e2"},
		{"rounds beyond counting", "rounds: 18446744073709551617\nwindow: 1s\nscenarios: [{name: hello}]\n", "18446744073709551617 is not a whole number", ">  1 |"},
		{"part of a connection", rest + "  - name: hello\n    connections: [64, 16.7]\n", "16.7 is not a whole number", ">  6 |     connections: [64, 16.7]"},
		{"part of a connection shared", rest + "  - name: hello\n    shared: [1.5]\n", "1.5 is not a whole number", ">  6 |     shared: [1.5]"},
		{"a window that never ends", "rounds: 1\nwindow: 2562047h\nscenarios: [{name: hello}]\n", "2562047h is longer than 24h", ">  2 | window: 2562047h"},
		{"a control character", "rounds: 1\n# \x1b[2J\n", `line 2 has characters that do not print: # \x1b[2J`, ""},
		{"no UTF-8", "rounds: 1\n# \xff\n", `line 2 has characters that do not print: # \xff`, ""},
		{"too long", strings.Repeat("#\n", 40_000), "longer than 16 KiB", ""},
		{"too many lines", "a: |\n" + strings.Repeat("\n", 1000), "more than 1000 lines", ""},
		{"deep", strings.Repeat("[", 15_000), "line 1: nested deeper than 16", ""},
		{"deep by maps", strings.Repeat("{a: ", 4000), "line 1: nested deeper than 16", ""},
		{"deep by dashes", strings.Repeat("- ", 8000), "line 1: nested deeper than 16", ""},
		{"deep by lines", stairs(100), "line 17: nested deeper than 16", ""},
		{"merge bomb", "a: &a [x, x]\nb: &b [*a, *a]\n", "a plan has no anchors", ">  1 | a: &a [x, x]"},
		{"alias", rest + "  - *a\n", "a plan has no anchors", ">  5 |   - *a"},
		{"merge key", rest + "  - {<<: {name: hello}}\n", "a plan has no anchors", ">  5 |"},
		{"no keys", "root:x:0:0\nbin:x:1:1\n", "it has no keys, such as rounds: 6", ""},
		{"a scenario without name:", rest + "  - hello\n", "a scenario begins with its name, such as - name: hello", ">  5 |   - hello"},
		{"two plans", rest + "  - name: hello\n---\nrounds: 2\n", "a plan is one document", ">  6 | ---"},
		{"no reference", rest + "  - name: hello\n    connections: [1, 16]\n  - name: paced\n", "hello needs 64 connections", ">  6 |     connections: [1, 16]"},
		{"shared", rest + "  - name: block\n    shared: [64]\n", "only hello", ">  6 |     shared: [64]"},
		{"neither budget nor cycles", "rounds: 1\nwindow: 1s\nscenarios: [{name: hello}]\n", "give the plan a budget, such as 5m, or cycles, such as 8", ""},
		{"odd cycles", "rounds: 1\ncycles: 3\nwindow: 1s\nscenarios: [{name: hello}]\n", "cycles is 3: it must be an even number", ">  2 | cycles: 3"},
		{"fewer cycles than none", "rounds: 1\ncycles: -2\nwindow: 1s\nscenarios: [{name: hello}]\n", "cycles is -2", ">  2 | cycles: -2"},
		{"cycles without end", "rounds: 1\ncycles: 100002\nwindow: 1s\nscenarios: [{name: hello}]\n", "up to 100000", ">  2 | cycles: 100002"},
		{"budget is no duration", "rounds: 1\nbudget: 5\nwindow: 1s\nscenarios: [{name: hello}]\n", "5 is not a duration", ">  2 | budget: 5"},
		{"budget of days", "rounds: 1\nbudget: 25h\nwindow: 1s\nscenarios: [{name: hello}]\n", "25h is longer than 24h", ">  2 | budget: 25h"},
		{"no rate", rest + "  - name: cost\n    rates: [1000, 0]\n", "0 requests a second: it must be 1 to 10000000", ">  6 |     rates: [1000, 0]"},
		{"rate twice", rest + "  - name: cost\n    rates: [1000, 1000]\n", "1000 requests a second are listed twice", ">  6 |     rates: [1000, 1000]"},
		{"part of a request", rest + "  - name: cost\n    rates: [0.5]\n", "0.5 is not a whole number", ">  6 |     rates: [0.5]"},
		{"rates of a closed loop", rest + "  - name: hello\n    rates: [1000]\n", "hello takes no rates", ">  6 |     rates: [1000]"},
		{"rates of a rule", rest + "  - name: paced\n    rates: [1000]\n", "paced takes no rates", ">  6 |     rates: [1000]"},
		{"rates of a download", rest + "  - name: download\n    rates: [1000]\n", "download takes no rates", ">  6 |     rates: [1000]"},
		{"every round but none", rest + "  - name: sleep\n    every: -1\n", "every is -1: it must be 1 to 1, the rounds", ">  6 |     every: -1"},
		{"rarer than rounds", rest + "  - name: sleep\n    every: 2\n", "every is 2: it must be 1 to 1, the rounds", ">  6 |     every: 2"},
		{"every round of a script", strings.Replace(rest, "rounds: 1", "rounds: 3", 1) + "  - name: hello\n  - name: portrait\n    every: 1\n", "portrait is played once, in the first round: leave every out", ">  7 |     every: 1"},
		{"some rounds of a script", strings.Replace(rest, "rounds: 1", "rounds: 3", 1) + "  - name: hello\n  - name: portrait\n    every: 2\n", "leave every out", ">  7 |     every: 2"},
		{"every in words", rest + "  - name: sleep\n    every: other\n", "other is not a whole number", ">  6 |     every: other"},
		{"levels", rest + "  - name: block\n    connections: [1, 2]\n", "takes one number", ">  6 |     connections: [1, 2]"},
		{"silent beside others", rest + "  - name: hello\n    idle: [5]\n", "hello takes no silent connections", ">  6 |     idle: [5]"},
		{"silent twice", rest + "  - name: idle\n    idle: [0, 5, 0]\n", "0 silent connections are listed twice", ">  6 |     idle: [0, 5, 0]"},
		{"fewer than none", rest + "  - name: idle\n    idle: [-1]\n", "-1 silent connections: it must be 0 to 60000", ">  6 |     idle: [-1]"},
		{"wait for a script", rest + "  - name: portrait\n    wait: 1s\n", "only thinking", ">  6 |     wait: 1s"},
		{"clients of a script", rest + "  - name: portrait\n    connections: [9]\n", "portrait has the 8 clients of its script", ">  6 |     connections: [9]"},
		{"wait", rest + "  - name: block\n    wait: 1s\n", "only thinking", ">  6 |     wait: 1s"},
		{"model twice", "rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [a, b, a]\nscenarios: [{name: hello}]\n", `model "a" is listed twice`, ">  4 | models: [a, b, a]"},
		{"model of a scenario twice", rest + "  - name: block\n    models: [a, a]\n", `model "a" is listed twice`, ">  6 |     models: [a, a]"},
		{"model of a scenario only", "rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [a]\nscenarios:\n  - name: block\n    models: [a, b]\n", `model "b" is not among the models of the plan`, ">  7 |     models: [a, b]"},
		{"model shared only", "rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [a]\nscenarios:\n  - name: hello\n    shared: [64]\n    shared_models: [b]\n", `model "b" is not among`, ">  8 |     shared_models: [b]"},
		{"nothing shared", rest + "  - name: hello\n    shared_models: [a]\n", "no level is measured with shared processors", ">  6 |     shared_models: [a]"},
		{"models of spin", rest + "  - name: spin\n    models: [a]\n", "leave models out", ">  6 |     models: [a]"},
		{"models is no list", rest + "  - name: block\n    models: a: b\n", "", ">  6 |     models: a: b"},
		{"download by one", rest + "  - name: download\n    connections: [1]\n", "download needs 2 connections or more", ">  6 |     connections: [1]"},
		{"tag on nothing", rest + "  - connections: !00 00\n", "a plan has no anchors", ">  5 |"},
		{"server name", rest + "  - name: hello\nservers:\n  - name: my server\n    command: x\n", "must be one word", ">  7 |   - name: my server"},
		{"server name with an escape sequence", rest + "  - name: hello\nservers:\n  - {name: \"a\\e[2J\", command: x}\n", `server name "a\x1b[2J": it must be one word`, ">  7 |"},
		{"server name of two lines", rest + "  - name: hello\nservers:\n  - {name: \"a\\nb\", command: x}\n", `server name "a\nb": it must be one word`, ">  7 |"},
		{"model with an escape sequence twice", "rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [\"\\e\", \"\\e\"]\nscenarios: [{name: hello}]\n", `model "\x1b" is listed twice`, ">  4 |"},
		{"server twice", rest + "  - name: hello\nservers:\n  - {name: a, command: x}\n  - {name: a, command: x}\n", "must be one word that no other", ">  8 |   - {name: a"},
		{"server null", rest + "  - name: hello\nservers:\n  - {name: \"null\", command: x}\n", "must be one word that no other", ">  7 |"},
		{"server twin", rest + "  - name: hello\nservers:\n  - {name: twin, command: x}\n", "must be one word that no other", ">  7 |"},
		{"server named as a model", "rounds: 1\ncycles: 2\nwindow: 1s\nmodels: [a]\nscenarios: [{name: hello}]\nservers:\n  - {name: a, command: x}\n", "must be one word that no other", ">  7 |"},
		{"neither command nor url", rest + "  - name: hello\nservers:\n  - name: a\n", "server a: give it a command that starts it, or the url", ">  7 |   - name: a"},
		{"command and url", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    url: http://h\n", "server a: give it a command that starts it, or the url", ">  7 |   - name: a"},
		{"url without http", rest + "  - name: hello\nservers:\n  - name: a\n    url: localhost:80\n", "write it as http://", ">  8 |     url: localhost:80"},
		{"url of another kind", rest + "  - name: hello\nservers:\n  - name: a\n    url: https://h\n", `url "https://h": write it as http://`, ">  8 |     url: https"},
		{"url without a host", rest + "  - name: hello\nservers:\n  - name: a\n    url: http:///x\n", "write it as http://", ">  8 |     url: http"},
		{"no url at all", rest + "  - name: hello\nservers:\n  - name: a\n    url: \"http://h:x\"\n", "write it as http://", ">  8 |     url:"},
		{"path from nowhere", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    path: users\n", `path "users": it must begin with /`, ">  9 |     path: users"},
		{"path of two words", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    path: /a b\n", `path "/a b": it must begin with /, and hold no blanks`, ">  9 |     path: /a b"},
		{"path with a header", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    path: \"/\\r\\nHost: b\"\n", "hold no blanks", ">  9 |     path:"},
		{"no status", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    path: /\n    expect: 99\n", "expect is 99: it must be an HTTP status, 100 to 599", "> 10 |     expect: 99"},
		{"no such status", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    path: /\n    expect: 600\n", "expect is 600", "> 10 |     expect: 600"},
		{"status of no path", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    expect: 404\n", "give that too", ">  9 |     expect: 404"},
		{"status in words", rest + "  - name: hello\nservers:\n  - name: a\n    command: x\n    expect: ok\n", "ok is not a whole number", ">  9 |     expect: ok"},
		{"server command", rest + "  - name: hello\nservers:\n  - name: a\n    command: \"x 'y\"\n", "is not closed", ">  8 |     command:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.text))
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); !strings.Contains(text, c.message) || !strings.Contains(text, c.points) {
				t.Errorf("the error does not say %q or does not point at %q:\n%s", c.message, c.points, text)
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

// A byte order mark, which some editors write, is skipped.
func TestPlanAfterByteOrderMark(t *testing.T) {
	if _, err := Parse([]byte("\ufeffrounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello}]\n")); err != nil {
		t.Error(err)
	}
}

// other is a plan with other fields than the built-in ones.
const other = "rounds: 4\ncycles: 2\nwindow: 1s\nmodels: [select, epoll, goroutine, nethttp]\nscenarios:\n" +
	"  - {name: hello, connections: [16, 64], shared: [64]}\n  - {name: block, models: [select, epoll], every: 3}\n  - {name: spin}\n"

func entry(p *Plan, name string) *Entry {
	if i := slices.IndexFunc(p.Scenarios, func(e Entry) bool { return e.Name == name }); i >= 0 {
		return &p.Scenarios[i]
	}
	return nil
}

func scenarioNames(p *Plan) (names []string) {
	for _, e := range p.Scenarios {
		names = append(names, e.Name)
	}
	return names
}

// The plan with its flags applied is the one that is saved: it reads back as the same plan.
func TestApply(t *testing.T) {
	for _, c := range []struct {
		name, plan string
		flags      result.Flags
		hold       func(t *testing.T, p *Plan)
	}{
		{"nothing", other, result.Flags{}, func(t *testing.T, p *Plan) {
			if d := cmp.Diff(mustParse(t, other), p, cmpopts.IgnoreUnexported(Plan{})); d != "" {
				t.Error(d)
			}
		}},
		{"rounds", other, result.Flags{Rounds: 9}, func(t *testing.T, p *Plan) {
			if p.Rounds != 9 || entry(p, "block").Every != 3 {
				t.Errorf("%d rounds, block every %d", p.Rounds, entry(p, "block").Every)
			}
		}},
		{"fewer rounds than some scenario waits for", other, result.Flags{Rounds: 1}, func(t *testing.T, p *Plan) {
			if p.Rounds != 1 || entry(p, "block").Every != 1 {
				t.Errorf("%d rounds, block every %d", p.Rounds, entry(p, "block").Every)
			}
		}},
		{"portraits alone", other, result.Flags{Scenarios: []string{"portrait"}, Rounds: 9}, func(t *testing.T, p *Plan) {
			if p.Rounds != 1 || entry(p, "portrait").Every != 1 || !p.OnlyPortraits() {
				t.Errorf("%d rounds, portrait every %d: it is played once", p.Rounds, entry(p, "portrait").Every)
			}
		}},
		{"a portrait beside others", other, result.Flags{Scenarios: []string{"hello", "portrait"}, Rounds: 9}, func(t *testing.T, p *Plan) {
			if p.Rounds != 9 || entry(p, "portrait").Every != 9 || entry(p, "hello").Every != 1 || p.OnlyPortraits() {
				t.Errorf("%d rounds, portrait every %d, hello every %d", p.Rounds, entry(p, "portrait").Every, entry(p, "hello").Every)
			}
		}},
		{"budget", other, result.Flags{BudgetNS: 2e9}, func(t *testing.T, p *Plan) {
			if p.Budget != Span(2*time.Second) || p.Cycles != 2 {
				t.Errorf("budget %v, cycles %d", p.Budget, p.Cycles)
			}
		}},
		{"models", other, result.Flags{Models: []string{"epoll", "nethttp"}}, func(t *testing.T, p *Plan) {
			hello, block := entry(p, "hello"), entry(p, "block")
			if !slices.Equal(p.Models, []string{"epoll", "nethttp"}) || !slices.Equal(hello.Models, p.Models) || !slices.Equal(block.Models, p.Models) {
				t.Errorf("models %v, of hello %v, of block %v", p.Models, hello.Models, block.Models)
			}
			if !slices.Equal(hello.Shared, Levels{64}) || len(hello.SharedModels) > 0 || len(entry(p, "spin").Models) > 0 {
				t.Errorf("shared: %v by %v; spin by %v", hello.Shared, hello.SharedModels, entry(p, "spin").Models)
			}
		}},
		{"models that no list has", other, result.Flags{Models: []string{"nethttp"}}, func(t *testing.T, p *Plan) {
			if got := entry(p, "block").Models; !slices.Equal(got, []string{"nethttp"}) {
				t.Errorf("block is measured with %v, the flag is nethttp", got)
			}
		}},
		{"models that the plan leaves out", other, result.Flags{Models: []string{"uring"}}, func(t *testing.T, p *Plan) {
			if got := p.Cells([]string{"uring"}, true); len(got) != 5 {
				t.Errorf("%d cells, want two levels of hello, a shared one, block and spin", len(got))
			}
		}},
		{"models, one of them shared", "default", result.Flags{Models: []string{"epoll", "select"}}, func(t *testing.T, p *Plan) {
			if hello := entry(p, "hello"); !slices.Equal(hello.SharedModels, []string{"epoll"}) || !slices.Equal(hello.Shared, Levels{64}) {
				t.Errorf("shared: %v by %v", hello.Shared, hello.SharedModels)
			}
		}},
		{"models, none of them shared", "default", result.Flags{Models: []string{"select"}}, func(t *testing.T, p *Plan) {
			if hello := entry(p, "hello"); len(hello.SharedModels) > 0 || len(hello.Shared) > 0 {
				t.Errorf("shared: %v by %v", hello.Shared, hello.SharedModels)
			}
		}},
		{"scenarios of the plan", "default", result.Flags{Scenarios: []string{"block", "cost"}}, func(t *testing.T, p *Plan) {
			if got := scenarioNames(p); !slices.Equal(got, []string{"cost", "block"}) {
				t.Errorf("scenarios %v", got)
			}
			if entry(p, "block").Every != 3 || entry(p, "block").Window != Span(700*time.Millisecond) {
				t.Errorf("block is not as the plan has it: %+v", entry(p, "block"))
			}
		}},
		{"a scenario that the plan lacks", other, result.Flags{Scenarios: []string{"sleep", "spin", "sleep"}}, func(t *testing.T, p *Plan) {
			if got := scenarioNames(p); !slices.Equal(got, []string{"spin", "sleep"}) {
				t.Errorf("scenarios %v", got)
			}
			if e := entry(p, "sleep"); e.Window != Span(time.Second) || e.Every != 1 || !slices.Equal(e.Connections, Levels{64}) {
				t.Errorf("sleep is not filled in: %+v", e)
			}
		}},
		{"paced needs its reference", "default", result.Flags{Scenarios: []string{"paced"}}, func(t *testing.T, p *Plan) {
			if got := scenarioNames(p); !slices.Equal(got, []string{"paced", "hello"}) || !slices.Equal(entry(p, "hello").Connections, Levels{64}) {
				t.Errorf("scenarios %v", got)
			}
		}},
		{"paced has its reference", "default", result.Flags{Scenarios: []string{"paced", "hello"}}, func(t *testing.T, p *Plan) {
			if got := scenarioNames(p); !slices.Equal(got, []string{"hello", "paced"}) || len(entry(p, "hello").Connections) != 4 {
				t.Errorf("scenarios %v", got)
			}
		}},
		{"paced with models", other, result.Flags{Scenarios: []string{"paced"}, Models: []string{"epoll"}, Rounds: 2}, func(t *testing.T, p *Plan) {
			if got := p.Cells([]string{"epoll"}, true); len(got) != 2 || !slices.Equal(got[1].Models, []string{"epoll"}) {
				t.Errorf("cells %+v", got)
			}
		}},
		{"servers", other, result.Flags{Servers: []string{"mine=./mine --addr {addr}", "yours=http://h:1/"}}, func(t *testing.T, p *Plan) {
			if d := cmp.Diff([]Guest{{Name: "mine", Command: "./mine --addr {addr}"}, {Name: "yours", URL: "http://h:1/"}}, p.Servers); d != "" {
				t.Error(d)
			}
		}},
		{"servers beside one of the plan", other + "servers: [{name: a, command: b}]\n", result.Flags{Servers: []string{"mine=x"}, Path: "/x", Expect: 201}, func(t *testing.T, p *Plan) {
			if d := cmp.Diff([]Guest{{Name: "a", Command: "b"}, {Name: "mine", Command: "x", Path: "/x", Expect: 201}}, p.Servers); d != "" {
				t.Error(d)
			}
		}},
		{"a command with everything in it", other, result.Flags{Servers: []string{`m={addr} 'a: "b"' # c | > & * ! % @ - ? [x] {y}` + " \\ ` ~ é\t\n\n  b\t"}}, func(t *testing.T, p *Plan) {
			if _, err := Words(string(p.Servers[0].Command)); err != nil {
				t.Error(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Read(c.plan)
			if c.plan != "default" {
				p, err = Parse([]byte(c.plan))
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Apply(c.flags); err != nil {
				t.Fatal(err)
			}
			readsBack(t, p)
			c.hold(t, p)
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	for _, c := range []struct {
		flags   result.Flags
		message string
	}{
		{result.Flags{Scenarios: []string{"hello", "helo"}}, `--scenarios: unknown scenario "helo": there are hello, cost`},
		{result.Flags{Models: []string{"epoll", "epoll"}}, `the plan with these flags: model "epoll" is listed twice`},
		{result.Flags{Rounds: 1001}, "the plan with these flags: rounds is 1001"},
		{result.Flags{Servers: []string{"./mine"}}, `--server "./mine": write it as 'mine=./mine --addr {addr}', or`},
		{result.Flags{Servers: []string{"mine="}}, "give it a command"},
		{result.Flags{Servers: []string{"mine=  "}}, "command is empty"},
		{result.Flags{Servers: []string{"=x"}}, `server name ""`},
		{result.Flags{Servers: []string{"null=x"}}, `server name "null"`},
		{result.Flags{Servers: []string{"twin=x"}}, `server name "twin"`},
		{result.Flags{Servers: []string{"a=x", "a=y"}}, `server name "a"`},
		{result.Flags{Servers: []string{"epoll=x"}}, `server name "epoll"`},
		{result.Flags{Servers: []string{"a=http://"}}, `url "http://": write it as`},
		{result.Flags{Servers: []string{"a=x"}, Path: "x"}, `path "x": it must begin with /`},
		{result.Flags{Servers: []string{"a=x"}, Path: "/x", Expect: 1000}, "expect is 1000"},
		{result.Flags{Path: "/x"}, "--path /x applies to servers of your own: name one with --server"},
		{result.Flags{Path: "/x", Expect: 200}, "name one with --server"},
		{result.Flags{Servers: []string{"a=x"}, Expect: 200}, "--expect 200 is the status of the answers to --path: give that too"},
		{result.Flags{Servers: []string{"a=http://h/x"}, Expect: 200}, "--expect 200 is the status of the answers to --path: give that too"},
		{result.Flags{Expect: 200}, "--expect 200 is"},
	} {
		t.Run(fmt.Sprint(c.flags), func(t *testing.T) {
			if err := mustRead(t, "default").Apply(c.flags); err == nil || !strings.Contains(err.Error(), c.message) {
				t.Errorf("%v, want %q", err, c.message)
			}
		})
	}
}

// A flag is not in the text of the plan, so its error shows no line.
func TestUnknownModelOfFlags(t *testing.T) {
	p := mustRead(t, "default")
	if err := p.Apply(result.Flags{Models: []string{"epoll", "epol"}}); err != nil {
		t.Fatal(err)
	}
	if err := p.UnknownModel(ladder); err == nil || err.Error() != `unknown model "epol": there are `+strings.Join(ladder, ", ") {
		t.Errorf("%v", err)
	}
}

func TestReadFindsNoPlan(t *testing.T) {
	for _, name := range []string{"quik", "", "../plan", t.TempDir()} {
		if _, err := Read(name); err == nil || !strings.Contains(err.Error(), "built in are quick, default, full") {
			t.Errorf("Read(%q): %v", name, err)
		}
	}
}

func TestWords(t *testing.T) {
	for command, want := range map[string][]string{
		"./mine --addr {addr}":      {"./mine", "--addr", "{addr}"},
		"  a\t'b c'  d\"e f\"g '' ": {"a", "b c", "de fg", ""},
		"sh -c 'x \"$1\"'":          {"sh", "-c", `x "$1"`},
	} {
		got, err := Words(command)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("Words(%q) = %q, %v, want %q", command, got, err, want)
		}
	}
	for _, command := range []string{"", "  ", "a 'b"} {
		if got, err := Words(command); err == nil {
			t.Errorf("Words(%q) = %q, want an error", command, got)
		}
	}
}

func FuzzParsePlan(f *testing.F) {
	for _, name := range Builtins {
		text, err := builtin.ReadFile("plans/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello, shared: [1]}]\nservers: [{name: a, command: b}]"))
	f.Add([]byte("scenarios:\n  - connections: !00 00")) // panics inside the decoder
	f.Add([]byte("rounds: 1\ncycles: 2\nwindow: 1s\nscenarios: [{name: hello, models: [select]}, {name: download, models: [epoll]}]"))
	f.Add([]byte("\ufeffrounds: 1.5\nwindow: 2562047h\nscenarios: [{name: hello, connections: [1e1]}]"))
	f.Add([]byte("a: &a [x, x]\nb: &b [*a, *a]\nscenarios:\n  - <<: *b\n  - ? - ? [{a: {"))
	f.Add([]byte(strings.Repeat("- ", 1000) + strings.Repeat("[", 1000) + "\n" + stairs(30)))
	f.Add([]byte("rounds: 3\nbudget: 1m\ncycles: 4\nwindow: 1s\nscenarios:\n  - {name: cost, rates: [5], every: 3}\nservers:\n  - {name: a, url: \"http://h/x\", path: /y, expect: 201}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		began := time.Now()
		p, err := Parse(text)
		if took := time.Since(began); took > 10*time.Second { // milliseconds, unless something is not bounded
			t.Errorf("%d bytes took %v", len(text), took)
		}
		if err != nil {
			return
		}
		if where, what := p.fault(); what != "" {
			t.Errorf("a plan that was read has a fault at %s: %s", where, what)
		}
		if cells := p.Cells([]string{"epoll"}, true); len(cells) == 0 && !slices.ContainsFunc(p.Scenarios, func(e Entry) bool { return len(e.Models) > 0 }) {
			t.Error("a plan without a trial")
		}
		readsBack(t, p)
	})
}

// TestKeysAreExplained finds each key in the page that explains plans.
func TestKeysAreExplained(t *testing.T) {
	page, err := os.ReadFile("../../results/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n## Plans\n")
	text, _, _ = strings.Cut(text, "\n## ")
	for _, of := range []any{Plan{}, Entry{}, Guest{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
			key, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if key != "" && !strings.Contains(text, "\n| `"+key+"` | ") {
				t.Errorf("%s is not in the tables", key)
			}
		}
	}
	_, example, _ := strings.Cut(text, "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := Parse([]byte(example)); err != nil {
		t.Errorf("the example: %v", err)
	}
}
