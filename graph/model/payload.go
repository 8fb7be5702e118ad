package model

import (
	"bytes"

	"jobsgateway/restclient"
)

// JobSpec is what a job was asked to do: *MaterializeViewSpec or *GenericJobSpec.
type JobSpec interface{ IsJobSpec() }

// JobResult is what a job made: *MaterializeViewResult or *GenericJobResult.
type JobResult interface{ IsJobResult() }

// materializeView are the words for one type of job: the current one and the one that results carry in places.
var materializeView = map[string]bool{"materialize-view": true, "refresh_materialized_view": true}

// Input gives the job's input by the job's type; a typed one has to be an object.
func (j *Job) Input() JobSpec {
	raw := j.Job.Input()
	switch {
	case raw.IsEmpty():
		return nil
	case IsTyped(j.Job, raw):
		return &MaterializeViewSpec{GenericJobSpec{raw}}
	}
	return &GenericJobSpec{raw}
}

// Result gives the job's result by the job's type; a typed one has to be an object.
func (j *Job) Result() JobResult {
	raw := j.Job.Result()
	switch {
	case raw.IsEmpty():
		return nil
	case IsTyped(j.Job, raw):
		return &MaterializeViewResult{GenericJobResult{raw}}
	}
	return &GenericJobResult{raw}
}

// IsTyped reports whether a job's payload, its input or result, has typed members: it is an object, and the type of the
// job is one that is known here.
func IsTyped(j *restclient.Job, payload restclient.JSON) bool {
	if len(payload) == 0 || payload[0] != '{' {
		return false
	}
	word := j.Member(restclient.MemberType)
	if bytes.IndexByte(word, '\\') >= 0 {
		return materializeView[j.Type()]
	}
	return materializeView[string(word[1:len(word)-1])]
}

// GenericJobSpec is an input that is known as JSON only.
type GenericJobSpec struct{ Raw restclient.JSON }

// IsJobSpec marks a JobSpec.
func (*GenericJobSpec) IsJobSpec() {}

// MaterializeViewSpec is the input of a materialize-view job.
type MaterializeViewSpec struct{ GenericJobSpec }

// Nql is the view's definition. Errors: KindMalformed.
func (s *MaterializeViewSpec) Nql() (*string, error) { return s.Raw.Get("nql").Text() }

// CompiledSelect is compiled_select, or compiled_sql in older records. Errors: KindMalformed.
func (s *MaterializeViewSpec) CompiledSelect() (*string, error) {
	if compiled := s.Raw.Get("compiled_select"); !compiled.IsEmpty() {
		return compiled.Text()
	}
	return s.Raw.Get("compiled_sql").Text()
}

// StatsEnabled says whether statistics are computed. Errors: KindMalformed.
func (s *MaterializeViewSpec) StatsEnabled() (*bool, error) { return s.Raw.Get("stats_enabled").Bool() }

// Dataset is the dataset that holds the view. Errors: KindMalformed.
func (s *MaterializeViewSpec) Dataset() (*Dataset, error) { return DatasetOf(s.Raw) }

// GenericJobResult is a result that is known as JSON only.
type GenericJobResult struct{ Raw restclient.JSON }

// IsJobResult marks a JobResult.
func (*GenericJobResult) IsJobResult() {}

// MaterializeViewResult is the result of a materialize-view job.
type MaterializeViewResult struct{ GenericJobResult }

// Dataset is the dataset that was written. Errors: KindMalformed.
func (r *MaterializeViewResult) Dataset() (*Dataset, error) { return DatasetOf(r.Raw) }

// SnapshotID is a 64-bit number, sent as a number or as a string. Errors: KindMalformed for anything that would
// have to be rounded.
func (r *MaterializeViewResult) SnapshotID() (*BigInt, error) {
	digits, err := r.Raw.Get("snapshot_id").Integer()
	if err != nil {
		return nil, err
	}
	return (*BigInt)(digits), nil
}

// RecalculationID is the id of a computation of statistics. Errors: KindMalformed.
func (r *MaterializeViewResult) RecalculationID() (*string, error) {
	return r.Raw.Get("recalculation_id").Name()
}
