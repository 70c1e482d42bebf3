package downloads

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
)

// size returns the size of image k in bytes.
func size(k int) int { return 2 << 10 << k }

// gallery serves images on loopback until stop is called: /picture/K calls think and redirects to /image/K.
func gallery(think func()) (addr string, stop func() error, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("cannot listen on loopback: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /picture/{k}", func(w http.ResponseWriter, r *http.Request) {
		think()
		http.Redirect(w, r, "/image/"+r.PathValue("k"), http.StatusFound)
	})
	mux.HandleFunc("GET /image/{k}", func(w http.ResponseWriter, r *http.Request) {
		k, err := strconv.Atoi(r.PathValue("k"))
		if err != nil || k < 0 || k >= images {
			http.NotFound(w, r)
			return
		}
		image := make([]byte, size(k)) // of a PNG only its first bytes matter here
		copy(image, "\x89PNG\r\n\x1a\n")
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Length", strconv.Itoa(len(image)))
		w.Write(image)
	})
	server := &http.Server{Handler: mux}
	go server.Serve(ln)
	return ln.Addr().String(), server.Close, nil
}
