package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestClients runs the common HTTP clients that this machine has against every model, and logs which are missing.
func TestClients(t *testing.T) {
	if testing.Short() {
		t.Skip("asks every model with every client, which takes a while")
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh here")
	}
	t.Parallel()
	script, err := filepath.Abs("../scripts/clients.sh")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(script)
	cmd.Env = append(os.Environ(), actAs+"=servers", "SERVERS="+os.Args[0])
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "-") {
			t.Log(strings.TrimSpace(line))
		}
	}
	if err != nil || !strings.Contains(string(out), "ok ") && !strings.Contains(string(out), "not on this machine") {
		t.Errorf("%v\n%s", err, out)
	}
}
