package restclient

import (
	"context"
	"errors"
	"math"
	"time"

	"jobsgateway/internal/flight"
	"jobsgateway/internal/memory"
)

// calls are the calls under way that return a T, by their whole call: its token and what it asks.
type calls[T any] = flight.Group[call, outcome[T]]

// outcome is what a call returned.
type outcome[T any] struct {
	value T
	err   error
}

// answer is a value that was made of a body.
type answer interface {
	*JobsPage | *Job

	held() *hold
}

// heldBy tells who holds a value: see flight.Group.
func heldBy[T answer](o outcome[T], by int) {
	if o.err == nil {
		o.value.held().add(by)
	}
}

// shared makes a call, or joins an equal one that is under way, and returns what decode makes of its body or
// error. The body is decoded once for all who wait, and held by each of them. It counts for the operation that
// makes the call, and for each that joins; one that has no room for it does not take it from the others.
func shared[T answer](
	ctx context.Context, c *Client, under *calls[T], q call, decode func(*hold, error) (T, error),
) (value T, err error) {
	if q.token == "" {
		return decode(nil, unsent(KindUnauthenticated, 0, "no token"))
	}
	deadline, _ := ctx.Deadline()
	var got flight.Answer[outcome[T]]
	for {
		got = under.Go(ctx, q, c.timeout, func(ctx context.Context) (outcome[T], bool) {
			value, err := decodedCall(ctx, c, q, deadline, decode)
			if c.observer != nil {
				failed, _ := AsError(err)
				c.observer.CallEnds(ctx, q.route(), failed)
			}
			return outcome[T]{value, err}, isOfCaller(err)
		})
		if !got.Joined || got.Left != nil || !isBusy(got.Value.err) || !c.places.Runs(flowOf(ctx, q.token)) {
			break
		}
		// It was the other's operation that there was no room for; this one has begun.
	}
	if got.Joined && c.observer != nil {
		c.observer.CallJoined(ctx, q.route())
	}
	if got.Left == nil {
		if got.Joined {
			return joined(c.accountOf(ctx, q.token), got.Value)
		}
		return got.Value.value, got.Value.err
	}
	why := "the caller left, or its time was up, before an answer"
	if ctx.Err() == nil {
		why = "no answer in the caller's time, which was shared with others' calls"
	}
	return value, &Error{Kind: KindTimeout, cause: &ended{why, got.Left}}
}

// joined returns what another's call came to, for the account of an operation that joined it.
func joined[T answer](account *memory.Account, o outcome[T]) (value T, err error) {
	switch {
	case isOverload(o.err):
		account.Starve()
	case o.err == nil:
		h := o.value.held()
		if err := account.Share(int64(cap(h.body))); err != nil {
			h.add(-1)
			return nil, &Error{Kind: KindNoMemory, cause: err}
		}
	}
	return o.value, o.err
}

// decodedCall makes a call and returns what decode makes of its body or error. The memory of a body that is not
// returned is no longer counted.
func decodedCall[T answer](
	ctx context.Context, c *Client, q call, deadline time.Time, decode func(*hold, error) (T, error),
) (value T, err error) {
	body, attempt, err := c.get(ctx, q, deadline)
	if err != nil {
		return decode(nil, err)
	}
	account, kept := c.accountOf(ctx, q.token), false
	defer func() { // also after a panic
		if !kept {
			account.Drop(int64(cap(body))) // an error may still have a part of it
		}
	}()
	value, err = decode(&hold{memory: account.Memory, owner: account.Owner, body: body}, nil)
	if failed, ok := errors.AsType[*Error](err); ok && failed.Attempt == 0 {
		failed.Attempt = attempt // whose body cannot be read
	}
	kept = err == nil
	return value, err
}

// isOfCaller reports whether err says that the time ran out here, and not at the Jobs API, which answers 408,
// or that the operation has no room for the answer: another caller may have more.
func isOfCaller(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	_, isLimit := errors.AsType[*memory.LimitError](e.cause)
	return isLimit || e.Kind == KindTimeout && e.Status == 0
}

// accountOf returns the account that the bodies of ctx belong to: that of its operation, or else one without a
// limit.
func (c *Client) accountOf(ctx context.Context, token string) *memory.Account {
	if c.account != nil {
		if account := c.account(ctx); account != nil {
			return account
		}
	}
	return &memory.Account{Memory: c.memory, Owner: token, Limit: math.MaxInt64}
}
