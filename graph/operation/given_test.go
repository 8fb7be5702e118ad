package operation

import (
	"context"
	"strings"
	"testing"

	"jobsgateway/internal/clienttest"
	"jobsgateway/internal/emulator"
	"jobsgateway/internal/memory"
	"jobsgateway/restclient"
)

// holding notes the pages that it gives, to be looked at later.
type holding struct {
	Upstream

	pages []*restclient.JobsPage
}

func (h *holding) Jobs(ctx context.Context, q restclient.JobsQuery) (*restclient.JobsPage, error) {
	page, err := h.Upstream.Jobs(ctx, q)
	h.pages = append(h.pages, page)
	return page, err
}

// The memory of every page is given back when its operation has ended, and not before; a page that comes later is left alone. The
// client overwrites what is given back.
func TestPagesAreGivenBack(t *testing.T) {
	t.Parallel()
	upstream := &holding{Upstream: newAPI(t, 5)}
	ctx := operate(t.Context(), upstream, wide)
	question := func(n int) restclient.JobsQuery {
		return restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: n}
	}
	overwritten := func(page *restclient.JobsPage) bool {
		raw := string(page.Records[0].Job.Raw())
		return raw == strings.Repeat("#", len(raw))
	}
	for n := range 2 {
		if _, err := load(ctx, loadersOf(ctx).pages, question(1+n)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := From(ctx).ask(ctx, question(3), true); err != nil {
		t.Fatal(err)
	}
	for i, page := range upstream.pages {
		if overwritten(page) {
			t.Errorf("page %d is given back while its operation runs", i)
		}
	}
	End(ctx)
	for i, page := range upstream.pages {
		if !overwritten(page) {
			t.Errorf("page %d is not given back", i)
		}
	}
	if _, err := From(ctx).ask(ctx, question(4), true); err != nil || len(upstream.pages) != 4 {
		t.Fatalf("%d pages, %v", len(upstream.pages), err)
	}
	End(ctx)
	if overwritten(upstream.pages[3]) {
		t.Error("a page that came when the operation had ended is given back")
	}
}

// A page that comes when its operation has ended, or has panicked, may still be read by who asked for it. It is
// not lent again, and counts no longer.
func TestLatePages(t *testing.T) {
	t.Parallel()
	lent := memory.New(1<<30, true)
	client := clienttest.New(t, emulator.New(emulator.Options{Seed: 1, Jobs: 5}), func(c *restclient.Config) { c.Account = AccountOf })
	for name, end := range map[string]func(context.Context){"ended": End, "panicked": Abandon} {
		ctx := operate(t.Context(), client, wide)
		Lend(ctx, lent, "owner", 1<<20)
		early, err := From(ctx).ask(ctx, restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 1}, true)
		if err != nil {
			t.Fatal(err)
		}
		if job, err := From(ctx).Job(ctx, restclient.JobID(early.Records[0].Job.ID())); err != nil || lent.Figures().Held < 2*memory.Least {
			t.Errorf("%s: %v %v %+v", name, job, err, lent.Figures())
		}
		end(ctx)
		late, err := From(ctx).ask(ctx, restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 2}, true)
		if err != nil {
			t.Fatal(err)
		}
		if raw := late.Records[0].Job.Raw(); raw[0] != '{' {
			t.Errorf("%s: a late page is overwritten: %s", name, raw)
		}
		if raw := early.Records[0].Job.Raw(); (raw[0] == '#') != (name == "ended") {
			t.Errorf("%s: an early page is %s", name, raw)
		}
		if f := lent.Figures(); f.Held != 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if AccountOf(t.Context()) != nil || AccountOf(operate(t.Context(), client, wide)) != nil {
		t.Error("an account where nothing was lent")
	}
}
