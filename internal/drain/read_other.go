//go:build !unix

package drain

import (
	"errors"
	"io"
	"net"
	"os"
	"time"
)

// readOrEnd reads what has come in, and if that is nothing, says that no answer will follow, and returns
// io.EOF.
func readOrEnd(c *net.TCPConn, p []byte) (n int, err error) {
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond)) // the shortest read that looks at the network
	n, err = c.Read(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.CloseWrite()
		err = io.EOF
	}
	return n, err
}
