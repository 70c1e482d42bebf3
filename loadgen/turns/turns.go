// Package turns compares servers: one client loads them in turns.
package turns
