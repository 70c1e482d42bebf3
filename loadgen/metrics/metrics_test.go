package metrics

import (
	"bytes"
	"io"
	"math"
	"net/http"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"go.uber.org/goleak"

	"carousel/internal/result"
	"carousel/loadgen/record"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parsed returns what Prometheus reads in text. Its linter must find no problem.
func parsed(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v in\n%s", problems, err, text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

// value returns the value of a counter or gauge with this label; "": with any label.
func value(families map[string]*dto.MetricFamily, name, label string) float64 {
	sum := math.NaN()
	for _, m := range families["loadgen_"+name].GetMetric() {
		has := label == ""
		for _, l := range m.GetLabel() {
			has = has || l.GetValue() == label
		}
		if !has {
			continue
		}
		if math.IsNaN(sum) {
			sum = 0
		}
		sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return sum
}

const ms = int64(time.Millisecond)

// example returns a record whose figures all differ, and its live figures.
func example(t *testing.T) (*result.Load, *record.Live) {
	t.Helper()
	live := new(record.Live)
	r := record.NewRecorder(2, true, live)
	live.Begin(0)
	r.Open(0)
	r.Close(2000*ms, 3000*ms)
	for range 7 {
		r.Opened()
	}
	r.Failed(record.ConnectRefused)
	for i := range int64(1000) {
		r.Sent(0, i*ms)
		class := record.OK
		switch {
		case i%100 == 0:
			class = record.Class(503)
		case i%250 == 1:
			class = record.Timeout
		}
		r.Ended(0, i*ms, i*ms, i*ms+(i+1)*5_000, class)
		r.Read(i*ms, 77)
	}
	r.Publish(record.Never)
	r.Sent(1, 1000*ms)
	r.Unanswered(1, 1000*ms, 1000*ms)
	r.Unsent(1500*ms, record.NoConnection)
	l, err := record.Merge([]*record.Recorder{r}, 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	l.Spec.Rate, l.Window.Start, l.Verdict.State = 501, time.Unix(1795809600, 0), result.Valid
	return l, live
}

// All values are those of the record.
func TestText(t *testing.T) {
	l, _ := example(t)
	f, err := Of("", l)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Text(f)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed(t, text)
	for name, want := range map[[2]string]float64{
		{"requests_planned_total"}: 1002, {"requests_sent_total"}: 1001, {"requests_ok_total"}: 986,
		{"requests_errors_total"}: 14, {"requests_errors_total", "status-503"}: 10, {"requests_errors_total", "timeout"}: 4,
		{"requests_unanswered_total"}: 1, {"requests_unsent_total", "no-connection"}: 1, {"read_bytes_total"}: 77_000,
		{"connections_opened_total"}: 7, {"connections_failed_total", "connect-refused"}: 1,
		{"in_flight_requests"}: l.InFlight, {"offered_requests_per_second"}: result.Offered(l),
		{"start_timestamp_seconds"}: 1795809600, {"window_seconds"}: 2, {"verdict", "valid"}: 1,
	} {
		if v := value(got, name[0], name[1]); v != want {
			t.Errorf("%s is %v, want %v", name, v, want)
		}
	}
	whole, err := result.Decode(l.Histogram)
	if err != nil {
		t.Fatal(err)
	}
	h := got["loadgen_response_time_seconds"].GetMetric()[0].GetHistogram()
	if h.GetSampleCount() != uint64(whole.Count()) || math.Abs(h.GetSampleSum()/(whole.Mean()*float64(whole.Count())/1e9)-1) > 1e-9 {
		t.Errorf("%v", h)
	}
	// The times are 5 us, 10 us ... 5 ms without the failed requests, and those of requests without a reply.
	for _, b := range h.GetBucket() {
		want := 0.0
		for i := range int64(1000) {
			if i%100 != 0 && float64((i+1)*5_000) <= b.GetUpperBound()*1e9 {
				want++
			}
		}
		switch bound := b.GetUpperBound(); {
		case bound <= 0.003 && math.Abs(float64(b.GetCumulativeCount())-want) > 1:
			t.Errorf("%d within %v s, want %v", b.GetCumulativeCount(), bound, want)
		case math.IsInf(bound, 1) && b.GetCumulativeCount() != h.GetSampleCount():
			t.Errorf("%d in all", b.GetCumulativeCount())
		}
	}
}

// Several servers have the same names, and a label that tells them apart.
func TestTextOfSeveral(t *testing.T) {
	l, _ := example(t)
	a, err := Of("a", l)
	if err != nil {
		t.Fatal(err)
	}
	b := a
	b.Server, b.OK = "b", 5
	text, err := Text(a, b)
	if err != nil {
		t.Fatal(err)
	}
	got := parsed(t, text)
	if va, vb := value(got, "requests_ok_total", "a"), value(got, "requests_ok_total", "b"); va != 986 || vb != 5 {
		t.Errorf("%v and %v", va, vb)
	}
}

// While a load runs, the server serves the names and the counts of its record. Before the load there are no figures, and after Close no server.
func TestServe(t *testing.T) {
	s, err := Serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() []byte {
		reply, err := client.Get("http://" + s.Addr + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil || reply.StatusCode != http.StatusOK {
			t.Fatalf("%s %v", reply.Status, err)
		}
		return text
	}
	if text := get(); len(text) > 0 {
		t.Errorf("before the load: %s", text)
	}
	l, live := example(t)
	s.Watch(live, 501)
	got := parsed(t, get())
	f, err := Of("", l)
	if err != nil {
		t.Fatal(err)
	}
	text, err := Text(f)
	if err != nil {
		t.Fatal(err)
	}
	ended := parsed(t, text)
	for _, name := range []string{"requests_ok_total", "requests_errors_total", "read_bytes_total", "connections_opened_total", "connections_failed_total"} {
		if a, b := value(got, name, ""), value(ended, name, ""); a != b || math.IsNaN(a) {
			t.Errorf("%s is %v while it is on, %v in the record", name, a, b)
		}
	}
	for name := range ended {
		switch name {
		case "loadgen_verdict", "loadgen_window_seconds", "loadgen_requests_unsent_total": // known only at the end
		default:
			if got[name] == nil {
				t.Errorf("%s is not served", name)
			}
		}
	}
	if v := value(got, "requests_errors_total", "status-503"); v != 10 {
		t.Errorf("%v replies with status 503", v)
	}
	if h := got["loadgen_response_time_seconds"].GetMetric()[0].GetHistogram(); h.GetSampleCount() != 986 || math.Abs(h.GetSampleSum()-2.47) > 0.05 {
		t.Errorf("%v", h)
	}
	if _, err := Serve(s.Addr); err == nil {
		t.Error("two listen on one port")
	}
	s.Close()
	if _, err := client.Get("http://" + s.Addr + "/metrics"); err == nil {
		t.Error("it is still there")
	}
}
