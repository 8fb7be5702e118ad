// Package playground is the page in which people try the gateway: GraphiQL with a box for the token, worked
// examples in tabs, the documentation of the schema and a check-box explorer.
//
// Everything comes from embedded files: the page works without a network and under a strict
// Content-Security-Policy, and sends nothing to any host but its own. The gateway carries GraphiQL 3.9
// because it is the last line with a self-contained browser build, which needs neither a bundler here nor
// workers and foreign scripts there; vendor.sh fetches the files again and says what it takes out of them,
// third_party/SHA256SUMS says what they are then.
package playground

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"
)

//go:embed web/page.html
var pageFile embed.FS

// contentSecurityPolicy lets the page load from and talk to its own origin only. data: is for the icons inside
// GraphiQL's style sheet; fonts are those of the visitor's system. The hash admits one style element, the scroll
// lock that GraphiQL's dialogs and menus put up. Its text depends on the margins of the body and the width of the
// scroll bar, and both are 0 here (app.css). Another value is a violation in the browser's console.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; " +
	"style-src 'self' 'sha256-Y/huXlwoYkVyQlxwSVcCi1RCDGDCSVBzDt0hYP9qlTc='; img-src 'self' data:; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Options says what the page talks to. The zero value is the gateway's own layout. Whatever the page refers
// to is relative to its own address, so that it works below any path, also where a proxy takes that away.
type Options struct {
	// Endpoint answers GraphQL over POST. Default: graphql, beside the page.
	Endpoint string
	// SchemaPath has the schema in the schema language. Default: schema.graphql, beside the page.
	SchemaPath string
	// Demo says on the page that the data is made up, and fills the token box with "demo".
	Demo bool
	// SchemaHidden says that nothing answers at SchemaPath: the page tells so, and does not ask.
	SchemaHidden bool
	// TrustedOnly says that only documents on a list are answered: the page tells so.
	TrustedOnly bool
	// NoSubscriptions leaves out the example of one.
	NoSubscriptions bool
}

// Playground serves the page at / and its files below /playground/, where a base path was taken off before.
// It reads nothing but embedded files and is safe for concurrent use. The first request for any of them makes
// page and files ready: a gateway that nobody explores does not hold them. It panics then when an embedded
// file is damaged, which is a fault of the build.
type Playground struct{ ready func() content }

// content is what there is to serve.
type content struct {
	files     *assets
	page      []byte
	entityTag string
}

// New makes a playground.
func New(o Options) *Playground {
	if o.Endpoint == "" {
		o.Endpoint = "graphql"
	}
	if o.SchemaPath == "" {
		o.SchemaPath = "schema.graphql"
	}
	return &Playground{sync.OnceValue(func() content {
		files := loadAssets()
		page := renderPage(o, files)
		return content{files, page, `"` + digest(page) + `"`}
	})}
}

// Has reports whether there is something at a path.
func (p *Playground) Has(path string) bool {
	return path == "/" || strings.HasPrefix(path, filesPath) && p.ready().files.has(path)
}

// ServeHTTP answers GET and HEAD of a path that Has reports. The caller sees to both.
func (p *Playground) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := p.ready()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.URL.Path != "/" {
		c.files.serve(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", contentSecurityPolicy)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", c.entityTag)
	// ServeContent answers If-None-Match by the tag; the zero time keeps Last-Modified out of it.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(c.page))
}

// renderPage returns the page, filled in once: it is the same for every visitor.
func renderPage(o Options, files *assets) []byte {
	page := template.Must(template.ParseFS(pageFile, "web/page.html"))
	var out bytes.Buffer
	err := page.Execute(&out, struct {
		Options
		Assets  string
		Modules []string
	}{o, strings.TrimPrefix(files.prefix, "/"), modules()})
	if err != nil {
		panic(err) // the template and its data are both of this package
	}
	return out.Bytes()
}
