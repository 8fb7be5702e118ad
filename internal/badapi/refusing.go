package badapi

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"
)

// Refusing returns an address of this machine that refuses connections, and that nobody else gets until the test
// ends: the port of a listener that was closed may be another test's in a moment.
func Refusing(t testing.TB) (address string) {
	t.Helper()
	_, address = bind(t)
	return address
}

// Full returns the address of a listener that accepts nobody, and has no place left for who waits.
func Full(t testing.TB) (address string) {
	t.Helper()
	socket, address := bind(t)
	if err := syscall.Listen(socket, 0); err != nil {
		t.Fatal(err)
	}
	dialer := net.Dialer{Timeout: 200 * time.Millisecond}
	for { // until one has to wait
		conn, err := dialer.DialContext(t.Context(), "tcp", address)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
}

// bind returns a socket that has an address of this machine until the test ends.
func bind(t testing.TB) (socket int, address string) {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(socket) })
	if err := syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(socket)
	if err != nil {
		t.Fatal(err)
	}
	return socket, fmt.Sprintf("127.0.0.1:%d", bound.(*syscall.SockaddrInet4).Port)
}
