package gateway

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"sync"
)

// persisted remembers the texts of automatic persisted queries by their SHA-256, at most so many bytes of
// them. A text is the same for everybody who names its hash: it holds nothing of a caller's variables, token
// or data.
//
// Where there is no room, whoever holds the most loses what was not used for the longest time. So one owner
// may have all of it while nobody else wants any, and however much an owner sends, another keeps what is
// within an equal share. Safe for concurrent use.
type persisted struct {
	most int64 // bytes; 0 remembers nothing
	seed maphash.Seed

	mu     sync.Mutex
	byHash map[documentHash]*list.Element // of *persistedText
	owners map[owner]*ownTexts
	bytes  int64  // of all texts, each with perPersisted
	clock  uint64 // of the last use
}

// documentHash is the SHA-256 of a document's text.
type documentHash [sha256.Size]byte

// owner is who has a text remembered: a token, as a number that nobody else can find it by, or nobody.
type owner uint64

// nobody owns what comes with a token that the Jobs API has not accepted in the same request, so that made-up
// tokens are one owner together.
const nobody = 0

// perPersisted is added to the bytes of each text, for what is remembered beside it (measured: 280 bytes of
// memory for an empty text with an owner of its own, and more where a map has just grown).
const perPersisted = 352

// persistedText is a text that is remembered.
type persistedText struct {
	hash  documentHash
	text  string
	owner owner
	used  uint64 // when, by the clock
}

// ownTexts are the texts of one owner.
type ownTexts struct {
	bytes int64
	texts list.List // of *persistedText, those that were used last in front
}

// newPersisted makes an empty store of at most so many bytes.
func newPersisted(most int64) *persisted {
	return &persisted{
		most: most, seed: maphash.MakeSeed(), byHash: map[documentHash]*list.Element{}, owners: map[owner]*ownTexts{},
	}
}

// hashOf reads a hash: 64 hex digits. False for any other text.
func hashOf(text string) (hash documentHash, ok bool) {
	if len(text) != hex.EncodedLen(len(hash)) {
		return hash, false
	}
	_, err := hex.Decode(hash[:], []byte(text))
	return hash, err == nil
}

// ownerOf returns whose a text becomes that came with a token. Accepted: the Jobs API has answered the token.
func (p *persisted) ownerOf(token string, accepted bool) owner {
	if !accepted {
		return nobody
	}
	return owner(maphash.String(p.seed, token) | 1)
}

// text returns the text of a hash, if it is remembered.
func (p *persisted) text(hash documentHash) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, ok := p.byHash[hash]
	if !ok {
		return "", false
	}
	return p.use(element).text, true
}

// use notes that a text is used now. The caller holds the lock.
func (p *persisted) use(element *list.Element) *persistedText {
	known := element.Value.(*persistedText)
	p.clock++
	known.used = p.clock
	p.owners[known.owner].texts.MoveToFront(element)
	return known
}

// keep remembers a text under its hash. One that is remembered already stays whose it is. One that is larger
// than all that may be remembered is not.
func (p *persisted) keep(hash documentHash, text string, by owner) {
	size := int64(len(text)) + perPersisted
	p.mu.Lock()
	defer p.mu.Unlock()
	if element, ok := p.byHash[hash]; ok {
		p.use(element)
		return
	}
	if size > p.most {
		return
	}
	own := p.owners[by]
	if own == nil {
		own = &ownTexts{}
		p.owners[by] = own
	}
	element := own.texts.PushFront(&persistedText{hash: hash, text: text, owner: by})
	p.byHash[hash] = element
	own.bytes += size
	p.bytes += size
	p.use(element)
	for p.bytes > p.most {
		p.forget(p.largest())
	}
}

// largest returns the owner of the most bytes: of several, the one whose oldest text was not used for the
// longest time. The caller holds the lock, and something is remembered.
func (p *persisted) largest() (most owner) {
	var bytes int64
	var used uint64
	for who, own := range p.owners {
		oldest := own.texts.Back().Value.(*persistedText).used
		if own.bytes > bytes || own.bytes == bytes && oldest < used {
			most, bytes, used = who, own.bytes, oldest
		}
	}
	return most
}

// forget takes an owner's oldest text out. The caller holds the lock.
func (p *persisted) forget(who owner) {
	own := p.owners[who]
	oldest := own.texts.Remove(own.texts.Back()).(*persistedText)
	size := int64(len(oldest.text)) + perPersisted
	own.bytes -= size
	p.bytes -= size
	delete(p.byHash, oldest.hash)
	if own.texts.Len() == 0 {
		delete(p.owners, who)
	}
}

// size returns how many bytes are remembered, each text with perPersisted.
func (p *persisted) size() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint64(p.bytes) //nolint:gosec // never negative
}
