package memory

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const mebi = 1 << 20

// accountOf is the account of an operation without a limit of its own.
func accountOf(m *Memory, owner string) *Account {
	return &Account{Memory: m, Owner: owner, Limit: 1 << 40}
}

// isOverload reports whether there was no memory.
func isOverload(err error) bool {
	_, ok := errors.AsType[*OverloadError](err)
	return ok
}

// fataller is a *testing.T or a *rapid.T.
type fataller interface {
	Fatalf(format string, args ...any)
}

// check compares what is counted with what the test knows to be held.
func (m *Memory) check(t fataller, held map[string]int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all, idle := int64(0), int64(0)
	for owner, n := range held {
		if all += n; m.owners[owner] != n {
			t.Fatalf("%s holds %d, counted are %d", owner, n, m.owners[owner])
		}
		if _, ok := m.owners[owner]; n == 0 && ok {
			t.Fatalf("%s holds nothing and is remembered", owner)
		}
	}
	for i := range m.shelves {
		idle += int64(len(m.shelves[i].all)) * (Least << i)
	}
	if m.held != all || m.idle != idle {
		t.Fatalf("held are %d, counted %d; idle are %d, counted %d", all, m.held, idle, m.idle)
	}
	if m.held+m.idle > m.total {
		t.Fatalf("%d held and %d idle are more than %d", m.held, m.idle, m.total)
	}
}

// Whatever is taken, counted, given back and dropped, in any order and by anybody: what is counted is what is
// held, all of it is within the total, no owner holds more than half of it, and in the end nothing is counted.
func TestCounting(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const total = 8 * mebi
		m := New(total, true)
		left, cancel := context.WithCancel(context.Background())
		cancel() // nobody waits
		type holding struct {
			owner string
			b     []byte
			n     int64
		}
		accounts, held := map[string]*Account{}, map[string]int64{}
		for _, owner := range []string{"a", "b", "c"} {
			accounts[owner] = &Account{Memory: m, Owner: owner, Limit: 3 * mebi}
		}
		accounts["c"].Finish()
		var all []holding
		release := func(i int, drop bool) {
			h := all[i]
			all = append(all[:i], all[i+1:]...)
			switch held[h.owner] -= h.n; {
			case h.b != nil && !drop:
				accounts[h.owner].Give(h.b)
			default:
				accounts[h.owner].Drop(h.n)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				owner := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "owner")
				accounts[owner].starved.Store(false)
				n := rapid.IntRange(0, 2*mebi).Draw(t, "n")
				b, err := accounts[owner].Take(left, n)
				if err != nil {
					return
				}
				if len(b) != 0 || cap(b) != SizeOf(n) || cap(b) < n {
					t.Fatalf("%d bytes of %d for %d", len(b), cap(b), n)
				}
				all = append(all, holding{owner, b, int64(cap(b))})
				held[owner] += int64(cap(b))
			},
			"count": func(t *rapid.T) {
				owner := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "owner")
				accounts[owner].starved.Store(false)
				n := rapid.Int64Range(1, mebi).Draw(t, "n")
				if accounts[owner].Count(left, n) == nil {
					all = append(all, holding{owner, nil, n})
					held[owner] += n
				}
			},
			"release": func(t *rapid.T) {
				if len(all) > 0 {
					release(rapid.IntRange(0, len(all)-1).Draw(t, "which"), rapid.Bool().Draw(t, "drop"))
				}
			},
			"collect": func(*rapid.T) { m.collected() },
			"": func(t *rapid.T) {
				m.check(t, held)
				for owner, n := range held {
					if n > total/2 || n > 3*mebi {
						t.Fatalf("%s holds %d", owner, n)
					}
				}
			},
		})
		for len(all) > 0 {
			release(0, false)
		}
		m.check(t, held)
		if f := m.Figures(); f.Held != 0 || f.Owners != 0 || f.Waiting != 0 {
			t.Fatalf("%+v", f)
		}
		for owner, account := range accounts {
			if n := account.held.Load(); n != 0 {
				t.Fatalf("the account of %s has %d", owner, n)
			}
		}
	})
}

// Under many at once, some of whom leave in the middle of a wait, nothing is lost and nobody waits for ever.
func TestCountingAtOnce(t *testing.T) {
	t.Parallel()
	m := New(4*mebi, true)
	var all sync.WaitGroup
	for worker := range 24 {
		all.Go(func() {
			for n := range 30 {
				account := accountOf(m, fmt.Sprint(worker%5))
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(n%7)*time.Millisecond)
				b, err := account.Take(ctx, (n*worker*7919)%mebi)
				if err == nil {
					if account.Count(ctx, int64(n)) == nil {
						account.Drop(int64(n))
					}
					account.Give(b)
				} else if !isOverload(err) {
					t.Error(err)
				}
				cancel()
			}
		})
	}
	all.Wait()
	m.check(t, map[string]int64{"0": 0, "1": 0, "2": 0, "3": 0, "4": 0})
	if f := m.Figures(); f.Waiting != 0 || f.Owners != 0 {
		t.Errorf("%+v", f)
	}
}

// An owner may hold half if it is alone, a third beside another, and so on; the last eighth is for those who
// finish.
func TestShares(t *testing.T) {
	t.Parallel()
	left, cancel := context.WithCancel(t.Context())
	cancel()
	m := New(96*mebi, false)
	most := func(owner string, finishing bool) (n int) {
		account := accountOf(m, owner)
		if finishing {
			account.Finish()
		}
		for {
			if _, err := account.Take(left, mebi); err != nil {
				return n
			}
			n++
		}
	}
	for i, want := range []int{48, 24, 12} {
		if got := most(fmt.Sprint(i), false); got != want {
			t.Errorf("the %d. owner holds %d MiB, want %d", i+1, got, want)
		}
	}
	if got := most("another", false); got != 0 { // 12 of 96 are left
		t.Errorf("of the last eighth are lent %d MiB", got)
	}
	if got := most("0", true); got != 0 {
		t.Errorf("who holds half gets %d MiB more", got)
	}
	if got := most("2", true); got != 12 {
		t.Errorf("who finishes gets %d MiB", got)
	}
	// Requests have an eighth among them.
	m = New(96*mebi, false)
	one, other := &Request{Memory: m, Owner: "a"}, &Request{Memory: m, Owner: "b"}
	if _, err := one.Take(left, 8*mebi, 3*mebi); err != nil {
		t.Error(err)
	}
	if other.Count(left, mebi+1) == nil || other.Count(left, mebi) != nil {
		t.Error("requests hold more than an eighth, or less")
	}
	one.Drop(3 * mebi)
	if other.Count(left, 3*mebi) != nil {
		t.Error("what is dropped counts")
	}
	other.Keep(4 * mebi)
	other.End()
	other.End()
	if f := m.Figures(); f.Held != 8*mebi || f.Owners != 1 {
		t.Errorf("%+v", f)
	}
	if !other.TryWriting(40*mebi) || other.TryWriting(9*mebi) {
		t.Error("of what is for writing")
	}
	other.Written(40 * mebi)
}

// Who has to wait gets what is given back, in turn; after Patience it is told that there is none. Its operation
// is told so at once from then on.
func TestWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := New(8*mebi, false)
		holder := accountOf(m, "holder")
		held, err := holder.Take(t.Context(), 4*mebi)
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan string, 3)
		begin := time.Now()
		ask := func(name string, n int) *Account {
			account := accountOf(m, name)
			go func() {
				_, err := account.Take(t.Context(), n)
				got <- fmt.Sprint(name, isOverload(err), time.Since(begin))
			}()
			synctest.Wait()
			return account
		}
		ask("first", 4*mebi)
		time.Sleep(Patience / 2)
		holder.Give(held)
		if line := <-got; line != fmt.Sprint("first", false, Patience/2) {
			t.Error(line)
		}
		starved := ask("second", 4*mebi)
		if line := <-got; line != fmt.Sprint("second", true, Patience*3/2) || !starved.Starved() {
			t.Error(line)
		}
		if _, err := starved.Take(t.Context(), 1); !isOverload(err) || time.Since(begin) != Patience*3/2 {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
		if f := m.Figures(); f.Waiting != 0 || f.Held != 4*mebi {
			t.Errorf("%+v", f)
		}
	})
}

// Operations that each hold a part and need more do not wait for each other for ever: when so many have given up
// that there is enough, another gets what it needs.
func TestNoDeadlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := New(20*mebi, false) // 8 MiB are there beside 1 each of at most 3
		done := make(chan bool, 8)
		for i := range 8 {
			go func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				account := accountOf(m, fmt.Sprint(i))
				one, err := account.Take(t.Context(), mebi)
				if err != nil {
					done <- false
					return
				}
				time.Sleep(20 * time.Millisecond)
				rest, err := account.Take(t.Context(), 6*mebi)
				if err == nil {
					time.Sleep(100 * time.Millisecond)
					account.Give(rest)
				}
				account.Give(one)
				done <- err == nil
			}()
		}
		ended := 0
		for range 8 {
			if <-done {
				ended++
			}
		}
		if ended == 0 {
			t.Errorf("%d of 8 operations got what they need", ended)
		}
		m.check(t, map[string]int64{})
	})
}

// addressOf is the place of a slice's memory.
func addressOf(b []byte) *byte { return unsafe.SliceData(b) }

// What is given back is overwritten in tests, and lent again in its own size; what has another size is not.
func TestUsedAgain(t *testing.T) {
	t.Parallel()
	m := New(64*mebi, true)
	account := accountOf(m, "a")
	for _, n := range []int{1, 4 << 10, 5000, 500_000, 4 << 20} {
		b, _ := account.Take(t.Context(), n)
		b = append(b, "used"...)
		account.Give(b)
		if string(b) != "####" {
			t.Errorf("%s is not overwritten", b)
		}
		if next, _ := account.Take(t.Context(), n); addressOf(next) != addressOf(b) || len(next) != 0 {
			t.Errorf("%d bytes are not used again", n)
		}
	}
	odd := make([]byte, 0, 530_000)
	_ = account.Count(t.Context(), int64(cap(odd)))
	account.Give(odd)
	if f := m.Figures(); f.Idle != 0 {
		t.Errorf("a size that is not lent is kept: %+v", f)
	}
}

// What is kept makes room for what is lent, and what nobody needs for a while is let go of.
func TestIdle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := New(64*mebi, false)
		account := accountOf(m, "a")
		var small [][]byte
		for range 24 {
			b, err := account.Take(t.Context(), mebi)
			if err != nil {
				t.Fatal(err)
			}
			small = append(small, b)
		}
		for _, b := range small {
			account.Give(b)
		}
		if f := m.Figures(); f.Idle != 24*mebi {
			t.Errorf("%+v", f)
		}
		large, err := account.Take(t.Context(), 32*mebi)
		if err != nil {
			t.Fatal(err)
		}
		account.Give(large)
		b, _ := account.Take(t.Context(), mebi)
		account.Give(b)
		m.check(t, map[string]int64{})
		time.Sleep(trimAfter + time.Millisecond)
		time.Sleep(trimAfter + time.Millisecond)
		if f := m.Figures(); f.Idle >= worthwhile {
			t.Errorf("kept without use: %+v", f)
		}
	})
}
