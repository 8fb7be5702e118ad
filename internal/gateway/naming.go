package gateway

import (
	"context"
	"crypto/sha256"
	"net/http"
)

// The messages that clients of automatic persisted queries compare: urql by the message alone, Apollo Client by
// the message or the code. On the first they send the text beside the hash, on the second they send no hash any
// more. Both come with 200, whatever the media type: some clients, such as Apollo iOS, look into no answer with
// another status, and a browser writes each of those to its console.
const (
	messageNotFound     = "PersistedQueryNotFound"
	messageNotSupported = "PersistedQueryNotSupported"
)

// name finds the document that a request names, or refuses the request. Whatever it returns without a refusal
// has a query; its hash is empty unless the query is to be remembered under it when it has run.
func (g *gateway) name(ctx context.Context, request envelope) (envelope, *refusal) {
	if g.trust != TrustAll {
		listed, why := g.trusted.Load().named(request)
		if why == ListedDocument {
			request.trusted, request.query, request.hash = listed, listed.text, ""
			return request, nil
		}
		g.noteUnlisted(ctx, request, why)
		if g.trust == TrustRequire {
			return request, refuseUnlisted(why)
		}
	}
	switch {
	case request.hash != "":
		return g.nameByHash(request)
	case request.query == "":
		return request, refuseUnlisted(UnlistedID)
	}
	return request, nil
}

// nameByHash is name for a request with the hash of an automatic persisted query.
// Source: https://github.com/apollographql/apollo-link-persisted-queries#protocol
func (g *gateway) nameByHash(request envelope) (envelope, *refusal) {
	sent := request.hash
	request.hash = ""
	if g.persisted.most == 0 {
		if request.query == "" {
			return request, refuse(http.StatusOK, codePersistedOff, messageNotSupported)
		}
		return request, nil
	}
	hash, ok := hashOf(sent)
	if !ok {
		return request, badRequest("extensions.persistedQuery.sha256Hash must be the SHA-256 of the query: " +
			"64 hex digits.")
	}
	text, known := g.persisted.text(hash)
	switch {
	case request.query == "" && !known:
		return request, refuse(http.StatusOK, codePersistedNotFound, messageNotFound)
	case request.query == "":
		request.query = text
	case known && request.query == text:
	case sha256.Sum256([]byte(request.query)) != hash:
		return request, refuse(http.StatusBadRequest, codePersistedMismatch,
			"extensions.persistedQuery.sha256Hash is not the SHA-256 of the query, byte for byte.")
	default:
		request.hash = sent
	}
	return request, nil
}

// remember keeps the text of a request that has run under the hash that it came with, if it came with one.
func (g *gateway) remember(request envelope, token string, out outcome) {
	hash, ok := hashOf(request.hash)
	if !ok || out.refused != nil {
		return
	}
	accepted := token != "" && out.upstreamCalls > 0 && len(out.errors) == 0
	g.persisted.keep(hash, request.query, g.persisted.ownerOf(token, accepted))
}
