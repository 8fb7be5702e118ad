// Package doctor looks whether the Jobs API can be reached and is as the gateway needs it, and says so in
// sentences: what was seen, and what to do about it.
//
// Examine looks at things in the order in which a request meets them, and stops where nothing further can be
// seen: the settings, the address (DNS), the connection, TLS, and then the API itself, by two calls of the
// gateway's own client, or three. What does input and output only collects what it sees (network.go,
// calls.go); what it means is decided by pure functions (judge_*.go).
//
// No finding holds the token, or a user info or a query that the API or a variable has brought along.
package doctor

import (
	"context"
	"slices"
	"strings"

	"jobsgateway/internal/settings"
	"jobsgateway/restclient"
)

// Config is what there is to look at.
type Config struct {
	Settings settings.Settings
	// Sources says where the settings come from.
	Sources []settings.Source
	// Environ are the variables of the process, as os.Environ gives them.
	Environ []string
	// Token is the bearer token of a caller. Without one nothing is sent: the API would refuse it.
	Token string
	// IsToken reports whether the gateway takes a text for a token.
	IsToken func(text string) bool
}

// Examine looks at all there is to look at. It returns when it has, or when ctx ends. Each step may take the
// time of an attempt, Settings.UpstreamTimeout, so all of it takes at most six times as long.
func Examine(ctx context.Context, cfg Config) []Finding {
	found := judgeSettings(cfg)
	seen := look(ctx, cfg.Settings.UpstreamURL, cfg.Settings.UpstreamTimeout)
	found = append(found, judgeNetwork(seen)...)
	token, ofTheToken := judgeToken(cfg.Token, cfg.IsToken)
	found = append(found, ofTheToken...)
	cfg.Token = token
	switch {
	case token == "":
	case seen.works():
		found = append(found, judgeAnswers(ask(ctx, cfg))...)
	default:
		found = append(found, ofAnswer.note("Mend what is wrong above, and ask again.",
			"The API was not asked: there is no connection that the gateway would use."))
	}
	for i := range found {
		found[i].Seen = clean(token, found[i].Seen)
		found[i].Do = clean(token, found[i].Do)
	}
	return found
}

// IsWrong reports whether something is wrong.
func IsWrong(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Mark == Wrong })
}

// maxSentence bounds a sentence, in characters: names in a certificate, for one, can have any length.
const maxSentence = 1000

// clean returns a sentence without the token, without what a terminal could take for a command, and cut to
// maxSentence.
func clean(token, text string) string {
	runes := []rune(restclient.HideToken(token, printable(text)))
	if len(runes) > maxSentence {
		return string(runes[:maxSentence]) + "…"
	}
	return string(runes)
}

// judgeToken returns the token to ask with, empty for none, and what there is to say of it. A token that was
// copied with the word Bearer before it is used without.
func judgeToken(text string, isToken func(string) bool) (token string, found []Finding) {
	token = strings.TrimSpace(text)
	if scheme, rest, ok := strings.Cut(token, " "); ok && strings.EqualFold(scheme, "Bearer") {
		token = strings.TrimSpace(rest)
		found = append(found, ofToken.note("Leave it out: it belongs to the header, not to the token.",
			"The token has the word Bearer before it, which was left out."))
	}
	switch {
	case token == "":
		return "", append(found, ofToken.note("Set JOBSGW_DOCTOR_TOKEN to a caller's token, or send it to the "+
			"standard input, to have the rest looked at.",
			"There is no token, so the API was not asked: it would refuse that."))
	case !isToken(token):
		return "", append(found, ofToken.wrong("Copy it whole, without quotes or line breaks: it has letters, "+
			"digits and -._~+/, then perhaps =, 8192 at most.",
			"The token has characters that no bearer token has, or is too long, so the API was not asked."))
	}
	return token, found
}
