package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"jobsgateway/internal/emulator"
)

const headerTimeout = 5 * time.Second

// list is a Jobs API over HTTP whose jobs change when they are told to.
type list struct {
	url string

	server *http.Server
	api    *emulator.Emulator
	asked  atomic.Int64
	size   int
	// mu is held while jobs change, so that one answer shows all of a change or nothing.
	mu sync.RWMutex
}

// serveList serves a list of so many jobs.
func serveList(ctx context.Context, size int) (*list, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &list{api: emulator.New(emulator.Options{Records: []json.RawMessage{}}), size: size}
	l.url = "http://" + listener.Addr().String()
	hourAgo := time.Now().Add(-time.Hour)
	for n := range size {
		l.api.Insert(record(n, hourAgo.Add(time.Duration(n)*time.Second)))
	}
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: headerTimeout}
	go func() { _ = l.server.Serve(listener) }()
	return l, nil
}

// ServeHTTP answers as the Jobs API does.
func (l *list) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked.Add(1)
	l.mu.RLock()
	defer l.mu.RUnlock()
	l.api.ServeHTTP(w, r)
}

// calls returns how many calls there were.
func (l *list) calls() int64 { return l.asked.Load() }

// change changes so many jobs, each at a time of its own, the last of them now.
func (l *list) change(jobs int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for i, n := range rand.Perm(l.size)[:jobs] { //nolint:gosec // which of them does not matter
		l.api.Replace(id(n), record(n, now.Add(time.Duration(i+1-jobs)*time.Millisecond)))
	}
}

func (l *list) close() { _ = l.server.Close() }

func id(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// record is the n-th job, of about 1 KiB, which is common.
func record(n int, at time.Time) json.RawMessage {
	const layout = "2006-01-02T15:04:05.000000"
	return fmt.Appendf(nil, `{"job_id":%q,"data_plane_id":"f79cbdae-4848-47ca-95e8-69588364d185",`+
		`"request_source":{"type":"user","company_id":1,"user_id":7},"state":"running","type":"materialize-view",`+
		`"input":{"dataset_id":%d,"compiled_select":%q},"executor":"job-executor-%s","idempotency_key":%q,"result":null,`+
		`"created_at":"2026-01-01T00:00:00.000000","updated_at":%q,"ended_at":null}`,
		id(n), n, "select "+strings.Repeat("value, ", 90)+"1", id(n), id(n), at.UTC().Format(layout))
}
