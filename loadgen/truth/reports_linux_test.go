package truth

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"carousel/internal/result"
	"carousel/internal/units"
)

// inWords returns a report in the form "p50 1.2 ms, p99 1 s, max 1 s of 2,000 requests".
func inWords(r result.Report) string {
	var words []string
	for _, name := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}} {
		for _, w := range r.Times {
			if w.Share == name.share {
				words = append(words, name.name+" "+units.Duration(float64(w.NS)))
			}
		}
	}
	return strings.Join(append(words, "max "+units.Duration(float64(r.Max))), ", ") + " of " + units.Count(r.Requests) + " requests"
}

var (
	heyTime   = regexp.MustCompile(`(?m)^ +(\d+)%+ in ([\d.]+ sec)s$`)
	heyMax    = regexp.MustCompile(`(?m)^ +Slowest:\t([\d.]+ sec)s$`)
	heyCount  = regexp.MustCompile(`(?m)^ +\[200\]\t(\d+) responses$`)
	wrkTime   = regexp.MustCompile(`(?m)^ +(\d+)% +([\d.]+[a-z]+)$`)
	wrkMax    = regexp.MustCompile(`(?m)^ +Latency +\S+ +\S+ +(\S+)`)
	wrkCount  = regexp.MustCompile(`(?m)^ +(\d+) requests in `)
	inSeconds = strings.NewReplacer(" sec", "s")
)

func readHey(text string) (result.Report, error) { return readText(text, heyTime, heyMax, heyCount) }
func readWrk(text string) (result.Report, error) { return readText(text, wrkTime, wrkMax, wrkCount) }

// readText parses the text that a tool printed.
func readText(text string, times, longest, count *regexp.Regexp) (r result.Report, err error) {
	duration := func(text string) int64 {
		d, wrong := time.ParseDuration(inSeconds.Replace(text))
		err = errors.Join(err, wrong)
		return int64(d)
	}
	for _, m := range times.FindAllStringSubmatch(text, -1) {
		percent, _ := strconv.ParseFloat(m[1], 64)
		r.Times = append(r.Times, result.Within{Share: percent / 100, NS: duration(m[2])})
	}
	most, n := longest.FindStringSubmatch(text), count.FindStringSubmatch(text)
	if len(r.Times) == 0 || most == nil || n == nil {
		return r, errors.New("a percentile, the maximum or the number of requests is lacking")
	}
	r.Max = duration(most[1])
	r.Requests, _ = strconv.ParseInt(n[1], 10, 64)
	return r, err
}

func readVegeta(text string) (result.Report, error) {
	var v struct {
		Latencies map[string]int64
		Requests  int64
	}
	err := json.Unmarshal([]byte(text), &v)
	r := result.Report{Requests: v.Requests, Max: v.Latencies["max"]}
	for _, percent := range []int{50, 90, 95, 99} {
		r.Times = append(r.Times, result.Within{Share: float64(percent) / 100, NS: v.Latencies[fmt.Sprint(percent, "th")]})
	}
	return r, err
}

// readRecord parses a record of loadgen. It takes all percentiles from the histogram.
func readRecord(text string) (result.Report, error) {
	var l result.Load
	if err := json.Unmarshal([]byte(text), &l); err != nil {
		return result.Report{}, err
	}
	h, err := result.Decode(l.Histogram)
	if err != nil {
		return result.Report{}, err
	}
	r := result.Report{Requests: l.Requests.OK, Max: l.Latency.Max}
	for _, share := range []float64{0.5, 0.75, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99995, 0.99999} {
		if float64(h.Count())*(1-share) >= result.Support-1e-6 {
			r.Times = append(r.Times, result.Within{Share: share, NS: h.Quantile(share)})
		}
	}
	return r, nil
}

func TestReadHeyAndWrk(t *testing.T) {
	for name, c := range map[string]struct {
		read func(string) (result.Report, error)
		text string
		want result.Report
	}{
		"hey": {readHey, "Summary:\n  Total:\t10.0001 secs\n  Slowest:\t1.0003 secs\n  Fastest:\t0.0001 secs\n\nLatency distribution:\n  10%% in 0.0001 secs\n  99%% in 0.0020 secs\n\n" +
			"Status code distribution:\n  [200]\t1804 responses\n",
			result.Report{Requests: 1804, Max: 1_000_300_000, Times: []result.Within{{Share: 0.1, NS: 100_000}, {Share: 0.99, NS: 2_000_000}}}},
		"wrk": {readWrk, "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n    Latency     1.21ms   30.40ms   1.00s    99.87%\n    Req/Sec    52.31k     3.10k   60.00k    80.00%\n" +
			"  Latency Distribution\n     50%   63.00us\n     99%    1.20ms\n  512345 requests in 10.00s, 20.00MB read\n",
			result.Report{Requests: 512_345, Max: 1_000_000_000, Times: []result.Within{{Share: 0.5, NS: 63_000}, {Share: 0.99, NS: 1_200_000}}}},
	} {
		got, err := c.read(c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if _, err := c.read("nothing"); err == nil {
			t.Errorf("%s: nothing is taken for a report", name)
		}
	}
}
