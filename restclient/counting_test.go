package restclient

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
)

type accountKey struct{}

// counted gives a client the account that a test put into the context.
func counted(cfg *Config) {
	cfg.Account = func(ctx context.Context) *memory.Account {
		account, _ := ctx.Value(accountKey{}).(*memory.Account)
		return account
	}
}

// under is a context with an account of so many bytes at most.
func under(ctx context.Context, m *memory.Memory, limit int64) context.Context {
	return context.WithValue(withToken(ctx, secret), accountKey{}, &memory.Account{Memory: m, Owner: secret, Limit: limit})
}

// wantHeld fails the test unless so many bytes are counted.
func wantHeld(t *testing.T, m *memory.Memory, n int64) {
	t.Helper()
	if f := m.Figures(); f.Held != n {
		t.Errorf("%d bytes are counted, want %d", f.Held, n)
	}
}

// However a call ends, nothing is counted afterwards but what its caller has, and that until it is released.
func TestCountOfCalls(t *testing.T) {
	t.Parallel()
	good := page(record("a", ""))
	for name, c := range map[string]struct {
		body string
		ok   bool
	}{
		"a page": {good, true}, "no JSON": {good[:len(good)-1], false}, "no page": {`[]`, false}, "too large": {good + string(bytes.Repeat([]byte(" "), 1<<20)), false},
	} {
		u := newUpstream(t, emulator.Records(), counted, func(cfg *Config) { cfg.MaxBody = 1 << 20 })
		m := memory.New(8<<20, true)
		u.Script(answering(c.body))
		got, err := u.Jobs(under(t.Context(), m, 4<<20), JobsQuery{OrderBy: CreatedAtDesc, PerPage: 1})
		if (err == nil) != c.ok {
			t.Fatalf("%s: %v", name, err)
		}
		if err == nil {
			wantHeld(t, m, memory.Least)
			got.Release()
		}
		wantHeld(t, m, 0)
		job, err := u.Job(under(t.Context(), m, 4<<20), "00000000-0000-4000-8000-000000000000")
		if err == nil {
			job.Release()
		}
		wantHeld(t, m, 0)
	}
	// Also if what is made of the body panics.
	u := newUpstream(t, emulator.Records(), counted)
	m := memory.New(8<<20, true)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_, _ = shared(under(t.Context(), m, 4<<20), u.Client, &u.pages, call{token: secret, suffix: "?", records: 1},
			func(*hold, error) (*JobsPage, error) { panic("LEAK") })
	}()
	wantHeld(t, m, 0)
}

// A page without room is an error of KindNoMemory that says which room; nothing is kept of it.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Options{Seed: 1, Jobs: 200}, counted)
	q := JobsQuery{OrderBy: CreatedAtDesc, PerPage: 200}
	m := memory.New(8<<20, true)
	_, err := u.Jobs(under(t.Context(), m, 100_000), q)
	if _, isLimit := errors.AsType[*memory.LimitError](wantKind(t, err, KindNoMemory)); !isLimit {
		t.Error(err)
	}
	wantHeld(t, m, 0)
	small := memory.New(200_000, true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = u.Jobs(under(ctx, small, 1<<20), q)
	if e, ok := errors.AsType[*Error](err); !ok || e.Kind != KindNoMemory && e.Kind != KindTimeout {
		t.Error(err)
	}
	until(t, func() bool { return small.Figures().Held == 0 }) // a call ends a moment behind its caller
	if page, err := u.Jobs(under(t.Context(), m, 1<<20), q); err != nil || len(page.Records) != 200 {
		t.Errorf("after that: %v", err)
	}
}

// Who joins a call for which there is no memory has none, too: its operation fails as a whole, as that of the
// first.
func TestStarvedTogether(t *testing.T) {
	t.Parallel()
	upstream, client := newGated(t, http.StatusOK)
	var cfg Config
	counted(&cfg)
	client.account = cfg.Account
	m := memory.New(1000, true)
	accounts, errs := make([]*memory.Account, 2), make(chan error, 2)
	for i := range accounts {
		accounts[i] = &memory.Account{Memory: m, Owner: secret, Limit: 1 << 20}
		go func() {
			_, err := client.Jobs(context.WithValue(withToken(t.Context(), secret), accountKey{}, accounts[i]), aPage)
			errs <- err
		}()
		until(t, func() bool { return waiting(client) == i+1 })
	}
	close(upstream.gate)
	for _, account := range accounts {
		if e := wantKind(t, <-errs, KindNoMemory); !isOverload(e) {
			t.Error(e)
		}
		until(t, account.Starved)
	}
	wantHeld(t, m, 0)
}

// Of callers who share a call each counts the page in its own account, and of all it counts once. Who has no room
// for it does not take it from the others: neither who made the call, nor who joined it. Who leaves before the
// answer holds nothing.
func TestCountOfSharedCalls(t *testing.T) {
	t.Parallel()
	const tiny, enough = 1000, 1 << 20
	for name, limits := range map[string][]int64{
		"all have room": {enough, enough, enough}, "the first has none": {tiny, enough, enough}, "another has none": {enough, tiny, enough},
	} {
		upstream, client := newGated(t, http.StatusOK)
		var cfg Config
		counted(&cfg)
		client.account = cfg.Account
		m := memory.New(8<<20, true)
		type result struct {
			page  *JobsPage
			err   error
			limit int64
		}
		results := make(chan result, len(limits))
		for i, limit := range limits {
			go func() {
				page, err := client.Jobs(under(t.Context(), m, limit), aPage)
				results <- result{page, err, limit}
			}()
			until(t, func() bool { return waiting(client) == i+1 })
		}
		leaving, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := client.Jobs(under(leaving, m, enough), aPage)
			left <- err
		}()
		until(t, func() bool { return waiting(client) == len(limits)+1 })
		leave()
		_ = wantKind(t, <-left, KindTimeout)
		close(upstream.gate)
		pages := []*JobsPage{}
		for range limits {
			switch got := <-results; {
			case got.limit == enough && got.err == nil:
				pages = append(pages, got.page)
			case got.limit == tiny && got.err != nil:
				_ = wantKind(t, got.err, KindNoMemory)
			default:
				t.Errorf("%s: with %d bytes: %v", name, got.limit, got.err)
			}
		}
		wantHeld(t, m, memory.Least)
		for i, page := range pages {
			if i == 0 {
				page.Abandon()
			} else {
				page.Release()
			}
		}
		wantHeld(t, m, 0)
		if f := m.Figures(); f.Idle != 0 {
			t.Errorf("%s: what is abandoned is lent again: %+v", name, f)
		}
	}
}
