// Package truth proves that loadgen measures what it says, against answers that are known beforehand. It is tests only.
package truth
