package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// spoken holds shell code that prints what each load generator reports of 1744 requests in 2 s; of 50 requests where agree.sh sets a rate.
var spoken = map[string]string{
	"loadgen": `case "$*" in
*" -r "*) rate=25 p50=9000000 service=22500000 ;;
*) rate=872 p50=17400000 service=9000000 ;;
esac
echo "says $rate"
while [ "$1" != -o ]; do shift; done
echo '{"schema":2,"spec":{"rate_rps":7},"window":{"elapsed_ns":1},"requests":{"sent":1744,"errors":0,"unanswered":0},"unsent_by":{},"errors":{},"rate_rps":'$rate',"in_flight":16,"latency_ns":{"mean":1.5,"p50":'$p50',"p90":1},"service_ns":{"mean":1.5,"p50":'$service',"p90":1}}' >"$2"`,
	"wrk": `echo '  Latency Distribution
     50%   17.31ms
     75%   17.62ms
  1744 requests in 2.00s, 131.14KB read
Requests/sec:    870.33'`,
	"bombardier": `echo '{"spec":{"numberOfConnections":16},"result":{"timeTakenSeconds":2.0,"req1xx":0,"req2xx":1744,"req3xx":0,"req4xx":0,"req5xx":0,"others":0,"latency":{"mean":18375.7,"percentiles":{"50":17491,"75":17881}},"rps":{"mean":7,"percentiles":{"50":7}}}}'`,
	"hey": `echo '  Requests/sec:	863.0478
  50%% in 0.0174 secs
Status code distribution:
  [200]	1744 responses'`,
	"vegeta": `[ "$1" = attack ] || echo '{"latencies":{"total":1,"mean":1,"50th":22700000,"90th":1},"bytes_in":{"total":600,"mean":12},"duration":1,"requests":50,"rate":7,"throughput":25.1,"success":1,"status_codes":{"200":50},"errors":[]}'`,
}

// TestAgree checks that agree.sh, which compares the output of load generators, finds differences and failures. Nothing is measured.
func TestAgree(t *testing.T) {
	for _, tool := range []string{"sh", "timeout", "shuf"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("agree.sh needs %s: %v", tool, err)
		}
	}
	for name, c := range map[string]struct {
		rounds         int
		tool, old, new string // in the output of tool, old is replaced by new
		fails          bool
		want           []string
	}{
		"they agree": {rounds: 1, want: []string{
			"loadgen finds 872/s, p50 17.4 ms", "loadgen again 1.000 [1.000..1.000] 1.000 [1.000..1.000]\n",
			"wrk 0.998 [0.998..0.998] 0.995 [0.995..0.995]\n", "bombardier 1.000 [1.000..1.000] 1.005 [1.005..1.005]\n",
			"hey 0.990 [0.990..0.990] 1.000 [1.000..1.000]\n",
			"loadgen finds 25/s, p50 22.5 ms", "vegeta 1.004 [1.004..1.004] 1.009 [1.009..1.009]\n",
		}},
		"the median of rounds": {3, "wrk", "870.33", `'$(echo >>"$0.asked"; echo $(($(wc -l <"$0.asked") * 436)))'`, false, []string{"wrk 1.000 [0.500..1.500] 0.995 [0.995..0.995]\n"}},
		"a rate":               {1, "wrk", "870.33", "820.33", true, []string{"wrk 0.941 [0.941..0.941] 0.995 [0.995..0.995] DIFFERS: rate\n"}},
		"a median":             {1, "hey", "0.0174", "0.0184", true, []string{"1.057 [1.057..1.057] DIFFERS: p50\n"}},
		"both":                 {1, "bombardier", `Seconds":2.0`, `Seconds":2.2`, true, []string{"DIFFERS: rate\n"}},
		"another unit":         {1, "wrk", "17.31ms", "17310.00us", false, []string{"wrk 0.998 [0.998..0.998] 0.995"}},
		"one sign":             {1, "hey", "50%%", "50%", false, []string{"hey 0.990 [0.990..0.990] 1.000"}},
		"a median at a rate":   {1, "vegeta", "22700000", "23700000", true, []string{"vegeta 1.004 [1.004..1.004] 1.053 [1.053..1.053] DIFFERS: p50\n"}},
		"wrk's errors":         {1, "wrk", "Requests/sec", "  Non-2xx or 3xx responses: 3\nRequests/sec", true, []string{"WRONG epoll wrk in round 1 gives no figures", "Non-2xx", "wrk - -\n"}},
		"hey's errors":         {1, "hey", "[200]	1744", "[200]	1743 responses\n  [500]	1", true, []string{"WRONG epoll hey in round 1 gives no figures"}},
		"bombardier's":         {1, "bombardier", `"others":0`, `"others":1`, true, []string{"WRONG epoll bombardier in round 1 gives no figures"}},
		"vegeta's":             {1, "vegeta", `{"200":50}`, `{"0":1,"200":49}`, true, []string{"WRONG epoll vegeta in round 1 gives no figures"}},
		"loadgen's":            {1, "loadgen", `"unanswered":0`, `"unanswered":1`, true, []string{"WRONG epoll loadgen in round 1 gives no figures", "WRONG epoll paced_loadgen in round 1 gives no figures", "says 25"}},
		"what is withheld":     {1, "loadgen", "p50=17400000", "p50=null", true, []string{"WRONG epoll loadgen in round 1 gives no figures", "says 872", "loadgen finds 25/s"}},
		"words of its own":     {1, "wrk", "Requests/sec:", "Rate:", true, []string{"WRONG epoll wrk in round 1 gives no figures", "Rate: 870.33"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bin := t.TempDir()
			program := func(name, text string) string {
				path := filepath.Join(bin, name)
				if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\n%s\n", text), 0o755); err != nil {
					t.Fatal(err)
				}
				return path
			}
			for tool, text := range spoken {
				if tool == c.tool {
					if !strings.Contains(text, c.old) {
						t.Fatalf("%s does not say %q", tool, c.old)
					}
					text = strings.ReplaceAll(text, c.old, c.new)
				}
				program(tool, text)
			}
			cmd := exec.Command("sh", "../scripts/agree.sh", "epoll")
			cmd.Env = append(os.Environ(), fmt.Sprint("ROUNDS=", c.rounds), "LENGTH=1", "CLIENTS="+bin, "LOADGEN="+filepath.Join(bin, "loadgen"),
				"SERVERS="+program("servers", "echo READY 127.0.0.1:1; exec sleep 60"))
			out, err := cmd.CombinedOutput()
			if (err != nil) != c.fails || err != nil && cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("%v", err)
			}
			// agree.sh pads its columns with spaces.
			got := strings.NewReplacer("\t", " ").Replace(string(out))
			for strings.Contains(got, "  ") {
				got = strings.ReplaceAll(got, "  ", " ")
			}
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("it does not say %q", want)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}
