package result

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Flaw is a line of trials.jsonl that is not a trial and was skipped.
type Flaw struct {
	Line int  // from 1
	Torn bool // the last line, without a newline: its writer was stopped in the middle
	Err  error
}

// String is a warning with file, line and reason.
func (f Flaw) String() string {
	if f.Torn {
		return fmt.Sprintf("%s:%d: skipped the last line: it is torn (its writer was stopped in the middle)", TrialsFile, f.Line)
	}
	return fmt.Sprintf("%s:%d: skipped: %v", TrialsFile, f.Line, f.Err)
}

// ReadTrials returns the trials of the run in folder dir, in the order of the file, and the lines that it skipped. Without
// trials.jsonl it returns none. A record with a schema above Schema is an error.
func ReadTrials(dir string) (trials []Trial, flaws []Flaw, err error) {
	flaws, err = open(dir, false, whole, func(t Trial) { trials = append(trials, t) })
	if err != nil {
		trials = nil
	}
	return trials, flaws, err
}

// Each reads like ReadTrials, but holds only a few hundred lines in memory. It calls unpack for each trial, in several goroutines at once, and passes the
// results to take in the order of the file. Of slices, which are most of a line, it keeps only the disturbed ones, without their figures.
func Each[T any](dir string, unpack func(Trial) T, take func(T)) ([]Flaw, error) {
	return open(dir, true, unpack, take)
}

func open[T any](dir string, lean bool, unpack func(Trial) T, take func(T)) ([]Flaw, error) {
	f, err := os.Open(filepath.Join(dir, TrialsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	flaws, err := each(f, lean, unpack, take)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return flaws, nil
}

// Parse reads the lines of a trials.jsonl as ReadTrials does.
func Parse(text []byte) (trials []Trial, flaws []Flaw, err error) {
	flaws, err = each(bytes.NewReader(text), false, whole, func(t Trial) { trials = append(trials, t) })
	if err != nil {
		trials = nil
	}
	return trials, flaws, err
}

func whole(t Trial) Trial { return t }

// batch is how many lines are read and parsed at a time.
const batch = 256

func each[T any](r io.Reader, lean bool, unpack func(Trial) T, take func(T)) (flaws []Flaw, err error) {
	type outcome struct {
		trial T
		err   error
	}
	in := bufio.NewReaderSize(r, 1<<16)
	fill := func(room [][]byte) (lines [][]byte, err error) {
		for len(lines) < batch && err == nil {
			i := len(lines)
			if room[i], err = readLine(in, room[i][:0]); len(room[i]) > 0 {
				lines = room[:i+1]
			}
		}
		return lines, err
	}
	room, other := make([][]byte, batch), make([][]byte, batch)
	lines, err := fill(room)
	for number, last := 0, false; !last; {
		outcomes := make([]outcome, len(lines))
		var workers sync.WaitGroup
		var ahead [][]byte // the next batch, read meanwhile
		var aheadErr error
		if last = err != nil; !last {
			workers.Go(func() { ahead, aheadErr = fill(other) })
		}
		n := runtime.GOMAXPROCS(0)
		for first := range n {
			workers.Go(func() {
				for i := first; i < len(lines); i += n {
					if t, err := parseLine(lines[i], lean); err != nil {
						outcomes[i].err = err
					} else {
						outcomes[i].trial = unpack(t)
					}
				}
			})
		}
		workers.Wait()
		for i, o := range outcomes {
			number++
			var newer *newerSchema
			switch {
			case o.err == errEmpty:
			case errors.As(o.err, &newer):
				return nil, fmt.Errorf("%s:%d: %w", TrialsFile, number, o.err)
			case o.err != nil:
				flaws = append(flaws, Flaw{Line: number, Torn: lines[i][len(lines[i])-1] != '\n', Err: o.err})
			default:
				take(o.trial)
			}
		}
		if !last {
			lines, err = ahead, aheadErr
			room, other = other, room
		}
	}
	if err != io.EOF {
		return nil, err
	}
	return flaws, nil
}

// readLine appends the next line, with its newline, to line.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if err != bufio.ErrBufferFull {
			return line, err
		}
	}
}

var errEmpty = errors.New("an empty line")

func parseLine(line []byte, lean bool) (Trial, error) {
	var t Trial
	if len(bytes.TrimSpace(line)) == 0 {
		return t, errEmpty
	}
	if lean {
		line = cutSlices(line)
	}
	line, response := cut(line, `"histogram":"`)
	line, service := cut(line, `"service_histogram":"`)
	if json.Unmarshal(line, &t) != nil || checkSchema(t.Schema) != nil {
		t = Trial{}
		if err := decode(line, &t); err != nil { // again, for a precise error
			return t, err
		}
	}
	if t.Load != nil {
		t.Load.Histogram, t.Load.ServiceHistogram = cmp.Or(t.Load.Histogram, response), cmp.Or(t.Load.ServiceHistogram, service)
	}
	if t.Cell.Model == "" || t.Cell.Scenario == "" {
		return t, errors.New("no trial: it names no model or no scenario")
	}
	if t.Load != nil {
		return t, checkSchema(t.Load.Schema)
	}
	return t, nil
}

// cut removes the string after key from a line of JSON, and returns it. It is faster than the decoder, which reads each byte of a histogram three
// times, though base64 needs no unquoting.
func cut(line []byte, key string) (rest []byte, value string) {
	_, after, found := bytes.Cut(line, []byte(key))
	n := bytes.IndexByte(after, '"')
	if !found || n < 0 || bytes.IndexByte(after[:n], '\\') >= 0 {
		return line, ""
	}
	value = string(after[:n])
	return append(line[:len(line)-len(after)], after[n:]...), value
}

// cutSlices replaces the list of slices in a line of JSON with one empty slice for each disturbed one, because decoding the list would take longer than
// all the rest. It leaves a list that is not flat, or has escapes, to the decoder.
func cutSlices(line []byte) []byte {
	const key, disturbed = `"slices":[`, `{"disturbed":true}`
	before, after, found := bytes.Cut(line, []byte(key))
	n := bytes.IndexByte(after, ']')
	if !found || n < 0 {
		return line
	}
	list := after[:n]
	if bytes.ContainsAny(list, `[\`) || bytes.Count(list, []byte{'"'})%2 == 1 {
		return line
	}
	some := bytes.Count(list, []byte(disturbed[1:]))
	rest := append(line[:len(before)+len(key)], strings.Join(slices.Repeat([]string{disturbed}, some), ",")...)
	return append(rest, after[n:]...)
}

// ReadRun returns run.json of the run in folder dir.
func ReadRun(dir string) (*Run, error) { return readWhole[Run](filepath.Join(dir, RunFile)) }

// ReadLoad returns the record of one load in the file path, as loadgen -o writes it. The error names another kind of record, if it is one.
func ReadLoad(path string) (*Load, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	l := new(Load)
	if !json.Valid(text) {
		return nil, fmt.Errorf("%s: it is no record of loadgen, as -o writes one: it is not one JSON document", path)
	}
	if err = decode(text, l); err == nil {
		err = isLoad(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// isLoad returns an error that names the kind of a record, unless it is the record of one load.
func isLoad(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for _, other := range []struct{ field, what string }{
		{"servers", "the record of a comparison of several servers (--vs)"},
		{"steps", "the record of a search (--find-max)"},
		{"cell", "a trial of bench, whose load is part of it"},
		{"figures", "a comparison of two records (loadgen compare)"},
		{"plan", "the run.json of bench"},
		{"reports", "a stall (stall.json)"},
	} {
		if fields[other.field] != nil {
			return errors.New("it is " + other.what + ", not the record of one load")
		}
	}
	if fields["requests"] == nil {
		return errors.New(`it is no record of a load: "requests" is missing`)
	}
	return nil
}

// ReadComparison returns the record of a comparison in the file path, as loadgen --vs -o writes it.
func ReadComparison(path string) (*Comparison, error) {
	c, err := readWhole[Comparison](path)
	if err == nil && len(c.Servers) == 0 {
		return nil, fmt.Errorf("%s: no comparison: it names no servers", path)
	}
	return c, err
}

// ReadSearch returns the record of a search in the file path, as loadgen --find-max -o writes it.
func ReadSearch(path string) (*Search, error) {
	s, err := readWhole[Search](path)
	if err == nil && s.Over == "" {
		return nil, fmt.Errorf("%s: no search: it does not say what is searched for", path)
	}
	return s, err
}

func readWhole[T any](path string) (*T, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := decode(text, v); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return v, nil
}

// decode reads the record text into v. It checks the schema first, because a newer record may not fit v.
func decode(text []byte, v any) error {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return err
	}
	if err := checkSchema(version.Schema); err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}

func checkSchema(version int) error {
	switch {
	case version < 1:
		return errors.New(`no record of ours: "schema" is missing`)
	case version > Schema:
		return &newerSchema{version}
	}
	return nil
}

// newerSchema is a record that a newer version of the programs wrote.
type newerSchema struct{ version int }

func (e *newerSchema) Error() string {
	return fmt.Sprintf("the record has schema %d, this program reads up to %d: use the version that wrote it", e.version, Schema)
}
