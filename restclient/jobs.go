package restclient

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"jobsgateway/internal/rawjson"
)

// MaxPerPage is the largest page of the Jobs API, in records. Source: GET /jobs, per_page.
const MaxPerPage = 500

// Order is a value of the parameter order_by. Source: GET /jobs.
type Order string

// The four orders of the Jobs API.
const (
	CreatedAtDesc Order = "created_at_desc"
	CreatedAtAsc  Order = "created_at_asc"
	UpdatedAtDesc Order = "updated_at_desc"
	UpdatedAtAsc  Order = "updated_at_asc"
)

// Reversed returns the order that lists the same jobs from the other end.
func (o Order) Reversed() Order {
	if by, ok := strings.CutSuffix(string(o), "_desc"); ok {
		return Order(by + "_asc")
	}
	by, _ := strings.CutSuffix(string(o), "_asc")
	return Order(by + "_desc")
}

// JobsFilter says which jobs a list has. A job has to match every field that is set, and of a field with
// several values one of them. The values are sent in the order given.
type JobsFilter struct {
	States      []string
	Types       []string
	TagsAny     []string // a job matches that carries at least one of them
	DataPlaneID string
	DatasetID   string // digits; matches the dataset that a job's input names
}

// Filter is a JobsFilter as the part of the query string that it becomes; it can be compared. The zero Filter
// matches every job.
type Filter string

// Encode returns the filter as escaped parameters, such as "state=failed&state=running". Source: GET /jobs.
// Lists repeat their parameter. The order of parameters is fixed, so equal filters become equal strings.
func (f JobsFilter) Encode() Filter {
	var b strings.Builder
	add := func(key string, values ...string) {
		for _, value := range values {
			if b.Len() > 0 {
				b.WriteByte('&')
			}
			b.WriteString(key + "=" + url.QueryEscape(value))
		}
	}
	if f.DataPlaneID != "" {
		add("data_plane_id", f.DataPlaneID)
	}
	if f.DatasetID != "" {
		add("dataset_id", f.DatasetID)
	}
	add("state", f.States...)
	add("type", f.Types...)
	add("tag", f.TagsAny...)
	return Filter(b.String())
}

// JobsQuery asks for the records [Offset, Offset+PerPage) of a filtered, ordered list. It can be compared.
type JobsQuery struct {
	Filter  Filter
	OrderBy Order
	Offset  int64 // records to skip, 0 or more; any number, not only multiples of PerPage
	PerPage int   // 1 to MaxPerPage; the lower bound of the API is not documented
}

// Encode returns the query string, without the question mark:
// "state=failed&offset=50&order_by=created_at_desc&per_page=50". It is sent as it is, so equal queries are
// equal calls.
func (q JobsQuery) Encode() string {
	b := make([]byte, 0, len(q.Filter)+64)
	if q.Filter != "" {
		b = append(b, q.Filter...)
		b = append(b, '&')
	}
	if q.Offset != 0 {
		b = append(b, "offset="...)
		b = strconv.AppendInt(b, q.Offset, 10)
		b = append(b, '&')
	}
	b = append(b, "order_by="...)
	b = append(b, q.OrderBy...)
	b = append(b, "&per_page="...)
	b = strconv.AppendInt(b, int64(q.PerPage), 10)
	return string(b)
}

// JobsPage is what one call of GET /jobs returned.
type JobsPage struct {
	// Records are in the order of the list, at most as many as were asked for.
	Records []Record
	// Total is how many jobs the filtered list has; UnknownTotal when the answer does not say.
	Total int64
	// NextPage is the number of the next page as the answer names it, counted from 1; 0 when it names none.
	// Page n has the records from (n-1)*Asked on. If it is set, the list goes on, whatever Total says.
	NextPage int64
	// Asked is how many records the Jobs API was asked for: JobsQuery.PerPage, or fewer if an earlier answer
	// of this list was too large.
	Asked int

	hold *hold
}

// Sent returns how many records the answer had: more than Records if the Jobs API ignores per_page. The page may
// not have been released.
func (p *JobsPage) Sent() (records int) {
	for range rawjson.ObjectOf(p.body()).Get("records").Elements() {
		records++
	}
	return records
}

// Size returns how many bytes the answer had, after decompression. The page may not have been released.
func (p *JobsPage) Size() int { return len(p.body()) }

// body returns the answer; empty for a page that was not read from one.
func (p *JobsPage) body() []byte {
	if p.hold == nil {
		return nil
	}
	return p.hold.body
}

// UnknownTotal is the Total of a page whose total_records is absent, negative or no number: older versions of
// the API have none.
const UnknownTotal = -1

// Record is one element of a page: a Job, or the error why it is none. Exactly one of the two is set.
type Record struct {
	Job *Job
	Err error // of KindMalformed
}

// Jobs returns one page, by one call. A record that cannot be read is an error of its own in the page. If an
// answer of this filter was too large for this token lately, fewer records are asked for than the query
// wants, see JobsPage.Asked; after an error with TooLarge the same query asks for fewer.
//
// Upstream: GET /jobs. Errors: every kind but KindNotFound.
func (c *Client) Jobs(ctx context.Context, q JobsQuery) (*JobsPage, error) {
	token := c.tokenOf(ctx)
	key := listKey{token, q.Filter}
	asked := c.sizes.perPage(key, q.PerPage, time.Now())
	q.PerPage = asked
	list := call{token: token, suffix: "?" + q.Encode(), records: asked}
	return shared(ctx, c, &c.pages, list, func(h *hold, err error) (*JobsPage, error) {
		if err != nil {
			if e, ok := errors.AsType[*Error](err); ok && e.TooLarge {
				c.sizes.tooLarge(key, asked, time.Now())
			}
			return nil, listError(err)
		}
		drifts := c.newDrifts()
		page, err := readPage(h.body, asked, drifts)
		if err != nil {
			return nil, err
		}
		c.report(ctx, drifts, token)
		page.Asked, page.hold = asked, h
		c.sizes.grow(key, len(page.Records), int64(len(h.body)), c.maxBody)
		return page, nil
	})
}

// listError returns err, with a 404 of the list as KindInvalid: it means a wrong base URL, and never "no such
// job".
func listError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == KindNotFound {
		e.Kind = KindInvalid
		e.cause = errors.New("there is no list of jobs" + mayBeWrong)
	}
	return err
}
