package carousel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// programs are the folders of the programs.
var programs = []string{"servers", "loadgen", "bench", "report"}

// imports returns what each package of the module imports, outside tests, by the package's folder.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimPrefix(p.ImportPath, "carousel/")] = p.Imports
	}
}

// rows returns the rows of the table under heading in ARCHITECTURE.md, each as its cells.
func rows(t *testing.T, heading string) (table [][]string) {
	t.Helper()
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("ARCHITECTURE.md has no section %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	_, section, _ = strings.Cut(section, "|---|")
	for line := range strings.Lines(section) {
		if row := strings.Split(strings.TrimSpace(line), " | "); strings.HasPrefix(line, "| ") {
			row[0] = strings.TrimPrefix(row[0], "| ")
			row[len(row)-1] = strings.TrimSuffix(row[len(row)-1], " |")
			table = append(table, row)
		} else if len(table) > 0 {
			return table
		}
	}
	return table
}

// TestHouse checks the table of folders against the folders.
func TestHouse(t *testing.T) {
	var named []string
	for _, row := range rows(t, "The house") {
		named = append(named, strings.Trim(row[0], "`"))
	}
	tracked, err := exec.Command("git", "ls-files").Output()
	if err != nil {
		t.Skip("not tried: this is no git repository, so built and kept folders cannot be told apart")
	}
	folders := map[string]bool{}
	for file := range strings.Lines(string(tracked)) {
		if folder, _, below := strings.Cut(file, "/"); below && !strings.HasPrefix(folder, ".") {
			folders[folder] = true
		}
	}
	slices.Sort(named)
	if want := slices.Sorted(maps.Keys(folders)); !slices.Equal(named, want) {
		t.Errorf("ARCHITECTURE.md names the folders %v, there are %v", named, want)
	}
}

// TestProgramsApart checks that no program imports another, and internal none.
func TestProgramsApart(t *testing.T) {
	root := func(path string) string { first, _, _ := strings.Cut(path, "/"); return first }
	for folder, list := range imports(t) {
		for _, path := range list {
			other, ours := strings.CutPrefix(path, "carousel/")
			if !ours || root(other) == root(folder) || root(other) == "internal" {
				continue
			}
			if slices.Contains(programs, root(folder)) && slices.Contains(programs, root(other)) || root(folder) == "internal" {
				t.Errorf("%s imports %s", folder, path)
			}
		}
	}
}

// TestLibraries checks the table of libraries against go.mod and the imports.
func TestLibraries(t *testing.T) {
	everywhere := []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/sys"}
	tests := []string{"carousel/internal/browsertest", "carousel/internal/golden"} // packages with test helpers
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	touched := map[string][]string{} // by module
	all := imports(t)
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v\S+$`).FindAllStringSubmatch(string(mod), -1) {
		for folder, list := range all {
			if slices.Contains(everywhere, m[1]) || slices.Contains(tests, "carousel/"+folder) {
				continue
			}
			if slices.ContainsFunc(list, func(path string) bool { return path == m[1] || strings.HasPrefix(path, m[1]+"/") }) {
				touched[m[1]] = append(touched[m[1]], folder)
			}
		}
		slices.Sort(touched[m[1]])
	}
	maps.DeleteFunc(touched, func(_ string, folders []string) bool { return len(folders) == 0 })
	named := map[string][]string{}
	for _, row := range rows(t, "Libraries") {
		folders := strings.Split(row[2], ", ")
		for i := range folders {
			folders[i] = strings.Trim(folders[i], "`")
		}
		named[row[0]] = folders
	}
	if len(touched) < 10 || !maps.EqualFunc(named, touched, slices.Equal[[]string]) {
		t.Errorf("ARCHITECTURE.md has\n%v, the imports are\n%v", named, touched)
	}
}

// TestContract checks that wire.Talk has the methods that ARCHITECTURE.md shows.
func TestContract(t *testing.T) {
	doc, err := exec.Command("go", "doc", "./internal/wire", "Talk").Output()
	if err != nil {
		t.Fatal(err)
	}
	shown := rows(t, "Two contracts")
	for _, row := range shown {
		if method := "func (t *Talk) " + strings.Trim(row[0], "`") + "\n"; !strings.Contains(string(doc), method) {
			t.Errorf("wire.Talk has no %s", method)
		}
	}
	if len(shown) != 7 {
		t.Errorf("%d methods are shown, want 7", len(shown))
	}
}

// TestQuoted checks that all that ARCHITECTURE.md quotes exists: folders, models, types, methods and constants. TestContract checks the
// methods in the first column of the contract's table.
func TestQuoted(t *testing.T) {
	text, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := func(path string) bool { _, err := os.Stat(path); return err == nil }
	documented := func(folder, symbol string) bool { return exec.Command("go", "doc", "./"+folder, symbol).Run() == nil }
	packages := map[string]string{"wire": "internal/wire", "flight": "loadgen/flight"}
	types := map[string]string{"Talk": "internal/wire", "Shard": "loadgen/flight"}
	method := regexp.MustCompile("^\\| `\\w+\\(")
	quoted := regexp.MustCompile("`([^`]+)`")
	count := 0
	for line := range strings.Lines(string(text)) {
		if method.MatchString(line) {
			_, line, _ = strings.Cut(line, " | ")
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			name := m[1]
			count++
			before, after, dotted := strings.Cut(name, ".")
			switch {
			case strings.HasPrefix(name, "Serve("):
				epoll, err := os.ReadFile("servers/epoll/epoll.go")
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(string(epoll), "\nfunc "+name+" {\n") {
					t.Errorf("model epoll has no %s", name)
				}
			case dotted && packages[before] != "":
				if !documented(packages[before], after) {
					t.Errorf("package %s has no %s", before, after)
				}
			case dotted && types[before] != "":
				if !documented(types[before], name) {
					t.Errorf("%s has no %s", types[before], name)
				}
			case 'A' <= name[0] && name[0] <= 'Z':
				if !documented("internal/wire", name) {
					t.Errorf("internal/wire has no %s", name)
				}
			case !exists(name) && !exists("servers/"+name):
				t.Errorf("%s is no folder and no model", name)
			}
		}
	}
	if count < 40 {
		t.Errorf("only %d quoted names are found", count)
	}
}

// TestExitCodes runs the programs until each exit code of ARCHITECTURE.md's table has been seen, and checks that the table has no other.
func TestExitCodes(t *testing.T) {
	bin, addr := buildAndServe(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	rude, err := net.Listen("tcp", "127.0.0.1:0") // it accepts and closes
	if err != nil {
		t.Fatal(err)
	}
	defer rude.Close()
	go func() {
		for {
			c, err := rude.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()

	root, seen := t.TempDir(), map[int]bool{}
	for _, c := range []struct {
		code    int
		command string
		signal  os.Signal // sent to the program while it runs; nil: none
	}{
		{0, "servers --list", nil},
		{0, "loadgen -n 10 ADDR", nil},
		{0, "bench --version", nil},
		{0, "report --version", nil},
		{1, "loadgen -d 1s RUDE", nil},
		{2, "servers --model nope", nil},
		{2, "loadgen --nope", nil},
		{2, "bench --models nope", nil},
		{2, "report --nope", nil},
		{3, "servers --model goroutine --addr ADDR", nil},
		{3, "loadgen -n 10 CLOSED", nil},
		{3, "bench --models goroutine --scenarios hello --server mine=http://CLOSED", nil},
		{4, "loadgen -n 10 --expect 404 ADDR", nil},
		{4, "bench --models goroutine --scenarios hello --path /nowhere --server mine=http://ADDR", nil},
		{99, "loadgen -n 10 --fail-if rate>0 ADDR", nil},
		{130, "loadgen -d 1m ADDR", os.Interrupt},
		{143, "loadgen -d 1m ADDR", syscall.SIGTERM},
	} {
		seen[c.code] = true
		if c.signal != nil && runtime.GOOS == "windows" { // it has no signals
			continue
		}
		t.Run(c.command, func(t *testing.T) {
			words := strings.Fields(strings.NewReplacer("ADDR", addr, "CLOSED", closed.Addr().String(), "RUDE", rude.Addr().String()).Replace(c.command))
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			cmd := exec.CommandContext(ctx, bin+words[0], words[1:]...)
			cmd.Dir = root
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if c.signal != nil {
				time.Sleep(time.Second) // it handles signals by now
				cmd.Process.Signal(c.signal)
			}
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != c.code {
				t.Errorf("exit code %d, want %d:\n%s", got, c.code, &out)
			}
		})
	}
	var shown, want []string
	for _, row := range rows(t, "Exit codes") {
		shown = append(shown, strings.Split(row[0], ", ")...)
	}
	for _, code := range slices.Sorted(maps.Keys(seen)) {
		want = append(want, strconv.Itoa(code))
	}
	if !slices.Equal(shown, want) {
		t.Errorf("ARCHITECTURE.md shows the exit codes %v, the programs have %v", shown, want)
	}
}
