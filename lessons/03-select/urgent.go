package selectloop

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"carousel/internal/sock"
)

const patience = 10 * time.Second

// lists shows what select's first and third list report: of a connection with a line, of one with a byte that the peer calls urgent, and
// of one that has broken.
func lists(out io.Writer) error {
	mark := map[bool]string{true: "ready", false: "-"}
	fmt.Fprintf(out, "  %-33s  %-10s  third list\n", "", "first list")
	for _, c := range []struct {
		what string
		does func(peer *net.TCPConn) error
	}{
		{"a line has come", func(peer *net.TCPConn) error { _, err := io.WriteString(peer, "hello\n"); return err }},
		{"an urgent byte has come (MSG_OOB)", func(peer *net.TCPConn) error { return sock.WriteUrgent(sock.FD(peer), '!') }},
		{"the connection has broken", func(peer *net.TCPConn) error { return errors.Join(peer.SetLinger(0), peer.Close()) }},
	} {
		read, urgent, err := look(c.does)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		fmt.Fprintf(out, "  %-33s  %-10s  %s\n", c.what, mark[read], mark[urgent])
	}
	return nil
}

// look has a peer connect and do something, and returns in which lists select then reports its connection.
func look(does func(peer *net.TCPConn) error) (read, urgent bool, err error) {
	ln, addr, err := sock.Listen("127.0.0.1:0")
	if err != nil {
		return false, false, err
	}
	defer sock.Close(ln)
	peer, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return false, false, err
	}
	defer peer.Close()
	waiter := new(sock.Waiter)
	fd, err := waiter.Accept(ln)
	if err != nil {
		return false, false, err
	}
	defer sock.Close(fd)
	if err := does(peer.(*net.TCPConn)); err != nil {
		return false, false, err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); { // a signal ends select early
		var first, second, third sock.FDSet
		first.Set(fd)
		third.Set(fd)
		if n, err := waiter.Select(fd+1, &first, &second, &third, patience); n > 0 || err != nil {
			return first.Has(fd), third.Has(fd), err
		}
	}
	return false, false, fmt.Errorf("select reports nothing within %v", patience)
}
