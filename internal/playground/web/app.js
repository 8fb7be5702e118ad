// The playground's page: GraphiQL with a box for the token, worked examples in tabs, and what is under an answer.
// React, ReactDOM, GraphiQL and GraphiQLPluginExplorer come from the scripts before this one.

import { useAccess } from './access.js';
import { AnswerBar } from './answer.js';
import { fetcherFor, fetchSchema, fetchText, parseExactly, requestOf } from './gateway.js';
import { remark, report, tell } from './notice.js';
import { copyCurl, copyLink, readLink } from './share.js';
import { setUpToken, token } from './token.js';

const { cloneElement, createElement: h, useEffect, useRef, useState } = React;
const { examples: examplesPath, noSubscriptions, schemaHidden, trustedOnly } = document.body.dataset;

// ---- The toolbar's buttons. ----

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

function Icon({ path, ...props }) {
  return h('svg', {
    className: 'graphiql-toolbar-icon', viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor',
    strokeWidth: 1.5, strokeLinecap: 'round', strokeLinejoin: 'round', 'aria-hidden': true, ...props,
  }, h('path', { d: path }));
}

const toolButton = (label, path, onClick) =>
  h(GraphiQL.React.ToolbarButton, { label, onClick }, h(Icon, { path }));

// A run belongs to its tab, and ends when another one is opened: its answer would go there.
function useRunOfTab() {
  const { tabs, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { stop } = GraphiQL.React.useExecutionContext({ nonNull: true });
  const current = useRef();
  current.current = stop;
  useEffect(() => () => current.current(), [tabs[activeTabIndex].id]);
}

// It also opens the link that the page came with, or that is pasted later.
function Tools() {
  useAccess();
  useRunOfTab();
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
  return h(React.Fragment, null,
    toolButton('Copy a link to this query', 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1-1',
      () => copyLink(queryEditor.getValue(), variableEditor.getValue())),
    toolButton('Copy as curl', 'M4 5h16v14H4zM7 9l3 3-3 3M12 15h5', () => {
      const variables = variableEditor.getValue().trim();
      const request = { query: queryEditor.getValue(), operationName: queryEditor.operationName };
      try {
        if (variables) request.variables = parseExactly(variables);
      } catch (error) {
        tell(`The variables are not JSON: ${error.message}`);
        return;
      }
      copyCurl(requestOf(request), token() !== '');
    }));
}

// ---- The examples: tabs at the first visit, and a panel that brings them back. ----

// The start of 1970 in an example's variables stands for a day ago.
function sinceADayAgo(example) {
  const since = `${new Date(Date.now() - 24 * 60 * 60 * 1000).toISOString().slice(0, 19)}Z`;
  return { ...example, variables: example.variables.replace('1970-01-01T00:00:00Z', since) };
}

// A gateway without subscriptions refuses the example of one.
const works = ({ query }) => noSubscriptions === undefined || !/^subscription\b/m.test(query);

// "newest-jobs" reads "Newest jobs"; the comment on top of a query is its description.
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

// ---- The explorer. ----

// The explorer goes on with the last query that it could read where it cannot read the present one: while someone
// types that is right, and in another tab it would be another tab's query. So each tab has an explorer of its own,
// which begins with nothing where the tab's text cannot be read.
function TabExplorer({ plugin }) {
  const { tabs, activeTabIndex, queryEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { id } = tabs[activeTabIndex];
  const readable = useRef();
  if (isDocument(queryEditor?.getValue() ?? '')) readable.current = id;
  const props = readable.current === id ? {} : { query: '' };
  return cloneElement(plugin.content(), { key: id, ...props });
}

function isDocument(text) {
  try {
    GraphiQL.GraphQL.parse(text, { noLocation: true });
    return true;
  } catch {
    return text.trim() === '';
  }
}

function explorerPlugin() {
  const plugin = GraphiQLPluginExplorer.explorerPlugin();
  return { ...plugin, content: () => h(TabExplorer, { plugin }) };
}

// ---- The page. ----

function Playground({ examples, plugins }) {
  // null tells GraphiQL that there is no schema and not to ask for one: the page does, over one cheap GET.
  const [schema, setSchema] = useState(null);
  const [took, setTook] = useState();
  const [fetcher] = useState(() => fetcherFor(setTook));
  const load = () => fetchSchema().then(setSchema, (error) => report(
    `The schema could not be loaded, so there is no documentation and no completion: ${error.message}`, load));
  useEffect(() => { if (schemaHidden === undefined) load(); }, []);
  return h(GraphiQL, {
    fetcher, schema, plugins,
    defaultTabs: examples.map(({ query, variables }) => ({ query, variables })),
    defaultQuery: '',
    defaultEditorToolsVisibility: 'variables',
    isHeadersEditorEnabled: false, // the token box is the one place for it
    shouldPersistHeaders: false,
    toolbar: { additionalComponent: Tools },
  }, h(GraphiQL.Logo, null, ' '), h(GraphiQL.Footer, null, h(AnswerBar, { took })));
}

// What this gateway does not do for the page, if anything.
const remarks = [
  ...(trustedOnly === undefined ? [] : ['This gateway answers only the documents on its list, so a query of your own is refused.']),
  ...(schemaHidden === undefined ? [] : ['This gateway does not show its schema, so there is no documentation and no completion here.']),
];

async function start() {
  setUpToken();
  if (remarks.length > 0) remark(remarks.join(' '));
  let examples = [];
  try {
    examples = JSON.parse(await fetchText(examplesPath)).filter(works).map(sinceADayAgo);
  } catch (error) {
    report(`The examples could not be loaded: ${error.message}`);
  }
  const plugins = [examplesPlugin(examples), explorerPlugin()];
  ReactDOM.createRoot(document.getElementById('graphiql')).render(h(Playground, { examples, plugins }));
}

start().catch((error) => report(`The playground could not start: ${error.message}`));
