package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
)

// Loopback is the prefix of addresses that all belong to this machine.
var Loopback = netip.MustParsePrefix("127.0.0.0/8")

// ParseSource parses an address, or a prefix of addresses, from which connections can come (--source).
func ParseSource(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if addr, single := netip.ParseAddr(text); single == nil {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil:
		return prefix, errors.New("it takes addresses such as 127.0.0.2 and prefixes such as 127.0.0.0/8")
	case !Loopback.Contains(prefix.Addr()) || prefix.Bits() < Loopback.Bits():
		return prefix, fmt.Errorf("only addresses within %v can be used, which are all this machine's", Loopback)
	}
	return prefix.Masked(), nil
}

// Addresses returns how many addresses of prefix can be used: all but the first and the last, its network and its broadcast address.
func Addresses(prefix netip.Prefix) int64 {
	n := int64(1) << (prefix.Addr().BitLen() - prefix.Bits())
	if n > 2 {
		return n - 2
	}
	return n
}

// sources are the addresses from which a load's connections come, one after another. Several goroutines may use it.
type sources struct {
	from  []netip.Prefix // none: the system chooses
	all   int64          // how many addresses there are
	taken atomic.Int64
}

// newSources parses the sources of a spec, which must be valid.
func newSources(of []string) *sources {
	s := new(sources)
	for _, text := range of {
		prefix, err := ParseSource(text)
		if err != nil {
			panic(err)
		}
		s.from = append(s.from, prefix)
		s.all += Addresses(prefix)
	}
	return s
}

// next returns the address from which the next connection comes; ok is false if the system chooses it.
func (s *sources) next() (addr [4]byte, ok bool) {
	if s == nil || s.all == 0 {
		return addr, false
	}
	i := (s.taken.Add(1) - 1) % s.all
	for _, prefix := range s.from {
		n := Addresses(prefix)
		if i >= n {
			i -= n
			continue
		}
		addr = prefix.Addr().As4()
		if prefix.Bits() < prefix.Addr().BitLen()-1 {
			i++
		}
		for k := range 4 {
			addr[3-k] += byte(i >> (8 * k))
		}
		break
	}
	return addr, true
}
