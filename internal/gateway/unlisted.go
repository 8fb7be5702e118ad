package gateway

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"

	"jobsgateway/internal/trusted"
)

// Unlisted is why a document is none of those that are listed.
type Unlisted int

// The reasons.
const (
	ListedDocument Unlisted = iota // it is
	UnlistedText                   // it came as a text alone
	UnlistedID                     // nothing that is listed has the id or the hash
	UnlistedOther                  // what stands beside the id is another document
)

// named returns the listed document that a request names by its id, by its hash or by both, or why there is
// none.
func (s *trustedSet) named(request envelope) (*trustedDocument, Unlisted) {
	var found *trustedDocument
	for _, name := range [...]string{request.documentID, request.hash} {
		if name == "" {
			continue
		}
		listed := s.find(name)
		switch {
		case listed == nil:
			return nil, UnlistedID
		case found != nil && found != listed:
			return nil, UnlistedOther
		}
		found = listed
	}
	switch {
	case found == nil:
		return nil, UnlistedText
	case request.query != "" && request.query != found.text:
		return nil, UnlistedOther
	}
	return found, ListedDocument
}

// refuseUnlisted makes the refusal of a request whose document is not listed.
func refuseUnlisted(why Unlisted) *refusal {
	switch why {
	case UnlistedText:
		return refuse(http.StatusBadRequest, codeDocumentRequired,
			"Only listed documents run here, and no introspection: send the documentId of one. "+
				"The gateway's operator has the list.")
	case UnlistedOther:
		return refuse(http.StatusBadRequest, codeDocumentMismatch,
			"What is sent beside the documentId is not the listed document: leave it out.")
	case UnlistedID, ListedDocument:
	}
	return refuse(http.StatusBadRequest, codeDocumentNotFound,
		"No document with this id is listed here: ask the gateway's operator for the list.")
}

// noteUnlisted tells the observer of a request whose document is not listed and, where it runs all the same,
// the log: by the id that would be that of its text.
func (g *gateway) noteUnlisted(ctx context.Context, request envelope, why Unlisted) {
	if g.observer != nil {
		g.observer.DocumentUnlisted(ctx, why)
	}
	if g.trust == TrustRequire {
		return // the line of the operation has the code
	}
	line := []slog.Attr{slog.String("error", unlistedReasons[why])}
	if request.query != "" {
		sum := sha256.Sum256([]byte(request.query))
		line = append(line, slog.String("document", trusted.Prefix+hex.EncodeToString(sum[:])))
	}
	g.executor.logger.LogAttrs(ctx, slog.LevelWarn, "document not listed", line...)
}

// unlistedReasons are said in the log.
var unlistedReasons = [...]string{
	UnlistedText:  "the request has no documentId",
	UnlistedID:    "no document with this id is listed",
	UnlistedOther: "what is sent beside the documentId is not the listed document",
}
