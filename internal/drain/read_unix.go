//go:build unix

package drain

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// readOrEnd reads what has come in, and if that is nothing, says at once that no answer will follow, and
// returns io.EOF. A request is lost only if it comes in between these two system calls.
func readOrEnd(c *net.TCPConn, p []byte) (n int, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	failed := raw.Read(func(fd uintptr) bool {
		for n, err = syscall.Read(int(fd), p); errors.Is(err, syscall.EINTR); {
			n, err = syscall.Read(int(fd), p)
		}
		if errors.Is(err, syscall.EAGAIN) {
			err = io.EOF
			_ = syscall.Shutdown(int(fd), syscall.SHUT_WR)
		}
		return true // never wait
	})
	switch {
	case failed != nil:
		return 0, failed
	case n == 0 && err == nil:
		err = io.EOF // the other side has ended
	}
	return max(n, 0), err
}
