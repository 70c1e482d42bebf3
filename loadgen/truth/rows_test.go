package truth

import (
	"sync"
	"testing"
)

// Row is one line of the table of proved claims: a claim, the expected value, the value found, and the tolerance.
type Row struct {
	Claim, Expected, Found, Within string
	Held                           bool
}

// proved has the rows of the tests so far, in their order.
var proved struct {
	sync.Mutex
	rows []Row
}

// row adds a line to the table, and fails the test unless the claim held.
func row(t testing.TB, claim, expected, found, within string, held bool) {
	t.Helper()
	proved.Lock()
	proved.rows = append(proved.rows, Row{claim, expected, found, within, held})
	proved.Unlock()
	t.Logf("%s: want %s, found %s, within %s", claim, expected, found, within)
	if !held {
		t.Errorf("this does not hold: %s", claim)
	}
}
