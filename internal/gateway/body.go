package gateway

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"jobsgateway/internal/memory"
)

// freeBody is how many bytes of a request are not counted, so that health checks and short queries are read
// also when there is no memory for others. Source: nearly all queries of frontends are shorter.
const freeBody = 4 << 10

// readPost reads the body of a POST, at most maxBody bytes of it. It refuses a longer body with 413, any other
// fault with 400, and one for which there is no memory with 503. No error repeats any part of the body. What the
// envelope takes is kept on the account of the request.
func readPost(
	w http.ResponseWriter, r *http.Request, account *memory.Request, maxBody int64,
) (envelope, *refusal) {
	if r.ContentLength > maxBody {
		return envelope{}, tooLarge()
	}
	known, from := r.ContentLength, r.Body // net/http reads no more than that
	if known < 0 {
		known, from = maxBody, http.MaxBytesReader(w, r.Body, maxBody)
	}
	body, done, err := readCounted(r.Context(), from, known, account)
	defer done() // an envelope has copies of its own
	return decodeRead(w, body, err)
}

// readCounted reads at most so many bytes to their end, and as many stay on the account, for the strings that are
// made of them. Call done when these are made. Errors: *memory.OverloadError, and those of the reader.
func readCounted(
	ctx context.Context, from io.Reader, most int64, account *memory.Request,
) (body []byte, done func(), err error) {
	body, ended, err := fill(make([]byte, 0, min(most+1, freeBody)), from)
	if err != nil || ended {
		return body, func() {}, err
	}
	// All that is needed at once, so that no two requests wait for each other: the body, and behind it the
	// strings that are made of it. What is made in between is garbage at once.
	lent, err := account.Take(ctx, int(most)+1, most)
	if err != nil {
		return nil, func() {}, err
	}
	account.Keep(most)
	body, _, err = fill(append(lent, body...), from)
	return body, func() { account.Give(lent) }, err
}

// decodeRead decodes a body that was read, or refuses what could not be read.
func decodeRead(w http.ResponseWriter, body []byte, err error) (envelope, *refusal) {
	var maxBytes *http.MaxBytesError
	var overload *memory.OverloadError
	switch {
	case errors.As(err, &overload):
		return envelope{}, refuseForMemory()
	case err == nil:
		return decodeEnvelope(body)
	case errors.As(err, &maxBytes):
		w.Header().Set("Connection", "close") // also where the byte over the cap was the last one
		return envelope{}, tooLarge()
	}
	return envelope{}, badRequest("The request body could not be read to its end.")
}

// fill reads behind b until it is full or r ends. Errors: those of r.
func fill(b []byte, r io.Reader) (filled []byte, ended bool, err error) {
	for len(b) < cap(b) {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, true, nil
		case err != nil:
			return b, false, err
		}
	}
	return b, false, nil
}

// perVariableByte is how many bytes variables take at most when they have been read, for each byte of their text
// (measured: 52 for a list of objects with one member that is a digit).
const perVariableByte = 54

// sizeOfVariables returns how many bytes the variables of a request take; 0 for few, which are not counted.
func (e envelope) sizeOfVariables() int64 {
	if len(e.variables) <= freeBody {
		return 0
	}
	return perVariableByte * int64(len(e.variables))
}

// prepareInTurn is prepare for a request that may have many variables. Reading them takes many times their
// text, so no more of them are read at a time than there are processors. It refuses a request whose ctx ends
// before its turn.
func (e *executor) prepareInTurn(
	ctx context.Context, request envelope, get bool,
) (op preparedOperation, called calling, refused *refusal) {
	if request.sizeOfVariables() > 0 {
		select {
		case e.turns <- struct{}{}:
			defer func() { <-e.turns }()
		case <-ctx.Done():
			return op, called, refuseForMemory()
		}
	}
	return e.prepare(request, get)
}

// compressing is how many bytes the compression of an answer takes, whatever its length (measured: 0.8 MB for
// gzip, 0.6 MB for zstd).
const compressing = 1 << 20

// countCompression counts the compression of an answer of so many bytes, if it is compressed. Where there is no
// memory for it, the answer is not. Call the function that it returns when the answer has been written.
func countCompression(
	w http.ResponseWriter, r *http.Request, account *memory.Request, size int,
) (written func()) {
	if size < minGzip || r.Header["Accept-Encoding"] == nil {
		return func() {}
	}
	if !account.TryWriting(compressing) {
		w.Header().Set(gzhttp.HeaderNoCompression, "1")
		return func() {}
	}
	return func() { account.Written(compressing) }
}
