package operation

import (
	"context"
	"strings"
	"testing"

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
