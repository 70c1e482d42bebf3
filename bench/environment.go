package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"carousel/bench/stand"
	"carousel/internal/child"
	"carousel/internal/host"
)

// environment returns what must stay the same throughout a run: the machine, the programs and their processors.
func environment(servers, loadgen string, placements stand.Placements) (map[string]string, error) {
	env := host.Environment()
	env["placement"] = placements.String()
	if share := stand.SessionShare(); share != "" {
		env["autogroup"] = share
	}
	for name, path := range map[string]string{"servers": servers, "loadgen": loadgen} {
		sum, err := hash(path)
		if err != nil {
			return nil, err
		}
		env["program_"+name] = "sha256 " + sum
	}
	return env, nil
}

// changesOften reports whether key changes from minute to minute, so that a change does not prevent a resume.
func changesOften(key string) bool { return key == "load_average" }

func hash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}

// doctor returns the output of scripts/doctor.sh, which checks this machine. It looks for the script in the working directory, then beside the
// folder of this program.
func doctor(ctx context.Context) string {
	places := []string{"scripts/doctor.sh"}
	if self, err := child.Self(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(self), "..", "scripts", "doctor.sh"))
	}
	for _, script := range places {
		if _, err := os.Stat(script); err != nil {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		text, err := exec.CommandContext(ctx, script).CombinedOutput()
		if len(text) == 0 && err != nil {
			return fmt.Sprintf("%s: %v", script, err)
		}
		return strings.TrimSpace(string(text))
	}
	return "scripts/doctor.sh was not found, so this machine was not checked"
}
