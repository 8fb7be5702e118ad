// Package model has the Go side of the schema's types: thin views of REST records, read when a field is asked for.
package model

import (
	"context"
	"time"

	"jobsgateway/restclient"
)

// Job is a record as the schema's Job. Fields without a method here are restclient.Job's own.
type Job struct{ *restclient.Job }

// IsNode marks Job as an object that Query.node finds.
func (*Job) IsNode() {}

// IsEntity marks Job as an entity of a federated graph.
func (*Job) IsEntity() {}

// Dataset gives the dataset that the input names. Errors: KindMalformed when its id is no number; an input of
// another shape names none.
func (j *Job) Dataset() (*Dataset, error) { return DatasetOf(j.Job.Input()) }

// DataPlane gives the data plane as an entity that another subgraph may resolve.
func (j *Job) DataPlane() (*DataPlane, error) {
	id, err := j.DataPlaneID()
	if err != nil || id == nil {
		return nil, err
	}
	return &DataPlane{ID: *id}, nil
}

// DurationSeconds counts from CreatedAt to End. An end that cannot be read is reported beside the value: the field may not
// be null, and one bad record must not cost the page.
func (j *Job) DurationSeconds(ctx context.Context) float64 {
	end, err := End(j.Job, time.Now())
	if err != nil {
		addError(ctx, err)
	}
	return Duration(j.CreatedAt().Time(), end)
}

// End gives the moment up to which a job has lasted. A job that has surely not ended lasts until now, also where its record
// tells the end of an earlier run: it can be forced back into the queue. The others last until EndedAt; without one, or with one
// before the submission, a final job lasts until its last change, and a job in a state that is not known until now. Errors:
// KindMalformed when the end cannot be read, beside the last change.
func End(j *restclient.Job, now time.Time) (time.Time, error) {
	state := j.State()
	if !state.IsFinal() && state != restclient.StateUnknown {
		return now, nil
	}
	ended, ok, err := j.Member(restclient.MemberEndedAt).ReadTimestamp()
	switch {
	case err != nil:
		return j.UpdatedAt().Time(), err
	case ok && !ended.Time().Before(j.CreatedAt().Time()):
		return ended.Time(), nil
	case state.IsFinal():
		return j.UpdatedAt().Time(), nil
	}
	return now, nil
}

// Duration gives the seconds from start to end, in whole microseconds; 0 when the end is earlier.
func Duration(start, end time.Time) float64 {
	// Not by time.Duration, which ends at 292 years.
	return max(0, float64(end.UnixMicro()-start.UnixMicro())/float64(time.Second/time.Microsecond))
}

// RequestSource gives who submitted the job. Errors: KindMalformed.
func (j *Job) RequestSource() (*RequestSource, error) {
	object, err := j.Job.RequestSource().Object()
	if err != nil || object == nil {
		return nil, err
	}
	return &RequestSource{object}, nil
}

// Failures gives what went wrong. Failures that cannot be read are reported beside an empty list, since the
// field may not be null.
func (j *Job) Failures(ctx context.Context) []*JobFailure {
	elements, err := j.Job.Failures()
	if err != nil {
		addError(ctx, err)
	}
	failures := make([]*JobFailure, 0, len(elements))
	for i, element := range elements {
		object, err := element.Object()
		if err != nil {
			addError(ctx, &LeftOutError{i, err})
			continue
		}
		failures = append(failures, &JobFailure{object})
	}
	return failures
}

// Tags gives the job's tags, empty ones left out; nil when the record shows none. A tag that cannot be read is reported
// beside the others. Errors: KindMalformed when there is no list.
func (j *Job) Tags(ctx context.Context) ([]string, error) {
	elements, err := j.Job.Tags()
	if err != nil || elements == nil {
		return nil, err
	}
	tags := make([]string, 0, len(elements))
	for i, element := range elements {
		tag, err := element.Text()
		if err != nil {
			addError(ctx, &LeftOutError{i, err})
		}
		if tag != nil {
			tags = append(tags, *tag)
		}
	}
	return tags, nil
}

// JobFailure is one element of a record's failures.
type JobFailure struct{ object restclient.JSON }

// Message is empty when there is none; one that is no text is reported beside the empty message.
func (f *JobFailure) Message(ctx context.Context) string {
	return textOrEmpty(ctx, f.object.Get("message"))
}

// OccurredAt is the failure's timestamp. Errors: KindMalformed.
func (f *JobFailure) OccurredAt() (*restclient.Timestamp, error) {
	return f.object.Get("timestamp").Timestamp()
}

// Detail is the failure's value; nil when empty.
func (f *JobFailure) Detail() restclient.JSON { return orNil(f.object.Get("value")) }

// RequestSource is a record's request_source.
type RequestSource struct{ object restclient.JSON }

// Type is empty when there is none; one that is no text is reported beside the empty type.
func (s *RequestSource) Type(ctx context.Context) string {
	return textOrEmpty(ctx, s.object.Get("type"))
}

// Name is the name of a process. Errors: KindMalformed.
func (s *RequestSource) Name() (*string, error) { return s.object.Get("name").Text() }

// CompanyID is a number as text. Errors: KindMalformed.
func (s *RequestSource) CompanyID() (*string, error) { return s.object.Get("company_id").Name() }

// UserID is a number as text. Errors: KindMalformed.
func (s *RequestSource) UserID() (*string, error) { return s.object.Get("user_id").Name() }

// DataPlane is a key for another subgraph.
type DataPlane struct{ ID string }

// IsEntity marks DataPlane as an entity of a federated graph.
func (*DataPlane) IsEntity() {}

// Dataset is a key with lists of jobs, which are resolved.
type Dataset struct{ ID string }

// IsEntity marks Dataset as an entity of a federated graph.
func (*Dataset) IsEntity() {}

// DatasetOf gives the dataset that a job's input or result names; nil when it names none. Errors: KindMalformed when its
// id is no number.
func DatasetOf(v restclient.JSON) (*Dataset, error) {
	if v.IsEmpty() || v[0] != '{' {
		return nil, nil
	}
	id, err := restclient.DatasetOf(v)
	if err != nil || id == nil {
		return nil, err
	}
	return &Dataset{ID: *id}, nil
}

// orNil makes every empty value the same one.
func orNil(v restclient.JSON) restclient.JSON {
	if v.IsEmpty() {
		return nil
	}
	return v
}

// textOrEmpty reads the text of a field that may not be null.
func textOrEmpty(ctx context.Context, v restclient.JSON) string {
	text, err := v.Text()
	if err != nil {
		addError(ctx, err)
	}
	if text == nil {
		return ""
	}
	return *text
}
