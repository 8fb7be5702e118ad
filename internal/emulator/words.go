package emulator

// dataset ids run over firstDataset + i*datasetStep for i below datasets; low i hold most of the jobs.
const (
	datasets     = 60
	firstDataset = 10_674
	datasetStep  = 31
)

// planes are the data planes; the first is the one in every published sample. Source: upstream GET /jobs.
var planes = [...]string{
	"f79cbdae-4848-47ca-95e8-69588364d185",
	"0c5e2a61-9b1f-4d3a-8a57-3f7be2d41c90",
	"b4d8f0e7-2c6a-4f19-9e03-d1a57c88e642",
}

// processes are the names of request sources that are no user. The first is a published one.
var processes = [...]string{
	"materialized-view-refresh", "nightly-recalculation", "connector-delivery", "sample-refresher",
}

// columns are what the SQL selects; some need escaping in JSON.
var columns = [...]string{
	"unique_id", "event_timestamp", "country_code", "email_sha256", "hl7_gender", "zip_code", "device_type",
	"price_cpm_usd", "segment_name", "city → region", "last_seen_at", "household_size", "browser",
	"referrer_url",
}

// subjects name datasets and views.
var subjects = [...]string{
	"daily_audience", "store_visits", "mobile_ids", "hashed_emails", "purchase_intent", "tv_viewership",
	"weather_panel", "loyalty_cards", "foot_traffic", "zürich_commuters",
}

// predicates end the SQL.
var predicates = [...]string{
	`"country_code" = 'US' AND "event_timestamp" > CURRENT_DATE - INTERVAL '30' DAY`,
	`"price_cpm_usd" < 1.50 AND "segment_name" <> 'n/a'`,
	`"city → region" IN ('Zürich', 'São Paulo', '東京') & TRUE`,
	`"referrer_url" LIKE 'https://example.com/%' OR "household_size" >= 4`,
}

// mishap is what can go wrong: the message, about a dataset, and the exception that the stack trace opens
// with.
type mishap struct{ message, exception string }

// outage is the place in mishaps of what nearly every job of the bad hour dies of; it happens at no other
// time.
const outage = 0

var mishaps = [...]mishap{
	{
		"Data plane unavailable: catalog did not answer for dataset %d",
		"java.net.SocketTimeoutException: Read timed out",
	},
	{"Table not found: ds_%d", "org.apache.spark.sql.AnalysisException: [TABLE_OR_VIEW_NOT_FOUND]"},
	{
		`"event_timestamp" of dataset %d cannot be cast to TIMESTAMP`,
		"org.apache.spark.SparkDateTimeException: [CAST_INVALID_INPUT]",
	},
	{"Budget exceeded while scanning dataset %d", "io.example.jobs.BudgetExceeded: cost > limit"},
	{
		"Executor lost while writing dataset %d",
		"org.apache.spark.SparkException: Job aborted due to stage failure",
	},
}

// frames are lines of a stack trace.
var frames = [...]string{
	"at org.apache.spark.sql.execution.SparkPlan.$anonfun$execute$1(SparkPlan.scala:195)",
	"at org.apache.spark.rdd.RDDOperationScope$.withScope(RDDOperationScope.scala:151)",
	"at org.apache.iceberg.spark.SparkCatalog.loadTable(SparkCatalog.java:168)",
	"at io.example.jobs.Executor$$anon$3.run(Executor.scala:88)",
	"at java.base/java.lang.Thread.run(Thread.java:840)",
}
