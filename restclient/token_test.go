package restclient

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jobsgateway/internal/emulator"
)

// webToken is as long and as odd as tokens come: three parts in base 64, with every letter that a token may
// have.
var webToken = "eyJhbGciOiJSUzI1NiJ9." + strings.Repeat("eyJzdWIiOiI+Zm9vL2Jhcn4tIn0", 20) + "._~+/-signature/of+it=="

// partOf finds any part of a token, of eight characters or more, in a text, in any case.
func partOf(text, token string) string {
	text, token = strings.ToLower(text), strings.ToLower(token)
	for i := 0; i+8 <= len(token); i++ {
		if strings.Contains(text, token[i:i+8]) {
			return token[i : i+8]
		}
	}
	return ""
}

// However much of the token the Jobs API quotes, and however it spells it, no part of it reaches a caller or
// the log; what stands around it does.
func TestQuotedParts(t *testing.T) {
	t.Parallel()
	for name, quoted := range map[string]string{
		"all of it":         webToken,
		"its start":         webToken[:8],
		"its start, longer": webToken[:40] + "…",
		"its end":           webToken[len(webToken)-9:],
		"its middle":        webToken[100:120],
		"twice":             webToken + webToken,
		"cut and joined":    webToken[:20] + "..." + webToken[len(webToken)-20:],
		"in capitals":       strings.ToUpper(webToken),
		"in a header":       "Authorization: Bearer " + webToken,
		"after a long text": strings.Repeat("ä ", 145) + webToken,
	} {
		e := statusError(400, http.Header{}, []byte(`{"detail":"before `+quoted+` behind"}`), historyEnd)
		e.cause = malformed("before %s behind", quoted)
		e.forget(webToken)
		for _, text := range []string{e.Detail, e.Error(), e.cause.Error()} {
			if part := partOf(text, webToken); part != "" {
				t.Errorf("%s: %q stands in %q", name, part, text)
			}
			if !strings.Contains(text, "before ") {
				t.Errorf("%s: nothing is left: %q", name, text)
			}
		}
		if len([]rune(e.Detail)) > 300 || len([]rune(e.Error())) > 300 {
			t.Errorf("%s: too long", name)
		}
		if name != "after a long text" && e.Detail != strings.TrimSpace(e.Detail) || name == "all of it" && e.Detail != "before [token] behind" {
			t.Errorf("%s: %q", name, e.Detail)
		}
	}
}

// A token that is spelt in another alphabet is the token.
func TestOtherSpellings(t *testing.T) {
	t.Parallel()
	parts := partsOf(webToken)
	for name, spelt := range map[string]string{
		"for an address":       url.QueryEscape(webToken),
		"for an address twice": url.QueryEscape(url.QueryEscape(webToken)),
		"for a small address":  strings.ToLower(url.QueryEscape(webToken)),
		"for JSON":             strings.ReplaceAll(webToken, "/", `\/`),
		"for JSON in ASCII":    strings.NewReplacer("+", `\u002B`, "=", `\u003d`, "/", `\u002f`).Replace(webToken),
		"base 64":              base64.StdEncoding.EncodeToString([]byte(webToken)),
		"base 64 of a header":  base64.StdEncoding.EncodeToString([]byte("Bearer " + webToken + "\n")),
		"base 64 of a login":   base64.StdEncoding.EncodeToString([]byte("token:" + webToken)),
		"base 64 for a name":   base64.RawURLEncoding.EncodeToString([]byte("a" + webToken + "b")),
		"base 64 after two":    base64.StdEncoding.EncodeToString([]byte("a:" + webToken + "\n")),
	} {
		// A dozen letters may say as much of what stands beside the token.
		left := strings.ReplaceAll(parts.hide(spelt), "[token]", "")
		if len(left) > 16 {
			t.Errorf("%s: %q is left", name, left)
		}
	}
}

// Nothing else is hidden: not a sentence, nor the name of a job; and no token is hidden that is too short to
// be one.
func TestNothingElseIsHidden(t *testing.T) {
	t.Parallel()
	const sentence = "per_page: 501 is more than 500; log id 10610000-0000-4000-8000-000000000001 \xff\x00"
	if got := partsOf(webToken).hide(sentence); got != sentence {
		t.Errorf("%q", got)
	}
	for _, token := range []string{"", "demo", "per_pag"} {
		if got := partsOf(token).hide(sentence); got != sentence {
			t.Errorf("%q: %q", token, got)
		}
	}
}

func TestHidingProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		token := rapid.StringMatching(`[A-Za-z0-9._~+/-]{8,60}`).Draw(t, "token")
		from := rapid.IntRange(0, len(token)-8).Draw(t, "from")
		to := rapid.IntRange(from+8, len(token)).Draw(t, "to")
		before := rapid.StringMatching(`[ä!?]{0,9}`).Draw(t, "before")
		behind := rapid.StringMatching(`[ö!?]{0,9}`).Draw(t, "behind")
		if got := partsOf(token).hide(before + token[from:to] + behind); got != before+"[token]"+behind {
			t.Fatalf("%q", got)
		}
		if got := partsOf(token).hide(token + token[from:to] + token); got != "[token]" {
			t.Fatalf("one behind the other: %q", got)
		}
	})
}

// The same over HTTP, in every place where the Jobs API may quote: sentences of each shape, the log id, what
// it redirects to, and what is no HTTP.
func TestUpstreamThatQuotesParts(t *testing.T) {
	t.Parallel()
	u := newUpstream(t, emulator.Records())
	once(u.Client)
	long := strings.Repeat("x", 290)
	for _, f := range []emulator.Fault{
		{Status: 400, Body: []byte(`{"detail":"` + long + webToken + `"}`)},
		{Status: 400, Body: []byte(`{"errors":[{"message":"` + webToken[:30] + `"}]}`)},
		{Status: 422, Body: []byte(`{"error":{"message":"` + url.QueryEscape(webToken) + `"}}`)},
		{Status: 503, Body: []byte(`{"logId":"` + strings.NewReplacer("+", "", "/", "", "~", "", "=", "").Replace(webToken[:60]) + `"}`)},
		{Status: 302, Location: "https://" + webToken[:19] + ".example/" + webToken},
		{Status: 302, Location: "https://user:" + webToken[:19] + "@jobs.example/"},
		{Status: 200, Body: []byte("x"), ContentType: "text/" + strings.ToLower(webToken[:19])},
	} {
		u.Script(f)
		_, err := u.Jobs(withToken(t.Context(), webToken), firstPage)
		e, ok := err.(*Error) //nolint:errorlint // it is not wrapped
		if !ok {
			t.Fatalf("%v", err)
		}
		for _, text := range []string{e.Detail, e.LogID, e.Error()} {
			if part := partOf(text, webToken); part != "" {
				t.Errorf("%q stands in %q", part, text)
			}
		}
	}
}
