package restclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// read takes the whole body of an answer that has so many records, 0 for one job, and at most MaxBody decoded bytes of it.
// Its memory is given back unless it is returned.
func (c *Client) read(ctx context.Context, res *http.Response, records int) ([]byte, error) {
	from := &source{r: res.Body}
	decoded, err := c.decoded(from, res.Header)
	if err != nil {
		return nil, c.bodyError(ctx, from, err)
	}
	defer decoded.close()
	known := int64(-1)
	if decoded.unzip == nil {
		known = res.ContentLength
	}
	if known > c.maxBody {
		return nil, tooLarge("the body of %d bytes is over the cap of %d", known, c.maxBody)
	}
	expected := known
	if known < 0 {
		expected = c.expected(records)
	}
	body, err := c.readAll(decoded, expected)
	switch {
	case int64(len(body)) > c.maxBody:
		err = tooLarge("the body is over the cap of %d bytes", c.maxBody)
	case err == nil:
		if known < 0 {
			c.expect(records, int64(len(body)))
		}
		return c.fitted(body), nil
	default:
		err = c.bodyError(ctx, from, err)
	}
	c.memory.give(body)
	return nil, err
}

// startOf takes the start of the body of an answer that tells of a failure, as much as arrives of it.
func (c *Client) startOf(res *http.Response) []byte {
	decoded, err := c.decoded(&source{r: res.Body}, res.Header)
	if err != nil {
		return nil
	}
	defer decoded.close()
	start, _ := io.ReadAll(io.LimitReader(decoded, maxErrorBody))
	return start
}

// bodyError is a body that could not be read: it did not arrive, or it did and is not what it says it is.
func (c *Client) bodyError(ctx context.Context, from *source, err error) error {
	switch {
	case from.failed != nil:
		return c.transportError(ctx, from.failed, phaseReading)
	case errors.Is(err, errCoding):
		return malformed("the content encoding was not asked for")
	}
	return malformed("the body is not what gzip makes: it is cut, damaged, or has more behind its end")
}

// errCoding is a content encoding that nobody asked for.
var errCoding = errors.New("content encoding")

// source is what arrives of a body, and why no more of it did.
type source struct {
	r      io.Reader
	failed error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// decodedBody is a body as it was before it was compressed. Close it when it has been read.
type decodedBody struct {
	io.Reader
	unzip *gzip.Reader
	pool  *sync.Pool
}

func (d *decodedBody) close() {
	if d.unzip != nil {
		_ = d.unzip.Reset(http.NoBody) // holds the connection no longer
		d.pool.Put(d.unzip)
	}
}

// decoded reads a body by its Content-Encoding: none, which may also be called identity, or gzip.
func (c *Client) decoded(from *source, header http.Header) (*decodedBody, error) {
	zipped := false
	for _, values := range header["Content-Encoding"] {
		for coding := range strings.SplitSeq(values, ",") {
			switch strings.ToLower(strings.TrimSpace(coding)) {
			case "", "identity":
			case "gzip", "x-gzip":
				if zipped {
					return nil, errCoding
				}
				zipped = true
			default:
				return nil, errCoding
			}
		}
	}
	if !zipped {
		return &decodedBody{Reader: from}, nil
	}
	unzip, ok := c.unzippers.Get().(*gzip.Reader)
	if !ok {
		unzip = new(gzip.Reader)
	}
	// Compressed bytes have a cap, too: a gzip may have members without end that decode to nothing. Gzip makes no body larger
	// than this allows.
	if err := unzip.Reset(io.LimitReader(from, c.maxBody+c.maxBody/64+smallestLent)); err != nil {
		c.unzippers.Put(unzip)
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return &decodedBody{unzip, unzip, &c.unzippers}, nil
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
	b := c.memory.take(int(min(expected+1, largestLent, limit)))
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
