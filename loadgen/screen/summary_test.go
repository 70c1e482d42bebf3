package screen

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/golden"
	"carousel/internal/result"
	"carousel/internal/usage"
	"carousel/loadgen/cli"
	"carousel/loadgen/record"
	"carousel/loadgen/verdict"
)

// example is a closed loop of 4 connections for 2 s and its record: 20,000 requests from 100 us to 5 ms.
func example(t *testing.T) *result.Load {
	t.Helper()
	s := result.DefaultSpec()
	s.Connections, s.Duration, s.Engine, s.Threads = 4, 2*time.Second, result.Epoll, 1
	h := result.NewHistogram()
	for i := range int64(20_000) {
		h.Record(100_000 + i*20)
	}
	h.RecordN(5_000_000, 100)
	text := encoded(t, h)
	return &result.Load{
		Spec:             s,
		Complete:         true,
		Window:           result.Window{ElapsedNS: 2e9},
		Requests:         result.Requests{Planned: 20_104, Sent: 20_104, OK: 20_100, Unanswered: 4},
		UnsentBy:         map[string]int64{},
		RateRPS:          10_050,
		InFlight:         3.98,
		BytesRead:        1_547_700,
		Latency:          h.Latency(),
		Service:          h.Latency(),
		Histogram:        text,
		ServiceHistogram: text,
		Connections:      result.Connections{Opened: 4, Used: 4, Answered: 4, Fewest: 5_020, Most: 5_030},
		CPU:              usage.CPU{UserNS: 40e6, SystemNS: 60e6},
	}
}

// starve changes a closed loop so that only one of its connections was answered.
func starve(l *result.Load) {
	l.Connections.Answered, l.Connections.Fewest, l.Connections.Most, l.Connections.LongestWaitNS = 1, 0, 20_100, 2e9
}

func encoded(t *testing.T, h *result.Histogram) string {
	t.Helper()
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The golden files are what people see; look at them when they change.
func TestSummary(t *testing.T) {
	h := result.NewHistogram() // uniform up to a second, as if the server kept up with half of the offered rate
	for i := range int64(40_000) {
		h.Record(i * 25_000)
	}
	waits := encoded(t, h)
	for name, change := range map[string]func(*result.Load){
		"closed": func(*result.Load) {},
		"paced": func(l *result.Load) {
			l.Spec.Rate, l.Spec.Spin, l.SpunNS = 10_052, 35*time.Microsecond, 30e6
			l.Arrivals = &result.Arrivals{Gaps: 20_000, ToleranceNS: 24_870, OffShare: 0.012}
			l.Lateness = result.Latency{Mean: 21_000, P50: 20_000, P90: 30_000, P95: 40_000, P99: 55_000, P999: 80_000, Max: 120_000}
			l.TargetCPU = &usage.CPU{UserNS: 50e6, SystemNS: 90e6}
		},
		"doubted": func(l *result.Load) {
			l.CeilingRPS, l.Host.OwnShare, l.Host.RunDelayShare = 11_000, 0.9, 0.07
			l.Host.Throttled, l.Host.ThrottledNS, l.Host.Retransmits, l.Host.SynRetransmits = 4, 320e6, 3, 1
			l.GC = &result.GC{Cycles: 2, PauseNS: 80_000}
			l.Room = &result.Room{Descriptors: 950, DescriptorLimit: 1024, Ports: 25_000, PortLimit: 28_232}
		},
		"counted": func(l *result.Load) {
			l.Counters = &result.Counters{Counts: map[string]int64{result.Calls: 60_500, result.Waits: 20_104, result.Migrations: 0, result.Faults: 12},
				Lacks: map[string]string{result.Switches: "perf_event_open: permission denied: run as root"}}
		},
		"saturated": func(l *result.Load) {
			l.Spec.First, l.Spec.Connections = 2, 500
			l.Spec.Rate, l.Spec.Spin, l.Spec.Arrivals, l.Spec.Seed, l.Spec.Burst = 20_000, 35*time.Microsecond, result.Poisson, 7, 10
			l.Arrivals = &result.Arrivals{Gaps: 20_000, Waited: 104, ToleranceNS: 12_500}
			l.Requests.Planned, l.Requests.Unsent = 40_000, 19_896
			l.Histogram = waits
			l.UnsentBy = map[string]int64{"no-connection": 19_800, "window-closed": 96}
			l.Paths = []result.PathLatency{{Path: "/", OK: 20_104, Count: 20_104, Latency: l.Latency}} // withheld like those of all requests
		},
		"rested": func(l *result.Load) {
			l.Spec.Think, l.Spec.NoKeepalive = 100*time.Millisecond, true
			l.RateRPS = 9_000
			l.Connections.Fewest, l.Connections.Most = 5_025, 5_025
			h := result.NewHistogram()
			h.RecordN(90_000, 20_100)
			h.RecordN(5_000_000, 4)
			l.Service, l.ServiceHistogram = h.Latency(), encoded(t, h)
		},
		"starved": func(l *result.Load) {
			starve(l)
			l.Requests.Planned, l.Requests.Sent, l.Requests.Unanswered = 20_103, 20_103, 3
			answered := result.NewHistogram() // one of its requests was not answered
			for i := range int64(20_101) {
				answered.Record(100_000 + i*20)
			}
			text, err := answered.Encode()
			if err != nil {
				t.Fatal(err)
			}
			times := answered.Latency()
			times.Unanswered = times.Max
			l.Answered = &result.Answered{Connections: 1, Of: 4, Latency: times, Service: times, Histogram: text, ServiceHistogram: text}
			l.Host.ListenBacklog, l.Host.ListenWaiting = new(int64), 3
			*l.Host.ListenBacklog = 2
		},
		"starved-by-hey": starve,
		"ramp": func(l *result.Load) {
			l.Spec.Duration, l.Window.ElapsedNS = 20*time.Second, 20e9
			l.Spec.Stages = []result.Stage{{From: 100, To: 2000, Length: l.Spec.Duration}}
			l.Spec.Rate, l.RateRPS = 1050, 1005
			l.Intervals = went(t, 21, func(k int64) (ok, errors int64) { return 95 * k, k / 15 })
		},
		"timeouts": func(l *result.Load) {
			h, err := result.Decode(l.Histogram)
			if err != nil {
				t.Fatal(err)
			}
			h.RecordN(2e9, 9)
			l.Requests = result.Requests{Planned: 20_109, Sent: 20_109, OK: 20_100, Errors: 9}
			l.Errors = map[string]int64{"timeout": 9}
			l.Latency, l.Histogram = h.Latency(), encoded(t, h)
			l.Latency.Unanswered = 2e9
			l.Service, l.ServiceHistogram = l.Latency, l.Histogram
		},
		"stages": func(l *result.Load) {
			l.Spec.Duration, l.Window.ElapsedNS = 5*time.Second, 5e9
			l.Spec.StagesFile = "day.txt"
			l.Spec.Stages = []result.Stage{{From: 2000, To: 2000, Length: 1500 * time.Millisecond}, {From: 2000, To: 500, Length: 3 * time.Second}, {From: 10, To: 10, Length: time.Second / 2}}
			l.Spec.Stages = append(l.Spec.Stages, result.Stage{From: 10, To: 10, Length: time.Second})
			l.Spec.Rate, l.RateRPS = 1351, 1351
			l.Intervals = went(t, 6, func(k int64) (ok, errors int64) { return 1001 * (k % 2), k })
		},
		"varied": func(l *result.Load) {
			l.Spec.Duration, l.Window.ElapsedNS = 100*time.Second, 100e9+1
			l.Requests.Errors, l.Errors = 57, map[string]int64{"timeout": 57}
			l.Intervals = went(t, 101, func(k int64) (ok, errors int64) { return 1000 + 2*(k-30)*(k-30), max(0, k-97) * 28 })
		},
		"errors": func(l *result.Load) {
			l.Requests.Planned, l.Requests.Sent, l.Requests.Errors = 21_204, 21_204, 1_100
			l.Errors = map[string]int64{"read-reset": 100, "status-503": 990, "body-length": 10}
			l.Resent = 50
			l.Connections.Failed, l.ConnectErrors = 7, map[string]int64{"connect-refused": 7}
		},
		"silent": func(l *result.Load) {
			l.Spec.Idle = 15_000
			l.Silent = &result.Silent{Open: 14_988, Refused: 12, Before: &result.Memory{User: 8 << 20, Kernel: 100 << 20}, Settled: &result.Memory{User: 13 << 20, Kernel: 230 << 20}}
		},
		"nothing": func(l *result.Load) {
			*l = result.Load{Spec: l.Spec, Complete: true, Window: l.Window, Requests: result.Requests{Planned: 4, Sent: 4, Errors: 4}, Errors: map[string]int64{"timeout": 4}}
			l.Connections.Opened = 4
		},
		"interrupted": func(l *result.Load) {
			l.Spec.Duration, l.Spec.Requests = 0, 100_000
			l.Complete = false
			l.Requests.Planned, l.Requests.Unsent, l.UnsentBy = 100_000, 79_896, map[string]int64{"interrupted": 79_896}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := example(t)
			change(l)
			l.Verdict = verdict.Judge(l)
			var out strings.Builder
			if err := Summary(&out, cli.Command(l.Spec), l, false); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".txt", out.String())
		})
	}
}

// went returns the intervals of a window. of gives the good replies and the errors of second k; the slowest of its replies take about k ms.
func went(t *testing.T, seconds int64, of func(k int64) (ok, errors int64)) *result.Intervals {
	t.Helper()
	v := &result.Intervals{LengthNS: 1e9}
	for k := range seconds {
		ok, errors := of(k)
		i := result.Interval{OK: ok, Errors: errors, MaxNS: max(k*1e6, 300_000)}
		h := result.NewHistogram()
		h.RecordN(200_000, ok-ok/50)
		h.RecordN(300_000+k*1e6, ok/50)
		if ok > 0 {
			i.Histogram = encoded(t, h)
		}
		v.List = append(v.List, i)
	}
	return v
}

func TestSummaryColours(t *testing.T) {
	l := example(t)
	l.Requests.Errors, l.Errors = 1, map[string]int64{"timeout": 1}
	l.Verdict = verdict.Judge(l)
	var with, without strings.Builder
	if err := errors.Join(Summary(&with, "loadgen", l, true), Summary(&without, "loadgen", l, false)); err != nil {
		t.Fatal(err)
	}
	bare := strings.NewReplacer(red, "", green, "", yellow, "", plain, "").Replace(with.String())
	if with.String() == bare || bare != without.String() {
		t.Errorf("colours must be added and change nothing else:\n%s", cmp.Diff(without.String(), bare))
	}
}

// Every class of error has one line of advice of its own.
func TestAdviceForEveryClass(t *testing.T) {
	unknown, classes := Advice("nonsense"), 0
	for c := record.OK + 1; !strings.HasPrefix(c.String(), "status-"); c++ {
		if text, has := advice[c.String()]; !has || text == "" || text == unknown || strings.Contains(text, "\n") {
			t.Errorf("%s: %q", c, text)
		}
		classes++
	}
	if len(advice) != classes {
		t.Errorf("advice for %d classes, there are %d", len(advice), classes)
	}
	for code := 400; code < 600; code++ {
		if text := Advice(record.Status(code).String()); text == unknown || text == "" || strings.Contains(text, "\n") {
			t.Errorf("status %d: %q", code, text)
		}
	}
}
