//go:build !linux

package engine

func limitFiles(uint64)    {}
func limitFileSize(uint64) {}

func alone(string)    {}
func fewFiles(string) {}
