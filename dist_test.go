package carousel

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everywhere has TestDist build for all systems, which takes ten minutes of processor time where nothing is cached.
var everywhere = flag.Bool("everywhere", false, "TestDist builds for all systems, not only for this one and another")

// TestDist builds archives of the last commit twice, for this system and another or for all, in different environments; both must have the same
// bytes. On Linux it also builds what the image holds, and runs its programs in a file system that holds nothing else.
func TestDist(t *testing.T) {
	if testing.Short() {
		t.Skip("builds four programs for each of two systems, twice")
	}
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU")) {
		t.Skip("not tried: scripts/dist.sh needs GNU tar")
	}
	if err := exec.Command("git", "rev-parse", "HEAD").Run(); err != nil {
		t.Skip("not tried: this is no git repository, so there is no commit to build")
	}
	a := newBuilder(t, "a", "022", "UTC")
	another := newBuilder(t, filepath.Join("deep", "another"), "077", "Asia/Tokyo")
	systems := []string{"darwin-arm64", "linux-amd64"}
	command := "scripts/dist.sh"
	switch this := runtime.GOOS + "-" + runtime.GOARCH; {
	case *everywhere:
		systems = []string{"darwin-amd64", "darwin-arm64", "linux-amd64", "linux-arm64", "windows-amd64"}
	case this != systems[0]:
		systems[1] = this
		slices.Sort(systems)
	}
	if !*everywhere {
		command += " " + strings.ReplaceAll(strings.Join(systems, " "), "-", "/")
	}
	a.run(command)
	another.run(command)
	first, second := a.archives(), another.archives()
	var built []string
	for _, name := range slices.Sorted(maps.Keys(first)) {
		if !bytes.Equal(first[name], second[name]) {
			t.Errorf("one commit gave archives %s of %d and %d bytes that differ", name, len(first[name]), len(second[name]))
		}
		holds(t, name, first[name])
		built = append(built, name)
	}
	for i, name := range built {
		built[i] = systemOf.FindString(name)
	}
	if diff := cmp.Diff(systems, built); diff != "" {
		t.Errorf("%s builds for other systems: %s", command, diff)
	}

	if runtime.GOOS != "linux" {
		t.Skip("the archives were built twice; the image is for Linux")
	}
	image := readDockerfile(t)
	a.run(image.run)
	for name, data := range a.archives() {
		if !bytes.Equal(data, first[name]) {
			t.Errorf("the image is built from another %s than scripts/dist.sh makes", name)
		}
	}
	root := filepath.Join(a.clone, image.folder)
	list, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, entry := range list {
		files = append(files, entry.Name())
	}
	if diff := cmp.Diff([]string{"LICENSE", "README.md", "bench", "loadgen", "report", "servers"}, files); diff != "" {
		t.Errorf("the image holds other files: %s", diff)
	}
	if os.Getuid() != 0 {
		t.Skip("the archives were built twice; the programs are not run in an empty file system: chroot needs root")
	}
	t.Run("versions", func(t *testing.T) { jailedVersions(t, root) })
	t.Run("servers and loadgen", func(t *testing.T) { jailedServers(t, root, image.command) })
	t.Run("report", func(t *testing.T) { jailedReport(t, root) })
	t.Run("bench", func(t *testing.T) { jailedBench(t, root) })
}

// systemOf is the system in the name of an archive.
var systemOf = regexp.MustCompile(`[a-z]+-[a-z0-9]+$`)

// builder builds the last commit in a clone of its own.
type builder struct {
	t     *testing.T
	clone string
	umask string
	env   []string
}

func newBuilder(t *testing.T, folder, umask, zone string) *builder {
	t.Helper()
	clone := filepath.Join(t.TempDir(), folder)
	if out, err := exec.Command("git", "clone", "-q", ".", clone).CombinedOutput(); err != nil {
		t.Fatalf("git clone: %v: %s", err, out)
	}
	settings := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(settings, []byte("GOFLAGS=-tags="+filepath.Base(folder)+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return &builder{t, clone, umask, append(os.Environ(), "TZ="+zone, "GOENV="+settings, "GOFLAGS=")}
}

// run runs a shell command in the clone.
func (b *builder) run(command string) {
	b.t.Helper()
	build := exec.Command("sh", "-c", "umask "+b.umask+" && "+command)
	build.Dir, build.Env = b.clone, b.env
	if out, err := build.CombinedOutput(); err != nil {
		b.t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// archives are those in dist/, by name without .tar.gz. Their sums must stand in SHA256SUMS.
func (b *builder) archives() map[string][]byte {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.clone, "dist", "*.tar.gz"))
	if err != nil {
		b.t.Fatal(err)
	}
	found := map[string][]byte{}
	var sums strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			b.t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(file), ".tar.gz")] = data
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), filepath.Base(file))
	}
	if kept, err := os.ReadFile(filepath.Join(b.clone, "dist", "SHA256SUMS")); err != nil || string(kept) != sums.String() {
		b.t.Errorf("dist/SHA256SUMS (%v) is\n%sand not\n%s", err, kept, &sums)
	}
	return found
}

// holds fails t unless an archive holds the four programs, the licence and the README, in a folder of the archive's name.
func holds(t *testing.T, name string, archive []byte) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	exe := ""
	if strings.Contains(name, "-windows-") {
		exe = ".exe"
	}
	want := []string{name + "/"}
	for _, file := range []string{"LICENSE", "README.md", "bench" + exe, "loadgen" + exe, "report" + exe, "servers" + exe} {
		want = append(want, path.Join(name, file))
	}
	var got []string
	for files := tar.NewReader(unzipped); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got = append(got, h.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s holds other files: %s", name, diff)
	}
}

func jailedVersions(t *testing.T, root string) {
	for _, program := range []string{"servers", "loadgen", "bench", "report"} {
		out, err := jailed(root, "/"+program, "--version").CombinedOutput()
		if err != nil || !bytes.HasPrefix(out, []byte(program+" ")) || !bytes.Contains(out, []byte(", commit ")) {
			t.Errorf("%s --version in an empty file system: %v: %s", program, err, out)
		}
	}
}

// jailedServers loads the server that the image starts.
func jailedServers(t *testing.T, root string, command []string) {
	server := jailed(root, command[0], append(command[1:len(command)-1:len(command)-1], "127.0.0.1:0")...)
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	bound := time.AfterFunc(time.Minute, func() { server.Process.Kill() })
	defer bound.Stop()
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "READY ")
	if !ok {
		t.Fatalf("servers in an empty file system printed %q, not READY", line)
	}
	out, err := jailed(root, "/loadgen", "-n", "1000", "-c", "8", "--expect", "carousel", "http://"+addr+"/").CombinedOutput()
	if err != nil {
		t.Errorf("loadgen in an empty file system: %v: %s", err, out)
	}
}

// jailedReport writes the report of the kept run.
func jailedReport(t *testing.T, root string) {
	run := filepath.Join(root, "run")
	if err := os.Mkdir(run, 0o755); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(run)
	for _, file := range []string{"run.json", "plan.yaml", "trials.jsonl"} {
		data, err := os.ReadFile(filepath.Join("results", "reference", file))
		if err == nil {
			err = os.WriteFile(filepath.Join(run, file), data, 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if out, err := jailed(root, "/report", "/run").CombinedOutput(); err != nil {
		t.Fatalf("report in an empty file system: %v: %s", err, out)
	}
	for _, file := range []string{"README.md", "report.html", "findings.json", "capacity.png"} {
		if written, err := os.Stat(filepath.Join(run, file)); err != nil || written.Size() == 0 {
			t.Errorf("report in an empty file system wrote no %s: %v", file, err)
		}
	}
}

// jailedBench carries out a plan of two small cells. There is no /proc, so no processor time is read; no /dev/null, which children would have as
// their input; and no folder for temporary files.
func jailedBench(t *testing.T, root string) {
	const plan = `rounds: 1
cycles: 2
warmup: 25ms
window: 300ms
models: [epoll, prefork]
scenarios:
  - name: hello
    connections: [1, 16]
`
	if err := os.WriteFile(filepath.Join(root, "tiny.yaml"), []byte(plan), 0o666); err != nil {
		t.Fatal(err)
	}
	bench := jailed(root, "/bench", "tiny.yaml")
	bound := time.AfterFunc(2*time.Minute, func() { bench.Process.Kill() })
	defer bound.Stop()
	out, err := bench.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("\nthe processor time of servers cannot be read here")) || bytes.Contains(out, []byte(" failed: ")) {
		t.Fatalf("bench in an empty file system: %v: %s", err, out)
	}
	runs, err := filepath.Glob(filepath.Join(root, "results", "*-tiny"))
	if err != nil || len(runs) != 1 {
		t.Fatalf("bench in an empty file system left the runs %v, not one", runs)
	}
	text, err := os.ReadFile(filepath.Join(runs[0], "trials.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"epoll", "prefork", "null"} {
		if !bytes.Contains(text, []byte(`"model":"`+model+`"`)) {
			t.Errorf("bench in an empty file system kept no trial of %s", model)
		}
	}
	if _, err := os.Stat(filepath.Join(runs[0], "report.html")); err != nil {
		t.Errorf("bench in an empty file system had no report written: %v", err)
	}
}

// image is what the Dockerfile says.
type image struct {
	run     string   // builds what the image holds
	folder  string   // of that, in the repository
	command []string // is run by default; it ends in an address
}

// TestDockerfile reads the Dockerfile, which is not built here.
func TestDockerfile(t *testing.T) { readDockerfile(t) }

// readDockerfile fails t unless the image is built by scripts/dist.sh, with the Go of go.mod, from nothing but what that makes, and `docker run carousel
// /loadgen` runs loadgen.
func readDockerfile(t *testing.T) image {
	t.Helper()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	module, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	goVersion := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if goVersion == nil {
		t.Fatal("go.mod names no version of Go")
	}
	const folder = "image"
	run := `scripts/dist.sh "linux/$(go env GOARCH)" && mkdir image && tar -xzf dist/*.tar.gz --strip-components=1 -C image`
	var got []string
	for line := range strings.Lines(strings.ReplaceAll(string(text), "\\\n", " ")) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !strings.HasPrefix(line, "#") {
			got = append(got, line)
		}
	}
	command := ""
	if len(got) > 0 {
		command = strings.TrimPrefix(got[len(got)-1], "CMD ")
	}
	want := []string{
		"FROM golang:" + string(goVersion[1]) + " AS build",
		"WORKDIR /carousel",
		"COPY . .",
		"RUN " + run,
		"FROM scratch",
		"COPY --from=build /carousel/" + folder + "/ /",
		"EXPOSE 5000",
		"CMD " + command, // and no ENTRYPOINT
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the Dockerfile has other instructions: %s", diff)
	}
	i := image{run: run, folder: folder}
	if err := json.Unmarshal([]byte(command), &i.command); err != nil {
		t.Fatalf("the Dockerfile's CMD is %q (%v), not a list", command, err)
	}
	if diff := cmp.Diff([]string{"/servers", "--model", "epoll", "--addr", "0.0.0.0:5000"}, i.command); diff != "" {
		t.Errorf("the Dockerfile's CMD is another: %s", diff)
	}
	return i
}
