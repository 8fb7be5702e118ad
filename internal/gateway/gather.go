package gateway

import "net"

// gathered is how much net/http gathers of an answer before it writes some of it, in bytes. Source: net/http,
// Server.newConn.
const gathered = 4 << 10

// expect says that the answer that is written next has a body of so many bytes, all of which will be written. The
// start of a long one, which net/http would send by itself, is sent with the rest: a system call less, and a packet.
// Without a connection it does nothing.
func (c *conn) expect(body int) {
	if c != nil && body > gathered {
		c.body = body
	}
}

// writeStart writes p, and before it what was held back. It holds p back if it is the start of an answer of which
// more is sure to follow, and says that it is written: an error of the network comes with the rest.
func (c *conn) writeStart(p []byte) (int, error) {
	body := c.body
	c.body = 0
	switch {
	case c.start != nil:
		start := c.start
		c.start = nil
		defer c.starts.Put(start)
		both := net.Buffers{*start, p}
		n, err := both.WriteTo(c.Conn)
		return max(0, int(n)-len(*start)), err
	case len(p) < body && len(p) <= gathered:
		c.start = c.starts.Get().(*[]byte)
		*c.start = append((*c.start)[:0], p...)
		return len(p), nil
	}
	return c.Conn.Write(p)
}
