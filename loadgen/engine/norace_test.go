//go:build !race

package engine

const manyScripts = 10_000
