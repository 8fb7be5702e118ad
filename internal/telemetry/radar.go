package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"jobsgateway/restclient"
)

// radar counts what the Jobs API sends that the schema does not know, by the place in the schema that it
// concerns, and tells the log the words, each once an hour. Safe for concurrent use.
type radar struct {
	counts *prometheus.CounterVec
	logger *slog.Logger

	mu    sync.Mutex
	told  map[sighting]time.Time // when the log was told of it last
	known map[place]bool         // the places that have a series
}

// place is a place in the schema and what is wrong there: the labels of a series.
type place struct{ coordinate, sign string }

// sighting is a word at a place.
type sighting struct {
	place

	spelling string
}

const (
	tellEvery = time.Hour
	// maxSightings bounds the words that are remembered, and so the lines of the log in an hour. What comes
	// beyond is counted, and told of when others have been forgotten.
	maxSightings = 200
	// maxPlaces bounds the series. Places come from the schema alone, which has fewer.
	maxPlaces = 200
)

// Values of the label sign.
const (
	signUnknown    = "unknown"    // a word or a member that the schema does not know
	signMistyped   = "mistyped"   // a member of another type
	signMissing    = "missing"    // a member that should be there
	signLeftOut    = "left_out"   // a record that is no job, and so is missing from the answer
	signUnreadable = "unreadable" // a field that was asked for and could not be written
	other          = "other"
)

// newRadar makes a radar that has seen nothing yet.
func newRadar(r registry, logger *slog.Logger) *radar {
	counts := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "jobsgateway_drift_total",
		Help: "Records, or pages, of the Jobs API that show something which the schema does not know " +
			"or does not expect, by its place in the schema.",
	}, []string{"coordinate", "sign"})
	r.MustRegister(counts)
	d := &radar{
		counts: counts, logger: logger, told: map[sighting]time.Time{}, known: map[place]bool{},
	}
	for _, always := range [...]place{ // so that a rate can be taken of the first
		{"JobState.UNKNOWN", signUnknown},
		{"Job.type", signUnknown},
		{"RequestSource.type", signUnknown},
		{"Job.raw", signUnknown},
		{"JobConnection.nodes", signLeftOut},
	} {
		d.add(always, 0)
	}
	return d
}

// Drifted counts what an answer of the Jobs API has.
func (m *Metrics) Drifted(ctx context.Context, d restclient.Drift) {
	at := placeOf(d)
	m.drift.add(at, d.Count)
	m.drift.tell(ctx, sighting{at, d.Spelling}, d.Word)
}

// FieldUnreadable counts a field of an answer that could not be written.
func (m *Metrics) FieldUnreadable(ctx context.Context, coordinate string) {
	at := place{coordinate, signUnreadable}
	m.drift.add(at, 1)
	m.drift.tell(ctx, sighting{place: at}, func() string { return "" })
}

// add counts records at a place.
func (d *radar) add(at place, records int) {
	d.mu.Lock()
	if !d.known[at] {
		if len(d.known) >= maxPlaces {
			at.coordinate = other
		}
		d.known[at] = true
	}
	d.mu.Unlock()
	d.counts.WithLabelValues(at.coordinate, at.sign).Add(float64(records))
}

// tell writes a line into the log if that was not done within the last hour. Word returns the word, if it may
// be told.
func (d *radar) tell(ctx context.Context, seen sighting, word func() string) {
	if !d.isNew(seen, time.Now()) {
		return
	}
	attrs := []slog.Attr{slog.String("coordinate", seen.coordinate), slog.String("sign", seen.sign)}
	if text := word(); text != "" {
		attrs = append(attrs, slog.String("word", text))
	}
	d.logger.LogAttrs(ctx, slog.LevelInfo, "the Jobs API sends what the schema does not know", attrs...)
}

// isNew reports whether the log has to be told of a sighting, and notes it.
func (d *radar) isNew(seen sighting, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	told, known := d.told[seen]
	if known && now.Sub(told) < tellEvery {
		return false
	}
	if !known && len(d.told) >= maxSightings {
		for old, told := range d.told {
			if now.Sub(told) >= tellEvery {
				delete(d.told, old)
			}
		}
		if len(d.told) >= maxSightings {
			return false
		}
	}
	d.told[seen] = now
	return true
}

// placeOf returns the place in the schema that a drift concerns.
func placeOf(d restclient.Drift) place {
	switch d.Sign {
	case restclient.UnknownWord:
		return place{wordFields[d.Member.String()], signUnknown}
	case restclient.UnknownMember:
		return place{"Job.raw", signUnknown}
	case restclient.UnknownPageMember:
		return place{"JobConnection", signUnknown}
	case restclient.MistypedMember:
		return place{fieldOf(d.Member), signMistyped}
	case restclient.LeftOutRecord:
		return place{fieldOf(d.Member), signLeftOut}
	case restclient.LeftOutElement:
		return place{"JobConnection.nodes", signLeftOut}
	case restclient.UntoldTotal:
		return place{"JobConnection.totalCount", signMissing}
	}
	return place{other, other}
}

// fields are the fields of Job that show a member of a record.
var fields = map[string]string{
	"job_id": "Job.id", "state": "Job.state", "type": "Job.type", "created_at": "Job.createdAt",
	"updated_at": "Job.updatedAt", "ended_at": "Job.endedAt", "input": "Job.input", "result": "Job.result",
	"failures": "Job.failures", "data_plane_id": "Job.dataPlane", "request_source": "Job.requestSource",
	"tags": "Job.tags", "executor": "Job.executor", "idempotency_key": "Job.idempotencyKey",
}

// wordFields are the places of the members that have words.
var wordFields = map[string]string{
	"state": "JobState.UNKNOWN", "type": "Job.type", "request_source": "RequestSource.type",
}

// fieldOf returns the field of Job that shows a member of a record.
func fieldOf(m restclient.Member) string { return fields[m.String()] }
