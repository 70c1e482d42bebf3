// Package export writes records in the formats of other tools.
package export

import (
	"errors"

	"github.com/spf13/pflag"

	"carousel/internal/result"
)

// Stdout stands for standard output among files.
const Stdout = "-"

// Load is a record with its name among others; "" if it is the only one.
type Load struct {
	Name string
	Here bool // this process measured it, so it is of this system
	*result.Load
}

// Export is a file to write, in one of the formats.
type Export struct {
	Flag    string // without its dashes
	File    string
	Several bool // it can hold several loads
	make    func([]Load) ([]byte, error)
}

// formats are all formats.
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

// first adapts a format that holds one load.
func first(of func(*result.Load) ([]byte, error)) func([]Load) ([]byte, error) {
	return func(loads []Load) ([]byte, error) { return of(loads[0].Load) }
}

// Flags returns the flags of all formats, with their dashes.
func Flags() (flags []string) {
	for _, f := range formats {
		flags = append(flags, "--"+f.flag)
	}
	return flags
}

// Files are the names of the files to write, by format; "": none.
type Files struct {
	HLog, HGrm, CSV, Bench, Prom string
}

// name is the field of the format with this index.
func (f *Files) name(format int) *string {
	return []*string{&f.HLog, &f.HGrm, &f.CSV, &f.Bench, &f.Prom}[format]
}

// Define adds the flags of the formats to flags.
func (f *Files) Define(flags *pflag.FlagSet) {
	for i, format := range formats {
		flags.StringVar(f.name(i), format.flag, "", format.help)
	}
}

// Asked returns the files to write.
func (f *Files) Asked() (files []Export) {
	for i, format := range formats {
		if name := *f.name(i); name != "" {
			files = append(files, Export{format.flag, name, format.several, format.make})
		}
	}
	return files
}

// ToStdout reports whether one of the files is standard output.
func (f *Files) ToStdout() bool {
	for _, e := range f.Asked() {
		if e.File == Stdout {
			return true
		}
	}
	return false
}

// Text returns the content of the file. It returns an error if there is no load, or the load lacks what the format needs.
func (e Export) Text(loads []Load) ([]byte, error) {
	if len(loads) == 0 {
		return nil, errors.New("no step of the search confirmed its answer")
	}
	return e.make(loads)
}
