package emulator

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// readAll reads explicit records, given newest first. A record without a readable order value takes the value
// of the record before it (the first ones take that of the first record which has one) and so keeps its place
// in the list.
func readAll(raws []json.RawMessage) []*job {
	jobs := make([]*job, len(raws))
	for i, raw := range raws {
		jobs[i] = read(raw)
		jobs[i].seq = int64(-i)
	}
	inherit(jobs, func(j *job) *time.Time { return &j.created })
	inherit(jobs, func(j *job) *time.Time { return &j.updated })
	return jobs
}

// inherit fills zero times from the neighbour before, or after for those at the start.
func inherit(jobs []*job, at func(*job) *time.Time) {
	var last time.Time
	for _, j := range jobs {
		if t := *at(j); !t.IsZero() {
			last = t
			break
		}
	}
	for _, j := range jobs {
		if t := at(j); t.IsZero() {
			*t = last
		} else {
			last = *t
		}
	}
}

// read takes from one record what filters and orders need. A member that is missing or of another type than
// documented reads as absent, and the bytes are kept as they came: a record may be anything, even no JSON.
func read(raw json.RawMessage) *job {
	members := object(raw)
	input := object(members["input"])
	source := object(members["request_source"])
	j := &job{
		raw:     bytes.Clone(raw),
		id:      strings.ToLower(readText(members["job_id"])),
		state:   readText(members["state"]),
		kind:    readText(members["type"]),
		plane:   strings.ToLower(readText(members["data_plane_id"])),
		created: readTime(members["created_at"]),
		updated: readTime(members["updated_at"]),
	}
	var tags []json.RawMessage
	if json.Unmarshal(members["tags"], &tags) == nil {
		for _, t := range tags {
			if s := readText(t); s != "" {
				j.tags = append(j.tags, s)
			}
		}
	}
	j.dataset, j.hasDataset = readInteger(input["dataset_id"])
	if !j.hasDataset {
		j.dataset, j.hasDataset = readInteger(object(input["dataset"])["id"])
	}
	var known bool
	if j.company, known = readInteger(source["company_id"]); !known {
		j.company, _ = readInteger(members["company_id"])
	}
	return j
}

// object splits a JSON object into its members; anything else has none.
func object(raw json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members
}

// readText reads a JSON string; anything else is the empty one.
func readText(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// readInteger reads a JSON number that is an integer; a string of digits is not one.
func readInteger(raw json.RawMessage) (int64, bool) {
	var n *int64
	if json.Unmarshal(raw, &n) != nil || n == nil {
		return 0, false
	}
	return *n, true
}

// readTime reads a time of 0 to 9 fraction digits; without a zone it is UTC.
func readTime(raw json.RawMessage) time.Time {
	s := readText(raw)
	for _, layout := range []string{"2006-01-02T15:04:05", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
