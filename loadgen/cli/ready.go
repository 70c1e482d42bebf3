package cli

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"carousel/internal/host"
	"carousel/internal/result"
	"carousel/internal/units"
	"carousel/loadgen/export"
	"carousel/loadgen/save"
)

// Ready returns an error if this process or machine cannot carry out o: limits, files, certificates, processes. It sends nothing.
func (o *Options) Ready() error {
	return cmp.Or(o.checkCertificates(), o.checkLimits(), o.checkProcesses(), checkWritable("-o", o.Output), checkWritable("--trace", o.Trace), o.checkExportFiles(), checkSaveDir(o.Spec.Save))
}

// checkExportFiles checks that the files for other tools can be written.
func (o *Options) checkExportFiles() (err error) {
	for _, e := range o.Exports.Asked() {
		if e.File != export.Stdout {
			err = cmp.Or(err, checkWritable("--"+e.Flag, e.File))
		}
	}
	return err
}

// spare is how many descriptors loadgen needs besides its connections: epoll, files, the Go runtime.
const spare = 100

// checkLimits checks that there are enough descriptors for all connections of o, and enough local ports for those to one address.
func (o *Options) checkLimits() error {
	sockets := (o.Spec.Connections + o.Spec.Idle) * len(o.Servers)
	if o.Ceiling {
		sockets = max(sockets, 2*o.Spec.Connections) // both ends are in this process
	}
	need := sockets + spare + (len(o.Servers)-1)*o.Spec.Threads // each thread has an epoll for each server
	if o.Compares() {
		need += max(0, (len(o.Servers)+1)*host.MostThreads-spare/2) // files of watched threads; spare covers those of a few servers
	}
	if limit, _, err := host.FDLimit(); err == nil && uint64(need) > limit {
		roomy := 1024
		for roomy < need {
			roomy *= 2
		}
		return fmt.Errorf("descriptor limit is %s, %s connections need about %s: run \"ulimit -n %d\"", units.Count(int64(limit)), units.Count(sockets), units.Count(need), roomy)
	}
	_, servers := o.busiestAddr()
	low, ports := host.LocalPorts()
	return checkLocalPorts((each(o.Spec, o.Spec.Connections)+each(o.Spec, o.Spec.Idle))*servers, int(addresses(o.Spec)), low, ports)
}

// maxBody is the longest body read from a file, in bytes.
const maxBody = 64 << 20

// readBody reads the value of --body: a text, @FILE, @- for standard input, or @@ and a text that begins with @.
func readBody(s *result.Spec, given string) error {
	name, isFile := strings.CutPrefix(given, "@")
	if !isFile || strings.HasPrefix(name, "@") {
		s.Body = name
		return nil
	}
	if err := readBodyFile(s, name); err != nil {
		return fmt.Errorf("--body %s: %w; text that begins with @ is written @@", given, err)
	}
	return nil
}

// readBodyFile reads the body from a file, or from standard input if name is "-".
func readBodyFile(s *result.Spec, name string) error {
	text, err := contents(name)
	if err != nil {
		return cause(err)
	}
	if s.Proto == result.Line {
		text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")) // the line's newline is added later
	}
	sum := sha256.Sum256(text)
	s.Body, s.BodyFile, s.BodyBytes, s.BodySHA256 = string(text), name, int64(len(text)), hex.EncodeToString(sum[:])
	return nil
}

// contents reads a file of at most maxBody bytes, or standard input if name is "-".
func contents(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		var err error
		if in, err = os.Open(name); err != nil {
			return nil, err
		}
		defer in.Close()
	}
	text, err := io.ReadAll(io.LimitReader(in, maxBody+1))
	if err == nil && len(text) > maxBody {
		err = fmt.Errorf("it is longer than %d MiB", maxBody>>20)
	}
	return text, err
}

// checkProcesses checks that the processor time of each given process can be read. Processes of --pid auto are found when the load begins.
func (o *Options) checkProcesses() error {
	for _, s := range o.Servers {
		if s.PID == 0 || s.Auto {
			continue
		}
		if _, err := host.TreeCPU(s.PID); err != nil {
			if cause := errors.Unwrap(err); cause != nil {
				err = cause // without the path it was read from
			}
			return fmt.Errorf("--pid %d: %w", s.PID, err)
		}
	}
	return nil
}

// checkLocalPorts checks that sockets connections to one address fit the local ports of the source addresses. ports is 0 if their number is not known;
// then there is no check.
func checkLocalPorts(sockets, sources, low, ports int) error {
	if ports == 0 || sockets <= ports*sources {
		return nil
	}
	return fmt.Errorf("local ports are %d to %d, %s of them, and %s connections to one address need one each: run \"sysctl -w net.ipv4.ip_local_port_range='1024 65535'\" or use fewer",
		low, low+ports-1, units.Count(ports), units.Count(sockets))
}

// checkWritable checks that the file path of a flag can be written.
func checkWritable(flag, path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case path == "-" && flag == "-o":
		return errors.New("-o names a file: the record goes to stdout with --json")
	case path == "-":
		return fmt.Errorf("%s names a file: stdout is for the result", flag)
	case err == nil && info.IsDir():
		return fmt.Errorf("%s %s is a folder: name a file in it", flag, path)
	case err == nil && !info.Mode().IsRegular():
		return nil // a device or a pipe
	}
	probe, err := os.CreateTemp(filepath.Dir(path), ".loadgen-*")
	if err != nil {
		return fmt.Errorf("%s %s cannot be written: %w", flag, path, cause(err))
	}
	probe.Close()
	return os.Remove(probe.Name())
}

// checkSaveDir checks that files can be written to dir.
func checkSaveDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := save.Probe(dir); err != nil {
		return fmt.Errorf("--save %s cannot be written to: %w", dir, cause(err))
	}
	return nil
}

// cause is err without the name of a temporary file.
func cause(err error) error {
	if path := (*fs.PathError)(nil); errors.As(err, &path) {
		return path.Err
	}
	return err
}
