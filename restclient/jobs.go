package restclient

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// MaxPerPage is the largest page that the Jobs API gives. Source: GET /jobs, per_page.
const MaxPerPage = 500

// Order is a value of order_by. Source: GET /jobs.
type Order string

// The four orders of the Jobs API.
const (
	CreatedAtDesc Order = "created_at_desc"
	CreatedAtAsc  Order = "created_at_asc"
	UpdatedAtDesc Order = "updated_at_desc"
	UpdatedAtAsc  Order = "updated_at_asc"
)

// Reversed gives the order that reads the same list from its other end.
func (o Order) Reversed() Order {
	if by, ok := strings.CutSuffix(string(o), "_desc"); ok {
		return Order(by + "_asc")
	}
	by, _ := strings.CutSuffix(string(o), "_asc")
	return Order(by + "_desc")
}

// JobsFilter restricts a list. The values of one field are alternatives, the fields all hold; a zero field does
// not filter. Values go out in the order given.
type JobsFilter struct {
	States      []string
	Types       []string
	TagsAny     []string // a job matches that carries at least one of them
	DataPlaneID string
	DatasetID   string // digits; matches the dataset that a job's input names
}

// Filter is a JobsFilter as the part of a query string that it makes: comparable, so that equal questions meet.
// The zero Filter does not filter.
type Filter string

// Encode gives the filter's parameters, each escaped, lists by repeating the key. Source: GET /jobs.
func (f JobsFilter) Encode() Filter {
	var b strings.Builder
	add := func(key, value string) {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(key + "=" + url.QueryEscape(value))
	}
	if f.DataPlaneID != "" {
		add("data_plane_id", f.DataPlaneID)
	}
	if f.DatasetID != "" {
		add("dataset_id", f.DatasetID)
	}
	for _, state := range f.States {
		add("state", state)
	}
	for _, jobType := range f.Types {
		add("type", jobType)
	}
	for _, tag := range f.TagsAny {
		add("tag", tag)
	}
	return Filter(b.String())
}

// JobsQuery asks for the records [Offset, Offset+PerPage) of a filtered, ordered list. It is comparable: equal
// queries are equal questions.
type JobsQuery struct {
	Filter  Filter
	OrderBy Order
	Offset  int64 // records to skip, 0 or more; any number, not only multiples of PerPage
	PerPage int   // 1 to MaxPerPage; the lower bound of the API is not documented
}

// Encode gives the query string, without the question mark.
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

// JobsPage is one answer of GET /jobs.
type JobsPage struct {
	// Records are in the list's order, at most as many as were asked for.
	Records []Record
	// Total is how many jobs the filtered list has; UnknownTotal when the answer does not say.
	Total int64
	// NextPage is the number of the page that the answer says comes next, the first being 1; 0 when it names none. A page begins
	// at its number less one times Asked, so it tells that the list goes on, whatever Total says.
	NextPage int64
	// Asked is how many records the Jobs API was asked for: as many as the query wants, or fewer where an earlier answer of
	// this list was too large.
	Asked int

	body   []byte
	memory *memory // where the body goes back to; nil when others have this page, too
}

// Release gives back the memory of a page, if nobody else was given the page. Whoever asked for it may call it once, when
// nothing reads the page's records any more, nor any JSON of them; what is never released is the collector's.
func (p *JobsPage) Release() {
	if p.memory == nil {
		return
	}
	p.memory.give(p.body)
	p.body, p.memory = nil, nil
}

// UnknownTotal stands for a total_records that is absent, negative or not a number: older generations of the
// API report none.
const UnknownTotal = -1

// Record is one element of a page: a Job, or the reason why there is none. Exactly one of the two is set.
type Record struct {
	Job *Job
	Err error // of KindMalformed
}

// Jobs asks for one page. A page with an unreadable record is still a page. Where an answer of this filter was too large for
// this token lately, it asks for fewer records than the query wants, see JobsPage.Asked. It never makes a second call: who is
// told that an answer was too large, by Error.TooLarge, may ask again.
//
// Upstream: GET /jobs. Errors: every kind but KindNotFound.
func (c *Client) Jobs(ctx context.Context, q JobsQuery) (*JobsPage, error) {
	token := c.caller(ctx)
	key := listKey{token, q.Filter}
	asked := c.sizes.asked(key, q.PerPage, time.Now())
	q.PerPage = asked
	question := question{token: token, suffix: "?" + q.Encode(), records: asked}
	page, alone, err := shared(ctx, c, &c.pages, question, func(body []byte, err error) (*JobsPage, error) {
		if err != nil {
			if e, ok := errors.AsType[*Error](err); ok && e.TooLarge {
				c.sizes.tooLarge(key, asked, time.Now())
			}
			return nil, listError(err)
		}
		page, err := decodePage(body, asked)
		if err != nil {
			return nil, err
		}
		page.Asked, page.body = asked, body
		c.sizes.fitted(key, len(page.Records), int64(len(body)), c.maxBody)
		return page, nil
	})
	if err == nil && alone {
		page.memory = &c.memory
	}
	return page, err
}

// listError makes a 404 of the list what it is: a wrong base URL or a refused request, never "no such job".
func listError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == KindNotFound {
		e.Kind = KindInvalid
		e.cause = errors.New("there is no list of jobs" + mayBeWrong)
	}
	return err
}
