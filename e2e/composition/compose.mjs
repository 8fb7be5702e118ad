// Composes lists of subgraphs by each composer:
//
//	node compose.mjs < cases.json
//
// It reads [[{name, sdl}, …], …] and writes, for each list, what every composer says: {composer: {errors, hints,
// supergraph}}. Errors and hints have a code and a message; the supergraph is null where there are errors.
import { readFileSync } from 'node:fs';
import * as apollo from '@apollo/composition';
import * as guild from '@theguild/federation-composition';
import { parse } from 'graphql';

const base = 'http://localhost/'; // written into a supergraph that nothing asks
const composers = {
  apollo: (services) => {
    const { errors, hints, supergraphSdl } = apollo.composeServices(services);
    return { errors, hints: hints?.map(({ definition, message }) => ({ code: definition.code, message })), supergraphSdl };
  },
  // It has no hints.
  guild: (services) => guild.composeServices(services),
};

const cases = JSON.parse(readFileSync(0, 'utf8'));
const results = cases.map((subgraphs) => {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url: url ?? base + name, typeDefs: parse(sdl) }));
  return Object.fromEntries(Object.entries(composers).map(([composer, compose]) => {
    const { errors = [], hints = [], supergraphSdl } = compose(services);
    return [composer, {
      errors: errors.map(({ message, extensions }) => ({ code: extensions?.code ?? '', message })),
      hints,
      supergraph: errors.length === 0 ? supergraphSdl : null,
    }];
  }));
});
console.log(JSON.stringify(results));
