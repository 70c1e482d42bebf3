package export

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/record"
	"carousel/loadgen/verdict"
)

const ms = int64(time.Millisecond)

// example is a load of 3.2 s over one connection, whose second second is empty.
func example(t *testing.T) *result.Load {
	t.Helper()
	const end = 3200 * ms
	random := rand.New(rand.NewPCG(1, 2))
	r := record.NewRecorder(1, false, nil)
	r.Open(0)
	r.Close(end, end+1000*ms)
	r.Opened()
	for now := int64(0); now < end; {
		took := int64(random.ExpFloat64() * 5e5)
		class := record.OK
		if random.IntN(100) == 0 {
			class = record.Class(503)
		}
		if now < 1000*ms && now+took >= 1000*ms || now >= 1000*ms && now < 2000*ms {
			now = 2000 * ms
		}
		r.Sent(0, now)
		r.Ended(0, now, now, now+took, class)
		r.Read(now+took, 77)
		now += took
	}
	l, err := record.Merge([]*record.Recorder{r}, time.Duration(end))
	if err != nil {
		t.Fatal(err)
	}
	l.Complete, l.Spec = true, result.DefaultSpec()
	l.Spec.Connections, l.Spec.Engine, l.Spec.Target = 1, result.Epoll, "http://127.0.0.1:5000/bytes/10?a=b"
	l.Window.Start = time.Date(2026, 11, 27, 20, 0, 0, 123e6, time.UTC)
	l.CPU, l.TargetCPU = usage.CPU{UserNS: 10e6}, &usage.CPU{SystemNS: 20e6}
	l.Verdict = verdict.Judge(l)
	l.Annotate()
	return l
}

// TestHLog checks the lines of the log. A test in internal/result checks that a reader accepts it.
func TestHLog(t *testing.T) {
	l := example(t)
	text, err := HLog(l)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, want := range []string{
		"#[Histogram log format version 1.3]",
		"#[BaseTime: 1795809600.123 (seconds since epoch)]",
		"#[StartTime: 1795809600.123 (seconds since epoch), 2026-11-27T20:00:00.123Z]",
		"# verdict: suspect",
	} {
		if lines[i] != want {
			t.Errorf("line %d is %q, want %q", i, lines[i], want)
		}
	}
	for i, one := range l.Intervals.List {
		length := "1.000"
		if i == 3 { // the window ends in it
			length = "0.200"
		}
		want := fmt.Sprintf("%d.000,%s,%.6f,", i, length, float64(one.MaxNS)/1e6)
		if got := lines[len(lines)-len(l.Intervals.List)+i]; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, one.Histogram) || strings.HasSuffix(got, ",") {
			t.Errorf("interval %d is %.60s, want %s", i, got, want)
		}
	}
}

// The last percentile line has all requests and the maximum. Doubts come before the percentiles.
func TestHGrm(t *testing.T) {
	l := example(t)
	l.Complete = false
	l.Verdict = verdict.Judge(l)
	text, err := HGrm(l)
	if err != nil {
		t.Fatal(err)
	}
	var last []float64
	comments, lines := "", 0
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		fields := strings.Fields(s.Text())
		switch {
		case strings.HasPrefix(s.Text(), "#"):
			comments += s.Text() + "\n"
		case len(fields) == 0 || fields[0] == "Value":
		default:
			var row []float64
			for _, field := range fields {
				v, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatalf("%q: %v", s.Text(), err)
				}
				row = append(row, v)
			}
			if len(row) != 4 || last != nil && (row[0] < last[0] || row[1] < last[1] || row[2] < last[2]) {
				t.Errorf("%q comes after %v", s.Text(), last)
			}
			last, lines = row, lines+1
		}
	}
	whole, err := result.Decode(l.Histogram)
	if err != nil {
		t.Fatal(err)
	}
	if lines < 20 || last[1] != 1 || last[2] != float64(whole.Count()) || math.Abs(last[0]*1e6/float64(l.Latency.Max)-1) > 0.01 {
		t.Errorf("%d lines, the last is %v of %d requests and %d ns at most", lines, last, whole.Count(), l.Latency.Max)
	}
	for _, want := range []string{"# verdict: suspect\n", "# the run ended early\n", "Total count"} {
		if !strings.Contains(comments, want) {
			t.Errorf("%q is not in\n%s", want, comments)
		}
	}
}

func TestCSV(t *testing.T) {
	l := example(t)
	text, err := CSV(l)
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n != bytes.Count(text, []byte("\r\n")) || n != 1+len(l.Intervals.List) {
		t.Errorf("lines do not end as RFC 4180 has it, or there are too many:\n%s", text)
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll() // rejects rows of different length
	if err != nil {
		t.Fatal(err)
	}
	at := func(row int, column string) string {
		for i, name := range rows[0] {
			if name == column {
				return rows[row][i]
			}
		}
		t.Fatalf("no column %s in %v", column, rows[0])
		return ""
	}
	var ok, failed int64
	for i := range rows[1:] {
		n, _ := strconv.ParseInt(at(i+1, "ok"), 10, 64)
		e, _ := strconv.ParseInt(at(i+1, "errors"), 10, 64)
		ok, failed = ok+n, failed+e
	}
	if ok != l.Requests.OK || failed != l.Requests.Errors {
		t.Errorf("%d ok and %d errors in all, want %+v", ok, failed, l.Requests)
	}
	for column, want := range map[string]string{"start_s": "1.000", "length_s": "1.000", "ok": "0", "rate_rps": "0.000", "p50_ms": "", "p99_ms": "", "max_ms": "", "mean_ms": ""} {
		if got := at(2, column); got != want {
			t.Errorf("%s of the second without replies is %q, want %q", column, got, want)
		}
	}
	first, second := l.Intervals.List[0], at(1, "p99_ms")
	p99, err := strconv.ParseFloat(second, 64)
	if err != nil || p99*1e6 > float64(first.MaxNS) || math.Abs(p99/(0.5*math.Log(100))-1) > 0.15 {
		t.Errorf("p99 of exponential times with a mean of 0.5 ms is %s ms (%v)", second, err)
	}
	if got, want := at(1, "max_ms"), strconv.FormatFloat(float64(first.MaxNS)/1e6, 'f', 6, 64); got != want {
		t.Errorf("max %s, want %s", got, want)
	}
	if got, want := at(1, "rate_rps"), strconv.FormatInt(first.OK, 10)+".000"; got != want {
		t.Errorf("rate %s, want %s", got, want)
	}
	if got, want := at(4, "rate_rps"), strconv.FormatFloat((math.Round(l.Served())-float64(l.Intervals.List[0].OK+l.Intervals.List[2].OK))/0.2, 'f', 3, 64); got != want {
		t.Errorf("the rate of the 0.2 s until the end is %s, want %s", got, want)
	}
	if last := len(rows) - 1; at(last, "start_s") == "3.000" && at(last, "length_s") != "0.200" {
		t.Errorf("the window ends in the last: %v", rows[last])
	}
}

// benchstat's reader accepts the lines, those of several files one after the other too.
func TestBench(t *testing.T) {
	l := example(t)
	one, err := Bench([]Load{{Here: true, Load: l}})
	if err != nil {
		t.Fatal(err)
	}
	paced := *l
	paced.Spec.Rate, paced.Spec.Target = 1000, "http://127.0.0.1:5000/"
	several, err := Bench([]Load{{Name: "epoll", Load: l}, {Name: "127.0.0.1:5001", Load: &paced}})
	if err != nil {
		t.Fatal(err)
	}
	reader := benchfmt.NewReader(bytes.NewReader(append(one, several...)), "x")
	var names []string
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.Result:
			names = append(names, string(rec.Name))
			if rate, ok := rec.Value("req/s"); !ok || rate != l.RateRPS {
				t.Errorf("%s: req/s %v, want %v", rec.Name, rate, l.RateRPS)
			}
			if p50, ok := rec.Value("p50-sec"); !ok || math.Abs(p50*1e9-float64(l.Latency.P50)) > 1 { // it converts to seconds
				t.Errorf("%s: p50 %v s, want %d ns; %v", rec.Name, p50, l.Latency.P50, rec.Values)
			}
			if cpu, ok := rec.Value("target-cpu-sec/req"); !ok || cpu <= 0 {
				t.Errorf("%s: %v", rec.Name, rec.Values)
			}
			if int64(rec.Iters) != l.Requests.OK || rec.GetConfig("engine") != result.Epoll || rec.GetConfig("goos") == "" || rec.GetConfig("verdict") != "" {
				t.Errorf("%s: %d times, config %v", rec.Name, rec.Iters, rec.Config)
			}
		}
	}
	if err := reader.Err(); err != nil && err != io.EOF {
		t.Error(err)
	}
	want := "Loadgen/bytes/10?a=b/c=1 Loadgen/bytes/10?a=b/server=epoll/c=1 Loadgen/server=127.0.0.1:5001/c=1/r=1000"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for text, want := range map[string]string{string(one): "target: http://127.0.0.1:5000/bytes/10?a=b\n", string(several): "# epoll: http://127.0.0.1:5000/bytes/10?a=b\n# verdict: suspect\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	few := *l
	few.Latency, few.Histogram = result.Latency{}, ""
	text, err := Bench([]Load{{Load: &few}})
	if err != nil || strings.Contains(string(text), " p50-ns") || strings.Contains(string(text), "goos") {
		t.Errorf("what is not supported, or not known, is there: %s (%v)", text, err)
	}
}

// TestNothing checks the error for a record that lacks what the format needs.
func TestNothing(t *testing.T) {
	for name, c := range map[string]struct {
		of     func(*result.Load) ([]byte, error)
		change func(*result.Load)
		want   string
	}{
		"no intervals, hlog":         {HLog, func(l *result.Load) { l.Intervals = nil }, "the record has no intervals"},
		"no intervals, csv":          {CSV, func(l *result.Load) { l.Intervals = nil }, "the record has no intervals"},
		"their histograms left out":  {CSV, func(l *result.Load) { l.Intervals.List[0].Histogram = "" }, "keep it with -o FILE"},
		"one that is none":           {HLog, func(l *result.Load) { l.Intervals.List[0].Histogram = "x" }, "interval 0: decode a histogram"},
		"no histogram":               {HGrm, func(l *result.Load) { l.Histogram = "" }, "keep it with -o FILE"},
		"a benchmark that never ran": {func(l *result.Load) ([]byte, error) { return Bench([]Load{{Load: l}}) }, func(l *result.Load) { l.Requests.OK = 0 }, "no request succeeded"},
		"an empty one": {HGrm, func(l *result.Load) {
			l.Histogram, _ = result.NewHistogram().Encode()
		}, "no request was timed"},
	} {
		l := example(t)
		c.change(l)
		if _, err := c.of(l); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
