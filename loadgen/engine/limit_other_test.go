//go:build !linux

package engine

func limitFiles(uint64) {}
