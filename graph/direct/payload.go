package direct

import (
	"jobsgateway/graph/model"
	"jobsgateway/restclient"
)

// specFields writes the fields of MaterializeViewSpec; those of GenericJobSpec are among them.
func specFields() map[string]maker[restclient.JSON] {
	return map[string]maker[restclient.JSON]{
		"raw": raw,
		"nql": textOf("nql"),
		"compiledSelect": nullable(func(w *writer, v restclient.JSON) error {
			if compiled := v.Get("compiled_select"); !compiled.IsEmpty() {
				return w.text(compiled)
			}
			return w.text(v.Get("compiled_sql"))
		}),
		"statsEnabled": nullable(func(w *writer, v restclient.JSON) error {
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

// resultFields writes the fields of MaterializeViewResult; those of GenericJobResult are among them.
func resultFields() map[string]maker[restclient.JSON] {
	return map[string]maker[restclient.JSON]{
		"raw":     raw,
		"dataset": datasetNamed(itself),
		"snapshotId": nullable(func(w *writer, v restclient.JSON) error {
			return w.integer(v.Get("snapshot_id"))
		}),
		"recalculationId": nameOf("recalculation_id"),
	}
}

func itself(v restclient.JSON) restclient.JSON { return v }

// raw writes a payload as it is.
func raw(*compiler, *field, *object[restclient.JSON]) part[restclient.JSON] {
	return func(w *writer, v restclient.JSON) {
		w.json(v)
	}
}

// payload makes a field that is an input or a result: an object of the typed type when the job's type has one, else of
// the generic type.
func payload(m restclient.Member, typedName, genericName string, fields map[string]maker[restclient.JSON]) maker[job] {
	return func(c *compiler, f *field, o *object[job]) part[job] {
		typed := compile(c, typedName, f.Selections, fields)
		generic := compile(c, genericName, f.Selections, fields)
		if len(typed.asks) > 0 {
			o.asks = append(o.asks, func(q *questions, j job) {
				if v := j.Member(m); model.IsTyped(j, v) {
					typed.ask(q, v)
				}
			})
		}
		return func(w *writer, j job) {
			switch v := j.Member(m); {
			case v.IsEmpty():
				w.null()
			case model.IsTyped(j, v):
				nested(w, f, typed, v)
			default:
				nested(w, f, generic, v)
			}
		}
	}
}
