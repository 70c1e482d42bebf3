package export

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"carousel/internal/result"
	"carousel/loadgen/client"
)

// Bench writes the loads as lines of Go benchmarks, which benchstat compares over several runs (golang.org/design/14313-benchmark-format): one
// line each, named after path, connections and rate. Figures that a record does not support are left out. Verdicts and the targets of several
// loads are comments, because benchstat would put runs with different configuration lines into different tables.
func Bench(loads []Load) ([]byte, error) {
	var b bytes.Buffer
	first := loads[0]
	if first.Here {
		fmt.Fprintf(&b, "goos: %s\ngoarch: %s\n", runtime.GOOS, runtime.GOARCH)
	}
	fmt.Fprintf(&b, "pkg: carousel/loadgen\nmethod: %s\nengine: %s\n", first.Spec.Method, first.Spec.Engine)
	if len(loads) == 1 {
		fmt.Fprintf(&b, "target: %s\n", first.Spec.Target)
	}
	b.WriteString("Unit req/s better=higher\nUnit ok/sent better=higher\n")
	some := false
	for _, l := range loads {
		if l.Name != "" {
			fmt.Fprintf(&b, "# %s: %s\n", l.Name, l.Spec.Target)
		}
		for _, doubt := range doubts(l.Load) {
			fmt.Fprintf(&b, "# %s\n", doubt)
		}
		if l.Requests.OK == 0 {
			continue // a benchmark that never ran has no line
		}
		some = true
		fmt.Fprintf(&b, "%s %d", name(l), l.Requests.OK)
		for _, f := range figures(l.Load) {
			fmt.Fprintf(&b, " %s %s", number(f.value), f.unit)
		}
		fmt.Fprintln(&b)
	}
	if !some {
		return nil, errors.New("no request succeeded")
	}
	return b.Bytes(), nil
}

// name returns the benchmark name of a load: parts between slashes, with keys that benchstat can filter by.
func name(l Load) string {
	s := l.Spec
	words := []string{"BenchmarkLoadgen"}
	if path := strings.Trim(client.PathOf(s.Target), "/"); len(s.Mix) > 0 {
		words = append(words, "mix")
	} else if path != "" {
		words = append(words, path)
	}
	if l.Name != "" {
		words = append(words, "server="+l.Name)
	}
	words = append(words, "c="+strconv.Itoa(s.Connections))
	if s.Rate > 0 {
		words = append(words, "r="+number(s.Rate))
	}
	return strings.Join(words, "/")
}

type benchFigure struct {
	value float64
	unit  string
}

// figures returns the figures of a load, in order.
func figures(l *result.Load) (all []benchFigure) {
	add := func(value float64, unit string) { all = append(all, benchFigure{value, unit}) }
	add(l.RateRPS, "req/s")
	for _, of := range []struct {
		prefix  string
		summary result.Summary
	}{{"", result.Response(l)}, {"service-", result.Service(l)}} {
		for _, f := range of.summary.Figures {
			if f.Withheld == "" {
				add(f.NS, of.prefix+result.Label(f.Name)+"-ns")
			}
		}
	}
	if served := l.Served(); served > 0 {
		add(float64(l.CPU.Total())/served, "cpu-ns/req")
		if l.TargetCPU != nil {
			add(float64(l.TargetCPU.Total())/served, "target-cpu-ns/req")
		}
	}
	if l.Requests.Sent > 0 {
		add(float64(l.Requests.OK)/float64(l.Requests.Sent), "ok/sent")
	}
	return all
}

// number writes v with as many digits as it has, and no exponent.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
