package paging

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
	"jobsgateway/restclient"
)

// The same walk while the list moves between the calls of one page, too.
func TestWalkOfAListThatMovesWithinPages(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]emulator.Options{
		"plain": {}, "capped": {MaxRecords: 40}, "equals in no order": {Ties: emulator.TiesDrawn}, "steady equals": {SteadyTies: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				walkMovingWith(t, options, allOrders[:2], func(w *world, _ *request) {
					w.drawn = true // the end of a list that moves is read in the opposite order, which may turn equals round
					w.between = moving(w, rapid.Uint64().Draw(t, "moves"))
				})
			})
		})
	}
}

// moving lets a list move a little behind each answer.
func moving(w *world, seed uint64) func() {
	chance, most := rand.New(rand.NewPCG(seed, 0)), w.serial+150
	return func() {
		// A list that grows faster than it is read has no end.
		for range chance.IntN(1 + max(0, min(2, most-w.serial))) {
			w.insert(1_000_000 + w.serial)
		}
		if len(w.jobs) > 0 && chance.IntN(4) == 0 {
			w.remove(chance.IntN(len(w.jobs)))
		}
	}
}

// A page in pieces of an API with a cap of its own: what leaves between two of them costs no other job its turn.
func TestPiecesOfEquals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{MaxRecords: 30})
	for range 120 {
		w.insert(1)
	}
	calls := 0
	w.between = func() {
		if calls++; calls <= 2 {
			last := w.list(restclient.CreatedAtDesc, false)[30*calls-1].id
			w.remove(slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == last }))
		}
	}
	got := w.read(t, request{first: 80, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	counts := map[string]int{}
	for _, id := range got.ids {
		counts[id]++
	}
	for i, j := range w.list(restclient.CreatedAtDesc, false) {
		// The job that left first was on the page.
		if want := map[bool]int{true: 1, false: 0}[i < 79]; counts[j.id] != want {
			t.Errorf("job %d came %d times", i, counts[j.id])
		}
	}
	if len(got.ids) != 80 || len(w.jobs) != 118 {
		t.Errorf("%d jobs of %d", len(got.ids), len(w.jobs))
	}
}

// inTurn lets a list move behind each answer by the next of these steps.
func inTurn(steps ...func()) func() {
	return func() {
		if len(steps) > 0 {
			steps[0]()
			steps = steps[1:]
		}
	}
}

// The last job of a page leaves while the page is read, and others arrive in front of all: nothing is left, and no job that stands
// before the page is shown again.
func TestLastJobLeavesWithinAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	last, first := w.insert(1), w.insert(3)
	leave := func(id string) { w.remove(slices.IndexFunc(w.jobs, func(j modelJob) bool { return j.id == id })) }
	r := rangeOf(1, 0, 30)
	r.after = w.read(t, r).finish
	front := w.insert(40)
	w.insert(50)
	w.between = inTurn(
		func() { w.insert(60) }, func() { leave(last) }, func() { leave(front); w.insert(70) }, func() { w.insert(80); w.insert(90) },
	)
	r.first = 2
	if got := w.read(t, r); !slices.Equal(got.ids, []string{last}) || got.next || !got.prev {
		t.Errorf("%v, want %s alone, not %s again; next %t, previous %t", got.ids, last, first, got.next, got.prev)
	}
}

// Where jobs arrive between the two calls that show that an API has a cap of its own, the second one shows a job again. That the
// list has grown says why.
func TestArrivalsWhereAnAPICapsItsAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{MaxRecords: 40})
	for i := range 195 {
		w.insert(i)
	}
	want := idsOf(w.list(restclient.CreatedAtDesc, false))[:45]
	w.between = inTurn(func() {
		for i := range 10 {
			w.insert(200 + i)
		}
	})
	page, err := w.try(t, request{first: 45, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	if err != nil || page.Fault != nil || !slices.Equal(answerOf(page).ids, want) {
		t.Errorf("%v, %+v", err, page)
	}
}

// An unreadable record at the end of a piece is shown by the next piece, too: it is one record all the same.
func TestPiecesWithAnUnreadableRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{MaxRecords: 30})
	for i := range 120 {
		if i == 120-1-29 {
			w.api.Insert(fmt.Appendf(nil, `{"job_id":7,"created_at":"2024-01-01T00:%02d:%02d"}`, i/60, i%60))
			continue
		}
		w.insert(i)
	}
	page, err := w.try(t, request{first: 80, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	if err != nil {
		t.Fatal(err)
	}
	var unreadable []int
	for i, record := range page.Records {
		if record.Err != nil {
			unreadable = append(unreadable, i)
		}
	}
	if len(page.Records) != 80 || !slices.Equal(unreadable, []int{29}) {
		t.Errorf("%d records, unreadable are %v", len(page.Records), unreadable)
	}
}

// A cursor holds 500 equals on either side, and ids of any length.
func TestLongestCursor(t *testing.T) {
	t.Parallel()
	c := cursor{anchor: anchor{id: strings.Repeat("x", 128), offset: 1 << 47, total: 1 << 47, openBefore: true, openAfter: true}}
	for i := range uint32(500) {
		c.before, c.after = append(c.before, i), append(c.after, 1<<31+i)
	}
	back, ok := decodeCursor(c.encode())
	if !ok || !slices.Equal(back.before, c.before) || !slices.Equal(back.after, c.after) || !back.openBefore || !back.openAfter || back.id != c.id {
		t.Errorf("read: %t, %d before, %d after, %+v", ok, len(back.before), len(back.after), back.openBefore)
	}
}

// A plain refusal costs one call: only an odd offset is a reason to ask again.
func TestRefusedPageCostsOneCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{})
	for i := range 40 {
		w.insert(i)
	}
	page := w.read(t, request{first: 1, last: -1, offset: -1, orderBy: restclient.CreatedAtDesc})
	w.api.Script(emulator.Fault{Status: 400, Times: emulator.Forever})
	before := w.api.Total()
	// A window from the start of the list, so that its offset can be no reason.
	_, err := w.try(t, request{first: 5, last: -1, offset: -1, after: page.finish, orderBy: restclient.CreatedAtDesc})
	if calls := w.api.Total() - before; err == nil || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// What is learned of an API's way with offsets is told to the operator, once.
func TestLearnedOffsetsAreLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, emulator.Options{Offsets: emulator.OffsetsRefused})
	var lines bytes.Buffer
	w.log = slog.NewJSONHandler(&lines, nil)
	for i := range 60 {
		w.insert(i)
	}
	w.readAll(t, 7, false)
	decoder, told := json.NewDecoder(&lines), 0
	for {
		var line struct {
			Message string `json:"msg"`
			Level   string `json:"level"`
		}
		if decoder.Decode(&line) != nil {
			break
		}
		if strings.Contains(line.Message, "does not take every offset") && line.Level == "WARN" {
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
