package direct

import (
	"strconv"
	"time"

	"jobsgateway/graph/model"
	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// job is a record as the REST API sent it. Its members are read when they are written.
type job = *restclient.Job

// jobRows are the fields of Job. What is not said here is said in the schema: a member that is absent, null
// or empty is null, and one of another type than its field is null with an error.
func jobRows() rows[job] {
	return rows[job]{
		"id":              textMember("job_id"),
		"state":           plain(func(w *writer, j job) { w.literal(model.StateName(j.State())) }),
		"rawState":        textMember("state"),
		"isFinal":         plain(func(w *writer, j job) { w.boolean(j.IsFinal()) }),
		"type":            textMember("type"),
		"input":           payload(restclient.MemberInput, "Spec", specRows()),
		"result":          payload(restclient.MemberResult, "Result", resultRows()),
		"failures":        failures,
		"dataset":         datasetNamed(inputOf),
		"dataPlane":       dataPlane,
		"requestSource":   requestSource,
		"tags":            tags,
		"executor":        textMember("executor"),
		"idempotencyKey":  textMember("idempotency_key"),
		"createdAt":       plain(func(w *writer, j job) { w.quoted(j.AppendCreatedAt) }),
		"updatedAt":       plain(func(w *writer, j job) { w.quoted(j.AppendUpdatedAt) }),
		"endedAt":         timeMember("ended_at"),
		"durationSeconds": durationSeconds,
		"raw":             plain(func(w *writer, j job) { w.json(j.Raw()) }),
	}
}

// inputOf returns the input, which names the job's dataset.
func inputOf(j job) rawjson.Value { return j.Member(restclient.MemberInput) }

// textMember is the row of a string member of the record.
func textMember(name string) row[job] {
	m := restclient.MemberNamed(name)
	return nullable(func(w *writer, j job) error { return w.text(j.Member(m)) })
}

// timeMember is the row of an instant of the record.
func timeMember(name string) row[job] {
	m := restclient.MemberNamed(name)
	return nullable(func(w *writer, j job) error { return w.timestamp(j.Member(m)) })
}

// tags writes the job's tags without the empty ones; null if the record shows none. A tag that cannot be read
// is left out, with an error: ["a", 7, "", "b"] becomes ["a","b"], and upstreamIndex is 1.
func tags(_ *compiler, f *field, _ *object[job]) appender[job] {
	return func(w *writer, j job) {
		v := j.Member(restclient.MemberTags)
		if v.IsEmpty() || v[0] != '[' {
			if _, err := v.Array(); err != nil {
				w.fail(f, err)
			}
			w.null()
			return
		}
		w.enter(f)
		w.b = append(w.b, '[')
		index, written := 0, 0
		for tag := range v.Elements() {
			if !w.goesOn() {
				break
			}
			if !tag.IsEmpty() && w.tag(tag, index, written > 0) {
				written++
			}
			index++
		}
		w.b = append(w.b, ']')
		w.leave()
	}
}

// tag writes the index-th tag of a list, if it can be read; follows: behind another.
func (w *writer) tag(tag rawjson.Value, index int, follows bool) (written bool) {
	end := len(w.b)
	if follows {
		w.b = append(w.b, ',')
	}
	if err := w.text(tag); err != nil {
		w.b = w.b[:end]
		w.leftOut(index, err)
		return false
	}
	return true
}

// durationSeconds writes the seconds from createdAt to the job's end. The field may not be null: an end that
// cannot be read is an error beside a number.
func durationSeconds(_ *compiler, f *field, _ *object[job]) appender[job] {
	return func(w *writer, j job) {
		end, err := endOf(j, w.now)
		if err != nil {
			w.fail(f, err)
		}
		w.float(secondsBetween(j.CreatedAt().Time(), end))
	}
}

// endOf returns the moment up to which a job has lasted:
//   - now, if its state says that it has not ended. Its record can have an earlier end, since a job can be
//     forced back into the queue.
//   - endedAt, if there is one that is not before createdAt
//   - else updatedAt if its state is final, and now if the state is not known
//
// Errors: KindMalformed, with updatedAt, if endedAt cannot be read.
func endOf(j job, now time.Time) (time.Time, error) {
	state := j.State()
	if !state.IsFinal() && state != restclient.StateUnknown {
		return now, nil
	}
	ended, err := restclient.ReadTimestamp(j.Member(restclient.MemberEndedAt))
	switch {
	case err != nil:
		return j.UpdatedAt().Time(), err
	case !ended.IsZero() && !ended.Time().Before(j.CreatedAt().Time()):
		return ended.Time(), nil
	case state.IsFinal():
		return j.UpdatedAt().Time(), nil
	}
	return now, nil
}

// secondsBetween returns the seconds from start to end in whole microseconds; 0 if end is earlier. A
// time.Duration would end at 292 years.
func secondsBetween(start, end time.Time) float64 {
	return max(0, float64(end.UnixMicro()-start.UnixMicro())/float64(time.Second/time.Microsecond))
}

// float writes a number as gqlgen does.
func (w *writer) float(f float64) {
	w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
}

// dataPlane writes the data plane, a key for another subgraph: data_plane_id "p" becomes {"id":"p"}.
func dataPlane(c *compiler, f *field, _ *object[job]) appender[job] {
	plane := compile(c, "DataPlane", f.Selections, rows[rawjson.Value]{
		"id": nullable((*writer).text),
	})
	return func(w *writer, j job) {
		id := j.Member(restclient.MemberDataPlane)
		switch {
		case id.IsEmpty():
			w.null()
		case id[0] != '"':
			_, err := id.Text()
			w.failNull(f, err)
		default:
			nested(w, f, plane, id)
		}
	}
}

// requestSource writes who submitted the job; null, with an error, if the member is no object.
func requestSource(c *compiler, f *field, _ *object[job]) appender[job] {
	names := []string{"type", "name", "company_id", "user_id"}
	source := compile(c, "RequestSource", f.Selections, rows[*members]{
		"type":      textOrEmpty(0),
		"name":      nullable(func(w *writer, m *members) error { return w.text(m[1]) }),
		"companyId": nullable(func(w *writer, m *members) error { return w.name(m[2]) }),
		"userId":    nullable(func(w *writer, m *members) error { return w.name(m[3]) }),
	})
	return func(w *writer, j job) {
		object, err := j.Member(restclient.MemberRequestSource).Object()
		switch {
		case err != nil:
			w.failNull(f, err)
		case object == nil:
			w.null()
		default:
			nested(w, f, source, w.read(object, names))
		}
	}
}

// failures writes what went wrong. The list may not be null: it is empty if the member is no list, and an
// element that is no object is left out; each with an error.
func failures(c *compiler, f *field, _ *object[job]) appender[job] {
	names := []string{"message", "timestamp", "value"}
	one := compile(c, "JobFailure", f.Selections, rows[*members]{
		"message":    textOrEmpty(0),
		"occurredAt": nullable(func(w *writer, m *members) error { return w.timestamp(m[1]) }),
		"detail":     plain(func(w *writer, m *members) { w.json(m[2]) }),
	})
	return func(w *writer, j job) {
		list := j.Member(restclient.MemberFailures)
		if !list.IsEmpty() && list[0] != '[' {
			_, err := list.Array()
			w.fail(f, err)
		}
		w.enter(f)
		w.b = append(w.b, '[')
		index, written := -1, 0
		for element := range list.Elements() {
			if !w.goesOn() {
				break
			}
			index++
			object, err := element.Object()
			if err != nil {
				w.leftOut(index, err)
				continue
			}
			if written > 0 {
				w.b = append(w.b, ',')
			}
			w.enterIndex(written)
			one.write(w, w.read(object, names))
			w.leave()
			written++
		}
		w.b = append(w.b, ']')
		w.leave()
	}
}

// members are the values of an object that has no objects in it, in the order of the names that they were
// read by.
type members [4]rawjson.Value

// read reads members of an object in one go, which is cheaper than one after the other. They are good until
// the next object is read.
func (w *writer) read(object rawjson.Value, names []string) *members {
	object.Members(names, w.members[:])
	return &w.members
}

// textOrEmpty is the row of a string that may not be null: the i-th member. It is empty if there is none, and
// beside the error if it cannot be read.
func textOrEmpty(i int) row[*members] {
	return func(_ *compiler, f *field, _ *object[*members]) appender[*members] {
		return func(w *writer, m *members) {
			if err := w.textOrEmpty(m[i]); err != nil {
				w.fail(f, err)
			}
		}
	}
}
