package restclient

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxCooling     = time.Minute // however long a Retry-After is
	defaultCooling = time.Second // of a 429 without one
	// maxCoolingTokens bounds the tokens that are remembered. A token has at most 8 KiB.
	maxCoolingTokens = 1000
)

// cooling remembers the tokens that the Jobs API has told to slow down (429). They are not sent as long as it
// says: one caller's limit is no concern of the others'. Tokens are kept as they are, since they decide who
// is refused, and no longer than they cool down or calls are made. The zero value is ready.
type cooling struct {
	some   atomic.Bool // whether there are any, to ask without the lock
	mu     sync.Mutex
	tokens map[string]coolingToken
	latest time.Time // when the last of them may be sent again
}

// coolingToken is until when a token is not sent, and until when the API has said so, which may be later.
type coolingToken struct{ calls, told time.Time }

// start cools a token down for as long as the API asked, at most maxCooling; 0 is defaultCooling. It returns
// how long the caller should wait.
func (c *cooling) start(token string, asked time.Duration, now time.Time) time.Duration {
	if asked <= 0 {
		asked = defaultCooling
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		c.tokens = map[string]coolingToken{}
	}
	if _, known := c.tokens[token]; !known && len(c.tokens) >= maxCoolingTokens {
		c.makeRoom(now)
	}
	until := coolingToken{calls: now.Add(min(asked, maxCooling)), told: now.Add(asked)}
	c.tokens[token] = until
	if until.calls.After(c.latest) {
		c.latest = until.calls
	}
	c.some.Store(true)
	return asked
}

// makeRoom forgets the tokens that may be sent again, or else the first that will be. The caller holds the
// lock.
func (c *cooling) makeRoom(now time.Time) {
	first, soonest := "", time.Time{}
	for token, until := range c.tokens {
		if !until.calls.After(now) {
			delete(c.tokens, token)
		} else if soonest.IsZero() || until.calls.Before(soonest) {
			first, soonest = token, until.calls
		}
	}
	if len(c.tokens) >= maxCoolingTokens {
		delete(c.tokens, first)
	}
}

// left returns how long the caller with this token should wait; 0 if it may be sent. The clock is read only
// if there are such tokens.
func (c *cooling) left(token string, clock func() time.Time) time.Duration {
	if !c.some.Load() {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := clock()
	if !now.Before(c.latest) {
		clear(c.tokens)
		c.some.Store(false)
		return 0
	}
	until, known := c.tokens[token]
	switch {
	case !known:
		return 0
	case !until.calls.After(now):
		delete(c.tokens, token)
		return 0
	}
	return until.told.Sub(now)
}
