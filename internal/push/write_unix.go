//go:build unix

package push

import (
	"errors"
	"syscall"
)

// write writes as much of the rest as the kernel takes without waiting.
func (a *attempt) write(fd uintptr) bool {
	for len(a.rest) > 0 {
		n, err := syscall.Write(int(fd), a.rest)
		switch {
		case err == nil:
			a.rest = a.rest[n:]
		case errors.Is(err, syscall.EAGAIN):
			return true
		case !errors.Is(err, syscall.EINTR):
			a.err = err
			return true
		}
	}
	return true
}
