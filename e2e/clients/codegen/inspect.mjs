// Holds the schema to the documents of the clients, and to the schema of the last release:
//
//	node inspect.mjs validate schema.graphql src/documents.ts …
//	node inspect.mjs diff released.graphql schema.graphql …
//
// It prints what is wrong, and ends with 1 if anything is.
import { readFileSync } from 'node:fs';
import { validate } from '@graphql-inspector/core';
import { buildSchema, Source } from 'graphql';
import { broken } from './changes.mjs';

const [command, ...files] = process.argv.slice(2);
const read = (file) => readFileSync(file, 'utf8');
const faults = command === 'diff' ? await compare(...files) : refused(...files);
for (const fault of faults) console.log(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

async function compare(released, ...schemas) {
  const lists = schemas.map(async (schema) => (await broken(read(released), read(schema))).map((message) => `${schema}: ${message}`));
  return (await Promise.all(lists)).flat();
}

// refused validates the documents of a file: of a .graphql file the whole, else what is behind gql and graphql.
function refused(schema, ...files) {
  const sources = files.flatMap((file) => texts(file).map((text) => new Source(text, file)));
  if (sources.length === 0) return ['no documents'];
  return validate(buildSchema(read(schema)), sources, { strictDeprecated: true })
    .flatMap(({ source, errors, deprecated }) => [...errors, ...deprecated].map(({ message }) => `${source.name}: ${message}`));
}

function texts(file) {
  const text = read(file);
  return file.endsWith('.graphql') ? [text] : Array.from(text.matchAll(/\b(?:gql|graphql)\(?`([^`]*)`/g), (match) => match[1]);
}
