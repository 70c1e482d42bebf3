package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// habit is a flag of another tool that means nothing, or something else, here.
type habit struct {
	flag  string // as typed there: -z or --latency
	takes bool   // a value follows
	help  string // what to type here; %s stands for the value
	moot  bool   // it asks for what loadgen does anyway: said, and left out
}

// habits are read off the help texts of ab, autocannon, bombardier, fortio, h2load, hey, hyperfine, k6, oha, vegeta, wrk and wrk2.
// Where two tools disagree about a letter, the help names both.
var habits = []habit{
	// how long, how much, how fast
	{flag: "-z", takes: true, help: "did you mean -d %s"},
	{flag: "-R", takes: true, help: "did you mean -r %s (requests per second in total)"},
	{flag: "--qps", takes: true, help: "did you mean -r %s (requests per second in total)"},
	{flag: "--overallRate", takes: true, help: "did you mean -r %s (requests per second in total)"},
	{flag: "--query-per-second", takes: true, help: "did you mean -r %s (requests per second in total)"},
	{flag: "--connectionRate", takes: true, help: "a rate is for all connections together: -r RATE"},
	{flag: "--concurrency", takes: true, help: "did you mean -c %s"},
	{flag: "--clients", takes: true, help: "did you mean -c %s"},
	{flag: "--vus", takes: true, help: "did you mean -c %s"},
	{flag: "--iterations", takes: true, help: "did you mean -n %s"},
	{flag: "-i", takes: true, help: "did you mean -n %s (iterations), or -X HEAD"},
	{flag: "--amount", takes: true, help: "did you mean -n %s"},
	{flag: "--time", takes: true, help: "did you mean -d %s"},
	{flag: "--warm-up-time", takes: true, help: "did you mean --warmup %s"},
	{flag: "-w", takes: true, help: "workers are threads: did you mean -t %s"},
	{flag: "--workers", takes: true, help: "did you mean -t %s"},
	{flag: "--cpus", takes: true, help: "did you mean -t %s (threads)"},
	{flag: "-s", takes: true, help: "a timeout is --timeout %s; scripts are not run"},
	{flag: "--script", takes: true, help: "scripts are not run; one request is -X, -H, --body and the target"},
	{flag: "-p", takes: true, help: "did you mean --body @%s, or --pipeline %[1]s"},
	{flag: "--pipelining", takes: true, help: "did you mean --pipeline %s"},
	{flag: "--runs", takes: true, help: "servers are compared in turns for as long as -d says, see --slice"},
	{flag: "--reference", takes: true, help: "servers are compared with the target: loadgen --vs OTHER %s"},
	{flag: "--ramp-up", takes: true, help: "load starts at once; --warmup leaves the start out of the figures"},
	{flag: "--burst-delay", takes: true, help: "requests are evenly spaced: -r RATE"},

	// the request
	{flag: "-m", takes: true, help: "did you mean -X %s"},
	{flag: "-T", takes: true, help: "did you mean -H 'Content-Type: %s'"},
	{flag: "-A", takes: true, help: "did you mean -H 'Accept: %s'"},
	{flag: "-a", takes: true, help: "did you mean -u %s (user:password)"},
	{flag: "--basic-auth", takes: true, help: "did you mean -u %s"},
	{flag: "-D", takes: true, help: "did you mean -d %s (a duration), or --body @%[1]s"},
	{flag: "-b", takes: true, help: "did you mean --body %s"},
	{flag: "--data", takes: true, help: "did you mean --body %s"},
	{flag: "-f", takes: true, help: "did you mean --body @%s"},
	{flag: "--host", takes: true, help: "did you mean -H 'Host: %s'"},
	{flag: "--targets", takes: true, help: "targets of one server are arguments: loadgen http://host:port/a /b /c"},
	{flag: "--url", takes: true, help: "the target is the argument: loadgen %s"},
	{flag: "-x", takes: true, help: "loads go straight to the target; a method is -X, proxies are not used"},
	{flag: "--unix-socket", takes: true, help: "the socket is part of the target: unix:%s:/path"},
	{flag: "--disable-keepalive", help: "did you mean --no-keepalive"},
	{flag: "--disableKeepAlives", help: "did you mean --no-keepalive"},
	{flag: "--socketPath", takes: true, help: "the socket is part of the target: unix:%s:/path"},
	{flag: "-S", takes: true, help: "the socket is part of the target: unix:%s:/path"},
	{flag: "--insecure-skip-tls-verify", help: "did you mean -k"},
	{flag: "--skipVerify", help: "did you mean -k"},
	{flag: "--ca", takes: true, help: "did you mean --cacert %s"},
	{flag: "--root-certs", takes: true, help: "did you mean --cacert %s"},
	{flag: "--sni", takes: true, help: "the name of the server is that of the target, or of -H 'Host: %s'"},
	{flag: "--servername", takes: true, help: "the name of the server is that of the target, or of -H 'Host: %s'"},
	{flag: "--connect-to", takes: true, help: "the target is where is connected to; -H 'Host: NAME' is what it is called, by TLS as well"},
	{flag: "--resolve", takes: true, help: "the target is where is connected to; -H 'Host: NAME' is what it is called, by TLS as well"},
	{flag: "--h2c", help: "only HTTP/1.1 is spoken"},
	{flag: "--h2", help: "only HTTP/1.1 is spoken"},
	{flag: "--http2", help: "only HTTP/1.1 is spoken"},
	{flag: "--h1", help: "HTTP/1.1 is what is spoken", moot: true},
	{flag: "--http1", help: "HTTP/1.1 is what is spoken", moot: true},
	{flag: "--http-version", takes: true, help: "only HTTP/1.1 is spoken"},
	{flag: "--disable-compression", help: "compression is never asked for", moot: true},
	{flag: "--disable-redirects", help: "redirects are only followed with --max-redirects", moot: true},
	{flag: "--redirect", takes: true, help: "did you mean --max-redirects %s"},
	{flag: "--redirects", takes: true, help: "did you mean --max-redirects %s"},

	// the result
	{flag: "-L", help: "percentiles are always printed", moot: true},
	{flag: "-l", help: "percentiles are always printed", moot: true},
	{flag: "--latency", help: "percentiles are always printed", moot: true},
	{flag: "--latencies", help: "percentiles are always printed", moot: true},
	{flag: "-U", help: "response time and service time are both printed", moot: true},
	{flag: "--u_latency", help: "response time and service time are both printed", moot: true},
	{flag: "--latency-correction", help: "a paced run is timed from when requests were due", moot: true},
	{flag: "--no-tui", help: "did you mean -q", moot: true},
	{flag: "--no-progress", help: "did you mean -q", moot: true},
	{flag: "--fps", takes: true, help: "the live line is drawn 4 times a second; -q silences it", moot: true},
	{flag: "-j", help: "did you mean --json"},
	{flag: "-g", takes: true, help: "did you mean --csv %s (a row for each second), or -o FILE (JSON)"},
	{flag: "-e", takes: true, help: "did you mean --hgrm %s (percentiles), or -o FILE (JSON)"},
	{flag: "--format", takes: true, help: "did you mean --json"},
	{flag: "--print", takes: true, help: "did you mean -q or --json"},
	{flag: "-V", help: "did you mean --version"},
	{flag: "--threshold", takes: true, help: "did you mean --fail-if %s"},
	{flag: "--export-json", takes: true, help: "did you mean -o %s"},
	{flag: "--export-csv", takes: true, help: "did you mean --csv %s"},
	{flag: "--bailout", takes: true, help: "did you mean --fail-if 'errors>%s'"},
}

// translate rewrites -word to --word where that is one of our long flags, leaves out what is moot (saying so in notes)
// and refuses other habits and unknown flags with what to type instead. What it returns is for pflag to parse.
func translate(args []string, ours *pflag.FlagSet) (out, notes []string, err error) {
	args = slices.Clone(args)
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return append(out, args[i:]...), notes, nil
		}
		if len(arg) < 2 || arg[0] != '-' || arg[1] >= '0' && arg[1] <= '9' {
			out = append(out, arg)
			continue
		}
		next := ""
		if i+1 < len(args) {
			next = args[i+1]
		}

		typed := arg
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		long := arg[1] == '-' || len(name) > 1 && (ours.Lookup(name) != nil || habitOf("--"+name) != nil)
		short := ours.ShorthandLookup(arg[1:2])
		if long {
			arg = "--" + name
			typed, _, _ = strings.Cut(typed, "=")
		} else {
			arg, value, joined = arg[:2], arg[2:], len(arg) > 2
			typed = arg
		}

		if h := habitOf(arg); h != nil && (long && ours.Lookup(name) == nil || !long && short == nil) {
			if h.takes && !joined {
				value = next
			}
			if !h.moot {
				return nil, nil, h.error(typed, value)
			}
			notes = append(notes, fmt.Sprintf("%s: %s; left out", typed, h.help))
			if h.takes && !joined {
				i++
			}
			continue
		}

		flag := short
		if long {
			flag = ours.Lookup(name)
		}
		switch {
		case flag == nil:
			return nil, nil, unknown(typed, ours)
		case arg == "-q" && (isNumber(value) || !joined && isNumber(next)):
			return nil, nil, fmt.Errorf("-q is quiet; a rate is -r %s", either(joined, value, next))
		case arg == "-o" && (either(joined, value, next) == "csv" || either(joined, value, next) == "json"):
			return nil, nil, fmt.Errorf("-o names a file (of JSON): did you mean --json, --csv FILE, or -o ./%s", either(joined, value, next))
		case arg == "-t" && isDuration(either(joined, value, next)):
			return nil, nil, fmt.Errorf("-t is threads: did you mean --timeout %s, or -d %[1]s", either(joined, value, next))
		case arg == "-d" && strings.HasPrefix(either(joined, value, next), "@"):
			return nil, nil, fmt.Errorf("-d is a duration: did you mean --body %s", either(joined, value, next))
		}
		takes := flag.NoOptDefVal == ""
		if !long && !takes && joined { // -qc500 is -q -c500
			out = append(out, arg)
			args[i] = "-" + value
			i--
			continue
		}
		if long && joined {
			arg += "=" + value
		} else if !long {
			arg += value
		}
		out = append(out, arg)
		if takes && !joined && i+1 < len(args) {
			i++
			out = append(out, next)
		}
	}
	return out, notes, nil
}

func habitOf(flag string) *habit {
	for i := range habits {
		if habits[i].flag == flag {
			return &habits[i]
		}
	}
	return nil
}

func (h *habit) error(flag, value string) error {
	if value == "" {
		value = "..."
	}
	if isNumber(value) && strings.Contains(h.help, "-d %") {
		value += "s"
	}
	help := h.help
	if strings.Contains(help, "%") {
		help = fmt.Sprintf(help, value)
	}
	return fmt.Errorf("%s is not a flag here: %s", flag, help)
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

var numeral = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

func isNumber(s string) bool { return numeral.MatchString(s) }

func isDuration(s string) bool {
	_, err := time.ParseDuration(s)
	return err == nil && !isNumber(s)
}

// unknown says that flag does not exist and names the nearest one that does.
func unknown(flag string, ours *pflag.FlagSet) error {
	best, distance := "", 3 // more than two slips is another word
	ours.VisitAll(func(f *pflag.Flag) {
		if d := slips(strings.TrimLeft(flag, "-"), f.Name); d < min(distance, len(f.Name)) && !f.Hidden { // nor is a word of which no letter is right
			best, distance = "--"+f.Name, d
		}
	})
	if best == "" || len(flag) <= 2 {
		return fmt.Errorf("%s is not a flag here: loadgen --help lists them all", flag)
	}
	return fmt.Errorf("%s is not a flag here: did you mean %s", flag, best)
}

// slips is the edit distance of a and b (Levenshtein 1966): insertions, deletions and substitutions.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0]++
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j+1]+1, row[j]+1, substitute)
		}
	}
	return row[len(b)]
}
