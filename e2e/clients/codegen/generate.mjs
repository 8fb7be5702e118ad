// Makes the types of the documents in src from the schema that the gateway serves, and checks all types:
//
//	GATEWAY=http://127.0.0.1:8080 node generate.mjs
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

const served = await fetch(`${process.env.GATEWAY}/schema.graphql`);
writeFileSync('schema.graphql', await served.text());
rmSync('src/gql', { recursive: true, force: true });
execFileSync('node_modules/.bin/graphql-codegen', { stdio: 'inherit' });
execFileSync('node_modules/.bin/tsc', ['-p', '.'], { stdio: 'inherit' });
