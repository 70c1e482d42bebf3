package cli

import "regexp"

// habit is a flag or a command of another tool that does not exist, or has another meaning, in loadgen.
type habit struct {
	flag    string // as typed there: -z or --latency
	takes   bool   // a value follows
	means   []meaning
	ignored bool // with a note: loadgen does this anyway
}

// meaning is the meaning of a flag in some tools, in loadgen's flags.
type meaning struct {
	whose string         // the tools; "": of many
	here  string         // what to type, with %s for the value; or, after a colon, an explanation
	fits  *regexp.Regexp // values with this meaning, if tools disagree; nil: any
}

const (
	aScript   = ": scripts are not run; requests of several kinds are --mix FILE, one is -X, -H, --body and the target"
	stage     = ": it raises connections, and what rises here is a rate: --ramp FROM:TO -d 30s, or --stages FILE"
	connectTo = ": the target is where is connected to, and -H 'Host: NAME' what it is called, by TLS as well"
	noHTTP2   = ": HTTP/1.1 is spoken, not HTTP/2"
	aProxy    = ": proxies are not used, requests go straight to the target"
)

func one(whose, here string) []meaning { return []meaning{{whose, here, nil}} }

// Patterns of values that select a meaning.
var (
	aNumber = numeral
	aPair   = regexp.MustCompile(`[:=]`)
	aFile   = regexp.MustCompile(`[^0-9.]`)
	aWord   = regexp.MustCompile(`^[A-Z]+$`)
	aLua    = regexp.MustCompile(`\.lua$`)
	noValue = regexp.MustCompile(`^($|-|https?:|[a-z.]*:[0-9])`)
)

// habits come from the help texts of ab, autocannon, bombardier, curl, fortio, h2load, hey, hyperfine, k6, oha, vegeta, wrk and wrk2.
var habits = []habit{
	// how long, how much, how fast
	{"-z", true, one("hey oha", "-d %s"), false},
	{"-R", true, one("wrk2 autocannon", "-r %s"), false},
	{"--qps", true, one("fortio", "-r %s"), false},
	{"--rps", true, one("k6", "-r %s"), false},
	{"--overallRate", true, one("autocannon", "-r %s"), false},
	{"--query-per-second", true, one("oha", "-r %s"), false},
	{"--connectionRate", true, one("autocannon", ": a rate is for all connections together, -r RATE"), false},
	{"--concurrency", true, one("", "-c %s"), false},
	{"--clients", true, one("h2load", "-c %s"), false},
	{"--vus", true, one("k6", "-c %s"), false},
	{"--max-workers", true, one("vegeta", "-c %s"), false},
	{"--max-connections", true, one("vegeta", "-c %s"), false},
	{"--iterations", true, one("k6", "-n %s"), false},
	{"-i", true, []meaning{{"k6", "-n %s", aNumber}, {"ab", "-X HEAD", noValue}}, false},
	{"--amount", true, one("autocannon", "-n %s"), false},
	{"--time", true, one("siege", "-d %s"), false},
	{"--warm-up-time", true, one("h2load", "--warmup %s"), false},
	{"-w", true, one("autocannon", "-t %s"), false},
	{"--workers", true, []meaning{{"vegeta", "-c %s", nil}, {"autocannon", "-t", nil}}, false},
	{"--cpus", true, one("hey", "-t %s"), false},
	{"-s", true, []meaning{{"wrk", aScript, aLua}, {"ab", "--timeout %ss", aNumber}, {"k6", stage, aPair}}, false},
	{"--script", true, one("wrk", aScript), false},
	{"--stage", true, one("k6", stage), false},
	{"-p", true, []meaning{{"ab", "--body @%s", aFile}, {"autocannon", "--pipeline %s", aNumber}, {"oha", noHTTP2, aNumber}}, false},
	{"--pipelining", true, one("autocannon", "--pipeline %s"), false},
	{"--runs", true, one("hyperfine", ": servers are compared in turns for as long as -d says, see --slice"), false},
	{"--reference", true, one("hyperfine", ": servers are compared with the target, loadgen --vs OTHER %s"), false},
	{"--ramp-up", true, one("", ": a rate that rises is --ramp FROM:TO; --warmup leaves the start out of the figures"), false},
	{"--burst-delay", true, one("oha", ": ten at once, a hundred a second, are -r 100 --burst 10"), false},
	{"--burst-rate", true, one("oha", "--burst %s with -r, the rate on average,"), false},

	// the request
	{"-m", true, one("hey oha bombardier autocannon", "-X %s"), false},
	{"-T", true, []meaning{{"hey oha ab", "-H 'Content-Type: %s'", regexp.MustCompile("/")}, {"wrk", "--timeout %s", regexp.MustCompile(`^[0-9]`)}}, false},
	{"-A", true, []meaning{{"hey oha", "-H 'Accept: %s'", regexp.MustCompile("/")}, {"ab", "-u %s", aPair}}, false},
	{"-a", true, []meaning{{"hey oha", "-u %s", aPair}, {"bombardier", "--no-keepalive", noValue}, {"autocannon", "-n %s", aNumber}}, false},
	{"--basic-auth", true, one("fortio", "-u %s"), false},
	{"-C", true, one("ab", "-H 'Cookie: %s'"), false},
	{"-D", true, []meaning{{"hey oha", "--body @%s", aFile}, {"h2load", "-d %s", aNumber}}, false},
	{"-b", true, []meaning{{"curl", "-H 'Cookie: %s'", aPair}, {"bombardier autocannon", "--body %s", nil}}, false},
	{"--data", true, one("curl", "--body %s"), false},
	{"--data-binary", true, one("curl", "--body %s"), false},
	{"-f", true, one("bombardier", "--body @%s"), false},
	{"--host", true, one("hey oha", "-H 'Host: %s'"), false},
	{"--user-agent", true, one("k6 curl", "-H 'User-Agent: %s'"), false},
	{"--targets", true, one("vegeta", ": targets of one server are arguments, loadgen http://host:port/a /b /c; with methods and bodies they are --mix FILE"), false},
	{"--urls-from-file", false, one("oha", ": targets of one server are arguments, loadgen http://host:port/a /b /c; by weight they are --mix FILE"), false},
	{"--rand-regex-url", false, one("oha", ": targets of one server are arguments, loadgen http://host:port/a /b /c; by weight they are --mix FILE"), false},
	{"--url", true, one("", ": the target is the argument, loadgen %s"), false},
	{"-x", true, []meaning{{"hey oha curl", aProxy, aPair}, {"", "-X %s", aWord}}, false},
	{"--proxy", true, one("curl", aProxy), false},
	{"--unix-socket", true, one("oha vegeta curl", ": the socket is part of the target, unix:%s:/path"), false},
	{"--socketPath", true, one("autocannon", ": the socket is part of the target, unix:%s:/path"), false},
	{"-S", true, one("autocannon", ": the socket is part of the target, unix:%s:/path"), false},
	{"--connect-to", true, one("oha vegeta curl", connectTo), false},
	{"--resolve", true, one("curl fortio", connectTo), false},
	{"--laddr", true, one("vegeta", "--source %s"), false},
	{"--disable-keepalive", false, one("hey oha", "--no-keepalive"), false},
	{"--disableKeepAlives", false, one("bombardier", "--no-keepalive"), false},
	{"--no-connection-reuse", false, one("k6", "--no-keepalive"), false},
	{"--keepalive", false, one("vegeta", ": connections are kept alive unless --no-keepalive is given"), false},
	{"--insecure-skip-tls-verify", false, one("k6", "-k"), false},
	{"--skipVerify", false, one("", "-k"), false},
	{"--ca", true, one("", "--cacert %s"), false},
	{"--root-certs", true, one("vegeta", "--cacert %s"), false},
	{"--sni", true, one("h2load", ": the name of the server is that of the target, or of -H 'Host: %s'"), false},
	{"--servername", true, one("autocannon", ": the name of the server is that of the target, or of -H 'Host: %s'"), false},
	{"--h2", false, one("hey", noHTTP2), false},
	{"--h2c", false, one("vegeta", noHTTP2), false},
	{"--http2", false, one("oha vegeta bombardier", noHTTP2), false},
	{"--h1", false, one("h2load", "HTTP/1.1 is what is spoken"), true},
	{"--http1", false, one("bombardier", "HTTP/1.1 is what is spoken"), true},
	{"--fasthttp", false, one("bombardier", "it is the client that loadgen is instead"), true},
	{"--http-version", true, one("oha", noHTTP2), false},
	{"--disable-compression", false, one("hey oha", "compression is never asked for"), true},
	{"--disable-redirects", false, one("hey", "redirects are only followed with --max-redirects"), true},
	{"--redirect", true, one("oha", "--max-redirects %s"), false},
	{"--redirects", true, one("vegeta", "--max-redirects %s"), false},

	// the result
	{"-L", false, one("wrk2", "percentiles are always printed"), true},
	{"-l", false, one("bombardier", "percentiles are always printed"), true},
	{"--latency", false, one("wrk", "percentiles are always printed"), true},
	{"--latencies", false, one("bombardier", "percentiles are always printed"), true},
	{"-U", false, one("wrk2", "response time and service time are both printed"), true},
	{"--u_latency", false, one("wrk2", "response time and service time are both printed"), true},
	{"--latency-correction", false, one("oha", "a paced run is timed from when requests were due"), true},
	{"--no-tui", false, one("oha", "there is one line of progress, and none with -q"), true},
	{"--no-color", false, one("oha k6", "colours are for terminals, unless NO_COLOR is set"), true},
	{"--no-progress", false, one("autocannon", "-q shows no progress"), true},
	{"--fps", true, one("oha", "the live line is drawn 4 times a second; -q silences it"), true},
	{"-j", false, one("oha autocannon", "--json"), false},
	{"-g", true, one("ab", "--csv %s (a row for each second)"), false},
	{"-e", true, []meaning{{"k6", ": it is for scripts", aPair}, {"ab", "--hgrm %s (percentiles)", regexp.MustCompile(`^[^=]*$`)}}, false},
	{"--env", true, one("k6", ": it is for scripts"), false},
	{"--format", true, []meaning{{"vegeta", ": requests of several kinds are --mix FILE", regexp.MustCompile(`^(http|json)$`)}, {"bombardier", "--json", nil}}, false},
	{"--output-format", true, one("oha", "--json"), false},
	{"--name", true, one("vegeta", "loads have no names"), true},
	{"--lazy", false, one("vegeta", "requests are read before the load"), true},
	{"--max-body", true, one("vegeta", "bodies are read whole, and checked"), true},
	{"--print", true, one("bombardier", "-q, or --json"), false},
	{"--type", true, one("vegeta", ": the record as JSON is --json, percentiles for HDR's plotter are --hgrm FILE"), false},
	{"--out", true, one("k6", ": the record is -o FILE, a row for each second --csv FILE"), false},
	{"--summary-export", true, one("k6", "-o %s"), false},
	{"--no-summary", false, one("k6", "-q with --json or -o FILE"), false},
	{"-V", false, one("ab", "--version"), false},
	{"--threshold", true, one("", "--fail-if %s"), false},
	{"--export-json", true, one("hyperfine", "-o %s"), false},
	{"--export-csv", true, one("hyperfine", "--csv %s"), false},
	{"--prometheus-addr", true, one("vegeta", "--metrics %s"), false},
	{"--bailout", true, one("autocannon", "--fail-if 'errors>%s'"), false},
}

// foreignValue is a flag of loadgen with a value that only another tool takes.
type foreignValue struct {
	command string // the other tool's command, the first argument; "": any
	flag    string
	value   *regexp.Regexp
	means   []meaning // in the first, EACH stands for the value times the number of connections
}

var foreignValues = []foreignValue{
	{"", "-q", numeral, []meaning{{"hey", "-r EACH (it is per connection there)", nil}, {"oha", "-r %s", nil}}},
	{"", "-r", regexp.MustCompile(`^-[a-zA-Z]`), one("ab", ": leave it out, errors are counted and the load goes on")},
	{"", "-u", numeral, one("k6", "-c %s")},
	{"", "-o", regexp.MustCompile(`^csv$`), one("hey", "--csv FILE")},
	{"", "-o", regexp.MustCompile(`^(json|plain-text)$`), one("bombardier", "--json")},
	{"", "-o", regexp.MustCompile(`^(json|csv|influxdb|experimental-[a-z-]+)=`), one("k6", "-o FILE, or --csv FILE,")},
	{"", "-t", regexp.MustCompile(`^[0-9.]+(ms|s|m)$`), one("oha bombardier", "--timeout %s")},
	{"", "-d", regexp.MustCompile(`^[^-+.=0-9]`), one("hey oha curl", "--body %s")},
	{"attack", "--rate", regexp.MustCompile(`^0(/|$)`), one("vegeta", "no -r at all, a closed loop,")},
	{"attack", "--body", regexp.MustCompile(`^[^@]`), one("vegeta", "--body @%s")},
}

// foreignCommands are the commands of other tools, which are first arguments.
var foreignCommands = []habit{
	{"attack", false, one("vegeta", ": leave the word out; targets are arguments, loadgen -r 50 -d 5s http://host:port/path"), false},
	{"run", false, one("k6", aScript), false},
	{"report", false, one("vegeta", ": the summary is printed after each run, and -o FILE keeps it: loadgen compare, merge and export read that"), false},
	{"plot", false, one("vegeta", ": a row for each second is --csv FILE, every request as a picture --trace FILE"), false},
	{"encode", false, one("vegeta", ": records are kept with -o FILE, and loadgen export writes what other tools read"), false},
}
