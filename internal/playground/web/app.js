// The playground's page: the token box, the way to the gateway, and GraphiQL with the worked examples.
// React, ReactDOM, GraphiQL and GraphiQLPluginExplorer come from the scripts before this one.

const { createElement: h, useEffect, useRef, useState } = React;
const { endpoint, schema: schemaPath, examples: examplesPath } = document.body.dataset;
const demo = 'demo' in document.body.dataset;
const element = (id) => document.getElementById(id);

// ---- The token: in this browser tab's session storage and in one header, nowhere else. ----

// Other gateways may live on this origin, below other paths: each has its own token.
const tokenKey = `jobsgateway:token:${location.pathname}`;
const tokenBox = element('token');

function setUpToken() {
  // An emptied box is remembered as empty, so that "no token" survives a reload of the demonstration too.
  tokenBox.value = sessionStorage.getItem(tokenKey) ?? (demo ? 'demo' : '');
  tokenBox.addEventListener('input', () => sessionStorage.setItem(tokenKey, tokenBox.value.trim()));
  const show = element('token-show');
  show.addEventListener('click', () => {
    const shown = tokenBox.type === 'password';
    tokenBox.type = shown ? 'text' : 'password';
    show.textContent = shown ? 'Hide' : 'Show';
    show.setAttribute('aria-pressed', String(shown));
  });
}

// ---- Messages of the page itself: one line under the bar. ----

// A fault stays until it is closed or tried again; news goes by itself.
function report(text, retry) {
  const notice = element('notice');
  clearTimeout(report.timer);
  notice.classList.remove('news');
  element('notice-text').textContent = text;
  element('notice-retry').hidden = !retry;
  element('notice-retry').onclick = () => {
    notice.hidden = true;
    retry();
  };
  element('notice-close').onclick = () => { notice.hidden = true; };
  notice.hidden = false;
}

function tell(text) {
  report(text);
  element('notice').classList.add('news');
  report.timer = setTimeout(() => { element('notice').hidden = true; }, 5000);
}

// ---- The way to the gateway. ----

// A number that a double cannot hold is kept as it was written where the browser can (JSON.rawJSON), so that
// the `raw` of a job shows the digits that the gateway sent.
function parseAnswer(text) {
  return JSON.parse(text, (_, value, context) => {
    const rounded = typeof value === 'number' && context?.source && String(value) !== context.source;
    return rounded && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
  });
}

// ask resolves to what the response pane shows, the gateway's answer or a sentence on why there is none, and to
// what the answer took, if there was one.
async function ask(body, signal) {
  const headers = {
    Accept: 'application/graphql-response+json, application/json;q=0.9',
    'Content-Type': 'application/json',
    'X-Explain': '1',
  };
  const token = tokenBox.value.trim();
  if (/[^\x21-\x7e]/.test(token)) {
    return { answer: { message: 'The token holds a character that no bearer token has. Was it copied whole?' } };
  }
  if (token) headers.Authorization = `Bearer ${token}`;
  const began = performance.now();
  let response;
  let bytes;
  try {
    response = await fetch(endpoint, { method: 'POST', headers, signal, body: JSON.stringify(body) });
    bytes = await response.arrayBuffer();
  } catch (error) {
    return { answer: { message: `The gateway could not be reached: ${error.message}` } };
  }
  const took = {
    status: response.status,
    milliseconds: performance.now() - began,
    bytes: bytes.byteLength,
    request: response.headers.get('X-Request-Id'),
  };
  try {
    const answer = parseAnswer(new TextDecoder().decode(bytes));
    return { answer, took: { ...took, ...takeExplanation(answer) } };
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    return { answer: { message: `The answer was not JSON. Status: ${status}` }, took };
  }
}

// The explanation is for the line below; the pane shows what any other client gets.
function takeExplanation(answer) {
  const explain = answer.extensions?.explain;
  delete answer.extensions?.explain;
  if (answer.extensions && Object.keys(answer.extensions).length === 0) delete answer.extensions;
  return { explain };
}

// An observable rather than a promise: GraphiQL's stop button then ends the request, and the gateway's work.
// setTook gets what each answer took, and undefined while there is none.
const fetcherFor = (setTook) => ({ query, variables, operationName }) => ({
  subscribe(observer) {
    const abort = new AbortController();
    setTook(undefined);
    ask({ query, variables, operationName }, abort.signal).then(({ answer, took }) => {
      if (abort.signal.aborted) return;
      setTook(took);
      observer.next(answer);
      observer.complete();
    });
    return { unsubscribe: () => abort.abort() };
  },
});

async function fetchText(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path} answered ${response.status} ${response.statusText}`.trim());
  return response.text();
}

async function fetchSchema() {
  const source = await fetchText(schemaPath);
  // The gateway checked its schema; directives of a federation need no definition here.
  return GraphiQL.GraphQL.buildSchema(source, { assumeValidSDL: true });
}

// ---- Links: query and variables in the fragment, which no server sees. Never the token. ----

function readLink() {
  const link = new URLSearchParams(location.hash.slice(1));
  if (!link.has('query')) return null;
  // Taken out of the address once read: a reload shall keep what was edited since.
  history.replaceState(null, '', location.pathname + location.search);
  return { query: link.get('query'), variables: link.get('variables') ?? '' };
}

async function copyLink(query, variables) {
  const link = new URLSearchParams({ query });
  if (variables.trim()) link.set('variables', variables);
  const url = `${location.origin}${location.pathname}#${link}`;
  try {
    await navigator.clipboard.writeText(url);
    tell('A link to this query is in the clipboard. It holds no token.');
  } catch {
    // Without https, or permission, there is no clipboard.
    history.replaceState(null, '', url);
    tell('A link to this query is in the address bar. It holds no token.');
  }
}

// What it returns goes to the tab that holds the query and variables, or makes one.
function useOpenTab() {
  const editor = GraphiQL.React.useEditorContext({ nonNull: true });
  return ({ query, variables }) => {
    const index = editor.tabs.findIndex((tab) => tab.query === query && (tab.variables ?? '') === variables);
    if (index >= 0) {
      editor.changeTab(index);
      return;
    }
    // The new tab must be the active one before the editors are filled, or the old one would take the text.
    ReactDOM.flushSync(() => editor.addTab());
    editor.queryEditor?.setValue(query);
    editor.variableEditor?.setValue(variables);
  };
}

// The toolbar's button for links. It also opens the link that the page came with, or that is pasted later.
function LinkButton() {
  const { queryEditor, variableEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
  const openTab = useRef();
  openTab.current = useOpenTab();
  const ready = Boolean(queryEditor && variableEditor);
  useEffect(() => {
    if (!ready) return undefined;
    const follow = () => {
      const link = readLink();
      if (link) setTimeout(() => openTab.current(link)); // flushSync may not run inside an effect
    };
    follow();
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [ready]);
  return h(GraphiQL.React.ToolbarButton, {
    label: 'Copy a link to this query',
    onClick: () => copyLink(queryEditor.getValue(), variableEditor.getValue()),
  }, h(Icon, { path: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1-1' }));
}

// ---- The line under an answer: what it took. ----

const number = (value) => value.toLocaleString('en');
const milliseconds = (value) => `${number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ms`;
const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${number(Math.round(bytes / 102.4) / 10)} KiB`);

// The parts of the line. Without an explanation, where it is switched off, there are fewer.
function partsOf({ status, milliseconds: total, bytes, request, explain }) {
  const parts = [`status ${status}`, milliseconds(total), size(bytes)];
  if (explain?.shared) {
    parts.push(`shared the answer of an equal query, waited ${milliseconds(explain.waitedMs)}`);
  } else if (explain) {
    const calls = `${number(explain.upstreamCalls)} REST ${explain.upstreamCalls === 1 ? 'call' : 'calls'}`;
    parts.push(explain.upstreamCalls ? `${calls}, waited ${milliseconds(explain.waitedMs)}` : calls);
  }
  if (explain?.cost !== undefined) parts.push(`cost ${number(explain.cost)} of ${number(explain.costLimit)}`);
  if (request) parts.push(`request ${request}`);
  return parts;
}

// Each tab has its own answer, so it has its own line: that of the last answer that came while it was open.
function AnswerLine({ took }) {
  const { tabs, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { id } = tabs[activeTabIndex];
  const [lines, setLines] = useState({});
  useEffect(() => { setLines((known) => ({ ...known, [id]: took })); }, [took]);
  return h('div', { className: 'took', role: 'status', 'aria-label': 'What the answer took' },
    lines[id] && partsOf(lines[id]).map((part) => h('span', { key: part }, part)));
}

// ---- The examples: tabs at the first visit, and a panel that brings them back. ----

// The start of 1970 in an example's variables stands for a day ago.
function sinceADayAgo(example) {
  const since = `${new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 19)}Z`;
  return { ...example, variables: example.variables.replace('1970-01-01T00:00:00Z', since) };
}

function Icon({ path, ...props }) {
  return h('svg', {
    className: 'graphiql-toolbar-icon', viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor',
    strokeWidth: 1.5, strokeLinecap: 'round', strokeLinejoin: 'round', 'aria-hidden': true, ...props,
  }, h('path', { d: path }));
}

// "latest-jobs" reads "Latest jobs"; the comment on top of a query is its description.
const titleOf = ({ name }) => name[0].toUpperCase() + name.slice(1).replaceAll('-', ' ');
const descriptionOf = ({ query }) =>
  query.match(/^(?:#.*\n)*/)[0].replace(/^# ?/gm, '').replace(/\s+/g, ' ').trim();

function ExamplesPanel({ examples }) {
  const open = useOpenTab();
  return h('section', null,
    h('div', { className: 'graphiql-doc-explorer-title' }, 'Examples'),
    h('ul', { className: 'examples-list' }, examples.map((example) => h('li', { key: example.name },
      h('button', { type: 'button', onClick: () => open(example) },
        titleOf(example), h('small', null, descriptionOf(example)))))));
}

const examplesPlugin = (examples) => ({
  title: 'Examples',
  icon: () => h(Icon, { path: 'M4 5h16M4 12h16M4 19h10', className: undefined }),
  content: () => h(ExamplesPanel, { examples }),
});

// ---- The page. ----

function Playground({ examples, plugins }) {
  // null tells GraphiQL that there is no schema and not to ask for one: the page does, over one cheap GET.
  const [schema, setSchema] = useState(null);
  const [took, setTook] = useState();
  const [fetcher] = useState(() => fetcherFor(setTook));
  const load = () => fetchSchema().then(setSchema, (error) => report(
    `The schema could not be loaded, so there is no documentation and no completion: ${error.message}`, load));
  useEffect(() => { load(); }, []);
  return h(GraphiQL, {
    fetcher, schema, plugins,
    defaultTabs: examples.map(({ query, variables }) => ({ query, variables })),
    defaultQuery: '# Ctrl+Space completes, Ctrl+Enter runs.\n\n',
    defaultEditorToolsVisibility: 'variables',
    isHeadersEditorEnabled: false, // the token box is the one place for it
    shouldPersistHeaders: false,
    toolbar: { additionalComponent: LinkButton },
  }, h(GraphiQL.Logo, null, ' '), h(GraphiQL.Footer, null, h(AnswerLine, { took })));
}

async function start() {
  setUpToken();
  let examples = [];
  try {
    examples = JSON.parse(await fetchText(examplesPath)).map(sinceADayAgo);
  } catch (error) {
    report(`The examples could not be loaded: ${error.message}`);
  }
  const plugins = [examplesPlugin(examples), GraphiQLPluginExplorer.explorerPlugin()];
  ReactDOM.createRoot(element('graphiql')).render(h(Playground, { examples, plugins }));
}

start().catch((error) => report(`The playground could not start: ${error.message}`));
