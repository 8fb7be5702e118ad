// Sends subscriptions through a router, Hive Gateway, over a supergraph:
//
//	node follow.mjs < work.json
//
// It reads {supergraph, headers, config, operations: [{query, variables, events}, …]} and writes, for each operation, a
// list of its answers: all until the stream is complete, or as many as events says. Config is that of route.mjs.
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';

const { supergraph, headers, config, operations } = JSON.parse(readFileSync(0, 'utf8'));
const { gatewayConfig } = await import(`data:text/javascript,${encodeURIComponent(config)}`);
const router = createGatewayRuntime({ supergraph, logging: false, ...gatewayConfig });
const streams = [];
for (const { events, ...operation } of operations) {
  const stop = new AbortController();
  const response = await router.fetch('http://router/graphql', {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(operation),
    signal: stop.signal,
  });
  streams.push(await answersOf(response, events));
  stop.abort();
}
await router[Symbol.asyncDispose]();
console.log(JSON.stringify(streams));
process.exit(); // no timer of the router is waited for

// answersOf reads the answers of a stream. It fails if the stream ends before it is complete.
async function answersOf(response, most) {
  const answers = [];
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      if (/^event: complete$/m.test(part)) return answers;
      const data = part.match(/^data: (.+)$/m);
      if (data) answers.push(JSON.parse(data[1]));
      if (answers.length === most) return answers;
    }
  }
  throw new Error(`cut off after ${JSON.stringify(answers)} ${rest}, status ${response.status}`);
}
