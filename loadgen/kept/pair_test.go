package kept

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/verdict"
)

// TestQuestions changes one field of the second record's spec, and checks whether the two can be compared and whether they can be merged.
func TestQuestions(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*result.Spec)
		differ string // the difference, as it is reported
		apart  bool   // they can be compared
		beside bool   // they can be merged
	}{
		{"nothing", func(*result.Spec) {}, "", true, true},
		{"where the server is", func(s *result.Spec) { s.Target = "http://10.0.0.2:80/" }, "address: 127.0.0.1:5000 and 10.0.0.2:80", true, true},
		{"a Unix socket of the same server", func(s *result.Spec) { s.Target = "unix:/run/x.sock:/" }, "address: 127.0.0.1:5000 and /run/x.sock", true, true},
		{"TLS", func(s *result.Spec) { s.Target = "https://127.0.0.1:5000/" }, "tls: false and true", false, false},
		{"a certificate of the client", func(s *result.Spec) { s.Cert, s.Key = "a", "b" }, "cert: none and given", false, false},
		{"where trusted certificates are", func(s *result.Spec) { s.CACert = "a" }, "cacert: none and a", true, true},
		{"what is asked for", func(s *result.Spec) { s.Target = "http://127.0.0.1:5000/a" }, "path: / and /a", false, false},
		{"further paths", func(s *result.Spec) { s.Paths = []string{"/a"} }, `paths: none and ["/a"]`, false, false},
		{"the method", func(s *result.Spec) { s.Method = "HEAD" }, "method: GET and HEAD", false, false},
		{"headers", func(s *result.Spec) { s.Headers = []string{"A: b"} }, `headers: none and ["A: b"]`, false, false},
		{"the body", func(s *result.Spec) { s.Body = "x" }, "body_bytes: none and 1", false, false},
		{"the mix", func(s *result.Spec) { s.Mix = []result.Kind{{Path: "/a", Weight: 2}} }, `mix: none and [{"weight":2,"path":"/a"}]`, false, false},
		{"the protocol", func(s *result.Spec) { s.Proto = result.Line }, "proto: http and line", false, false},
		{"what is checked", func(s *result.Spec) { s.Expect = "200" }, "expect: none and 200", false, false},
		{"connections", func(s *result.Spec) { s.Connections = 64 }, "connections: 50 and 64", false, true},
		{"the rate", func(s *result.Spec) { s.Rate = 100 }, "rate: none and 100", false, true},
		{"arrivals", func(s *result.Spec) { s.Arrivals = result.Poisson }, "arrivals: none and poisson", false, false},
		{"bursts", func(s *result.Spec) { s.Burst = 2 }, "burst: 1 and 2", false, false},
		{"bursts of one, as there are anyway", func(s *result.Spec) { s.Burst = 1 }, "", true, true},
		{"pipelining", func(s *result.Spec) { s.Pipeline = 2 }, "pipeline: 1 and 2", false, false},
		{"keep-alive", func(s *result.Spec) { s.NoKeepalive = true }, "no_keepalive: false and true", false, false},
		{"rests", func(s *result.Spec) { s.Think = time.Second }, "think: none and 1s", false, false},
		{"the engine", func(s *result.Spec) { s.Engine = result.Net }, "engine: none and net", false, false},
		{"threads", func(s *result.Spec) { s.Threads = 2 }, "threads: none and 2", false, true},
		{"the time-out", func(s *result.Spec) { s.Timeout = time.Second }, "timeout: 30s and 1s", false, false},
		{"the length", func(s *result.Spec) { s.Duration = time.Minute }, "duration: 10s and 1m0s", true, true},
		{"how it ends", func(s *result.Spec) { s.Duration, s.Requests = 0, 9 }, "ends by: time and number", false, false},
		{"stages", func(s *result.Spec) { s.Stages = []result.Stage{{From: 1, To: 2, Length: 3}} }, `lengths of stages: none and ["3ns"]`, false, false},
		{"the seed", func(s *result.Spec) { s.Seed = 7 }, "seed: none and 7", true, true},
		{"the process", func(s *result.Spec) { s.PID = 7 }, "pid: none and 7", true, true},
	} {
		a, b := result.DefaultSpec(), result.DefaultSpec()
		c.change(&b)
		for _, of := range []struct {
			rules rules
			fine  bool
		}{{free, c.apart}, {shared, c.beside}} {
			other, same := of.rules.Compare(a, b)
			var texts []string
			for _, d := range append(other, same...) {
				texts = append(texts, d.String())
			}
			if len(other) == 0 != of.fine || !strings.Contains(strings.Join(texts, "; "), c.differ) || c.differ == "" && len(texts) > 0 {
				t.Errorf("%s: other questions %v, may differ %v", c.name, other, same)
			}
		}
	}
	one, other := result.DefaultSpec(), result.DefaultSpec()
	one.Headers, other.Headers = []string{"Authorization: Basic YQ=="}, []string{"Authorization: Basic Yg=="}
	if other, _ := free.Compare(one, other); len(other) > 0 {
		t.Errorf("another password is another question: %v", other)
	}
	if other, _ := free.Compare(one, result.DefaultSpec()); len(other) != 1 || other[0].String() != `headers: ["Authorization: ..."] and none` {
		t.Errorf("a user is part of the question, and the password is nobody's business: %v", other)
	}
	text, file := result.DefaultSpec(), result.DefaultSpec()
	text.Body = "hello"
	file.BodyFile, file.BodyBytes, file.BodySHA256 = "f", 5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	if other, _ := free.Compare(text, file); len(other) > 0 {
		t.Errorf("the same body from a file is another question: %v", other)
	}
}

// TestRulesAreOfFields checks that each rule is about a field of the spec, or a part of the target.
func TestRulesAreOfFields(t *testing.T) {
	fields := []string{"address"}
	for typ, i := reflect.TypeFor[result.Spec](), 0; i < typ.NumField(); i++ {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		fields = append(fields, strings.TrimSuffix(strings.TrimSuffix(name, "_ns"), "_rps"))
	}
	for _, name := range shared {
		if !slices.Contains(fields, name) {
			t.Errorf("%s is no field of a spec", name)
		}
	}
}

// pairOf returns two valid records; the second is twice as fast.
func pairOf(t *testing.T) (a, b Record) {
	t.Helper()
	of := func(times int64) *result.Load {
		h := result.NewHistogram()
		for i := range int64(20_000) {
			h.Record((100_000 + i*20) * 2 / times)
		}
		text, err := h.Encode()
		if err != nil {
			t.Fatal(err)
		}
		l := &result.Load{
			Schema: result.Schema, Complete: true, Spec: result.DefaultSpec(), Window: result.Window{Start: began, ElapsedNS: 2e9},
			Requests: result.Requests{Planned: 20_000, Sent: 20_000, OK: 20_000}, RateRPS: float64(5_000 * times),
			Latency: h.Latency(), Service: h.Latency(), Histogram: text, ServiceHistogram: text, CPU: usage.CPU{UserNS: 100e6}, TargetCPU: &usage.CPU{UserNS: 200e6},
			Connections: result.Connections{Opened: 50, Used: 50, Answered: 50},
			Verdict:     result.Verdict{State: result.Valid},
		}
		l.Annotate()
		return l
	}
	a, b = Record{"a.json", of(1)}, Record{"b.json", of(2)}
	b.Load.Window.Start = began.Add(5 * time.Minute)
	return a, b
}

func TestCompare(t *testing.T) {
	a, b := pairOf(t)
	p, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	for metric, want := range map[string]float64{"rate": 2, "p50": 0.5, "p99": 0.5, "mean": 0.5, "service_mean": 0.5, "cpu_per_request": 0.5, "target_cpu_per_request": 0.5} {
		if f := p.Find(metric); f.Lacks != "" || f.Ratio < want*0.998 || f.Ratio > want*1.002 {
			t.Errorf("%s: %+v, want %v", metric, f, want)
		}
	}
	if f := p.Find(MetricErrors); f.Lacks != "a.json has none" {
		t.Errorf("errors: %+v", f)
	}
	if got, want := p.Apart(), "different runs, different minutes: b.json began 4m58s after a.json ended"; got != want {
		t.Errorf("%s, want %s", got, want)
	}

	// A printed record has no histograms, only the figures from them.
	b.Load.Histogram, b.Load.ServiceHistogram = "", ""
	if p, err = Compare(a, b); err != nil || p.Find("p99").Lacks != "" {
		t.Errorf("without histograms: %+v, %v", p.Find("p99"), err)
	}
	// A withheld figure has no ratio.
	b.Load.Latency.Withheld = map[string]string{"p99": "too few"}
	b.Load.Latency.AtLeast = []string{"p50"}
	if p, err = Compare(a, b); err != nil || p.Find("p99").Lacks != "b.json: too few" || p.Find("p50").Lacks != "b.json: unanswered requests could raise it" {
		t.Errorf("withheld: %+v %+v, %v", p.Find("p99"), p.Find("p50"), err)
	}

	b.Load.Spec.Connections, b.Load.Spec.Method = 3, "HEAD"
	if _, err := Compare(a, b); err == nil || err.Error() != "a.json and b.json ask different questions: method: GET and HEAD; connections: 50 and 3" {
		t.Errorf("another question: %v", err)
	}
}

func TestGatesOfAPair(t *testing.T) {
	for expr, want := range map[string]string{
		"p99_ratio>1.1":              "",
		"p99_ratio<0.6":              "p99_ratio<0.6: the p99 of b.json is 0.50 of that of a.json",
		"rate_ratio>1.9":             "rate_ratio>1.9: b.json serves 2.00 of what a.json does",
		"target_cpu_ratio<1":         "target_cpu_ratio<1: a request costs b.json 0.50 of what it costs a.json",
		"target_cpu_whole_ratio<1":   "target_cpu_whole_ratio<1: not measured for b.json: what waking costs shows in turns only (--vs)",
		"rate<6000":                  "a.json: rate<6000: rate is 5,000/s",
		"verdict!=valid":             "verdict!=valid: verdict is suspect",
		"service_p50_ratio<1":        "unknown metric",
		"target_cpu_per_request>1ns": "a.json: target_cpu_per_request>1ns: target_cpu_per_request is 20.0us",
	} {
		a, b := pairOf(t)
		b.Load.Verdict.State = result.Suspect
		gate, err := verdict.Parse(expr)
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", expr, err)
			}
			continue
		}
		p, err := Compare(a, b)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if found := p.Broken([]verdict.Gate{gate}); len(found) > 0 {
			got = found[0].Text
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

// Each field of the printed JSON is explained in results/README.md.
func TestPairIsExplained(t *testing.T) {
	a, b := pairOf(t)
	b.Load.Spec.Seed = 7
	p, err := Compare(a, b)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../results/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "## Two records compared")
	section, _, _ = strings.Cut(section, "\n## ")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range fields {
		if !strings.Contains(section, "| `"+name+"` |") {
			t.Errorf("results/README.md does not explain %s", name)
		}
	}
	if _, err := Read([]string{written(t, string(text))}); err == nil || !strings.Contains(err.Error(), "it is a comparison of two records") {
		t.Errorf("a comparison is read as a record: %v", err)
	}
}

func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}
