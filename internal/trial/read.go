package trial

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Flaw is a line of trials.jsonl that holds no trial and was skipped.
type Flaw struct {
	Line int  // from 1
	Torn bool // it is the last line and has no end: its writer was stopped in the middle
	Err  error
}

// String says where and why, for a person.
func (f Flaw) String() string {
	if f.Torn {
		return fmt.Sprintf("%s:%d: skipped the last line: it is torn (its writer was stopped in the middle)", TrialsFile, f.Line)
	}
	return fmt.Sprintf("%s:%d: skipped: %v", TrialsFile, f.Line, f.Err)
}

// ReadTrials returns the trials of the run in folder dir, in the order they were made, and the lines it had to skip.
// A folder without trials.jsonl has none. A record of a newer schema than this program's is an error.
func ReadTrials(dir string) ([]Trial, []Flaw, error) {
	text, err := os.ReadFile(filepath.Join(dir, TrialsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	trials, flaws, err := Parse(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	return trials, flaws, nil
}

// Parse reads the lines of a trials.jsonl as ReadTrials does.
func Parse(text []byte) (trials []Trial, flaws []Flaw, err error) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		t, err := parseLine(line)
		var newer *newerSchema
		switch {
		case errors.As(err, &newer):
			return nil, nil, fmt.Errorf("%s:%d: %w", TrialsFile, number, err)
		case err != nil:
			flaws = append(flaws, Flaw{Line: number, Torn: line[len(line)-1] != '\n', Err: err})
		default:
			trials = append(trials, t)
		}
	}
	return trials, flaws, nil
}

func parseLine(line []byte) (Trial, error) {
	var t Trial
	if err := decode(line, &t); err != nil {
		return t, err
	}
	if t.Cell.Model == "" || t.Cell.Scenario == "" {
		return t, errors.New("no trial: it names no model or no scenario")
	}
	if t.Load != nil {
		return t, checkSchema(t.Load.Schema)
	}
	return t, nil
}

// ReadRun returns run.json of the run in folder dir.
func ReadRun(dir string) (*Run, error) { return readWhole[Run](filepath.Join(dir, RunFile)) }

// ReadLoad returns the record that loadgen wrote to the file path.
func ReadLoad(path string) (*Load, error) { return readWhole[Load](path) }

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

// decode reads the record text into v. The schema is looked at first, since a newer record need not fit v at all.
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
