package carousel

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestDist builds an archive from the last commit twice, in different environments; both must have the same bytes. On Linux it runs the
// programs in a file system that holds nothing else.
func TestDist(t *testing.T) {
	if testing.Short() {
		t.Skip("builds eight programs")
	}
	if out, err := exec.Command("tar", "--version").Output(); err != nil || !bytes.Contains(out, []byte("GNU")) {
		t.Skip("not tried: scripts/dist.sh needs GNU tar")
	}
	if err := exec.Command("git", "rev-parse", "HEAD").Run(); err != nil {
		t.Skip("not tried: this is no git repository, so there is no commit to build")
	}
	system := runtime.GOOS + "/" + runtime.GOARCH
	archive := func(folder, mask, zone string) []byte {
		t.Helper()
		clone := filepath.Join(t.TempDir(), folder)
		if out, err := exec.Command("git", "clone", "-q", ".", clone).CombinedOutput(); err != nil {
			t.Fatalf("git clone: %v: %s", err, out)
		}
		build := exec.Command("sh", "-c", "umask "+mask+" && scripts/dist.sh "+system)
		settings := filepath.Join(t.TempDir(), "env")
		if err := os.WriteFile(settings, []byte("GOFLAGS=-tags="+folder+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		build.Dir, build.Env = clone, append(os.Environ(), "TZ="+zone, "GOENV="+settings, "GOFLAGS=")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("scripts/dist.sh: %v: %s", err, out)
		}
		files, err := filepath.Glob(filepath.Join(clone, "dist", "*.tar.gz"))
		if err != nil || len(files) != 1 {
			t.Fatalf("dist/ holds the archives %v, not one", files)
		}
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	first, second := archive("a", "022", "UTC"), archive("another", "077", "Asia/Tokyo")
	if !bytes.Equal(first, second) {
		t.Errorf("one commit gave archives of %d and %d bytes that differ", len(first), len(second))
	}

	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("the archive was built twice; its programs are not run in an empty file system: chroot needs Linux and root")
	}
	root := t.TempDir()
	unpack := exec.Command("tar", "-xzf", "-", "--strip-components=1", "-C", root)
	unpack.Stdin = bytes.NewReader(first)
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("tar: %v: %s", err, out)
	}
	for _, program := range []string{"servers", "loadgen", "bench", "report"} {
		out, err := jailed(root, "/"+program, "--version").CombinedOutput()
		if err != nil || !bytes.HasPrefix(out, []byte(program+" ")) || !bytes.Contains(out, []byte(", commit ")) {
			t.Errorf("%s --version in an empty file system: %v: %s", program, err, out)
		}
	}
	command := imageCommand(t)
	command[len(command)-1] = "127.0.0.1:0"
	server := jailed(root, command[0], command[1:]...)
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

// imageCommand returns the command of the Dockerfile, which ends in an address, and checks that the image holds only the programs, at its
// root.
func imageCommand(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(text), "\nFROM ")
	last := stages[len(stages)-1]
	if !strings.HasPrefix(last, "scratch\nCOPY --from=build /carousel/bin/ /\n") {
		t.Errorf("the last stage of the Dockerfile is not the programs alone: FROM %s", last)
	}
	_, list, _ := strings.Cut(last, "\nCMD ")
	var command []string
	if err := json.Unmarshal([]byte(list), &command); err != nil || len(command) < 3 || command[len(command)-2] != "--addr" {
		t.Fatalf("the Dockerfile's CMD is %q (%v), want a command that ends in --addr ADDRESS", list, err)
	}
	return command
}
