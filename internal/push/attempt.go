package push

import "syscall"

// pieceSize is how many bytes are handed to the kernel at a time, so that a message of several parts is mostly one
// packet, and one call.
const pieceSize = 64 << 10

// attempt hands bytes to the kernel without waiting. It is used again, for one message at a time.
type attempt struct {
	piece [pieceSize]byte
	// try writes as much of rest as the kernel takes; it is what syscall.RawConn calls. It is made once, since each
	// message would have it made anew otherwise.
	try  func(fd uintptr) bool
	rest []byte
	err  error
}

func newAttempt() *attempt {
	a := &attempt{}
	a.try = func(fd uintptr) bool {
		a.write(fd)
		return true
	}
	return a
}

// send sends of a message, in parts, what the kernel takes now, and returns what is left. Errors: those of the
// connection.
func (a *attempt) send(raw syscall.RawConn, parts [][]byte) (left [][]byte, err error) {
	for len(parts) > 0 {
		size := a.fill(parts)
		if err := raw.Write(a.try); err != nil {
			return nil, err
		}
		if a.err != nil {
			return nil, a.err
		}
		parts = behind(parts, size-len(a.rest))
		if len(a.rest) > 0 {
			return parts, nil
		}
	}
	return nil, nil
}

// sendSome waits until the kernel takes something of a message, as long as the connection's deadline allows, and
// returns how many bytes that were. Meanwhile it holds no attempt. Errors: as send.
func (w *Workers) sendSome(raw syscall.RawConn, parts [][]byte) (n int, err error) {
	failed := raw.Write(func(fd uintptr) bool {
		a := w.attempts.Get().(*attempt)
		defer w.attempts.Put(a)
		size := a.fill(parts)
		a.write(fd)
		n, err = size-len(a.rest), a.err
		return n > 0 || err != nil
	})
	if failed != nil {
		return 0, failed
	}
	return n, err
}

// fill puts the first bytes of parts together, as many as one piece has, and returns their number.
func (a *attempt) fill(parts [][]byte) (size int) {
	for _, part := range parts {
		if size += copy(a.piece[size:], part); size == len(a.piece) {
			break
		}
	}
	a.rest, a.err = a.piece[:size], nil
	return size
}

// behind returns what comes behind the first n bytes of parts: in place, since the caller has no other use for them.
func behind(parts [][]byte, n int) [][]byte {
	for len(parts) > 0 && n >= len(parts[0]) {
		n -= len(parts[0])
		parts = parts[1:]
	}
	if len(parts) > 0 {
		parts[0] = parts[0][n:]
	}
	return parts
}
