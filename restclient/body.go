package restclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// largestGuess bounds the memory that is taken for a body before its bytes arrive, whoever says how many come: a longer
// body gets more as it grows. It is the largest size that is lent.
const largestGuess = 4 << 20

// read takes the whole body of an answer that has so many records, 0 for one job, and at most MaxBody decoded bytes of it.
// Its memory is given back unless it is returned.
func (c *Client) read(ctx context.Context, res *http.Response, records int) ([]byte, error) {
	if res.ContentLength > c.maxBody {
		return nil, tooLarge("body of %d bytes is over the cap of %d", res.ContentLength, c.maxBody)
	}
	expected := res.ContentLength
	if expected < 0 {
		expected = c.expected(records)
	}
	body, err := c.readAll(res.Body, expected)
	switch {
	case int64(len(body)) > c.maxBody:
		err = tooLarge("body is over the cap of %d bytes", c.maxBody)
	case err == nil:
		if res.ContentLength < 0 {
			c.expect(records, int64(len(body)))
		}
		return c.fitted(body), nil
	case isGzipError(err):
		err = &Error{Kind: KindMalformed, cause: fmt.Errorf("body: %w", err)}
	default:
		err = transportError(ctx, err)
	}
	c.memory.give(body)
	return nil, err
}

// expected guesses the length of a body that does not tell it: as many bytes a record as in the last such page, or as many
// as the last such job.
func (c *Client) expected(records int) int64 {
	if records == 0 {
		return c.unsizedJob.Load()
	}
	return c.unsizedRecord.Load() * int64(records)
}

// expect notes the length of a body that did not tell it.
func (c *Client) expect(records int, n int64) {
	if records == 0 {
		c.unsizedJob.Store(n)
		return
	}
	c.unsizedRecord.Store(n/int64(records) + 1)
}

// readAll reads to the end, or to one byte behind the cap, into lent memory that has room for what is expected and grows
// where more comes, but never beyond the cap. It gives what it has read also with an error.
func (c *Client) readAll(r io.Reader, expected int64) ([]byte, error) {
	limit := c.maxBody + 1
	// One byte more than expected, to see the end.
	b := c.memory.take(int(min(expected+1, largestGuess, limit)))
	for {
		room := b[len(b):min(int64(cap(b)), limit)]
		n, err := r.Read(room)
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF):
			return b, nil
		case err != nil || int64(len(b)) == limit:
			return b, err
		case len(b) == cap(b):
			wider := append(c.memory.take(int(min(2*int64(cap(b)), limit))), b...)
			c.memory.give(b)
			b = wider
		}
	}
}

// fitted moves a body into less memory where it was expected to be much longer: it may be kept for as long as an operation
// takes, and a job's is never given back.
func (c *Client) fitted(body []byte) []byte {
	if cap(body) <= 2*max(len(body), smallestLent) {
		return body
	}
	fit := append(c.memory.take(len(body)), body...)
	c.memory.give(body)
	return fit
}
