// Lists the documents of the client, as a build does.
// region list
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDocument, stringifyDocument } from '@urql/core';
import * as documents from './documents.mjs';

// The text is listed as it is sent: the cache has added __typename to it.
for (const [name, document] of Object.entries(documents)) {
  writeFileSync(join(process.env.LIST, `${name}.graphql`), stringifyDocument(formatDocument(document)));
}
// endregion
