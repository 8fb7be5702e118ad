package restclient

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// failing are attempts of a breaker that fail.
func fail(b *breaker, n int) (made int) {
	for range n {
		held, _ := b.acquire()
		if held == nil {
			return made
		}
		b.record(held, &Error{Kind: KindUnavailable})
		made++
	}
	return made
}

// answer are attempts that are answered.
func answered(b *breaker, n int) (made int) {
	for range n {
		held, _ := b.acquire()
		if held == nil {
			return made
		}
		b.record(held, nil)
		made++
	}
	return made
}

// openBy opens a breaker by as many calls that failed in one way as that takes.
func openBy(b *breaker, failed *Error) {
	for b.circuit.IsClosed() {
		held, _ := b.acquire()
		b.record(held, failed)
	}
}

// What counts as an outage: the API's failures, and not what one caller does.
func TestHealth(t *testing.T) {
	t.Parallel()
	left := &ended{"the caller left", context.Canceled}
	late := &ended{"no answer in time", context.DeadlineExceeded}
	for _, test := range []struct {
		failed *Error
		want   health
	}{
		{nil, healthy},
		{&Error{Kind: KindUnavailable}, ailing},
		{&Error{Kind: KindUnavailable, Status: 500}, ailing},
		{&Error{Kind: KindUnavailable, Status: 503}, ailing},
		{&Error{Kind: KindUnavailable, Status: 504}, ailing},
		{&Error{Kind: KindUnavailable, Status: 421}, healthy},
		{&Error{Kind: KindUnavailable, Status: 425}, healthy},
		{&Error{Kind: KindTimeout, cause: late}, ailing},
		{&Error{Kind: KindTimeout, cause: errors.New("no connection in time")}, ailing},
		{&Error{Kind: KindTimeout, Status: 408}, healthy},
		{&Error{Kind: KindTimeout, cause: left}, unknown},
		{&Error{Kind: KindRateLimited, Status: 429}, healthy},
		{&Error{Kind: KindUnauthenticated, Status: 401}, healthy},
		{&Error{Kind: KindForbidden, Status: 403}, healthy},
		{&Error{Kind: KindNotFound, Status: 404}, healthy},
		{&Error{Kind: KindInvalid, Status: 400}, healthy},
		{&Error{Kind: KindInvalid, Status: 302}, healthy},
		{&Error{Kind: KindInvalid}, unknown},
		{&Error{Kind: KindMalformed}, healthy},
	} {
		if got := healthOf(test.failed); got != test.want {
			t.Errorf("%v: %d, want %d", test.failed, got, test.want)
		}
	}
}

// The breaker opens when nearly all of twenty calls in two seconds have failed, and for a second.
func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		if n := fail(b, 100); n != breakerCalls {
			t.Errorf("open after %d failures", n)
		}
		if held, wait := b.acquire(); held != nil || wait != breakerDelay {
			t.Errorf("%v to wait", wait)
		}
		time.Sleep(breakerDelay - time.Millisecond)
		if held, wait := b.acquire(); held != nil || wait != time.Millisecond {
			t.Errorf("%v to wait", wait)
		}
		if why := b.why(); !strings.Contains(why, "jobs api: unavailable") {
			t.Error(why)
		}
		// One try at a time; one that fails opens it anew.
		time.Sleep(time.Millisecond)
		if n := fail(b, 10); n != 1 {
			t.Errorf("%d tries", n)
		}
		time.Sleep(breakerDelay)
		held, _ := b.acquire()
		if other, wait := b.acquire(); held == nil || other != nil || wait != breakerDelay {
			t.Errorf("a second try, or %v to wait", wait)
		}
		// One that is answered closes it, for all.
		b.record(held, nil)
		if n := answered(b, 100); n != 100 {
			t.Errorf("%d answers", n)
		}
	})
}

// Half of the calls have to fail for long before the other half is refused, and few failures never are enough.
func TestBreakerStaysClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		for i := range 1000 {
			if fail(b, 1)+answered(b, 1) != 2 {
				t.Fatalf("open after %d of each", i)
			}
			time.Sleep(10 * time.Millisecond)
		}
		b = newBreaker(nil)
		for i := range 1000 { // nine calls a second
			if fail(b, 1) != 1 {
				t.Fatalf("open after %d", i)
			}
			time.Sleep(110 * time.Millisecond)
		}
	})
}

// An outage that begins in the middle of good answers is noticed within two seconds.
func TestBreakerNoticesAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		for range 1000 {
			answered(b, 1)
			time.Sleep(10 * time.Millisecond)
		}
		began := time.Now()
		for fail(b, 1) == 1 {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("noticed after %v", took)
		}
	})
}

// A try whose caller leaves is no try, and one that hangs is replaced: the API is found to be back a second
// later at most.
func TestTriesThatComeToNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		fail(b, breakerCalls)
		time.Sleep(breakerDelay)
		for range 5 {
			held, _ := b.acquire()
			if held == nil {
				t.Fatal("no more tries")
			}
			b.record(held, &Error{Kind: KindTimeout, cause: &ended{"left", context.Canceled}})
		}
		var hanging []*era
		for range 5 {
			held, _ := b.acquire()
			if held == nil {
				t.Fatal("no more tries")
			}
			hanging = append(hanging, held)
			if other, wait := b.acquire(); other != nil || wait != breakerDelay {
				t.Errorf("a second try, or %v to wait", wait)
			}
			time.Sleep(breakerDelay)
		}
		if answered(b, 30) != 30 {
			t.Error("an answer does not close it")
		}
		for _, held := range hanging { // they run out of time now, and tell of the past
			for range breakerCalls {
				b.record(held, &Error{Kind: KindTimeout})
			}
		}
		if answered(b, 30) != 30 {
			t.Error("what hung before opens it")
		}
	})
}

// A try that hangs and is answered at last closes it as well.
func TestLateTry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(nil)
		fail(b, breakerCalls)
		time.Sleep(breakerDelay)
		slow, _ := b.acquire()
		time.Sleep(breakerDelay)
		if held, _ := b.acquire(); held == nil {
			t.Fatal("no second try")
		}
		b.record(slow, nil)
		if answered(b, 30) != 30 {
			t.Error("an answer does not close it")
		}
	})
}

// An open breaker lets nothing out, and says when to come back.
func TestOpenBreakerSendsNothing(t *testing.T) {
	t.Parallel()
	r := newRecorder(t, status(500))
	c := newClient(t, r.url)
	var refused *Error
	sent := 0
	for {
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		if refused = wantKind(t, err, KindUnavailable); refused.Unsent {
			break
		}
		if sent++; sent > breakerCalls {
			t.Fatal("it never opens")
		}
		openBy(c.breaker, refused) // a slow machine makes fewer calls in the window, and may come late to an open one
	}
	if refused.RetryAfter <= 0 || refused.RetryAfter > breakerDelay || refused.Status != 0 || refused.Attempt != 0 {
		t.Errorf("%+v", refused)
	}
	if text := refused.Error(); !strings.Contains(text, "not asked: nearly all calls fail, the last one: jobs api: unavailable (status 500)") {
		t.Error(text)
	}
	if n := r.requests(); n != sent {
		t.Errorf("%d requests of %d calls", n, sent)
	}
	// It is back when the API is.
	r.answer(status(200))
	until(t, func() bool {
		_, err := c.Jobs(withToken(t.Context(), secret), firstPage)
		return err == nil
	})
}
