//go:build e2e

package soak_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"jobsgateway/internal/badapi"
	"jobsgateway/internal/emulator"
)

const (
	tenants  = 200
	jobs     = 60 // of each tenant, at first
	datasets = 5  // of each tenant
)

// faultRate is the part of the calls that meet a fault.
const faultRate = 0.01

// api is a Jobs API in which each tenant has jobs of its own, which have its mark, and in which some calls fail
// in all ways that are known.
type api struct {
	URL           string
	server        *httptest.Server
	lists         map[string]*emulator.Emulator // by the header Authorization
	faults        []badapi.Speak
	calls, failed atomic.Int64
	arrived       [tenants]atomic.Int64
}

func startAPI(t testing.TB) *api {
	t.Helper()
	a := &api{lists: map[string]*emulator.Emulator{}}
	for tenant := range tenants {
		records := []json.RawMessage{}
		for n := range jobs {
			records = append(records, recordOf(tenant, jobs-n))
		}
		a.arrived[tenant].Store(jobs)
		a.lists["Bearer "+tokenOf(tenant)] = emulator.New(emulator.Options{Records: records, Errors: emulator.ErrorShape(tenant % 3)})
	}
	for _, fault := range badapi.Faults() {
		if fault.Code != "" || fault.Requests > 1 { // the others are an empty page, and no fault here
			a.faults = append(a.faults, fault.Speak)
		}
	}
	for _, speak := range badapi.TooLarge() {
		a.faults = append(a.faults, speak)
	}
	a.server = httptest.NewServer(a)
	a.URL = a.server.URL
	t.Cleanup(a.server.Close)
	return a
}

// ServeHTTP answers as a Jobs API does, or fails.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.calls.Add(1)
	if rand.Float64() < faultRate {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		a.faults[a.failed.Add(1)%int64(len(a.faults))](conn)
		conn.Close()
		return
	}
	list := a.lists[r.Header.Get("Authorization")]
	if list == nil {
		http.Error(w, `{"message":"who?"}`, http.StatusUnauthorized)
		return
	}
	list.ServeHTTP(w, r)
}

// arrive adds a job to a tenant's list.
func (a *api) arrive(tenant int) {
	a.lists["Bearer "+tokenOf(tenant)].Insert(recordOf(tenant, int(a.arrived[tenant].Add(1))))
}

// tokenOf is the token of a tenant, which may stand nowhere but in calls of the API.
func tokenOf(tenant int) string {
	return fmt.Sprintf("tokS-%03d-5f0c2b7e9d4146a8b3c1d2e3f4a5b6c7", tenant)
}

// markOf stands in each job of a tenant, and idOf is the id of one of them.
func markOf(tenant int) string    { return fmt.Sprintf("mark-%03d.", tenant) }
func idOf(tenant, n int) string   { return fmt.Sprintf("%08d-0000-4000-8000-%012d", tenant, n) }
func datasetOf(tenant, n int) int { return 1000*tenant + n%datasets + 1 }

// recordOf is the n-th job of a tenant, from 1; a later one is newer.
func recordOf(tenant, n int) json.RawMessage {
	at := fmt.Sprintf("2026-01-%02dT%02d:%02d:00.000001", 1+n/1440%28, n/60%24, n%60)
	return json.RawMessage(fmt.Sprintf(`{"job_id":%q,"state":%q,"type":"materialize-view","created_at":%q,"updated_at":%q,"executor":%q,`+
		`"input":{"dataset_id":%d,"nql":"CREATE %s","stats_enabled":true},"result":{"dataset_id":%d,"snapshot_id":1724919539450264575},`+
		`"failures":[{"message":"%s failed"}],"request_source":{"type":"api_user","company_id":%d,"user_id":%d},"tags":[%q]}`,
		idOf(tenant, n), []string{"running", "failed", "completed", "exploded"}[n%4], at, at, markOf(tenant),
		datasetOf(tenant, n), markOf(tenant), datasetOf(tenant, n), markOf(tenant), tenant, n, markOf(tenant)))
}
