package bench

import (
	stdjson "encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/bytedance/sonic"
	"github.com/go-faster/jx"
	v2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"jobsgateway/internal/emulator"
)

// pageOf500 is a page of 500 records as the emulator's own handler writes it; restclient's benchmark decodes
// the same.
func pageOf500(t testing.TB) []byte {
	t.Helper()
	e := emulator.New(emulator.Options{Seed: 1, End: time.Date(2026, 3, 12, 15, 30, 0, 0, time.UTC)})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/jobs", nil)
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		t.Fatalf("the emulator answers %d", w.Code)
	}
	return w.Body.Bytes()
}

// page is equal work for every decoder: what each job has as strings, everything else as bytes. Raw is the
// decoder's own name for bytes that it leaves alone.
type page[Raw any] struct {
	Total   int64      `json:"total_records"`
	Records []job[Raw] `json:"records"`
}

type job[Raw any] struct {
	ID             string `json:"job_id"`
	State          string `json:"state"`
	Type           string `json:"type"`
	CreatedAt      string `json:"created_at"`
	UpdatedAt      string `json:"updated_at"`
	EndedAt        Raw    `json:"ended_at"`
	Input          Raw    `json:"input"`
	Result         Raw    `json:"result"`
	Failures       Raw    `json:"failures"`
	DataPlaneID    Raw    `json:"data_plane_id"`
	RequestSource  Raw    `json:"request_source"`
	Tags           Raw    `json:"tags"`
	Executor       Raw    `json:"executor"`
	IdempotencyKey Raw    `json:"idempotency_key"`
}

// safeSonic is sonic held to the checks that the others make by default.
var safeSonic = sonic.Config{ValidateString: true, CopyString: true}.Froze()

// decoders read the whole page and say how many records it has.
var decoders = []struct {
	name   string
	decode func(body []byte) (int, error)
}{
	{"encoding_json", pageBy[stdjson.RawMessage](stdjson.Unmarshal)},
	{"json_v2", pageBy[jsontext.Value](func(b []byte, v any) error { return v2.Unmarshal(b, v) })},
	{"sonic_default", pageBy[stdjson.RawMessage](sonic.Unmarshal)},
	{"sonic_checked", pageBy[stdjson.RawMessage](safeSonic.Unmarshal)},
	{"sonic_fastest", pageBy[sonic.NoCopyRawMessage](sonic.ConfigFastest.Unmarshal)},
	{"jx_lazy", jxPage(lazyJob)},
	{"jx_eager", jxPage(eagerJob)},
}

func pageBy[Raw any](unmarshal func([]byte, any) error) func([]byte) (int, error) {
	return func(body []byte) (int, error) {
		var p page[Raw]
		err := unmarshal(body, &p)
		return len(p.Records), err
	}
}

// jxPage walks a page in the way that restclient does.
func jxPage(read func(*jx.Decoder, *job[jx.Raw]) error) func([]byte) (int, error) {
	return func(body []byte) (int, error) {
		p := page[jx.Raw]{Records: make([]job[jx.Raw], 0, 500)}
		err := jx.DecodeBytes(body).ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
			switch string(key) {
			case "records":
				return d.Arr(func(d *jx.Decoder) error {
					p.Records = append(p.Records, job[jx.Raw]{})
					return read(d, &p.Records[len(p.Records)-1])
				})
			case "total_records":
				p.Total, err = d.Int64()
				return err
			}
			return d.Skip()
		})
		return len(p.Records), err
	}
}

// lazyJob passes over the record once to find its end and once to find its members.
func lazyJob(d *jx.Decoder, j *job[jx.Raw]) error {
	raw, err := d.Raw()
	if err != nil {
		return err
	}
	return eagerJob(jx.DecodeBytes(raw), j)
}

// eagerJob reads the members where they stand, and so loses the record's own bytes.
func eagerJob(d *jx.Decoder, j *job[jx.Raw]) error {
	return d.ObjBytes(func(d *jx.Decoder, key []byte) (err error) {
		switch string(key) {
		case "job_id":
			j.ID, err = d.Str()
		case "state":
			j.State, err = d.Str()
		case "type":
			j.Type, err = d.Str()
		case "created_at":
			j.CreatedAt, err = d.Str()
		case "updated_at":
			j.UpdatedAt, err = d.Str()
		case "ended_at":
			j.EndedAt, err = d.Raw()
		case "input":
			j.Input, err = d.Raw()
		case "result":
			j.Result, err = d.Raw()
		case "failures":
			j.Failures, err = d.Raw()
		case "data_plane_id":
			j.DataPlaneID, err = d.Raw()
		case "request_source":
			j.RequestSource, err = d.Raw()
		case "tags":
			j.Tags, err = d.Raw()
		case "executor":
			j.Executor, err = d.Raw()
		case "idempotency_key":
			j.IdempotencyKey, err = d.Raw()
		default:
			err = d.Skip()
		}
		return err
	})
}

func BenchmarkDecoders(b *testing.B) {
	given := pageOf500(b)
	for _, d := range decoders {
		b.Run(d.name, func(b *testing.B) {
			b.SetBytes(int64(len(given)))
			b.ReportAllocs()
			for b.Loop() {
				if n, err := d.decode(given); err != nil || n != 500 {
					b.Fatalf("%d records, %v", n, err)
				}
			}
		})
	}
}
