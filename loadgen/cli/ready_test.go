package cli

import (
	"strings"
	"testing"
)

func TestEnoughPorts(t *testing.T) {
	if err := checkLocalPorts(28232, 1, 32768, 28232); err != nil {
		t.Error(err)
	}
	err := checkLocalPorts(28233, 1, 32768, 28232)
	if err == nil || !strings.Contains(err.Error(), "local ports are 32768 to 60999, 28,232 of them, and 28,233 connections") {
		t.Errorf("%v", err)
	}
	if err := checkLocalPorts(28233, 2, 32768, 28232); err != nil {
		t.Errorf("from two addresses: %v", err)
	}
	if err := checkLocalPorts(1e6, 1, 0, 0); err != nil {
		t.Errorf("a range that is not known: %v", err)
	}
}
