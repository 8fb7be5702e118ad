package emulator

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// kind is one job type: how often it occurs, and how its input and result are written. Source: the published
// job types; members that no document shows are inferred.
type kind struct {
	name   string
	weight int
	write  func(g *generator, d *draft, r *rand.Rand)
}

// kinds add up to 100.
var kinds = [...]kind{
	{"materialize-view", 42, materializeView},
	{"nql-forecast", 17, forecast},
	{"datasets_sample", 10, sample},
	{"datasets_calculate_column_stats", 9, columnStats},
	{"datasets_deliver_data", 7, deliverData},
	{"model_inference_run", 6, inference},
	{"datasets_execute_dml", 4, executeDML},
	{"upload-stats", 3, uploadStats},
	{"health_check", 2, healthCheck},
}

// content draws the type of a job and writes its input, its result and its idempotency key.
func (g *generator) content(d *draft, r *rand.Rand) {
	d.key = uuid(r)
	p := r.IntN(100)
	for _, k := range kinds {
		if p -= k.weight; p < 0 {
			d.kind = k.name
			k.write(g, d, r)
			return
		}
	}
}

// materializeView is written as in the published example, key and all; the view reads from a dataset with a
// lower number than the one it fills.
func materializeView(g *generator, d *draft, r *rand.Rand) {
	source := d.dataset - datasetStep*r.Int64N(4)
	names, where := g.columns(r), predicates[r.IntN(len(predicates))]
	view := subjects[r.IntN(len(subjects))] + "_" + strconv.Itoa(d.number)
	d.key = fmt.Sprintf("%d:%s:%s", d.dataset, digest(r), digest(r))

	b := text([]byte{'{'}, "nql", `CREATE MATERIALIZED VIEW "`+view+`" AS `+nql(source, names, where))
	b = g.dataset(b, d)
	b = boolean(b, "stats_enabled", r.IntN(4) > 0)
	compiled := "compiled_select"
	if d.created.Before(g.modern) {
		compiled = "compiled_sql"
	}
	b = text(b, compiled, sql(source, names, where))
	d.input = append(b, '}')

	b = number([]byte{'{'}, "dataset_id", d.dataset)
	b = snapshot(b, r)
	b = text(b, "recalculation_id", uuid(r))
	d.result = append(b, '}')
}

// forecast has no dataset_id in its input, so that a filter by dataset passes it over. Its results come in
// the published variants; cost is in millionths of a US cent.
func forecast(g *generator, d *draft, r *rand.Rand) {
	names, where := g.columns(r), predicates[r.IntN(len(predicates))]
	b := text([]byte{'{'}, "nql", "EXPLAIN "+nql(d.dataset, names, where))
	b = text(b, "compiled_sql", sql(d.dataset, names, where))
	d.input = append(b, '}')

	cost, rows := 1e9+r.Int64N(9e14), r.Int64N(5e9)
	switch r.IntN(3) {
	case 0:
		d.result = fmt.Appendf(nil, `{"success":{"result":{"Forecast":{"cost":%d,"rows":%d}}}}`, cost, rows)
	case 1:
		const form = `{"rows":%d,"cost":%d,"nql_type":"forecast","type":"success"}`
		d.result = fmt.Appendf(nil, form, rows, cost)
	default:
		d.result = fmt.Appendf(nil, `{"type":"forecast","cost":%d,"rows":%d}`, cost, rows)
	}
}

// sample takes rows from a dataset. The rows are kept with the dataset, so the result is hardly one.
func sample(g *generator, d *draft, r *rand.Rand) {
	b := g.dataset([]byte{'{'}, d)
	b = number(b, "limit", int64(100*(1+r.IntN(10))))
	d.input = append(texts(b, "columns", g.columns(r)), '}')
	d.result = []byte(`{"status":"success"}`)
}

// columnStats profiles some columns of a snapshot.
func columnStats(g *generator, d *draft, r *rand.Rand) {
	names := g.columns(r)
	b := snapshot(g.dataset([]byte{'{'}, d), r)
	d.input = append(texts(b, "columns", names), '}')
	b = number([]byte{'{'}, "columns", int64(len(names)))
	d.result = append(text(b, "recalculation_id", uuid(r)), '}')
}

// deliverData copies a snapshot to a place outside; its sizes go far beyond 32 bits.
func deliverData(g *generator, d *draft, r *rand.Rand) {
	b := snapshot(g.dataset([]byte{'{'}, d), r)
	b = append(member(b, "connection"), '{')
	b = text(b, "id", uuid(r))
	b = text(b, "destination", "s3://deliveries/"+subjects[r.IntN(len(subjects))]+"/")
	b = texts(append(b, '}'), "columns", g.columns(r))
	d.input = append(b, '}')
	const form = `{"rows":%d,"size":%d,"files":%d}`
	d.result = fmt.Appendf(nil, form, r.Int64N(4e9), r.Int64N(9e14), 1+r.IntN(400))
}

// inference asks a language model. Its structured_output is the caller's own, hence of any shape and depth,
// and its text needs escaping in JSON, HTML and SQL alike.
func inference(g *generator, d *draft, r *rand.Rand) {
	topic := subjects[r.IntN(len(subjects))]
	b := text([]byte{'{'}, "model", "anthropic.claude-sonnet")
	b = append(member(b, "messages"), '[')
	for i := range g.size(1 + r.IntN(2)) {
		b = text(append(comma(b), '{'), "role", "user")
		const prompt = `Part %d: label the columns of "%s" <like this> & say "unknown" when unsure.`
		b = text(b, "content", fmt.Sprintf(prompt, i+1, topic))
		b = append(b, '}')
	}
	b = value(append(b, ']'), "inference_config", []byte(`{"temperature":0.2,"max_tokens":2048,`+
		`"output_format_schema":{"type":"object","additionalProperties":true}}`))
	d.input = append(texts(b, "tags", []string{"labels", topic}), '}')

	in, out := 200+r.IntN(9000), 20+r.IntN(1800)
	const usage = `{"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}`
	b = fmt.Appendf(nil, usage, in, out, in+out)
	b = append(member(b, "structured_output"), '[')
	for range g.size(1 + r.IntN(3)) {
		b = text(append(comma(b), '{'), "column", columns[r.IntN(len(columns))])
		b = fmt.Appendf(b, `,"confidence":0.%02d,"alternatives":[`, r.IntN(100))
		b = nest(b, r, 1+r.IntN(2)+g.size(1)/4)
		b = append(b, "]}"...)
	}
	d.result = append(b, "]}"...)
}

// nest writes objects within objects, as deep as asked.
func nest(b []byte, r *rand.Rand, depth int) []byte {
	b = text(append(b, '{'), "label", subjects[r.IntN(len(subjects))])
	if depth > 0 {
		b = nest(member(b, "because"), r, depth-1)
	}
	return append(b, '}')
}

// executeDML carries the dataset as an object, the newer spelling.
func executeDML(g *generator, d *draft, r *rand.Rand) {
	names := g.columns(r)
	query := nql(d.dataset-datasetStep, names, predicates[r.IntN(len(predicates))])
	b := text([]byte{'{'}, "nql", fmt.Sprintf("INSERT INTO company_data.\"%d\" %s", d.dataset, query))
	b = append(member(b, "dataset"), '{')
	b = number(b, "id", d.dataset)
	b = text(b, "name", subjects[r.IntN(len(subjects))])
	d.hasDataset = true
	d.input = append(b, "}}"...)
	inserted, updated := r.Int64N(1e9), r.Int64N(1e6)
	d.result = fmt.Appendf(nil, `{"affected_rows":%d,"inserted_rows":%d,"updated_rows":%d,"deleted_rows":0}`,
		inserted+updated, inserted, updated)
}

// uploadStats counts what was uploaded.
func uploadStats(g *generator, d *draft, r *rand.Rand) {
	b := text(g.dataset([]byte{'{'}, d), "upload_id", uuid(r))
	d.input = append(texts(b, "columns", g.columns(r)), '}')
	d.result = fmt.Appendf(nil, `{"rows":%d,"size":%d}`, r.Int64N(5e7), r.Int64N(9e12))
}

// healthCheck is asked for by no company's dataset and runs on no plane in particular.
func healthCheck(_ *generator, d *draft, _ *rand.Rand) {
	d.plane = ""
	d.input = []byte("{}")
	d.result = []byte(`{"status":"healthy"}`)
}

// dataset writes input.dataset_id, by which the job can be found.
func (g *generator) dataset(b []byte, d *draft) []byte {
	d.hasDataset = true
	return number(b, "dataset_id", d.dataset)
}

// snapshot writes an id above 2^59 that is odd, hence no float64, as a number or now and then as a string.
func snapshot(b []byte, r *rand.Rand) []byte {
	id := 1<<60 + r.Int64N(7<<60) | 1
	if r.IntN(8) == 0 {
		return text(b, "snapshot_id", strconv.FormatInt(id, 10))
	}
	return number(b, "snapshot_id", id)
}

// columns draws the columns of a query, all different: a handful, or a wide table when heavy.
func (g *generator) columns(r *rand.Rand) []string {
	names := make([]string, g.size(2+r.IntN(5)))
	first := r.IntN(len(columns))
	for i := range names {
		names[i] = columns[(first+i*columnStride)%len(columns)]
		if i >= len(columns) {
			names[i] += "_" + strconv.Itoa(i)
		}
	}
	return names
}

// columnStride has no common factor with the number of columns, so that every column has its turn.
const columnStride = 5

// nql is the query as a user writes it.
func nql(dataset int64, names []string, where string) string {
	const form = `SELECT "%s" FROM company_data."%d" WHERE %s`
	return fmt.Sprintf(form, strings.Join(names, `", "`), dataset, where)
}

// sql is the same query compiled.
func sql(dataset int64, names []string, where string) string {
	table := fmt.Sprintf("`ds_%d`", dataset)
	return fmt.Sprintf("SELECT\n  %[1]s.`%[2]s`\nFROM\n  narrative.datasets.ds_%[3]d %[1]s\nWHERE\n  %[4]s",
		table, strings.Join(names, "`,\n  "+table+".`"), dataset, strings.ReplaceAll(where, `"`, "`"))
}
