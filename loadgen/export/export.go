// Package export writes what a record has in the formats of other tools.
package export

import (
	"errors"

	"github.com/spf13/pflag"

	"carousel/internal/result"
)

// Stdout stands for standard output among files.
const Stdout = "-"

// Load is a record and what it is called among others; "" where it is the only one.
type Load struct {
	Name string
	Here bool // it was made by this process, so on this system
	*result.Load
}

// Export is a file that is asked for, in one of the formats.
type Export struct {
	Flag    string // without its dashes
	File    string
	Several bool // it can hold several loads
	make    func([]Load) ([]byte, error)
}

// formats are those there are.
var formats = []struct {
	flag, help string
	several    bool
	make       func([]Load) ([]byte, error)
}{
	{"hlog", "write response times to this `FILE`, as an HDR log", false, first(HLog)},
	{"hgrm", "write percentiles to this `FILE`, for HDR's plotter", false, first(HGrm)},
	{"csv", "write a row for each second to this `FILE`", false, first(CSV)},
	{"benchfmt", "write figures to this `FILE`, for benchstat", true, Bench},
	{"prom", "write figures to this `FILE`, for Prometheus", true, Prom},
}

// first is a format that holds one load.
func first(of func(*result.Load) ([]byte, error)) func([]Load) ([]byte, error) {
	return func(loads []Load) ([]byte, error) { return of(loads[0].Load) }
}

// Flags are those of all formats, with their dashes.
func Flags() (flags []string) {
	for _, f := range formats {
		flags = append(flags, "--"+f.flag)
	}
	return flags
}

// Files are those that a command line asks for, by format; "": none.
type Files struct {
	HLog, HGrm, CSV, Bench, Prom string
}

// name is that of the file in a format, by its place.
func (f *Files) name(format int) *string {
	return []*string{&f.HLog, &f.HGrm, &f.CSV, &f.Bench, &f.Prom}[format]
}

// Define gives flags those of the formats.
func (f *Files) Define(flags *pflag.FlagSet) {
	for i, format := range formats {
		flags.StringVar(f.name(i), format.flag, "", format.help)
	}
}

// Asked are the files that are asked for.
func (f *Files) Asked() (asked []Export) {
	for i, format := range formats {
		if name := *f.name(i); name != "" {
			asked = append(asked, Export{format.flag, name, format.several, format.make})
		}
	}
	return asked
}

// ToStdout says whether one of them is standard output.
func (f *Files) ToStdout() bool {
	for _, e := range f.Asked() {
		if e.File == Stdout {
			return true
		}
	}
	return false
}

// Text is the content of the file. The error says why there is none.
func (e Export) Text(loads []Load) ([]byte, error) {
	if len(loads) == 0 {
		return nil, errors.New("no step of the search confirmed its answer")
	}
	return e.make(loads)
}
