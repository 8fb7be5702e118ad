// Command stock is what gqlgen's documentation suggests for subscriptions: a resolver that returns a channel,
// transport.SSE and transport.Websocket. It asks the REST API once an interval, whoever watches, and hands what has
// changed to the channel of each subscriber; gqlgen's executor resolves and writes it for each of them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"

	"jobsgateway/bench/subscribers/stock/graph"
)

const (
	keepAlive     = 10 * time.Second // as the gateway
	headerTimeout = 5 * time.Second
	documents     = 1000
)

func main() {
	upstream := flag.String("upstream-url", "", "base URL of the REST API")
	interval := flag.Duration("poll-interval", 2*time.Second, "time between two polls")
	token := flag.String("token", "x", "token for the REST API")
	flag.Parse()

	f := &feed{url: *upstream, token: *token, subscribers: map[chan *graph.JobsChange]struct{}{}}
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{Feed: f}}))
	server.AddTransport(transport.Websocket{PingPongInterval: keepAlive, MissingPongOk: true})
	server.AddTransport(transport.SSE{KeepAlivePingInterval: keepAlive})
	server.AddTransport(transport.POST{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](documents))

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go f.run(context.Background(), *interval)
	fmt.Println(listener.Addr())
	mux := http.NewServeMux()
	mux.Handle("/graphql", server)
	log.Fatal((&http.Server{Handler: mux, ReadHeaderTimeout: headerTimeout}).Serve(listener))
}
