package kept

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/record"
	"carousel/loadgen/verdict"
)

const (
	ms      = int64(time.Millisecond)
	seconds = 3 // of a window
)

var began = time.Date(2026, 11, 27, 20, 0, 0, 0, time.UTC)

// loadOf returns the record of workers that loaded a server at the same time, over so many connections in all.
func loadOf(t *testing.T, connections int, workers ...*record.Recorder) *result.Load {
	t.Helper()
	l, err := record.Merge(workers, seconds*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	l.Complete, l.Spec = true, result.DefaultSpec()
	l.Spec.Connections, l.Spec.Duration, l.Spec.Engine, l.Spec.Threads = connections, seconds*time.Second, result.Epoll, len(workers)
	l.Window.Start = began
	l.CPU = usage.CPU{UserNS: int64(len(workers)) * ms}
	if result.Starved(l) != "" {
		if l.Answered, err = record.Answered(workers...); err != nil {
			t.Fatal(err)
		}
		l.Answered.Connections, l.Answered.Of = l.Connections.Answered, l.Eligible()
	}
	l.Verdict = verdict.Judge(l)
	l.Annotate()
	return l
}

// play returns a worker with two connections and every outcome of a request: good replies, errors, timeouts, no answer. With silent, its second
// connection is never answered.
func play(seed uint64, silent bool) *record.Recorder {
	random := rand.New(rand.NewPCG(seed, 1))
	r := record.NewRecorder(2, false, nil)
	r.Split([]result.PathLatency{{Path: "/a"}, {Path: "/b"}})
	r.Open(0)
	r.Close(seconds*1000*ms, seconds*1000*ms+ms)
	for c := range 2 {
		r.Opened()
		for now := int64(0); now < seconds*1000*ms; {
			took := int64(random.ExpFloat64() * 3e6)
			class := []record.Class{record.OK, record.Class(503), record.ReadReset, record.Timeout}[max(0, random.IntN(60)-56)]
			r.Sent(c, now)
			r.For(random.IntN(2))
			if silent && c == 1 {
				r.Unanswered(c, now, now)
				break
			}
			r.Ended(c, now, now+took/10, now+took, class)
			r.Read(now+took, 77)
			if random.IntN(50) == 0 {
				r.Redirected(now)
				r.Resent(now)
			}
			now += took
		}
	}
	return r
}

// The merged records of several loadgens equal the record of one that sent all the requests: buckets and percentiles bit for bit, and all counts.
// Figures that the parts do not determine are left out.
func TestMergedIsTheUnion(t *testing.T) {
	for name, silent := range map[string]bool{"all answered": false, "a connection of each is not": true} {
		t.Run(name, func(t *testing.T) {
			var all []*record.Recorder
			var parts []Record
			for i := range uint64(3) {
				all = append(all, play(i, silent))
				parts = append(parts, Record{fmt.Sprintf("%d.json", i), kept(t, loadOf(t, 2, play(i, silent)))})
			}
			want := loadOf(t, 6, all...)
			got, err := Merge(parts, false)
			if err != nil {
				t.Fatal(err)
			}
			if got.Histogram != want.Histogram || got.ServiceHistogram != want.ServiceHistogram {
				t.Error("the buckets differ from those of the union")
			}
			if len(got.Merged) != 3 || got.Merged[1].File != "1.json" || got.Merged[1].OK != parts[1].Load.Requests.OK {
				t.Errorf("it says that it was merged from %+v", got.Merged)
			}
			want.Merged, want.Connections.Fairness = got.Merged, 0
			for i := range want.Paths {
				if why := got.Paths[i].Latency.Withheld["p50"]; !silent && why != noBuckets || why == "" {
					t.Errorf("percentiles by path: %+v", got.Paths[i].Latency)
				}
				p := &want.Paths[i].Latency
				p.P50, p.P90, p.P95, p.P99, p.P999, p.Withheld = 0, 0, 0, 0, 0, got.Paths[i].Latency.Withheld
				p.AtLeast = got.Paths[i].Latency.AtLeast // those of mean and max
			}
			alike := cmp.Options{
				cmpopts.EquateApprox(1e-12, 0), cmpopts.EquateEmpty(),
				cmpopts.IgnoreFields(result.Load{}, "Verdict", "Arrivals", "Lateness", "PacerLateness", "OwnStallNS"),
			}
			if silent { // the parts withhold the times, and with them the exact figures
				rough := cmpopts.IgnoreFields(result.Latency{}, "Mean", "Max", "P999", "Withheld")
				alike = append(alike, rough)
			}
			if diff := cmp.Diff(want, got, alike); diff != "" {
				t.Errorf("-union +merged:\n%s", diff)
			}
			if got.Verdict.State != want.Verdict.State {
				t.Errorf("verdict %+v, want %+v", got.Verdict, want.Verdict)
			}
		})
	}
}

// kept returns l as it is read from a file.
func kept(t *testing.T, l *result.Load) *result.Load {
	t.Helper()
	text, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	again := new(result.Load)
	if err := json.Unmarshal(text, again); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestWindows moves the second of two records.
func TestWindows(t *testing.T) {
	for _, c := range []struct {
		name     string
		later    time.Duration
		sequence bool
		err      string // of the error; "": they are merged
		bin      int64  // of their series, in ms; 0: there is none
	}{
		{"at once", 0, false, "", 100},
		{"a twentieth of a bin later", 5 * time.Millisecond, false, "", 100},
		{"two bins later", 200 * time.Millisecond, false, "", 100},
		{"a quarter of a bin later", 25 * time.Millisecond, false, "", 400},
		{"much later", 400 * time.Millisecond, false, "the windows overlap for 87 % of the longest, less than 90 %: b began 400ms after a; --sequence", 0},
		{"one after the other", 10 * time.Second, false, "0 % of the longest", 0},
		{"one after the other, with --sequence", 10 * time.Second, true, "", 0},
		{"side by side, with --sequence", 0, true, "--sequence: a and b ran at the same time", 0},
	} {
		a, b := loadOf(t, 2, play(1, false)), loadOf(t, 2, play(2, false))
		b.Window.Start = began.Add(c.later)
		m, err := Merge([]Record{{"a", a}, {"b", b}}, c.sequence)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %s", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		bin := int64(0)
		if m.Series != nil {
			bin = m.Series.BinNS / ms
		}
		if bin != c.bin {
			t.Errorf("%s: bins of %d ms, want %d", c.name, bin, c.bin)
		}
		rate, length, connections := a.RateRPS+b.RateRPS, seconds*time.Second, 4
		if c.sequence {
			rate, length, connections = rate/2, 2*length, 2
		}
		if math.Abs(m.RateRPS/rate-1) > 1e-9 || m.Window.ElapsedNS != int64(length) || m.Spec.Connections != connections || !m.Window.Start.Equal(began) {
			t.Errorf("%s: %v/s over %v and %d connections from %v", c.name, m.RateRPS, time.Duration(m.Window.ElapsedNS), m.Spec.Connections, m.Window.Start)
		}
		if replies := m.Served(); math.Abs(replies-a.Served()-b.Served()) > 1e-3 {
			t.Errorf("%s: %v replies of %v and %v", c.name, replies, a.Served(), b.Served())
		}
	}
}

// A run that is named twice is not counted twice, neither by itself nor as part of a merged one.
func TestOneRunTwice(t *testing.T) {
	a, b := Record{"a", loadOf(t, 2, play(1, false))}, Record{"b", loadOf(t, 2, play(2, false))}
	if _, err := Merge([]Record{a, {"c", kept(t, a.Load)}}, false); err == nil || !strings.Contains(err.Error(), "a and c are the same run") {
		t.Errorf("merged with itself: %v", err)
	}
	both, err := Merge([]Record{a, b}, false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Merge([]Record{{"both", both}, b}, false); err == nil || !strings.Contains(err.Error(), "both and b are the same run") {
		t.Errorf("merged with what it is part of: %v", err)
	}
}

// Bins that lie beside each other by the clock are added up: two loads that begin two bins apart.
func TestSeriesByTheClock(t *testing.T) {
	of := func(later time.Duration, replies ...int64) Record {
		return Record{"", &result.Load{Window: result.Window{Start: began.Add(later), ElapsedNS: 6 * 100 * ms}, Series: &result.Series{BinNS: 100 * ms, Replies: replies, BusyNS: replies}}}
	}
	added := func(records ...Record) *result.Series {
		m := &result.Load{Window: result.Window{ElapsedNS: 600 * ms}}
		overTime(m, records)
		return m.Series
	}
	got := added(of(0, 1, 2, 3, 4, 5, 6), of(200*time.Millisecond, 10, 20, 30, 40, 50, 60))
	if want := (&result.Series{BinNS: 100 * ms, Replies: []int64{13, 24, 35, 46}, BusyNS: []int64{13, 24, 35, 46}}); !cmp.Equal(got, want) {
		t.Errorf("two bins later: %+v", got)
	}
	got = added(of(0, 1, 2, 3, 4, 5, 6), of(-100*time.Millisecond, 10, 20, 30, 40, 50, 60))
	if want := []int64{21, 32, 43, 54, 65}; got == nil || !cmp.Equal(got.Replies, want) {
		t.Errorf("a bin before: %+v", got)
	}
	got = added(of(0, 1, 2, 3, 4, 5, 6), of(20*time.Millisecond, 10, 20, 30, 40, 50, 60))
	if want := []int64{33, 77, 121}; got == nil || got.BinNS != 200*ms || !cmp.Equal(got.Replies, want) {
		t.Errorf("a fifth of a bin later: %+v", got)
	}
	if got := added(of(0, 1, 2, 3, 4, 5, 6), of(150*time.Millisecond, 1, 2, 3, 4, 5, 6)); got != nil {
		t.Errorf("bins that lie beside no others are added up: %+v", got)
	}
}

// Of TLS handshakes their number, mean and maximum add up, percentiles do not.
func TestMergedHandshakes(t *testing.T) {
	var records []Record
	for i, took := range []int64{1, 3, 5} {
		r := play(uint64(i), false)
		if took < 5 { // the third has none
			r.Shook(took*ms, "TLS 1.3", "A")
			r.Shook(took*ms, "TLS 1.3", "A")
		}
		records = append(records, Record{Name: fmt.Sprint(i), Load: loadOf(t, 2, r)})
	}
	m, err := Merge(records, false)
	if err != nil {
		t.Fatal(err)
	}
	got := m.TLS
	if got == nil || got.Handshakes != 4 || got.Version != "TLS 1.3" || got.Handshake.Max != 3*ms || math.Abs(got.Handshake.Mean-float64(2*ms)) > 1e4 || got.Handshake.Withheld["p50"] == "" {
		t.Errorf("%+v", got)
	}
}

// A reason that several parts have, and the sum does not, is given once, in the words of the worst part.
func TestJudgeTogether(t *testing.T) {
	reason := func(check, state, text string) result.Reason {
		return result.Reason{Check: check, State: state, Text: text}
	}
	var records []Record
	for i, reasons := range [][]result.Reason{
		{reason("steal", result.Valid, "a little"), reason("support", result.Valid, "too few")},
		{reason("steal", result.Suspect, "much")},
		{reason("steal", result.Valid, "some"), reason("beside", result.Valid, "others")},
	} {
		l := loadOf(t, 2, play(uint64(i), false))
		l.Verdict = result.Verdict{State: result.Valid, Reasons: reasons}
		if i == 1 {
			l.Verdict.State = result.Suspect
		}
		records = append(records, Record{fmt.Sprint("abc"[i : i+1]), l})
	}
	m, err := Merge(records, false)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range m.Verdict.Reasons {
		if r.Check == "steal" || r.Check == "beside" || r.Check == "support" && r.Text == "too few" {
			texts = append(texts, r.Text)
		}
	}
	if diff := cmp.Diff([]string{"b: much (likewise in a and c)", "c: others"}, texts); diff != "" {
		t.Error(diff)
	}
}

// TestEveryFieldIsDecided lists what becomes of the fields of a record when several are added up, so that a new one is not forgotten.
func TestEveryFieldIsDecided(t *testing.T) {
	decided := strings.Fields("schema complete gone spec window requests unsent_by errors connect_errors rate_rps in_flight bytes_read redirects resent " +
		"latency_ns service_ns paths connections answered silent cpu target_cpu target_cpu_lacks lateness_ns pacer_lateness_ns arrivals own_stall_ns spun_ns host " +
		"gc tls series intervals histogram service_histogram merged verdict")
	leftOut := strings.Fields("counters room ceiling_rps trace slice_ns timed") // of one process, one machine, or one comparison
	for typ, i := reflect.TypeFor[result.Load](), 0; i < typ.NumField(); i++ {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if !slices.Contains(decided, name) && !slices.Contains(leftOut, name) {
			t.Errorf("%s: say in Merge what becomes of it, and here that it is decided", name)
		}
	}
}
