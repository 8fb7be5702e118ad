// Reads documents as the reference implementation does:
//
//	node judge.mjs INTROSPECTION < documents > verdicts
//
// INTROSPECTION is a file with the data of an introspection query. A document is a line with a JSON string, and its
// verdict is a line, too: {"kind": "syntax", "invalid" or "valid", "errors": [{"message", "line", "column"}]}.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildClientSchema, parse, validate } from 'graphql';

const schema = buildClientSchema(JSON.parse(readFileSync(process.argv[2], 'utf8')));

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${JSON.stringify(judge(JSON.parse(line)))}\n`);
}

function judge(text) {
  let document;
  try {
    document = parse(text);
  } catch (error) {
    return { kind: 'syntax', errors: told(text, [error]) };
  }
  const errors = validate(schema, document);
  return { kind: errors.length > 0 ? 'invalid' : 'valid', errors: told(text, errors) };
}

// told gives errors with their first places. Columns count characters here; graphql-js counts UTF-16 units.
function told(text, errors) {
  const lines = text.split(/\r\n|\n|\r/);
  return errors.map(({ message, locations: [{ line, column }] }) => {
    return { message, line, column: [...lines[line - 1].slice(0, column - 1)].length + 1 };
  });
}
