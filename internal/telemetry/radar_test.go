package telemetry

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"jobsgateway/graph"
	"jobsgateway/internal/logtest"
	"jobsgateway/restclient"
)

// state is a drift of a state that is not known.
func state(word string, records int) restclient.Drift {
	return restclient.Drift{Sign: restclient.UnknownWord, Member: restclient.MemberState, Count: records, Spelling: word}
}

// A word is counted whenever it comes, and told once an hour; another word of the same place is told, too.
func TestRadar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &logtest.Buffer{}
		m, ctx := NewMetrics(log.Logger()), t.Context()
		for range 3 {
			m.Drifted(ctx, state("archiving", 2))
			m.Drifted(ctx, state("queued", 1))
			m.Drifted(ctx, restclient.Drift{Sign: restclient.LeftOutRecord, Member: restclient.MemberCreatedAt, Count: 1})
			m.FieldUnreadable(ctx, "JobFailure.occurredAt")
		}
		want := []string{
			"JobState.UNKNOWN unknown archiving", "JobState.UNKNOWN unknown queued", "Job.createdAt left_out <nil>", "JobFailure.occurredAt unreadable <nil>",
		}
		if diff := cmp.Diff(want, told(t, log)); diff != "" {
			t.Errorf("(-want +told):\n%s", diff)
		}
		for series, want := range map[string]string{
			`{coordinate="JobState.UNKNOWN",sign="unknown"}`: "9", `{coordinate="Job.createdAt",sign="left_out"}`: "3",
			`{coordinate="JobFailure.occurredAt",sign="unreadable"}`: "3", `{coordinate="Job.raw",sign="unknown"}`: "0",
		} {
			if got := value(t, m, "jobsgateway_drift_total"+series); got != want {
				t.Errorf("%s: %s, want %s", series, got, want)
			}
		}
		time.Sleep(time.Hour - time.Second)
		m.Drifted(ctx, state("archiving", 1))
		time.Sleep(time.Second)
		m.Drifted(ctx, state("archiving", 1))
		if got := told(t, log); len(got) != 5 || got[4] != want[0] {
			t.Errorf("%q", got)
		}
	})
}

// told are the lines of the log.
func told(t *testing.T, log *logtest.Buffer) (lines []string) {
	t.Helper()
	for _, line := range log.Lines(t, slog.LevelInfo) {
		lines = append(lines, fmt.Sprint(line["coordinate"], " ", line["sign"], " ", line["word"]))
	}
	return lines
}

// However many words come, the lines of an hour and what is remembered are bounded; later words are told when others
// are forgotten.
func TestRadarIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &logtest.Buffer{}
		m, ctx := NewMetrics(log.Logger()), t.Context()
		for i := range 5 * maxSightings {
			m.Drifted(ctx, state(fmt.Sprint("word-", i), 1))
			m.FieldUnreadable(ctx, fmt.Sprintf("Type%d.field", i))
		}
		if n := len(told(t, log)); n != maxSightings || len(m.drift.told) != maxSightings || len(m.drift.known) > maxPlaces+2 {
			t.Errorf("%d lines, %d words, %d places", n, len(m.drift.told), len(m.drift.known))
		}
		if got := value(t, m, `jobsgateway_drift_total{coordinate="JobState.UNKNOWN",sign="unknown"}`); got != "1000" {
			t.Errorf("%s counted", got)
		}
		if got := value(t, m, `jobsgateway_drift_total{coordinate="other",sign="unreadable"}`); got == "" {
			t.Error("places without end")
		}
		time.Sleep(tellEvery)
		m.Drifted(ctx, state("late", 1))
		if lines := told(t, log); lines[len(lines)-1] != "JobState.UNKNOWN unknown late" || len(m.drift.told) != 1 {
			t.Errorf("%q, %d words", lines[len(lines)-1], len(m.drift.told))
		}
	})
}

// Every place that a drift can have is in the schema.
func TestPlaces(t *testing.T) {
	t.Parallel()
	sdl, err := graph.ClientSDL(true)
	if err != nil {
		t.Fatal(err)
	}
	var signs []string
	for sign := range restclient.UntoldTotal + 1 {
		for member := range restclient.Member(len(fields)) {
			at := placeOf(restclient.Drift{Sign: sign, Member: member})
			isWord := wordFields[member.String()] != ""
			if sign == restclient.UnknownWord && !isWord {
				continue
			}
			owner, name, hasName := strings.Cut(at.coordinate, ".")
			body := regexp.MustCompile(`(?ms)^(?:type|enum) ` + owner + ` .*?^\}`).FindString(sdl)
			if body == "" || hasName && !regexp.MustCompile(`(?m)^\s+`+name+`\b`).MatchString(body) {
				t.Errorf("%s is not in the schema", at.coordinate)
			}
			signs = append(signs, at.sign)
		}
	}
	slices.Sort(signs)
	if got := slices.Compact(signs); !slices.Equal(got, []string{signLeftOut, signMissing, signMistyped, signUnknown}) {
		t.Errorf("%q", got)
	}
	if at := placeOf(restclient.Drift{Sign: restclient.UntoldTotal + 1}); at != (place{other, other}) {
		t.Errorf("%v", at)
	}
}
