package push

import "syscall"

// pieceSize is how many bytes are handed to the kernel at a time, so that a message of several parts is mostly one
// packet, and one call.
const pieceSize = 64 << 10

// attempt sends what can be sent without waiting. It is of one worker, and is made once, since each message would
// have it made anew otherwise.
type attempt struct {
	piece [pieceSize]byte
	// try writes as much of rest as the kernel takes; it is what syscall.RawConn calls.
	try  func(fd uintptr) bool
	rest []byte
	err  error
}

// newAttempt returns an attempt for any number of messages, one at a time.
func newAttempt() *attempt {
	a := &attempt{}
	a.try = a.write
	return a
}

// send sends of a message, in parts, what the kernel takes now, and returns what is left; of a connection that the
// kernel does not know, all. Errors: those of the connection.
func (a *attempt) send(raw syscall.RawConn, parts [][]byte) (left [][]byte, err error) {
	if raw == nil {
		return parts, nil
	}
	for len(parts) > 0 {
		n := 0
		for _, part := range parts {
			n += copy(a.piece[n:], part)
		}
		a.rest, a.err = a.piece[:n], nil
		if err := raw.Write(a.try); err != nil {
			return nil, err
		}
		if a.err != nil {
			return nil, a.err
		}
		parts = behind(parts, n-len(a.rest))
		if len(a.rest) > 0 {
			return parts, nil
		}
	}
	return nil, nil
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
