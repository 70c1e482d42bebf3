package engine

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
)

// Loopback is the addresses that are all this machine's.
var Loopback = netip.MustParsePrefix("127.0.0.0/8")

// ParseSource reads an address or a prefix of addresses that connections can come from.
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

// Addresses is how many addresses of prefix can be used: without the first and the last, which stand for the prefix and for all of it.
func Addresses(prefix netip.Prefix) int64 {
	n := int64(1) << (prefix.Addr().BitLen() - prefix.Bits())
	if n > 2 {
		return n - 2
	}
	return n
}

// sources are the addresses that a load's connections come from, each in its turn. It may be used by several goroutines.
type sources struct {
	from  []netip.Prefix // none: the system chooses
	all   int64          // addresses there are
	taken atomic.Int64
}

// newSources reads those of a spec, which must be valid.
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

// next is the address that the next connection comes from; ok is false where the system chooses.
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
