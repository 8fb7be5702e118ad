package push

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// readsEnv makes a process of the tests' program a crowd of clients: of the server at this address.
const readsEnv = "PUSH_READS"

func TestMain(m *testing.M) {
	if address := os.Getenv(readsEnv); address != "" {
		readAll(address)
		return
	}
	goleak.VerifyTestMain(m)
}

// readAll connects to a server as often as a benchmark wants, and reads until all connections have ended.
func readAll(address string) {
	var reading sync.WaitGroup
	for range benchConns {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			panic(err)
		}
		reading.Go(func() { _, _ = io.Copy(io.Discard, conn) })
	}
	reading.Wait()
}
