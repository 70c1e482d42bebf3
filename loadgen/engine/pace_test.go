package engine

import (
	"runtime"
	"testing"
	"time"
)

// Who waits for the next due instant leaves the others a processor, where there is only one as well: else each reply lies
// until its connection's turn to send comes round, which is connections over rate.
func TestOneProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	srv := serve(t, "127.0.0.1:0", say(hello))
	for _, engine := range engines() {
		s := load("http://" + srv.addr + "/")
		s.Engine, s.Connections, s.Rate, s.Duration, s.Requests = engine, 64, 100, 0, 160
		if l := carryOut(t, s); l.Requests.OK != 160 || l.Service.P50 > int64(320*time.Millisecond) {
			t.Errorf("%s: %+v, service time %+v", engine, l.Requests, l.Service)
		}
	}
}
