//go:build unix

package push

import (
	"errors"
	"net"
	"syscall"
)

// rawOf returns what the kernel knows a connection by, which may be inside others; nil for none.
func rawOf(conn net.Conn) syscall.RawConn {
	for {
		switch c := conn.(type) {
		case syscall.Conn:
			raw, _ := c.SyscallConn() // nil with an error
			return raw
		case interface{ NetConn() net.Conn }:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// write writes as much of the rest as the kernel takes without waiting.
func (a *attempt) write(fd uintptr) {
	for len(a.rest) > 0 {
		n, err := syscall.Write(int(fd), a.rest)
		switch {
		case err == nil:
			a.rest = a.rest[n:]
		case errors.Is(err, syscall.EAGAIN):
			return
		case !errors.Is(err, syscall.EINTR):
			a.err = err
			return
		}
	}
}
