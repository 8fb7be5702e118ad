package gateway

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"jobsgateway/graph"
)

// site is what the public listener serves: exact paths below a base, and the playground's files.
type site struct {
	base  string // "" or a path without a slash at its end
	pages map[string]http.Handler
	// has reports whether the playground has a path below the base, and playground serves it.
	has        func(path string) bool
	playground http.Handler
	unknown    http.Handler
}

// Playground is a page for people and its files. It is asked to serve only what it has, and by GET and HEAD alone.
type Playground interface {
	http.Handler
	// Has reports whether there is something at a path.
	Has(path string) bool
}

// ServeHTTP answers at the known paths, and at any other with the list of them.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	below, ok := strings.CutPrefix(r.URL.Path, s.base)
	page := s.pages[below]
	switch {
	case ok && page != nil:
		page.ServeHTTP(w, r)
	case ok && s.has(below):
		there := *r
		there.URL = &url.URL{Path: below}
		s.playground.ServeHTTP(w, &there)
	default:
		s.unknown.ServeHTTP(w, r)
	}
}

// newSite gathers the pages that a configuration asks for. Cross lets pages of other origins read what is refused, too.
func newSite(cfg Config, graphQL, schema http.Handler, cross func(http.Handler) http.Handler) *site {
	s := &site{base: cfg.BasePath, pages: map[string]http.Handler{"/graphql": graphQL}, has: func(string) bool { return false }}
	known := "GraphQL is at " + s.base + "/graphql"
	paths := []string{s.base + "/graphql"}
	if schema != nil {
		s.pages["/schema.graphql"] = s.readable(schema)
		known += ", its schema at " + s.base + "/schema.graphql"
		paths = append(paths, s.base+"/schema.graphql")
	}
	if cfg.Playground != nil {
		s.has, s.playground = cfg.Playground.Has, s.readable(cfg.Playground)
		if s.base != "" {
			// Relative, so that it is right behind a proxy that changes the path, too.
			s.pages[""] = s.readable(redirect(path.Base(s.base) + "/"))
		}
		known += ", the playground at " + s.base + "/"
		paths = append(paths, s.base+"/")
	}
	s.unknown = cross(refusing(http.StatusNotFound, codeNotFound, "There is nothing at this path: "+known+".", paths))
	return s
}

// readable refuses what is neither GET nor HEAD.
func (s *site) readable(next http.Handler) http.Handler {
	message := "This path is there to GET. Send GraphQL requests to " + s.base + "/graphql."
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			refused := refuse(http.StatusMethodNotAllowed, codeMethodNotAllowed, message)
			refused.allow = "GET, HEAD"
			writeStray(w, r, refused)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// redirect sends a reader to a location, which is not made absolute.
func redirect(location string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", location)
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
}

// refusing answers every request with one error that lists the paths there are.
func refusing(status int, code graph.Code, message string, paths []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refused := refuse(status, code, message)
		refused.errors[0].Extensions["paths"] = paths
		writeStray(w, r, refused)
	})
}

// writeStray refuses a request that is no operation. Nothing may keep the answer: the next version may serve that path.
func writeStray(w http.ResponseWriter, r *http.Request, refused *refusal) {
	w.Header()["Cache-Control"] = noStore
	writeErrors(w, r, typeJSON, refused)
}
