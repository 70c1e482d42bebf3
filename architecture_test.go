package carousel

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
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
