package gateway

import (
	"net/http"
	"net/url"

	"jobsgateway/internal/accept"
)

// toPage sends people who open the address of GraphQL in a browser on to the playground, the page beside it,
// with 307. Programs are answered.
func toPage(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && wantsPage(r.Header["Accept"]) {
			if location, ok := pageOf(r.URL.RawQuery, r.Header["Authorization"] != nil); ok {
				redirect(location).ServeHTTP(w, r)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// wantsPage reports whether Accept headers are those of a browser that opens an address: they name text/html,
// prefer nothing to it that JSON would fit, and name no JSON.
func wantsPage(headers []string) bool {
	html, others := 0.0, 0.0
	for _, list := range headers {
		for list != "" {
			e, rest, ok := accept.Parse(list)
			list = rest
			switch {
			case !ok:
			case e.Name == "text/html":
				html = max(html, e.Q)
			case (e.Name == typeJSON || e.Name == typeResponse) && e.Q > 0:
				return false
			case e.Name == "application/*" || e.Name == "*/*":
				others = max(others, e.Q)
			}
		}
	}
	return html > 0 && html >= others
}

// pageOf returns the page's address, relative to that of GraphQL, so that it is right behind a proxy that changes
// the path, too. The query and the variables of a link are in the fragment, where the page reads them. False
// where the request is to be answered: it asks by a token, which a link cannot, or for a document that it only
// names, or it is not well-formed.
//
// Example: "query=%7B__typename%7D" is "./#query=%7B__typename%7D", and "" is "./".
func pageOf(rawQuery string, withToken bool) (location string, ok bool) {
	if len(rawQuery) > maxQueryString {
		return "", false
	}
	params, err := url.ParseQuery(rawQuery)
	if err != nil {
		return "", false
	}
	queries := params["query"]
	switch {
	case len(queries) == 0 || len(queries) == 1 && queries[0] == "":
		return "./", !params.Has("documentId") && !params.Has("extensions")
	case withToken || len(queries) > 1:
		return "", false
	}
	link := url.Values{"query": queries}
	if variables := params.Get("variables"); variables != "" {
		link.Set("variables", variables)
	}
	return "./#" + link.Encode(), true
}
