package uring

import (
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// group is the number of the ring's only group of buffers.
const group = 0

// pool has the buffers into which the kernel receives: as many as one turn needs, however many connections there are. If the kernel can fill a buffer
// in parts (Linux 6.12), there are few long ones, else many short ones, one for each receive.
type pool struct {
	mem, ringMem []byte // mapped
	ring         []buffer
	size         int
	used         []int // by buffer: bytes that Bytes returned
	tail         uint16
}

func (p *pool) open(fd int, incremental bool) (err error) {
	if incremental && p.register(fd, 64, 16<<10, buffersIncremental) == nil {
		return nil
	}
	return p.register(fd, 1024, 4<<10, 0)
}

func (p *pool) register(fd, count, size int, flags uint16) (err error) {
	p.size, p.used, p.tail = size, make([]int, count), 0
	if p.ringMem, err = anonymous(count * int(unsafe.Sizeof(buffer{}))); err != nil {
		return err
	}
	if p.mem, err = anonymous(count * size); err == nil {
		reg := bufferRing{addr: uint64(uintptr(unsafe.Pointer(&p.ringMem[0]))), entries: uint32(count), group: group, flags: flags}
		_, _, e := syscall.RawSyscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), registerBuffers, uintptr(unsafe.Pointer(&reg)), 1, 0, 0)
		if e == 0 {
			p.ring = unsafe.Slice((*buffer)(unsafe.Pointer(&p.ringMem[0])), count)
			for id := range count {
				p.give(uint16(id))
			}
			p.publish()
			return nil
		}
		err = fmt.Errorf("give io_uring its buffers: %w", e)
		unix.Munmap(p.mem)
	}
	unix.Munmap(p.ringMem)
	p.mem, p.ringMem = nil, nil
	return err
}

func anonymous(size int) ([]byte, error) {
	mem, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("map %d bytes: %w", size, err)
	}
	return mem, nil
}

// give puts a buffer at the end of the ring. The kernel sees it after publish.
func (p *pool) give(id uint16) {
	b := &p.ring[int(p.tail)&(len(p.ring)-1)]
	b.addr, b.len, b.id = uint64(uintptr(unsafe.Pointer(&p.mem[int(id)*p.size]))), uint32(p.size), id
	p.tail++
}

func (p *pool) publish() {
	// The tail is in the same 32-bit word as the first buffer's id.
	first := &p.ring[0]
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&first.id)), uint32(first.id)|uint32(p.tail)<<16)
}

// Bytes returns the bytes of a completion of Receive. They belong to the ring and are valid until the next Submit or Wait. Call it once for each
// completion of a Receive, in order.
func (r *Ring) Bytes(c *Completion) []byte {
	if c.Flags&completionBuffer == 0 || c.Res <= 0 {
		return nil
	}
	p, id := &r.pool, c.Flags>>16
	from := int(id)*p.size + p.used[id]
	if p.used[id] += int(c.Res); c.Flags&completionBufferMore == 0 {
		p.used[id] = 0
		p.give(uint16(id))
	}
	return p.mem[from : from+int(c.Res) : from+int(c.Res)]
}

// More reports whether further completions of the same request follow.
func (c *Completion) More() bool { return c.Flags&FlagMore != 0 }
