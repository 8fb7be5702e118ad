package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"slices"
	"sync"
	"time"

	"jobsgateway/bench/subscribers/stock/graph"
)

const (
	pageSize    = 100
	callTimeout = 5 * time.Second
	// queued is how many changes a subscriber may be behind.
	queued = 64
)

// feed asks the REST API for all, and has a channel for each subscriber.
type feed struct {
	url, token string

	mu          sync.Mutex
	subscribers map[chan *graph.JobsChange]struct{}
}

// Subscribe returns a channel of changes until ctx ends.
func (f *feed) Subscribe(ctx context.Context) <-chan *graph.JobsChange {
	changes := make(chan *graph.JobsChange, queued)
	changes <- &graph.JobsChange{Jobs: []*graph.Job{}, Cursor: graph.Cursor(time.Now())}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subscribers[changes] = struct{}{}
	context.AfterFunc(ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.subscribers, changes)
		close(changes)
	})
	return changes
}

// run asks and tells until ctx ends.
func (f *feed) run(ctx context.Context, interval time.Duration) {
	var last string
	for tick := time.NewTicker(interval); ; {
		jobs, err := f.ask(ctx)
		switch {
		case err != nil:
			log.Print(err)
		case len(jobs) > 0:
			before := last
			last = jobs[0].UpdatedAt
			if before != "" {
				f.tell(jobs, before)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tell hands the jobs that changed after a time to all subscribers, the oldest first. It turns jobs round.
func (f *feed) tell(jobs []*graph.Job, after string) {
	old := slices.IndexFunc(jobs, func(job *graph.Job) bool { return job.UpdatedAt <= after })
	if old == 0 {
		return
	}
	if old > 0 {
		jobs = jobs[:old]
	}
	cursor := jobs[0].UpdatedAt
	slices.Reverse(jobs)
	change := &graph.JobsChange{Jobs: jobs, Cursor: cursor}
	f.mu.Lock()
	defer f.mu.Unlock()
	for changes := range f.subscribers {
		select {
		case changes <- change:
		default:
			log.Print("a subscriber is too slow")
		}
	}
}

// ask returns the jobs that changed last.
func (f *feed) ask(ctx context.Context) ([]*graph.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	url := fmt.Sprintf("%s/jobs?order_by=updated_at_desc&per_page=%d", f.url, pageSize)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+f.token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the API answers %s", response.Status)
	}
	var page struct {
		Records []struct {
			ID        string  `json:"job_id"`
			State     string  `json:"state"`
			Type      string  `json:"type"`
			Executor  *string `json:"executor"`
			CreatedAt string  `json:"created_at"`
			UpdatedAt string  `json:"updated_at"`
		} `json:"records"`
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, err
	}
	jobs := make([]*graph.Job, len(page.Records))
	for i, r := range page.Records {
		jobs[i] = &graph.Job{
			ID: r.ID, State: r.State, Type: r.Type, Executor: r.Executor, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
		}
	}
	return jobs, nil
}
