// Package settings turns the command line and the environment of the binary jobsgateway into one struct.
//
// A flag wins over its variable, a variable over the default. The variable of a flag is JOBSGW_ and the
// flag's name in capitals with underscores: --max-page-size is JOBSGW_MAX_PAGE_SIZE. There is no file. What
// [Parse] returns without an error needs no further checking: every bound named below holds.
package settings

import (
	"log/slog"
	"net/url"
	"time"
)

// Settings is all that the gateway can be told. The tags are the single source of a flag: name and type come
// from the field; default, bounds and help from the tag; the errors and the help text are written from the
// same words. A flag needs a group, a help and a default (CORSOrigins, CORSHeaders and TrustedDocumentsPath have
// none), and either min and max, words, or accepts. Where an empty variable means something, the tag says empty.
//
// Sizes are bytes. A Settings is a plain value; nothing changes it after [Parse].
type Settings struct {
	// Listen is the public address as host:port. An empty host is every interface, port 0 any free port.
	Listen string `group:"Listening" type:"address" default:"127.0.0.1:8080" placeholder:"HOST:PORT" accepts:"host:port with a port from 0 to 65535" help:"Address of /graphql, /schema.graphql and, at /, the playground"`
	// BasePath stands before the paths of Listen: "/jobs-gw" makes /graphql /jobs-gw/graphql, and "" changes
	// nothing. It begins with a slash and never ends with one. AdminListen's paths stay what they are.
	BasePath string `group:"Listening" type:"path" empty:"" default:"/" placeholder:"PATH" accepts:"a path such as /jobs-gw" help:"Path before all public paths, for a proxy that passes it on"`
	// AdminListen is the address of the health paths and of the metrics, which the public one never shows. It
	// cannot share Listen's port unless that is 0.
	AdminListen string `group:"Listening" type:"address" default:"127.0.0.1:8081" placeholder:"HOST:PORT" accepts:"host:port with a port from 0 to 65535" help:"Address of /healthz, /readyz and /metrics, apart from the public one"`
	// DrainDelay is how long the gateway serves on after it was told to stop, 0s to 10m. /readyz says so at
	// once, but whoever sends requests looks at it, or hears of it, only now and then.
	DrainDelay time.Duration `group:"Listening" default:"1s" min:"0s" max:"10m" placeholder:"DURATION" help:"Time to serve on after TERM or an interrupt, while /readyz says 503"`

	// UpstreamURL is the base of the Jobs API: http or https, a host, perhaps a path without a slash or /jobs
	// at its end, and no user info, query or fragment. It is nil under Demo, so that no caller's token can
	// reach a real API.
	UpstreamURL *url.URL `group:"Upstream" default:"https://api-dev.narrative.io" placeholder:"URL" accepts:"http:// or https://, a host and perhaps a path" help:"Base URL of the Jobs API, to which /jobs is appended"`
	// Demo asks for the embedded Jobs API in place of UpstreamURL; to set both is an error.
	Demo bool `group:"Upstream" type:"switch" default:"false" accepts:"true or false" help:"Serve an embedded Jobs API with sample data instead of --upstream-url"`
	// UpstreamTimeout bounds one attempt of a call of the Jobs API, 1ms to 10m, and never exceeds RequestTimeout.
	UpstreamTimeout time.Duration `group:"Upstream" default:"5s" min:"1ms" max:"10m" placeholder:"DURATION" help:"Time for one attempt of a call of the Jobs API, at most --request-timeout"`
	// MaxUpstreamBody bounds one decoded answer of the Jobs API, 64KiB to 1GiB. What is larger is not read
	// on.
	MaxUpstreamBody int64 `group:"Upstream" default:"32MiB" min:"64KiB" max:"1GiB" placeholder:"SIZE" help:"Largest answer of the Jobs API, after decompression; a larger page is asked for in parts"`
	// MaxUpstreamCalls is the budget of calls of one operation, 1 to 10000.
	MaxUpstreamCalls int `group:"Upstream" default:"200" min:"1" max:"10000" placeholder:"COUNT" help:"Most calls of the Jobs API that one operation may make"`
	// MaxUpstreamConcurrency is how many calls of one operation may be in flight at once, 1 to 1024.
	MaxUpstreamConcurrency int `group:"Upstream" default:"64" min:"1" max:"1024" placeholder:"COUNT" help:"Most calls of one operation at the same time"`

	// RequestTimeout bounds one operation with all its calls, 1ms to 10m.
	RequestTimeout time.Duration `group:"Limits" default:"15s" min:"1ms" max:"10m" placeholder:"DURATION" help:"Time for one operation, with all its calls of the Jobs API"`
	// MaxOperations is how many operations may run at once, 1 to 100000, of which one token gets at most half.
	// Only those count that ask the Jobs API. Source: with an API that takes 100 ms for an answer, 1024 at
	// once are 10,000 a second, more than two cores write; with one that hangs, they are 1024 callers that
	// wait, at about 60 kB each.
	MaxOperations int `group:"Limits" default:"1024" min:"1" max:"100000" placeholder:"COUNT" help:"Most operations at the same time; fewer when the Jobs API takes longer than usual"`
	// MaxPageSize is the most that a connection's first or last may ask for, 1 to 500.
	// Upstream: GET /jobs answers 400 to a per_page above 500.
	MaxPageSize int `group:"Limits" default:"500" min:"1" max:"500" note:"the most that the Jobs API returns" placeholder:"COUNT" help:"Most jobs on one page of a connection"`
	// DefaultPageSize serves a connection that gives neither first nor last, 1 to MaxPageSize.
	DefaultPageSize int `group:"Limits" default:"50" min:"1" max:"500" note:"and never above --max-page-size" placeholder:"COUNT" help:"Jobs on a page when a query does not say"`
	// MaxBody bounds one request body, which may not be compressed, 1KiB to 16MiB.
	MaxBody int64 `group:"Limits" default:"256KiB" min:"1KiB" max:"16MiB" placeholder:"SIZE" help:"Largest request body"`
	// MaxOperationBytes bounds the memory of one operation, 1MiB to 4GiB: pages of the Jobs API and the answer
	// together, while they are read and written.
	MaxOperationBytes int64 `group:"Limits" default:"48MiB" min:"1MiB" max:"4GiB" placeholder:"SIZE" help:"Most memory of one operation: pages of the Jobs API and the answer together"`
	// MaxTotalBytes bounds the memory of all requests, 2MiB to 64GiB: bodies of requests, and what
	// MaxOperationBytes bounds of each operation. It is at least twice MaxOperationBytes, since one caller may
	// hold no more than half of it.
	MaxTotalBytes int64 `group:"Limits" default:"104MiB" min:"2MiB" max:"64GiB" note:"and at least twice --max-operation-bytes" placeholder:"SIZE" help:"Most memory of all operations and request bodies together, of which one token may hold half"`
	// MaxPersistedBytes bounds the texts of automatic persisted queries that are remembered, 0 to 1GiB, each
	// with 352 bytes more. 0 serves none.
	MaxPersistedBytes int64 `group:"Limits" default:"4MiB" min:"0" max:"1GiB" note:"0 serves none" placeholder:"SIZE" help:"Most memory of automatic persisted queries, of which one token may hold all that no other wants"`
	// MaxCost is the most points that the shape of one operation may cost, 1 to 10000000: an object counts 1,
	// a JSON value 5. Source: 20,000 jobs with all fields took the process to 135 MB, half of a small
	// container.
	MaxCost int `group:"Limits" default:"20000" min:"1" max:"10000000" placeholder:"POINTS" help:"Highest cost of one operation, counted from its document before it runs; an object is 1, a JSON value 5"`
	// MaxDepth is how deep the selections of one operation may nest, 1 to 100.
	MaxDepth int `group:"Limits" default:"15" min:"1" max:"100" placeholder:"LEVELS" help:"Deepest nesting of one operation"`
	// MaxAliases is how many fields of one operation may be renamed, 1 to 1000.
	MaxAliases int `group:"Limits" default:"30" min:"1" max:"1000" placeholder:"COUNT" help:"Most aliases in one operation"`
	// MaxRootFields is how many fields an operation may have at its root, 1 to 1000.
	MaxRootFields int `group:"Limits" default:"20" min:"1" max:"1000" placeholder:"COUNT" help:"Most fields at the root of one operation"`

	// Live serves subscriptions.
	Live bool `group:"Subscriptions" type:"switch" negatable:"" default:"true" accepts:"true or false" help:"Serve subscriptions, which the schema does not have otherwise"`
	// PollInterval is the time between two polls of the Jobs API for who watches the same, 100ms to 10m.
	PollInterval time.Duration `group:"Subscriptions" default:"2s" min:"100ms" max:"10m" placeholder:"DURATION" help:"Time between two polls for those who watch the same: how late a change is told"`
	// MaxStreams is how many subscriptions there may be, 1 to 1000000, and MaxStreamsPerToken how many of one token.
	MaxStreams         int `group:"Subscriptions" default:"10000" min:"1" max:"1000000" placeholder:"COUNT" help:"Most subscriptions at the same time"`
	MaxStreamsPerToken int `group:"Subscriptions" default:"200" min:"1" max:"1000000" placeholder:"COUNT" help:"Most subscriptions of one token at the same time"`
	// MaxPolls is how many different things may be watched, 1 to 100000: a list of one token with one filter,
	// whatever its states, or all single jobs of one token.
	MaxPolls int `group:"Subscriptions" default:"2000" min:"1" max:"100000" placeholder:"COUNT" help:"Most polls, of which a token has one for each filter that is watched"`
	// MaxStreamAge is how long a subscription lasts at most, 1s to 720h.
	MaxStreamAge time.Duration `group:"Subscriptions" default:"1h" min:"1s" max:"720h" placeholder:"DURATION" help:"Time after which a subscription is ended, so that clients come to other replicas"`
	// LiveOutage is how long the Jobs API may fail until subscriptions end with its error, 1s to 24h.
	LiveOutage time.Duration `group:"Subscriptions" default:"60s" min:"1s" max:"24h" placeholder:"DURATION" help:"Time that the Jobs API may fail until subscriptions end with its error"`

	// TrustedDocuments is off, log or require: whether the documents that are not in the files of
	// TrustedDocumentsPath run as others do, run and are counted and logged, or are refused.
	TrustedDocuments string `group:"Trusted documents" type:"word" default:"off" words:"off,log,require" placeholder:"MODE" help:"What becomes of documents that are not listed: off and log run them, log counts and logs them, and require refuses them"`
	// TrustedDocumentsPath is a file or a folder; empty for none, which only off allows.
	TrustedDocumentsPath string `group:"Trusted documents" type:"file" placeholder:"PATH" accepts:"the path of a file or a folder" help:"The listed documents, read at the start and at a hang-up (HUP): files that end in .json map ids to documents, and each that ends in .graphql or .gql is one"`
	// TrustedDocumentsLiftLimits frees listed documents of MaxCost, MaxDepth, MaxAliases and MaxRootFields.
	TrustedDocumentsLiftLimits bool `group:"Trusted documents" type:"switch" default:"false" accepts:"true or false" help:"With require: --max-cost, --max-depth, --max-aliases and --max-root-fields do not hold for listed documents"`

	// CORSOrigins are the exact origins of pages that may call the gateway, as browsers send them, or "*"
	// alone. Empty means that pages of other origins may not.
	CORSOrigins []string `group:"Browser and schema" placeholder:"ORIGIN,..." empty:"" accepts:"scheme://host[:port], several parted by commas, or * or none alone" help:"Origins of the pages that may call the gateway from a browser"`
	// CORSHeaders are headers that pages of CORSOrigins may send beside those that clients of GraphQL do.
	CORSHeaders []string `group:"Browser and schema" type:"headers" placeholder:"NAME,..." empty:"" accepts:"names of headers, several parted by commas, or none alone" help:"Headers that those pages may send beside the usual ones of GraphQL clients"`
	// Introspection lets operations ask for the schema. The playground and most tools live on it.
	Introspection bool `group:"Browser and schema" type:"switch" negatable:"" default:"true" accepts:"true or false" help:"Answer introspection and _service, and serve /schema.graphql"`
	// Playground serves the page at / on Listen.
	Playground bool `group:"Browser and schema" type:"switch" negatable:"" default:"true" accepts:"true or false" help:"Serve the playground page at /"`
	// Federation adds _service and _entities to the schema that is served.
	Federation bool `group:"Browser and schema" type:"switch" negatable:"" default:"true" accepts:"true or false" help:"Serve as a subgraph of Apollo Federation"`
	// Explain adds extensions.explain to the answers of requests that ask for it by X-Explain: 1.
	Explain bool `group:"Browser and schema" type:"switch" negatable:"" default:"true" accepts:"true or false" help:"Tell what an operation took, in extensions.explain, to callers who send X-Explain: 1"`

	// LogLevel is the least level that is written: debug, info, warn or error.
	LogLevel slog.Level `group:"Log" default:"info" words:"debug,info,warn,error" placeholder:"LEVEL" help:"Least level that is logged"`
	// LogFormat is json, text or auto. What auto means is the caller's to decide, who knows stderr: text on a
	// terminal, json elsewhere.
	LogFormat string `group:"Log" type:"word" default:"auto" words:"auto,json,text" placeholder:"FORMAT" help:"Form of the log on stderr; auto is text on a terminal and json elsewhere"`

	// TraceOperationNames puts the names of operations, which callers choose, into the spans of traces.
	// Whether there are traces is said by the OTEL_ variables, which are read by internal/telemetry.
	TraceOperationNames bool `group:"Traces" type:"switch" default:"false" accepts:"true or false" help:"Name operations in traces by what callers call them, not by their type alone"`
}

// Command is what the user asked for.
type Command int

const (
	// Serve runs the gateway. It is also what a line without a command means.
	Serve Command = iota
	// PrintSchema prints the GraphQL schema: `jobsgateway schema [--federation]`. It reads no variables.
	PrintSchema
	// Doctor looks whether the Jobs API is as the settings and the gateway need it, and says what is wrong.
	Doctor
	// Help prints Text, as a flag whatever else the line says and however wrong the settings are.
	Help
	// Version prints Text, like Help.
	Version
)

// Invocation is one command with what belongs to it; the other fields are zero.
type Invocation struct {
	Command Command
	// Settings belong to Serve and Doctor.
	Settings Settings
	// Sources belong to Doctor: where each setting comes from, in the order of the help text.
	Sources []Source
	// Token belongs to Doctor: what JOBSGW_DOCTOR_TOKEN is, whatever that may be; empty if it is not set.
	Token string
	// FederationSchema belongs to PrintSchema: print the schema as a subgraph offers it.
	FederationSchema bool
	// Text belongs to Help and Version: meant for stdout, and ends with a newline. For Doctor it is that of
	// Version.
	Text string
}
