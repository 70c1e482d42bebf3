package sock_test

import (
	"fmt"
	"net"

	"carousel/internal/sock"
)

// A non-blocking listener: accept until EAGAIN. After Shutdown accept fails with Closed.
func Example() {
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer sock.Close(ln)
	if err := sock.NonBlocking(ln); err != nil {
		panic(err)
	}
	_, err = sock.Accept(ln)
	fmt.Println("no connection waits:", err == sock.Again)

	client, err := net.Dial("tcp", addr)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fd, err := sock.Accept(ln)
	if err != nil {
		panic(err)
	}
	sent, err := sock.Write(fd, []byte("hello"))
	fmt.Println("bytes written:", sent, err)
	sock.Close(fd)

	sock.Shutdown(ln)
	_, err = sock.Accept(ln)
	fmt.Println("after Shutdown:", err == sock.Closed)
	// Output:
	// no connection waits: true
	// bytes written: 5 <nil>
	// after Shutdown: true
}
