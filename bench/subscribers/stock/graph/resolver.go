// Package graph is what gqlgen writes from the schema, and the resolvers.
package graph

//go:generate sh -c "cd .. && go tool gqlgen generate"

import (
	"context"
	"errors"
	"time"
)

// Feed tells each subscriber of changes.
type Feed interface {
	// Subscribe returns a channel of changes, which begins with an empty one, until ctx ends.
	Subscribe(ctx context.Context) <-chan *JobsChange
}

// Resolver has the resolvers.
type Resolver struct {
	Feed Feed
}

// Query returns the resolvers of Query.
func (r *Resolver) Query() QueryResolver { return r }

// Subscription returns the resolvers of Subscription.
func (r *Resolver) Subscription() SubscriptionResolver { return r }

// Job is in the schema because it has to have a query.
func (r *Resolver) Job(context.Context, string) (*Job, error) {
	return nil, errors.New("this service has subscriptions only")
}

// JobsChanged is a channel of the feed.
func (r *Resolver) JobsChanged(ctx context.Context) (<-chan *JobsChange, error) {
	return r.Feed.Subscribe(ctx), nil
}

// Cursor is the cursor behind changes up to a time.
func Cursor(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }
