//go:build race

package engine

// The race detector makes a script twenty times as dear.
const manyScripts = 1_000
