package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"carousel/internal/result"
)

// If no server listens and the target's port is one that the kernel gives to clients, a connect can connect the socket to itself (a simultaneous
// open). That must count as refused, and must free the port at once. The child's own network has only one local port, so it always happens.
func TestMeetsItself(t *testing.T) {
	for _, engine := range engines() {
		for _, proto := range []string{result.HTTP, result.Line} {
			s := load("http://127.0.0.1:50000/")
			s.Engine, s.Proto, s.Connections = engine, proto, 1
			text, _ := json.Marshal(s)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "ENGINE_TEST_ALONE="+string(text))
			cmd.SysProcAttr = &syscall.SysProcAttr{
				Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
				UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
				GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
			}
			out, err := cmd.CombinedOutput()
			if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) || strings.HasPrefix(string(out), "skip") {
				t.Skipf("a network of its own is not to be had: %v %s", err, out)
			}
			if want := map[string]string{result.Epoll: "connect-refused", result.Net: "connect-noport"}[engine]; err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s, %s: %v %s, want %s", engine, proto, err, out, want)
			}
		}
	}
}

// alone runs a load in a network namespace of its own, in a child process, and prints the error of the load.
func alone(text string) {
	var s result.Spec
	err := json.Unmarshal([]byte(text), &s)
	if err == nil {
		err = onePort("50000")
	}
	if err != nil {
		fmt.Println("skip:", err)
		return
	}
	l, err := Run(context.Background(), context.Background(), s, nil)
	fmt.Println(err)
	if l != nil {
		fmt.Printf("%+v\n", l.Requests)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil && s.Engine == result.Epoll {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: 50000, Addr: [4]byte{127, 0, 0, 1}})
	}
	if err != nil {
		fmt.Println("the port is not free:", err)
		os.Exit(1)
	}
}

// onePort leaves one local port to choose from.
func onePort(port string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(port+" "+port), 0)
}
