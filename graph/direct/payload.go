package direct

import (
	"bytes"

	"jobsgateway/internal/rawjson"
	"jobsgateway/restclient"
)

// specRows are the fields of MaterializeViewSpec; those of GenericJobSpec are among them.
func specRows() rows[rawjson.Value] {
	return rows[rawjson.Value]{
		"raw": plain((*writer).json),
		"nql": textOf("nql"),
		"compiledSelect": nullable(func(w *writer, v rawjson.Value) error {
			if compiled := v.Get("compiled_select"); !compiled.IsEmpty() {
				return w.text(compiled)
			}
			return w.text(v.Get("compiled_sql")) // of older records
		}),
		"statsEnabled": nullable(func(w *writer, v rawjson.Value) error {
			is, err := v.Get("stats_enabled").Bool()
			switch {
			case err != nil:
				return err
			case is == nil:
				w.null()
			default:
				w.boolean(*is)
			}
			return nil
		}),
		"dataset": datasetNamed(itself),
	}
}

// resultRows are the fields of MaterializeViewResult; those of GenericJobResult are among them.
func resultRows() rows[rawjson.Value] {
	return rows[rawjson.Value]{
		"raw":     plain((*writer).json),
		"dataset": datasetNamed(itself),
		"snapshotId": nullable(func(w *writer, v rawjson.Value) error {
			return w.integer(v.Get("snapshot_id"))
		}),
		"recalculationId": nullable(func(w *writer, v rawjson.Value) error {
			return w.name(v.Get("recalculation_id"))
		}),
	}
}

// itself returns the value whose own member names a dataset.
func itself(v rawjson.Value) rawjson.Value { return v }

// textOf is the row of a string member of an input or a result.
func textOf(name string) row[rawjson.Value] {
	return nullable(func(w *writer, v rawjson.Value) error { return w.text(v.Get(name)) })
}

// payload is the row of an input or a result: of the type MaterializeView… if isTyped, and else of
// GenericJob….
func payload(m restclient.Member, typeSuffix string, table rows[rawjson.Value]) row[job] {
	return func(c *compiler, f *field, o *object[job]) appender[job] {
		typed := compile(c, "MaterializeView"+typeSuffix, f.Selections, table)
		generic := compile(c, "GenericJob"+typeSuffix, f.Selections, table)
		if len(typed.lookups) > 0 {
			o.lookups = append(o.lookups, func(l *lookups, j job) {
				if v := j.Member(m); isTyped(j, v) {
					typed.lookUp(l, v)
				}
			})
		}
		return func(w *writer, j job) {
			switch v := j.Member(m); {
			case v.IsEmpty():
				w.null()
			case isTyped(j, v):
				nested(w, f, typed, v)
			default:
				nested(w, f, generic, v)
			}
		}
	}
}

// materializeView are the types of job whose input and result have typed members: one type by its two words,
// of which the second stands in older records.
var materializeView = map[string]bool{"materialize-view": true, "refresh_materialized_view": true}

// isTyped reports whether a job's input or result has typed members: it is an object, and the job's type is
// known here.
func isTyped(j job, v rawjson.Value) bool {
	if len(v) == 0 || v[0] != '{' {
		return false
	}
	word := j.Member(restclient.MemberType)
	if bytes.IndexByte(word, '\\') >= 0 {
		return materializeView[j.Type()]
	}
	return materializeView[string(word[1:len(word)-1])] // allocates nothing
}
