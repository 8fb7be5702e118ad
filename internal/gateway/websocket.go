package gateway

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/coder/websocket"

	"jobsgateway/graph"
	"jobsgateway/internal/accept"
)

// GraphQL over WebSocket, in the protocol graphql-transport-ws of npm's graphql-ws: here the request that becomes
// a connection, in socket.go the connection, and in socketoperation.go its operations.
// Source: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

// socketProtocol is the one subprotocol that is spoken.
const socketProtocol = "graphql-transport-ws"

// asksForSocket reports whether a request wants to become a WebSocket: also where a proxy has taken away the
// headers that say so, and has left the key.
func asksForSocket(r *http.Request) bool {
	return r.Method == http.MethodGet && (r.Header["Sec-Websocket-Key"] != nil || lists(r.Header["Upgrade"], "websocket"))
}

// lists reports whether a header that is a list of words has one of them, whatever its case.
func lists(headers []string, word string) bool {
	for _, list := range headers {
		for list != "" {
			var e accept.Element
			if e, list, _ = accept.Parse(list); e.Name == word {
				return true
			}
		}
	}
	return false
}

// offers reports whether one of the subprotocols that a client offers is this one. They have no parameters.
func offers(headers []string, protocol string) bool {
	for _, list := range headers {
		for offered := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(offered) == protocol {
				return true
			}
		}
	}
	return false
}

// serveSocket makes a connection of a request, which is served from then on by a goroutine of its own, so that
// nothing of the request is held; or refuses the request.
func (g *gateway) serveSocket(w http.ResponseWriter, r *http.Request) {
	info := infoOf(r.Context())
	if refused := g.refuseSocket(r); refused != nil {
		if r.Header.Get("Sec-Websocket-Version") != socketVersion {
			w.Header()["Sec-WebSocket-Version"] = []string{socketVersion}
		}
		writeErrors(w, r, typeJSON, refused)
		return
	}
	s, refused := g.sockets.open(g, r)
	if refused != nil {
		writeErrors(w, r, typeJSON, refused)
		return
	}
	taken := takenOver{&info.response, s} // not the compressing one
	conn, err := websocket.Accept(taken, r, &websocket.AcceptOptions{
		Subprotocols:       []string{socketProtocol},
		InsecureSkipVerify: true, // refuseSocket has looked at the origin
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     s.pinged,
		OnPongReceived:     s.ponged,
	})
	if err != nil {
		g.sockets.forget(s)
		info.response.failed = true
		return // it has said why
	}
	info.response.status = http.StatusSwitchingProtocols
	go func() {
		defer g.sockets.forget(s)
		defer func() {
			if value := recover(); value != nil {
				g.refusePanic(s.ctx, value)
			}
		}()
		s.serve(conn)
	}()
}

// Sizes of a connection's buffers, in bytes: those of net/http have 4 KiB, and ten thousand connections are idle.
const (
	socketReads  = 256
	socketWrites = 128 // of close frames, which have 127 at most, so that each is written at once
)

// takenOver hands the connection below a WebSocket to it, and gives it small buffers.
type takenOver struct {
	http.ResponseWriter

	by *socket
}

// Hijack takes the connection over. What the client has sent already is read first.
func (t takenOver) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	below, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	conn := t.by.over(below)
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	reader := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), max(len(early), socketReads))
	_, _ = reader.Peek(len(early)) // whoever takes over asks for what is buffered
	return conn, bufio.NewReadWriter(reader, bufio.NewWriterSize(conn, socketWrites)), nil
}

// socketVersion is the one version of WebSocket that there is.
const socketVersion = "13"

// refuseSocket returns why a request may not become a WebSocket; nil if it may.
func (g *gateway) refuseSocket(r *http.Request) *refusal {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(r.Header.Get("Sec-Websocket-Key")))
	const keySize = 16
	switch {
	case g.executor.live == nil:
		return refuseLive()
	case !lists(r.Header["Upgrade"], "websocket") || !lists(r.Header["Connection"], "upgrade"):
		return refuse(http.StatusUpgradeRequired, codeBadRequest, "A WebSocket begins with the headers "+
			"Connection: Upgrade and Upgrade: websocket; a proxy on the way has to pass them on.")
	case r.Header.Get("Sec-Websocket-Version") != socketVersion:
		return refuse(http.StatusUpgradeRequired, codeBadRequest, "A WebSocket has version 13 here.")
	case err != nil || len(key) != keySize || len(r.Header["Sec-Websocket-Key"]) != 1 || r.ContentLength != 0:
		return badRequest("The request does not begin a WebSocket as RFC 6455 has it: one Sec-WebSocket-Key, of " +
			"16 bytes in base64, and no body.")
	case !g.mayCall(r):
		return refuse(http.StatusForbidden, graph.CodeForbidden,
			"Pages of this origin may not open a WebSocket here; the gateway's operator can allow it (--cors-origins).")
	case !offers(r.Header["Sec-Websocket-Protocol"], socketProtocol):
		return badRequest("The only WebSocket subprotocol here is " + socketProtocol + ": offer it in " +
			"Sec-WebSocket-Protocol. The older graphql-ws of subscriptions-transport-ws is not spoken.")
	}
	return nil
}

// mayCall reports whether the page that a request comes from may use WebSockets, to which CORS does not apply: one
// of the gateway's own origin or of those that may call. What is no browser says no origin.
func (g *gateway) mayCall(r *http.Request) bool {
	origins := r.Header["Origin"]
	return len(origins) == 0 || len(origins) == 1 && (isOwn(origins[0], r) || isAllowed(g.origins, origins[0]))
}

// refuseLive refuses what only subscriptions need where they are switched off.
func refuseLive() *refusal {
	return refuse(http.StatusNotAcceptable, codeNotAcceptable, "Subscriptions are switched off here, and with them "+
		"WebSockets, server-sent events and multipart: send queries by POST or GET, and accept "+
		typeResponse+" or "+typeJSON+".")
}
