package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"jobsgateway/internal/memory"
)

// socketMessage is a message of a client. Its values stand in the bytes that were read.
type socketMessage struct {
	kind, id string
	payload  jsontext.Value
}

// Types of messages.
const (
	kindInit      = "connection_init"
	kindPing      = "ping"
	kindPong      = "pong"
	kindSubscribe = "subscribe"
	kindComplete  = "complete"
)

// Messages that have no id.
var (
	socketAck  = []byte(`{"type":"connection_ack"}`)
	socketPing = []byte(`{"type":"ping"}`)
	socketPong = []byte(`{"type":"pong"}`)
)

// invalid is the fault of a message that the protocol does not know.
func invalid(reason string) *fault { return &fault{closeInvalid, "Invalid message: " + reason} }

// readNext reads a message and does what it asks for.
func (s *socket) readNext() *fault {
	kind, from, err := s.conn.Reader(context.Background())
	if err != nil {
		return readFault(err)
	}
	s.hear()
	if kind != websocket.MessageText {
		return invalid("messages are text")
	}
	_ = s.below.SetReadDeadline(time.Now().Add(s.waits.message))
	defer func() { _ = s.below.SetReadDeadline(time.Time{}) }()
	account := memory.Request{Memory: s.g.executor.memory, Owner: s.token}
	defer account.End()
	ctx, cancel := context.WithTimeout(s.ctx, s.waits.message)
	defer cancel()
	body, done, err := readCounted(ctx, from, s.g.maxBody, &account)
	defer done() // what is kept of the message are copies
	if err != nil {
		return readFault(err)
	}
	if bytes.Equal(body, socketPong) { // as most clients answer to pings
		return nil
	}
	message, why := decodeMessage(body)
	if why != nil {
		return why
	}
	return s.handle(message, &account)
}

// readFault returns why a connection ends on which a message could not be read.
func readFault(err error) *fault {
	overload, isFull := errors.AsType[*memory.OverloadError](err)
	_, isCut := errors.AsType[*net.OpError](err) // such as a reset
	switch {
	case isFull:
		return &fault{closeTryAgain, overload.Error()}
	case errors.Is(err, websocket.ErrMessageTooBig):
		return &fault{websocket.StatusMessageTooBig, "The message is too large"}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return invalid("it has to come at once")
	case isCut, websocket.CloseStatus(err) != -1, errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
		return &fault{}
	}
	return &fault{websocket.StatusProtocolError, "The frames are not those of RFC 6455"}
}

// decodeMessage reads one JSON object, as strictly as the body of a request.
func decodeMessage(body []byte) (message socketMessage, why *fault) {
	var at struct {
		Type    extent `json:"type"`
		ID      extent `json:"id"`
		Payload extent `json:"payload"`
	}
	if err := jsonv2.Unmarshal(body, &at); err != nil || isNull(body) {
		return message, invalid("it is not one JSON object")
	}
	kind, id := at.Type.in(body), at.ID.in(body)
	message.payload = at.Payload.in(body)
	if kind.Kind() != '"' || len(id) > 0 && id.Kind() != '"' {
		return message, invalid("type and id are strings")
	}
	_ = jsonv2.Unmarshal(kind, &message.kind)
	if len(id) > 0 {
		_ = jsonv2.Unmarshal(id, &message.id)
	}
	if !isNull(message.payload) && message.payload.Kind() != '{' && message.kind != kindComplete {
		return message, invalid("payload is an object")
	}
	return message, nil
}

// handle does what a message asks for. What is kept of the message is on its account.
func (s *socket) handle(message socketMessage, account *memory.Request) *fault {
	switch message.kind {
	case kindInit:
		return s.initialise(message.payload)
	case kindPing:
		s.send(socketPong)
		return nil
	case kindPong:
		return nil
	case kindSubscribe:
		if !s.acknowledged.Load() {
			return &fault{closeUnauthorized, "Unauthorized: send connection_init first"}
		}
		return s.subscribe(message, account)
	case kindComplete:
		if message.id == "" {
			return invalid("complete has an id")
		}
		s.forgo(message.id)
		return nil
	}
	return invalid("its type is none that a client sends")
}

// initialise takes the caller's token and acknowledges the connection. A token that is not well-formed is never
// taken for an anonymous caller.
func (s *socket) initialise(payload jsontext.Value) *fault {
	if s.initialised {
		return &fault{closeTwoInits, "Too many initialisation requests"}
	}
	s.initialised = true
	values, ok := authorizationsIn(payload)
	if !ok {
		return invalid("Authorization is a string")
	}
	if s.token != "" {
		values = append(values, "Bearer "+s.token)
	}
	token, bad := parseBearer(distinct(values))
	if bad != 0 {
		sentence, _, _ := strings.Cut(headerSentences[bad], ":")
		return &fault{closeForbidden, "Forbidden: " + sentence}
	}
	s.token = token
	if !s.g.sockets.claim(s) {
		return &fault{closeTryAgain, "This token has as many connections as one may have"}
	}
	s.acknowledged.Store(true)
	s.inTime()
	s.send(socketAck)
	return nil
}

// authorizationsIn returns the members named authorization, in any case, of the payload of connection_init and of
// its member headers; false if one is no string. Null is none.
func authorizationsIn(payload jsontext.Value) (values []string, ok bool) {
	var members map[string]jsontext.Value
	if !isNull(payload) {
		_ = jsonv2.Unmarshal(payload, &members) // it is an object
	}
	var headers map[string]jsontext.Value
	if below := members["headers"]; below.Kind() == '{' {
		_ = jsonv2.Unmarshal(below, &headers)
	}
	for _, of := range []map[string]jsontext.Value{members, headers} {
		for name, value := range of {
			if !strings.EqualFold(name, "authorization") || isNull(value) {
				continue
			}
			var text string
			if value.Kind() != '"' || jsonv2.Unmarshal(value, &text) != nil {
				return nil, false
			}
			values = append(values, text)
		}
	}
	return values, true
}

// distinct returns each value once.
func distinct(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}
