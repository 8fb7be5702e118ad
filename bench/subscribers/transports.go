package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
)

// eventsRequest is a subscription by server-sent events.
func eventsRequest(host string) []byte {
	body, _ := json.Marshal(map[string]string{"query": document})
	return fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", host, token, len(body), body)
}

// upgrade makes a connection a WebSocket. Source: RFC 6455, 4.1.
func upgrade(conn net.Conn, host string) error {
	_, err := fmt.Fprintf(conn, "GET /graphql HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nUpgrade: websocket\r\n"+
		"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n", host, token)
	if err != nil {
		return err
	}
	var answer []byte
	for one := make([]byte, 1); !bytes.HasSuffix(answer, []byte("\r\n\r\n")); answer = append(answer, one...) {
		if _, err := conn.Read(one); err != nil {
			return err
		}
	}
	if !bytes.HasPrefix(answer, []byte("HTTP/1.1 101 ")) {
		return fmt.Errorf("no WebSocket: %s", answer)
	}
	return nil
}

// webSocketMessages begins a subscription. Source: https://github.com/graphql/graphql-over-http and the protocol
// of npm's graphql-ws.
func webSocketMessages() []byte {
	payload, _ := json.Marshal(map[string]string{"query": document})
	return append(
		frame(opText, `{"type":"connection_init","payload":{"Authorization":"Bearer `+token+`"}}`),
		frame(opText, `{"id":"1","type":"subscribe","payload":`+string(payload)+`}`)...)
}

// Kinds of frames. Source: RFC 6455, 5.2.
const (
	final  = 0x80
	masked = 0x80
	opText = final | 0x1
)

// frame is a frame from a client, whose mask is zero.
func frame(kind byte, text string) []byte {
	const short, extended = 126, 126
	out := []byte{kind}
	if len(text) < short {
		out = append(out, masked|byte(len(text)))
	} else {
		out = binary.BigEndian.AppendUint16(append(out, masked|extended), uint16(len(text)))
	}
	return append(append(out, 0, 0, 0, 0), text...)
}

// answerPing answers the pings of the protocol, which may come behind an event.
func answerPing(conn net.Conn, text []byte) {
	if bytes.HasSuffix(text, []byte(`{"type":"ping"}`)) {
		_, _ = conn.Write(frame(opText, `{"type":"pong"}`))
	}
}
