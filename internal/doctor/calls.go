package doctor

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"jobsgateway/internal/settings"
	"jobsgateway/restclient"
)

// answers are the calls that were made, in their order, and what they came to.
type answers struct {
	base    *url.URL
	timeout time.Duration
	// first asks for one record. It is the one that says whether the API answers at all.
	first answer
	// window asks for a page from the second record on, and aligned, where window leaves a doubt, for one from
	// the first on. Nil if they were not asked for.
	window, aligned *answer
	drifts          []restclient.Drift // of all of them
}

// answer is what one call came to: a page or a failure.
type answer struct {
	query  restclient.JobsQuery
	page   *restclient.JobsPage
	failed *restclient.Error
	header http.Header // of the answer; nil if none has come
	proto  string
	times  times
}

// times are the moments of a call; those that it did not reach are zero.
type times struct{ began, connected, sent, firstByte, ended time.Time }

// ask makes the calls, each by one attempt of the gateway's own client: one for one record, and if that shows
// a list of two or more, one for a page of the usual size from the second record on. What the latter shows may
// mean that the list has changed, or that the API refuses the size of the page: a third call decides.
func ask(ctx context.Context, cfg Config) (got answers) {
	var latest answer
	var mu sync.Mutex // the client may still be busy when a call is over
	var watch watcher
	client := restclient.New(restclient.Config{
		BaseURL:  cfg.Settings.UpstreamURL,
		Token:    func(context.Context) (string, bool) { return cfg.Token, true },
		Timeout:  cfg.Settings.UpstreamTimeout,
		MaxBody:  cfg.Settings.MaxUpstreamBody,
		MaxConns: 1,
		Attempts: 1,
		Observer: &watch,
		Answered: func(res *http.Response) {
			mu.Lock()
			defer mu.Unlock()
			latest.header, latest.proto = res.Header, res.Proto
		},
	})
	defer client.Close()
	call := func(query restclient.JobsQuery) answer {
		mu.Lock()
		latest = answer{query: query, times: times{began: time.Now()}}
		mu.Unlock()
		note := func(moment *time.Time) {
			mu.Lock()
			defer mu.Unlock()
			*moment = time.Now()
		}
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn:              func(httptrace.GotConnInfo) { note(&latest.times.connected) },
			WroteRequest:         func(httptrace.WroteRequestInfo) { note(&latest.times.sent) },
			GotFirstResponseByte: func() { note(&latest.times.firstByte) },
		})
		page, err := client.Jobs(traced, query)
		mu.Lock()
		defer mu.Unlock()
		latest.times.ended = time.Now()
		latest.page = page
		latest.failed, _ = restclient.AsError(err)
		return latest
	}

	got = answers{base: cfg.Settings.UpstreamURL, timeout: cfg.Settings.UpstreamTimeout}
	defer func() { got.drifts = watch.found() }()
	got.first = call(restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: 1})
	if got.first.failed != nil || len(got.first.page.Records) == 0 || isOneJob(got.first.page) {
		return got
	}
	size := pageSize(cfg.Settings)
	window := call(restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: size, Offset: 1})
	got.window = &window
	if isDoubtful(got.first, window) {
		aligned := call(restclient.JobsQuery{OrderBy: restclient.CreatedAtDesc, PerPage: size})
		got.aligned = &aligned
	}
	return got
}

// isOneJob reports whether a page says that the list has one job.
func isOneJob(page *restclient.JobsPage) bool { return page.Total == 1 && page.NextPage == 0 }

// pageSize returns the size of a usual page, but 2 at least, so that the offset 1 is no multiple of it.
func pageSize(set settings.Settings) int { return max(2, set.DefaultPageSize) }
