package drain_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"
)

// A connection that was handed over is waited for until whoever has it closes it, and is cut off when the time is
// over.
func TestHandedOver(t *testing.T) {
	release, told := make(chan struct{}), make(chan struct{}, 2)
	listener := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			<-release
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			_ = conn.Close()
			_ = conn.Close() // once more does nothing
		}()
	})
	c := call(t, listener)
	c.send(t, request)
	go func() {
		time.Sleep(50 * time.Millisecond) // by then it is waited for
		close(release)
	}()
	if cut := listener.Drain(t.Context()); cut != 0 {
		t.Errorf("%d cut off", cut)
	}
	c.answer(t)
	c.ended(t)

	endless := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		told <- struct{}{}
		_, _ = conn.Read(make([]byte, 1))
		_ = conn.Close()
		told <- struct{}{}
	})
	c = call(t, endless)
	c.send(t, request)
	<-told
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if cut := endless.Drain(ctx); cut != 1 {
		t.Errorf("%d cut off", cut)
	}
	<-told
}
