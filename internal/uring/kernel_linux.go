package uring

// Structures and constants of linux/io_uring.h.

// params is struct io_uring_params.
type params struct {
	sqEntries, cqEntries, flags, threadCPU, threadIdle, features, wqFD uint32
	_                                                                  [3]uint32
	sq                                                                 struct {
		head, tail, mask, entries, flags, dropped, array, _ uint32
		_                                                   uint64
	}
	cq struct {
		head, tail, mask, entries, overflow, cqes, flags, _ uint32
		_                                                   uint64
	}
}

// request is struct io_uring_sqe, with the fields that are used here.
type request struct {
	opcode, flags uint8
	ioprio        uint16
	fd            int32
	off, addr     uint64
	len, opFlags  uint32
	data          uint64
	group         uint16
	_             [22]byte
}

// Completion is the result of a request: struct io_uring_cqe.
type Completion struct {
	Data  uint64 // of the request
	Res   int32  // its result: a count or a descriptor; below 0: minus an errno
	Flags uint32
}

// waiting is struct io_uring_getevents_arg.
type waiting struct {
	mask     uint64
	maskSize uint32
	minWait  uint32
	limit    uint64
}

// bufferRing is struct io_uring_buf_reg.
type bufferRing struct {
	addr    uint64
	entries uint32
	group   uint16
	flags   uint16
	_       [3]uint64
}

// ringNumber is struct io_uring_rsrc_update, with which a ring is registered.
type ringNumber struct {
	offset, _ uint32
	data      uint64
}

// buffer is struct io_uring_buf. The tail field is unused except in the first one, where it is the tail of the buffer ring.
type buffer struct {
	addr uint64
	len  uint32
	id   uint16
	tail uint16
}

// FlagMore is the flag of a completion after which further ones of the same request follow.
const FlagMore = 1 << 1

const (
	setupCQSize       = 1 << 3
	setupSubmitAll    = 1 << 7
	setupCoopTaskrun  = 1 << 8
	setupSingleIssuer = 1 << 12
	setupDeferTaskrun = 1 << 13
	setupNoSQArray    = 1 << 16

	featSingleMmap = 1 << 0
	featNoDrop     = 1 << 1
	featExtArg     = 1 << 8
	featCQESkip    = 1 << 11
	featNoIOWait   = 1 << 17

	enterGetEvents  = 1 << 0
	enterExtArg     = 1 << 3
	enterRegistered = 1 << 4
	enterAbsTimer   = 1 << 5
	enterNoIOWait   = 1 << 7

	mmapRings    = 0
	mmapRequests = 0x10000000

	registerRings      = 20
	unregisterRings    = 21
	registerBuffers    = 22
	buffersIncremental = 2

	opPollAdd = 6
	opAccept  = 13
	opCancel  = 14
	opConnect = 16
	opClose   = 19
	opSend    = 26
	opRecv    = 27

	requestSelectBuffer = 1 << 5
	requestSkipSuccess  = 1 << 6

	completionBuffer     = 1 << 0
	completionBufferMore = 1 << 4

	acceptMultishot = 1 << 0
	acceptNoWait    = 1 << 1
	recvMultishot   = 1 << 1
	pollMultishot   = 1 << 0 // in len
)
