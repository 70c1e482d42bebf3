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

// RunDelay is how long threads of this process were ready to run and waited for a processor so far, in nanoseconds added up: these
// threads or, if none are named, all that live.
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
	for n := -1; ; { // one is for this list
		names, err := f.Readdirnames(256) // few at a time: there may be very many
		if n += len(names); err != nil {
			return n
		}
	}
}

// LocalPorts are the ports the kernel gives to connections of one local address to one remote: the first, and how many; 0 where that is not
// known.
func LocalPorts() (low, n int) {
	var high int
	if n, _ := fmt.Sscan(read("/proc/sys/net/ipv4/ip_local_port_range"), &low, &high); n != 2 {
		return 0, 0
	}
	return low, high - low + 1
}

// PortsTo is how many local ports connections to addr hold in this network namespace, whoever opened them, those that wait in
// TIME_WAIT included: of the local address that has the most.
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

// inTable is an address as the kernel writes it in its tables: words of 32 bits in the machine's order, in hexadecimal.
func inTable(addr netip.AddrPort) string {
	var text strings.Builder
	for word := addr.Addr().AsSlice(); len(word) > 0; word = word[4:] {
		fmt.Fprintf(&text, "%08X", binary.NativeEndian.Uint32(word))
	}
	fmt.Fprintf(&text, ":%04X", addr.Port())
	return text.String()
}
