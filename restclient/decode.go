package restclient

import (
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
		return nil, malformed("page: %w", err)
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
		return err //nolint:wrapcheck // the caller wraps
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
		return nil, malformed("job: %w", err)
	}
	return newJob(trim(raw))
}

// newJob reads the members of one record, which is valid JSON, and checks those that every job has.
func newJob(record JSON) (*Job, error) {
	var jobID, state, jobType, createdAt, updatedAt JSON
	job := &Job{raw: record}
	err := jx.DecodeBytes(record).ObjBytes(func(d *jx.Decoder, key []byte) error {
		target := (*JSON)(nil)
		switch string(key) {
		case "job_id":
			target = &jobID
		case "state":
			target = &state
		case "type":
			target = &jobType
		case "created_at":
			target = &createdAt
		case "updated_at":
			target = &updatedAt
		case "input":
			target = &job.members[memberInput]
		case "result":
			target = &job.members[memberResult]
		case "failures":
			target = &job.members[memberFailures]
		case "data_plane_id":
			target = &job.members[memberDataPlane]
		case "request_source":
			target = &job.members[memberRequestSource]
		case "tags":
			target = &job.members[memberTags]
		case "executor":
			target = &job.members[memberExecutor]
		case "idempotency_key":
			target = &job.members[memberIdempotencyKey]
		case "ended_at":
			target = &job.members[memberEndedAt]
		default:
			return d.Skip()
		}
		raw, err := d.Raw()
		*target = trim(raw)
		return err
	})
	if err != nil {
		return nil, malformed("record: %w", err)
	}
	for _, text := range []struct {
		name string
		from JSON
		to   *string
	}{{"job_id", jobID, &job.id}, {"state", state, &job.rawState}, {"type", jobType, &job.jobType}} {
		value, err := text.from.Text()
		if err != nil || value == nil {
			return nil, malformed("record has no %s", text.name)
		}
		*text.to = *value
	}
	for _, instant := range []struct {
		name string
		from JSON
		to   *Timestamp
	}{{"created_at", createdAt, &job.createdAt}, {"updated_at", updatedAt, &job.updatedAt}} {
		value, err := instant.from.Timestamp()
		if err != nil || value == nil {
			return nil, malformed("record has no %s", instant.name)
		}
		*instant.to = *value
	}
	return job, nil
}

// onlySpaceLeft refuses anything behind the one value of a body.
func onlySpaceLeft(d *jx.Decoder) error {
	if d.Skip() != io.EOF { //nolint:errorlint // the bare io.EOF means that nothing at all was left
		return malformed("more than one value")
	}
	return nil
}
