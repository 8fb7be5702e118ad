// What leaves the page: links, commands and answers. Never the token.

import { address, isSubscription } from './gateway.js';
import { tell } from './notice.js';

// ---- Links: query and variables in the fragment, which no server sees. ----

// readLink returns the query and the variables of the page's address, null if it has none.
export function readLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (!link.has('query')) return null;
  // Taken out of the address once read: a reload shall keep what was edited since.
  history.replaceState(null, '', location.pathname + location.search);
  return { query: link.get('query'), variables: link.get('variables') ?? '' };
}

export async function copyLink(query, variables) {
  const link = new URLSearchParams({ query });
  if (variables.trim()) link.set('variables', variables);
  const url = `${location.origin}${location.pathname}#${link}`;
  if (await copy(url)) {
    tell('A link to this query is in the clipboard. It holds no token.');
  } else {
    history.replaceState(null, '', url);
    tell('A link to this query is in the address bar. It holds no token.');
  }
}

// ---- Commands. ----

// A shell takes what stands between single quotes as it is; a single quote itself has to stand outside.
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;

// copyCurl puts a command into the clipboard that sends a request to the gateway. The shell puts the token in. The
// events of a subscription are printed as they come.
export async function copyCurl(request, withToken) {
  const events = isSubscription(request);
  const command = [
    `curl ${events ? '-sSN' : '-sS'} ${quoted(address())}`,
    ...(events ? ["-H 'Accept: text/event-stream'"] : []),
    "-H 'Content-Type: application/json'",
    ...(withToken ? ['-H "Authorization: Bearer $JOBS_TOKEN"'] : []),
    `--data-raw ${quoted(JSON.stringify(request))}`,
  ].join(' \\\n  ');
  const where = (await copy(command)) ? 'A command for a shell is in the clipboard.' : refusedCopy;
  tell(withToken ? `${where} It takes the token from JOBS_TOKEN: export JOBS_TOKEN=... first.` : where);
}

// ---- Answers. ----

export async function copyAnswer(text) {
  tell((await copy(text)) ? 'The answer is in the clipboard.' : refusedCopy);
}

// download saves a text as a file of JSON.
export function download(text, name) {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `${name}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url)); // the browser has begun by then
}

// ---- The clipboard. ----

const refusedCopy = 'The browser did not let the page write to the clipboard.';

// copy resolves to whether a text is in the clipboard now. Without https there is only the old way.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

function copyByCommand(text) {
  const focused = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'unseen';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  focused?.focus();
  return done;
}
