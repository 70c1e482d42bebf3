package host

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Listener returns the process that listens on addr in this network namespace. addr is a numeric address with a port, such as 127.0.0.1:5000 or
// [::1]:5000, or the path of a Unix socket. If several processes listen, as a master and its workers do, it is the one from which the others descend.
//
// The errors are for users: addr is not on this machine, nothing listens there, the listener belongs to another
// user, or several unrelated processes listen. In the last three cases --pid NUMBER helps.
func Listener(addr string) (pid int, err error) {
	if filepath.IsAbs(addr) {
		s, err := unixListener(addr)
		if err != nil {
			return 0, err
		}
		return held(addr, []socket{{inode: s.inode}})
	}
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return 0, err
	}
	ip := reaches(at.Addr())
	if !ours(ip) {
		return 0, fmt.Errorf("%s is not an address of this machine", ip)
	}
	sockets, err := listening(ip, at.Port())
	if err != nil {
		return 0, err
	}
	if len(sockets) == 0 {
		return 0, fmt.Errorf("nobody listens on %s here; if its server runs in a container, name its process with --pid", addr)
	}
	return held(addr, sockets)
}

// held returns the process that holds the sockets, which listen on addr.
func held(addr string, sockets []socket) (pid int, err error) {
	holders, err := holders(sockets)
	if err != nil {
		return 0, fmt.Errorf("who listens on %s cannot be seen: %w", addr, err)
	}
	return eldest(addr, holders)
}

// reaches returns the address that a connection to ip reaches: loopback, if ip is unspecified.
func reaches(ip netip.Addr) netip.Addr {
	switch ip = ip.Unmap().WithZone(""); ip {
	case netip.IPv4Unspecified():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return ip
}

// ours reports whether ip is an address of this machine; true if its addresses cannot be read.
func ours(ip netip.Addr) bool {
	addrs, err := net.InterfaceAddrs()
	return err != nil || ip.IsLoopback() || slices.ContainsFunc(addrs, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		if !ok {
			return false
		}
		own, _ := netip.AddrFromSlice(n.IP)
		return own.Unmap() == ip
	})
}

// socket is a listening socket.
type socket struct {
	local netip.Addr
	inode uint64
	user  uint64
}

// listening returns the sockets that get the connections to ip and port.
func listening(ip netip.Addr, port uint16) (sockets []socket, err error) {
	const listen = 0x0a
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 procfs recommends netlink instead, which would be one more dependency
	four, err := fs.NetTCP()
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 as above
	six, err := fs.NetTCP6()
	if err != nil && !errors.Is(err, os.ErrNotExist) { // a kernel without IPv6
		return nil, err
	}
	for _, s := range slices.Concat(four, six) {
		if local, ok := netip.AddrFromSlice(s.LocalAddr); ok && s.St == listen && s.LocalPort == uint64(port) {
			sockets = append(sockets, socket{local, s.Inode, s.UID})
		}
	}
	return fittest(sockets, func(s socket) netip.Addr { return s.local }, ip, port), nil
}

// fittest returns those of sockets, which all listen on port, that get the connections to ip: the ones with the best fit. There are several if they
// share the address (SO_REUSEPORT).
func fittest[T any](sockets []T, local func(T) netip.Addr, ip netip.Addr, port uint16) (some []T) {
	best := 0
	for _, s := range sockets {
		f := fit(local(s), ip)
		if f > best {
			best, some = f, nil
		}
		if f > 0 && f == best {
			some = append(some, s)
		}
	}
	if best == foreignWildcard && free(ip, port) { // the socket is IPv6-only, which its address does not show
		return nil
	}
	return some
}

// foreignWildcard is the fit of a socket bound to [::], for an IPv4 address.
const foreignWildcard = 1

// fit ranks how well the address of a socket matches connections to ip; 0: it gets none.
func fit(local, ip netip.Addr) int {
	mapped := local.Unmap()
	switch {
	case mapped == ip:
		return 3
	case mapped.IsUnspecified() && mapped.Is4() == ip.Is4():
		return 2
	case mapped.IsUnspecified() && ip.Is4():
		return foreignWildcard
	}
	return 0
}

// free reports whether a socket can be bound to the IPv4 address ip and port. With SO_REUSEADDR only a listening socket prevents it.
func free(ip netip.Addr, port uint16) bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return false
	}
	return unix.Bind(fd, &unix.SockaddrInet4{Addr: ip.As4(), Port: int(port)}) == nil
}

// holders returns the processes that have one of the sockets open. It returns an error if no visible process holds one of them.
func holders(sockets []socket) (pids []int, err error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, p := range all {
		targets, _ := p.FileDescriptorTargets() // another user's cannot be read; one may have ended
		for _, s := range sockets {
			if name := fmt.Sprintf("socket:[%d]", s.inode); slices.Contains(targets, name) {
				held[name] = true
				pids = append(pids, p.PID)
			}
		}
	}
	for _, s := range sockets {
		if !held[fmt.Sprintf("socket:[%d]", s.inode)] {
			return nil, fmt.Errorf("it is a process of user %d; run as that user or as root, or name the process with --pid", s.user)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

// eldest returns the holder from which all others descend.
func eldest(addr string, holders []int) (int, error) {
	ancestors := map[int][]int{}
	for _, pid := range holders {
		ancestors[pid] = ancestry(pid)
	}
	holders = slices.DeleteFunc(holders, func(pid int) bool { return ancestors[pid] == nil })
	if len(holders) == 0 {
		return 0, fmt.Errorf("who listened on %s has just ended", addr)
	}
	// This process and its ancestors count only if nobody else holds the socket: they may have it only to pass it on, as systemd does with
	// socket activation.
	above := ancestry(os.Getpid())
	if others := slices.DeleteFunc(slices.Clone(holders), func(pid int) bool { return slices.Contains(above, pid) }); len(others) > 0 {
		holders = others
	}
	for _, pid := range holders {
		if !slices.ContainsFunc(holders, func(other int) bool { return !slices.Contains(ancestors[other], pid) }) {
			return pid, nil
		}
	}
	var names []string
	for _, pid := range holders {
		names = append(names, strconv.Itoa(pid))
	}
	return 0, fmt.Errorf("several processes listen on %s, and none is the parent of the others: %s; name one with --pid", addr, strings.Join(names, ", "))
}

// ancestry returns the process pid, its parent, and so on; nil if there is no such process.
func ancestry(pid int) (chain []int) {
	for pid > 0 && !slices.Contains(chain, pid) {
		p, err := readProcess(pid)
		if err != nil {
			break
		}
		chain = append(chain, pid)
		pid = p.parent
	}
	return chain
}
