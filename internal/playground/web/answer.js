// What stands under an answer: what it took, and what can be done with it. Before there is one, what to press.

import { runKeys } from './access.js';
import { copyAnswer, download } from './share.js';

const { createElement: h, useEffect, useState } = React;

const number = (value) => value.toLocaleString('en');
const milliseconds = (value) => `${number(value < 10 ? Math.round(value * 10) / 10 : Math.round(value))} ms`;
const size = (bytes) => (bytes < 1024 ? `${bytes} bytes` : `${number(Math.round(bytes / 102.4) / 10)} KiB`);

// The parts of the line. Without an explanation, where it is switched off, there are fewer. A stream has none.
function partsOf({ status, milliseconds: total, bytes, request, explain, stream, events }) {
  const parts = [`status ${status}`];
  if (stream) parts.push(stream, `${number(events)} ${events === 1 ? 'event' : 'events'}`);
  if (total !== undefined) parts.push(milliseconds(total));
  if (bytes !== undefined) parts.push(size(bytes));
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

// withLine returns the lines of all tabs with that of a run, which belongs to the tab that was open when it began.
function withLine(lines, took, open) {
  const tab = Object.keys(lines).find((id) => lines[id].run === took.run) ?? open;
  return { ...lines, [tab]: took };
}

// AnswerBar is below the answer. Each tab has its own answer, so it has its own line: that of its last run.
export function AnswerBar({ took }) {
  const { tabs, activeTabIndex } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { isFetching } = GraphiQL.React.useExecutionContext({ nonNull: true });
  const { id, response, operationName } = tabs[activeTabIndex];
  const [lines, setLines] = useState({});
  useEffect(() => { if (took) setLines((known) => withLine(known, took, id)); }, [took]);
  const button = (label, name, onClick) => h('button', {
    type: 'button', className: 'answer-button', 'aria-label': name, disabled: !response, onClick,
  }, label);
  return h(React.Fragment, null,
    !response && !isFetching && h('p', { className: 'answer-none' }, `Press ${runKeys} to run the query.`),
    h('div', { className: 'answer-bar' },
      h('div', { className: 'took', role: 'status', 'aria-label': 'What the answer took' },
        lines[id]?.status && partsOf(lines[id]).map((part) => h('span', { key: part }, part))),
      h('div', { className: 'answer-buttons' },
        button('Copy', 'Copy the answer', () => copyAnswer(response)),
        button('Download', 'Download the answer', () => download(response, operationName ?? 'answer')))));
}
