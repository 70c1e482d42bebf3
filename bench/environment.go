package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"carousel/internal/host"
)

// environment is what must be the same for every trial of a run: the machine, the programs and where they sit.
func environment(servers, loadgen string, seats seating) (map[string]string, error) {
	env := host.Environment()
	env["placement"] = seats.String()
	for name, path := range map[string]string{"servers": servers, "loadgen": loadgen} {
		sum, err := hash(path)
		if err != nil {
			return nil, err
		}
		env["program_"+name] = "sha256 " + sum
	}
	return env, nil
}

// passing tells the facts that change by the minute, which do not keep a run from going on.
func passing(key string) bool { return key == "load_average" }

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
