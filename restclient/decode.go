package restclient

import (
	"errors"
	"io"
	"unicode/utf8"

	"github.com/go-faster/jx"
)

// decodePage reads an answer of GET /jobs, keeping at most limit records: the API may not send more than were
// asked for, and a page of ours is never larger than its caller expects. The decoder checks every byte; why it
// is this one stands in docs/adr.
func decodePage(body []byte, limit int) (*JobsPage, error) {
	if !utf8.Valid(body) {
		return nil, malformed("page is not UTF-8")
	}
	page := &JobsPage{Total: UnknownTotal}
	seen := false
	d := jx.DecodeBytes(body)
	err := d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		switch string(key) {
		case "records":
			seen = true
			page.Records = page.Records[:0]
			if page.Records == nil {
				page.Records = make([]Record, 0, limit)
			}
			return d.Arr(func(d *jx.Decoder) error {
				return page.add(d, limit)
			})
		case "total_records":
			raw, err := d.Raw()
			page.Total = trim(raw).count()
			return err
		}
		return d.Skip()
	})
	if err == nil {
		err = onlySpaceLeft(d)
	}
	switch {
	case err != nil:
		return nil, malformed("page: %w", innermost(err))
	case !seen:
		return nil, malformed("page has no records")
	}
	return page, nil
}

// add reads one element of records. It fails only where the bytes are no JSON: a record that is JSON but no job
// is kept as its own error, so that it cannot take the page with it.
func (p *JobsPage) add(d *jx.Decoder, limit int) error {
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	if len(p.Records) == limit {
		return nil
	}
	job, err := newJob(trim(raw))
	p.Records = append(p.Records, Record{Job: job, Err: err})
	return nil
}

// decodeJob reads an answer of GET /jobs/{job_id}.
func decodeJob(body []byte) (*Job, error) {
	if !utf8.Valid(body) {
		return nil, malformed("job is not UTF-8")
	}
	d := jx.DecodeBytes(body)
	raw, err := d.Raw()
	if err == nil {
		err = onlySpaceLeft(d)
	}
	if err != nil {
		return nil, malformed("job: %w", innermost(err))
	}
	return newJob(trim(raw))
}

// newJob notes where the members of one record stand, which is valid JSON, and reads those that every job has.
func newJob(record JSON) (*Job, error) {
	job := &Job{raw: record}
	err := jx.DecodeBytes(record).ObjBytes(func(d *jx.Decoder, name []byte) error {
		m := memberNamed(name)
		if m == memberCount {
			return d.Skip()
		}
		raw, err := d.Raw()
		job.members[m] = trim(raw)
		return err
	})
	if err != nil {
		return nil, malformed("record: %w", err)
	}
	if err := job.readEssentials(); err != nil {
		return nil, err
	}
	return job, nil
}

// readEssentials reads the members that every job has: without one of them a record is no job.
func (j *Job) readEssentials() error {
	for _, text := range []struct {
		name string
		from member
		to   *string
	}{{"job_id", memberID, &j.id}, {"state", memberState, &j.rawState}, {"type", memberType, &j.jobType}} {
		value, err := j.members[text.from].Text()
		if err != nil || value == nil {
			return malformed("record has no %s", text.name)
		}
		*text.to = *value
	}
	for _, instant := range []struct {
		name string
		from member
		to   *Timestamp
	}{{"created_at", memberCreatedAt, &j.createdAt}, {"updated_at", memberUpdatedAt, &j.updatedAt}} {
		value, err := j.members[instant.from].Timestamp()
		if err != nil || value == nil {
			return malformed("record has no %s", instant.name)
		}
		*instant.to = *value
	}
	return nil
}

// innermost drops what the decoder says once for each level of nesting: of ten thousand levels that is a log by
// itself.
func innermost(err error) error {
	for {
		cause := errors.Unwrap(err)
		if cause == nil {
			return err
		}
		err = cause
	}
}

// onlySpaceLeft refuses anything behind the one value of a body.
func onlySpaceLeft(d *jx.Decoder) error {
	if d.Skip() != io.EOF { //nolint:errorlint // the bare io.EOF means that nothing at all was left
		return malformed("more than one value")
	}
	return nil
}
