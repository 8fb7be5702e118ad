// Lists the documents of the client, as a build does.
// region list
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InMemoryCache } from '@apollo/client';
import { print } from '@apollo/client/utilities';
import * as documents from './documents.mjs';

// The text is listed as it is sent: the cache has added __typename to it.
for (const [name, document] of Object.entries(documents)) {
  const text = print(new InMemoryCache().transformDocument(document));
  writeFileSync(join(process.env.LIST, `${name}.graphql`), text);
}
// endregion
