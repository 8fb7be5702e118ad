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

	"jobsgateway/internal/memory"
)

// readBody returns the whole decoded body of an answer with so many records, 0 for one job, in memory that is
// lent to the account. Errors: KindMalformed for more than MaxBody bytes (TooLarge) and for a coding that cannot
// be undone; KindNoMemory; the kinds of transportError where the body does not arrive. With an error the memory
// has been given back.
//
// A length that the answer names is checked against MaxBody before a byte is read, and so much memory is taken
// at once. Without one, and for compressed bodies, the length of the last such body is the guess.
func (c *Client) readBody(
	ctx context.Context, account *memory.Account, res *http.Response, records int,
) ([]byte, error) {
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
		expected = c.expectedLength(records)
	}
	body := reading{account: account, most: c.maxBody}
	defer body.giveBack() // what is not returned
	tooLong, err := body.readToEnd(ctx, decoded, expected)
	switch {
	case tooLong:
		return nil, tooLarge("the body is over the cap of %d bytes", c.maxBody)
	case isNoMemory(err):
		return nil, &Error{Kind: KindNoMemory, cause: err}
	case err != nil:
		return nil, c.bodyError(ctx, from, err)
	}
	if known < 0 {
		c.noteLength(records, int64(len(body.b)))
	}
	return body.keep(), nil
}

// readStart returns the first maxErrorBody bytes of the body of an answer that is an error, or as many as
// arrive.
func (c *Client) readStart(res *http.Response) []byte {
	decoded, err := c.decoded(&source{r: res.Body}, res.Header)
	if err != nil {
		return nil
	}
	defer decoded.close()
	start, _ := io.ReadAll(io.LimitReader(decoded, maxErrorBody))
	return start
}

// bodyError returns the Error for a body that could not be read: it did not arrive, or it is not what its
// header says.
func (c *Client) bodyError(ctx context.Context, from *source, err error) error {
	switch {
	case from.failed != nil:
		return c.transportError(ctx, from.failed, phaseReading)
	case errors.Is(err, errCoding):
		return malformed("the content encoding was not asked for")
	}
	return malformed("the body is not what gzip makes: it is cut, damaged, or has more behind its end")
}

// errCoding is the error for a content encoding that was not asked for.
var errCoding = errors.New("content encoding")

// source reads a body as it arrives and keeps the error that ended it; failed is nil as long as there is none
// but EOF.
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

// decodedBody reads a body as it was before it was compressed. Close it when it has been read.
type decodedBody struct {
	io.Reader
	unzip *gzip.Reader
	pool  *sync.Pool
}

func (d *decodedBody) close() {
	if d.unzip != nil {
		_ = d.unzip.Reset(http.NoBody) // lets go of the connection
		d.pool.Put(d.unzip)
	}
}

// decoded returns the reader of a body by its Content-Encoding: none, which may also be called identity, or
// gzip, once. Errors: errCoding for another; what gzip says of a bad header.
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
	// Compressed bytes have a cap, too: a gzip file may have any number of members that decode to nothing.
	// gzip makes no body longer by more than 1/64 and 4 KiB.
	if err := unzip.Reset(io.LimitReader(from, c.maxBody+c.maxBody/64+memory.Least)); err != nil {
		c.unzippers.Put(unzip)
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return &decodedBody{unzip, unzip, &c.unzippers}, nil
}

// expectedLength returns how many bytes a body without a Content-Length probably has: for a page as many a
// record as in the last such page, for one job (0 records) as many as the last such job. 0 before there was
// one.
func (c *Client) expectedLength(records int) int64 {
	if records == 0 {
		return c.unsizedJob.Load()
	}
	return c.unsizedRecord.Load() * int64(records)
}

// noteLength remembers the length of a body without a Content-Length, for expectedLength.
func (c *Client) noteLength(records int, n int64) {
	if records == 0 {
		c.unsizedJob.Store(n)
		return
	}
	c.unsizedRecord.Store(n/int64(records) + 1)
}
