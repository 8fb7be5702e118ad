// Reads documents as the reference implementation does:
//
//	node judge.mjs INTROSPECTION < documents > verdicts
//
// INTROSPECTION is a file with the data of an introspection query. A document is a line with a JSON string, and its
// verdict is a line, too: {"kind": "syntax", "invalid" or "valid", "errors": [{"message", "line", "column"}], "nodes": [...]},
// where a node is "kind line:column value", in any order.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { buildClientSchema, getLocation, parse, validate, visit } from 'graphql';

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
  return { kind: errors.length > 0 ? 'invalid' : 'valid', errors: told(text, errors), nodes: nodes(text, document) };
}

// told gives errors with their first places. Columns count characters here; graphql-js counts UTF-16 units.
function told(text, errors) {
  const lines = linesOf(text);
  return errors.map(({ message, locations: [location] }) => ({ message, ...inCharacters(lines, location) }));
}

function linesOf(text) {
  return text.split(/\r\n|\n|\r/);
}

function inCharacters(lines, { line, column }) {
  return { line, column: [...lines[line - 1].slice(0, column - 1)].length + 1 };
}

// nodes gives what a document consists of, unless it is long.
function nodes(text, document) {
  const found = [];
  const lines = linesOf(text);
  if (text.length < 3000) {
    visit(document, {
      enter({ kind, loc, value }, key) {
        if (key === 'description' || !/^(Field|FragmentSpread|InlineFragment|Argument|Directive|ObjectField|Variable|.*Value)$/.test(kind)) return;
        const { line, column } = inCharacters(lines, getLocation(loc.source, loc.start));
        found.push(`${kind} ${line}:${column} ${/^(Int|Float|String|Enum)Value$/.test(kind) ? value : ''}`);
      },
    });
  }
  return found;
}
