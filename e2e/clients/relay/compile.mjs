// Compiles the documents of src against the schema that the gateway serves, and checks the types:
//
//	GATEWAY=http://127.0.0.1:8080 CONFIG=relay.config.js node compile.mjs
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

const { GATEWAY, CONFIG } = process.env;
rmSync('src/__generated__', { recursive: true, force: true });
writeFileSync('persisted.json', '{}'); // what the compiler adds to
const served = await fetch(`${GATEWAY}/schema.graphql`);
writeFileSync('schema.graphql', await served.text());
execFileSync('node_modules/.bin/relay-compiler', [CONFIG], { stdio: 'inherit' });
execFileSync('node_modules/.bin/tsc', ['-p', '.'], { stdio: 'inherit' });
