//go:build race

package engine

// With the race detector a script takes twenty times as long.
const manyScripts = 1_000
