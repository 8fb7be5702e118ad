//go:build !unix

package push

import (
	"net"
	"syscall"
)

// rawOf returns nil: here it is not known how to write without waiting.
func rawOf(net.Conn) syscall.RawConn { return nil }

// write is not called.
func (*attempt) write(uintptr) {}
