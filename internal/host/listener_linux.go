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

// Listener is the process that listens on addr, a number and a port such as 127.0.0.1:5000 or [::1]:5000 or the path of a Unix socket, as
// this network namespace has it. Where several do, as a master and its workers, it is the one that the others descend from.
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

// held is the process that holds the sockets which listen on addr.
func held(addr string, sockets []socket) (pid int, err error) {
	holders, err := holders(sockets)
	if err != nil {
		return 0, fmt.Errorf("who listens on %s cannot be seen: %w", addr, err)
	}
	return eldest(addr, holders)
}

// reaches is the address that who connects to ip reaches: to no address, the machine itself.
func reaches(ip netip.Addr) netip.Addr {
	switch ip = ip.Unmap().WithZone(""); ip {
	case netip.IPv4Unspecified():
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		return netip.IPv6Loopback()
	}
	return ip
}

// ours reports whether ip is an address of this machine, or may be one.
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

// socket is one that listens.
type socket struct {
	local netip.Addr
	inode uint64
	user  uint64
}

// listening are the sockets that the kernel gives connections to ip and port to.
func listening(ip netip.Addr, port uint16) (sockets []socket, err error) {
	const listen = 0x0a
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, err
	}
	//lint:ignore SA1019 the netlink that procfs advises instead would be one more library for what stands here
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

// fittest are those of the sockets that listen on port which the kernel gives connections to ip to: those bound to what fits best, which
// are several where they share it (SO_REUSEPORT).
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
	if best == foreignWildcard && free(ip, port) { // it takes IPv6 only, which is not said
		return nil
	}
	return some
}

// foreignWildcard is the fit of a socket that is bound to all addresses of IPv6, for an address of IPv4.
const foreignWildcard = 1

// fit ranks what a socket is bound to, for connections to ip; 0: it gets none.
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

// free reports whether a socket could be bound to ip, of IPv4, and port: with SO_REUSEADDR only one that listens is in the way.
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

// holders are the processes that have one of the sockets open. It is an error if nobody is seen to hold one of them.
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

// eldest is the one of the holders that all others descend from.
func eldest(addr string, holders []int) (int, error) {
	lines := map[int][]int{}
	for _, pid := range holders {
		lines[pid] = ancestry(pid)
	}
	holders = slices.DeleteFunc(holders, func(pid int) bool { return lines[pid] == nil })
	if len(holders) == 0 {
		return 0, fmt.Errorf("who listened on %s has just ended", addr)
	}
	// What this process descends from, or is, can hold the socket only to hand it on, as systemd does for servers that it starts when
	// they are asked for; unless nobody else holds it.
	above := ancestry(os.Getpid())
	if others := slices.DeleteFunc(slices.Clone(holders), func(pid int) bool { return slices.Contains(above, pid) }); len(others) > 0 {
		holders = others
	}
	for _, pid := range holders {
		if !slices.ContainsFunc(holders, func(other int) bool { return !slices.Contains(lines[other], pid) }) {
			return pid, nil
		}
	}
	var names []string
	for _, pid := range holders {
		names = append(names, strconv.Itoa(pid))
	}
	return 0, fmt.Errorf("several processes listen on %s, and none is the parent of the others: %s; name one with --pid", addr, strings.Join(names, ", "))
}

// ancestry is the process pid, its parent, and so on; nil if it is not there.
func ancestry(pid int) (line []int) {
	for pid > 0 && !slices.Contains(line, pid) {
		p, err := readProcess(pid)
		if err != nil {
			break
		}
		line = append(line, pid)
		pid = p.parent
	}
	return line
}
