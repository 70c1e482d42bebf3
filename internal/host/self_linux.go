package host

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Thread is the number of the calling thread.
func Thread() int { return unix.Gettid() }

// RunDelay returns how long threads of this process were ready to run but waited for a processor so far, summed, in nanoseconds. It reads
// the given threads, or all that are alive if none are given.
func RunDelay(threads []int) (ns int64) {
	const delay = 1 // the second number of a thread's schedstat
	const task = "/proc/self/task"
	if len(threads) == 0 {
		for _, name := range list(task) {
			ns += number([]byte(read(task+"/"+name+"/schedstat")), delay)
		}
	}
	for _, thread := range threads {
		ns += number([]byte(read(fmt.Sprintf("%s/%d/schedstat", task, thread))), delay)
	}
	return ns
}

// OpenFiles is how many descriptors this process has open; 0 where that is not known.
func OpenFiles() int {
	f, err := os.Open("/proc/self/fd")
	if err != nil {
		return 0
	}
	defer f.Close()
	for n := -1; ; { // not the one opened here
		names, err := f.Readdirnames(256) // few at a time: there may be very many
		if n += len(names); err != nil {
			return n
		}
	}
}

// LocalPorts returns the ports that the kernel can assign to connections from one local address to one remote: the first, and how many; 0 if not
// known.
func LocalPorts() (low, n int) {
	var high int
	if n, _ := fmt.Sscan(read("/proc/sys/net/ipv4/ip_local_port_range"), &low, &high); n != 2 {
		return 0, 0
	}
	return low, high - low + 1
}

// PortsTo returns how many local ports are taken by connections to addr in this network namespace, of any process and also in TIME_WAIT. Each
// local address has its own ports: the result is that of the address with the most.
func PortsTo(addr netip.AddrPort) (most int) {
	ip := addr.Addr().Unmap()
	table := "/proc/self/net/tcp"
	if ip.Is6() {
		table += "6"
	}
	file, err := os.Open(table)
	if err != nil {
		return 0
	}
	defer file.Close()
	remote := []byte(inTable(netip.AddrPortFrom(ip, addr.Port())))
	held := map[string]int{} // by local address
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// Fields: number, local address, remote address, ...
		_, line, _ := bytes.Cut(lines.Bytes(), []byte(": "))
		local, line, _ := bytes.Cut(line, []byte(" "))
		if !bytes.HasPrefix(line, remote) {
			continue
		}
		own, _, _ := bytes.Cut(local, []byte(":"))
		held[string(own)]++
		most = max(most, held[string(own)])
	}
	return most
}

// inTable returns an address as /proc/net/tcp has it: 32-bit words in the machine's byte order, in hexadecimal.
func inTable(addr netip.AddrPort) string {
	var text strings.Builder
	for word := addr.Addr().AsSlice(); len(word) > 0; word = word[4:] {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&text, ":%04X", addr.Port())
	return text.String()
}
