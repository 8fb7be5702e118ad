package direct

import (
	"strconv"

	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

type job = *restclient.Job

// jobFields writes the fields of Job. graph/model has the same as methods, for the stock executor.
func jobFields() map[string]maker[job] {
	return map[string]maker[job]{
		"id":              textMember(restclient.MemberID),
		"state":           plain(func(w *writer, j job) { w.literal(model.StateName(j.State())) }),
		"rawState":        textMember(restclient.MemberState),
		"isFinal":         plain(func(w *writer, j job) { w.boolean(j.IsFinal()) }),
		"type":            textMember(restclient.MemberType),
		"input":           payload(restclient.MemberInput, "MaterializeViewSpec", "GenericJobSpec", specFields()),
		"result":          payload(restclient.MemberResult, "MaterializeViewResult", "GenericJobResult", resultFields()),
		"failures":        failures,
		"dataset":         datasetNamed(func(j job) restclient.JSON { return j.Member(restclient.MemberInput) }),
		"dataPlane":       dataPlane,
		"requestSource":   requestSource,
		"tags":            tags,
		"executor":        textMember(restclient.MemberExecutor),
		"idempotencyKey":  textMember(restclient.MemberIdempotencyKey),
		"createdAt":       plain(func(w *writer, j job) { w.b = append(j.AppendCreatedAt(append(w.b, '"')), '"') }),
		"updatedAt":       plain(func(w *writer, j job) { w.b = append(j.AppendUpdatedAt(append(w.b, '"')), '"') }),
		"endedAt":         nullable(func(w *writer, j job) error { return w.timestamp(j.Member(restclient.MemberEndedAt)) }),
		"durationSeconds": durationSeconds,
		"raw":             plain(func(w *writer, j job) { w.json(j.Raw()) }),
	}
}

// textMember makes a field that is a string member of the record.
func textMember(m restclient.Member) maker[job] {
	return nullable(func(w *writer, j job) error { return w.text(j.Member(m)) })
}

// tags writes the job's tags, empty ones left out; null when the record shows none. A tag that cannot be read is told beside
// the others.
func tags(_ *compiler, f *field, _ *object[job]) part[job] {
	return func(w *writer, j job) {
		v := j.Member(restclient.MemberTags)
		if v.IsEmpty() || v[0] != '[' {
			if _, err := j.Tags(); err != nil {
				w.fail(f, err)
			}
			w.null()
			return
		}
		w.enter(f)
		w.b = append(w.b, '[')
		start, index := len(w.b), 0
		for tag := range v.Elements() {
			if !tag.IsEmpty() {
				w.tag(tag, index, start)
			}
			index++
		}
		w.b = append(w.b, ']')
		w.leave()
	}
}

// tag writes the index-th tag of a list that begins at start, if it can be read.
func (w *writer) tag(tag restclient.JSON, index, start int) {
	end := len(w.b)
	if end > start {
		w.b = append(w.b, ',')
	}
	if err := w.text(tag); err != nil {
		w.b = w.b[:end]
		w.leftOut(index, err)
	}
}

// durationSeconds writes the duration, beside the error where the end cannot be read, since it may not be null.
func durationSeconds(_ *compiler, f *field, _ *object[job]) part[job] {
	return func(w *writer, j job) {
		end, err := model.End(j, w.now)
		if err != nil {
			w.fail(f, err)
		}
		w.float(model.Duration(j.CreatedAt().Time(), end))
	}
}

// float writes a number as the stock executor does.
func (w *writer) float(f float64) {
	w.b = strconv.AppendFloat(w.b, f, 'g', -1, 64)
}

// dataPlane writes the data plane, a key for another subgraph.
func dataPlane(c *compiler, f *field, _ *object[job]) part[job] {
	plane := compile(c, "DataPlane", f.Selections, map[string]maker[restclient.JSON]{
		"id": nullable(func(w *writer, id restclient.JSON) error { return w.text(id) }),
	})
	return func(w *writer, j job) {
		id := j.Member(restclient.MemberDataPlane)
		switch {
		case id.IsEmpty():
			w.null()
		case id[0] != '"':
			_, err := j.DataPlaneID()
			w.fail(f, err)
			w.null()
		default:
			nested(w, f, plane, id)
		}
	}
}

// requestSource writes who submitted the job.
func requestSource(c *compiler, f *field, _ *object[job]) part[job] {
	names := []string{"type", "name", "company_id", "user_id"}
	source := compile(c, "RequestSource", f.Selections, map[string]maker[*members]{
		"type":      textOrEmptyOf(0),
		"name":      nullable(func(w *writer, m *members) error { return w.text(m[1]) }),
		"companyId": nullable(func(w *writer, m *members) error { return w.name(m[2]) }),
		"userId":    nullable(func(w *writer, m *members) error { return w.name(m[3]) }),
	})
	return func(w *writer, j job) {
		object, err := j.RequestSource().Object()
		switch {
		case err != nil:
			w.fail(f, err)
			w.null()
		case object == nil:
			w.null()
		default:
			nested(w, f, source, w.read(object, names))
		}
	}
}

// failures writes what went wrong. What cannot be read is told beside a list without it, since the list may not be null.
func failures(c *compiler, f *field, _ *object[job]) part[job] {
	names := []string{"message", "timestamp", "value"}
	one := compile(c, "JobFailure", f.Selections, map[string]maker[*members]{
		"message":    textOrEmptyOf(0),
		"occurredAt": nullable(func(w *writer, m *members) error { return w.timestamp(m[1]) }),
		"detail": plain(func(w *writer, m *members) {
			if m[2].IsEmpty() {
				w.null()
				return
			}
			w.json(m[2])
		}),
	})
	return func(w *writer, j job) {
		elements, err := j.Failures()
		if err != nil {
			w.fail(f, err)
		}
		w.enter(f)
		w.b = append(w.b, '[')
		written := 0
		for i, element := range elements {
			object, err := element.Object()
			if err != nil {
				w.leftOut(i, err)
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

// members are the values of an object without objects in it, in the order of the names that they were read by.
type members [4]restclient.JSON

// read reads members of an object in one go. They are good until the next object is read.
func (w *writer) read(object restclient.JSON, names []string) *members {
	object.Members(names, w.members[:])
	return &w.members
}

// textOrEmptyOf makes a field that is a string and may not be null: an empty string stands for none, and beside the error
// for one that cannot be read.
func textOrEmptyOf(i int) maker[*members] {
	return func(_ *compiler, f *field, _ *object[*members]) part[*members] {
		return func(w *writer, m *members) {
			if err := w.textOrEmpty(m[i]); err != nil {
				w.fail(f, err)
			}
		}
	}
}

// textOf makes a field that is a string member of an object.
func textOf(name string) maker[restclient.JSON] {
	return nullable(func(w *writer, v restclient.JSON) error { return w.text(v.Get(name)) })
}

// nameOf makes a field that is an identifier, a string or a number, in an object.
func nameOf(name string) maker[restclient.JSON] {
	return nullable(func(w *writer, v restclient.JSON) error { return w.name(v.Get(name)) })
}
