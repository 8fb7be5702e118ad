package gateway

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is kept and asked for: the bytes stay within the bound and are those of the texts, a hash has its own
// text or none, and who holds no more than an equal share of the room loses nothing to others.
func TestPersistedProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const most = 8 * perPersisted
		p := newPersisted(most)
		kept := map[documentHash]string{}
		t.Repeat(map[string]func(*rapid.T){
			"keep": func(t *rapid.T) {
				text := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 0, 6, -1).Draw(t, "text") +
					strings.Repeat("x", rapid.IntRange(0, 3*perPersisted).Draw(t, "length"))
				by := owner(rapid.Uint64Range(0, 3).Draw(t, "owner"))
				before := sizes(p)
				hash := documentHash(sha256.Sum256([]byte(text)))
				_, known := p.byHash[hash]
				p.keep(hash, text, by)
				kept[hash] = text
				before[by] += 0 // there now
				if !known {
					before[by] += int64(len(text)) + perPersisted
				}
				for who, bytes := range before {
					if share := most / int64(len(before)); bytes <= share && sizes(p)[who] != bytes {
						t.Fatalf("%d held %d of %d, and lost some: %v, then %v", who, bytes, share, before, sizes(p))
					}
				}
			},
			"ask": func(t *rapid.T) {
				if len(kept) == 0 {
					return
				}
				for hash, text := range kept {
					if got, ok := p.text(hash); ok && got != text {
						t.Fatalf("%q for %q", got, text)
					}
					break
				}
			},
			"": func(t *rapid.T) {
				var bytes int64
				texts := 0
				for who, held := range sizes(p) {
					if p.owners[who].bytes != held {
						t.Fatalf("%d holds %d, counted %d", who, held, p.owners[who].bytes)
					}
					bytes += held
					texts += p.owners[who].texts.Len()
				}
				if bytes != p.bytes || bytes > most || texts != len(p.byHash) {
					t.Fatalf("%d bytes of %d, %d texts of %d", bytes, p.bytes, texts, len(p.byHash))
				}
			},
		})
	})
}

// sizes are what the owners hold, counted again.
func sizes(p *persisted) map[owner]int64 {
	held := map[owner]int64{}
	for who, own := range p.owners {
		for e := own.texts.Front(); e != nil; e = e.Next() {
			held[who] += int64(len(e.Value.(*persistedText).text)) + perPersisted
		}
	}
	return held
}

// What was not used for the longest time goes first, and a text that fits nowhere is not kept.
func TestPersistedForgets(t *testing.T) {
	t.Parallel()
	p := newPersisted(4 * perPersisted)
	hash := func(text string) documentHash { return sha256.Sum256([]byte(text)) }
	for _, text := range []string{"", "a", "b"} {
		p.keep(hash(text), text, 1)
	}
	p.text(hash(""))
	p.keep(hash("c"), "c", 1)
	p.keep(hash("large"), strings.Repeat("x", 4*perPersisted), 1)
	for text, want := range map[string]bool{"": true, "a": false, "b": true, "c": true, "large": false} {
		if _, known := p.text(hash(text)); known != want {
			t.Errorf("%q: known %v", text, known)
		}
	}
}

// A flood of one token, or of made-up ones, leaves another token what it has; and a token whose operation was
// answered by the Jobs API has a share of its own.
func TestOneTokenDoesNotPushOthersOut(t *testing.T) {
	t.Parallel()
	gw := startGateway(t, persisting(64<<10))
	mine := `{jobs(first:1){totalCount}} # mine`
	gw.wantFine(gw.send(as(tokenB, request{body: byHash(t, sha256Of(mine), mine)})))
	flood := func(of func(i int) request) {
		for i := range 60 {
			gw.send(of(i))
		}
		if got := gw.send(as(tokenB, request{body: byHash(t, sha256Of(mine), "")})); got.data == nil {
			t.Errorf("pushed out: %s", got.body)
		}
	}
	long := strings.Repeat("#", 4<<10)
	flood(func(i int) request {
		query := fmt.Sprintf("{jobs(first:1){totalCount}} # %d %s", i, long)
		return request{body: byHash(t, sha256Of(query), query)}
	})
	flood(func(i int) request {
		query := fmt.Sprintf("{__typename} # %d %s", i, long)
		return as(fmt.Sprintf("made-up-%d", i), request{body: byHash(t, sha256Of(query), query)})
	})
	flood(func(i int) request {
		query := fmt.Sprintf("{jobs(first:1){totalCount}} # invalid %d %s", i, long)
		return as("invalid", request{body: byHash(t, sha256Of(query), query)})
	})
}

// perPersisted is what an empty text takes.
func TestPersistedMemory(t *testing.T) {
	const texts = 20_000
	var before, after runtime.MemStats
	p := newPersisted(1 << 30)
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range texts {
		p.keep(sha256.Sum256(fmt.Append(nil, i)), "", owner(i))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := int64(after.HeapAlloc-before.HeapAlloc) / texts
	t.Logf("%d bytes", each)
	if each > perPersisted {
		t.Errorf("%d bytes each, counted as %d", each, perPersisted)
	}
	runtime.KeepAlive(p)
}

func TestPersistedAtOnce(t *testing.T) {
	t.Parallel()
	p := newPersisted(20 * perPersisted)
	var all sync.WaitGroup
	for by := range 4 {
		all.Go(func() {
			for i := range 500 {
				text := fmt.Sprint(i % 40)
				hash := documentHash(sha256.Sum256([]byte(text)))
				p.keep(hash, text, owner(by))
				if got, ok := p.text(hash); ok && got != text {
					t.Errorf("%q for %q", got, text)
				}
				p.size()
			}
		})
	}
	all.Wait()
}
