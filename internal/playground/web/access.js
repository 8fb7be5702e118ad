// What GraphiQL lacks for people who use the keyboard or a screen reader.

const { useEffect, useRef } = React;

// runKeys names the keys that run a query, as this machine's keyboard does.
export const runKeys = /Mac|iP(hone|ad|od)/.test(navigator.platform) ? 'Cmd+Enter' : 'Ctrl+Enter';

// useAccess gives the editors names and lets Tab leave them, lets Ctrl+Enter and Cmd+Enter run from anywhere, and
// says of the tabs and of what is in the left pane what they are.
export function useAccess() {
  const { queryEditor, variableEditor, responseEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
  const { run } = GraphiQL.React.useExecutionContext({ nonNull: true });
  const current = useRef();
  current.current = run;
  useEffect(() => openEditor(queryEditor, 'Query'), [queryEditor]);
  useEffect(() => openEditor(variableEditor, 'Variables'), [variableEditor]);
  useEffect(() => openEditor(responseEditor, 'Answer'), [responseEditor]);
  useEffect(() => {
    const listen = (event) => runByKey(event, current.current);
    window.addEventListener('keydown', listen, true);
    return () => window.removeEventListener('keydown', listen, true);
  }, []);
  useEffect(describeTabs, []);
  useEffect(describePlugins, []);
}

// An editor is one stop of the Tab key: its scrolling region, which hands the focus on to the text. The region has
// to be a stop itself, for whoever wants to scroll by keys. Ctrl+] and Ctrl+[ indent.
function openEditor(editor, name) {
  if (!editor) return;
  const region = editor.getScrollerElement();
  editor.setOption('screenReaderLabel', name);
  editor.setOption('tabindex', -1);
  editor.addKeyMap({ Tab: false, 'Shift-Tab': false }); // false leaves a key to the browser
  region.tabIndex = 0;
  region.addEventListener('focus', () => editor.focus());
  // On the way out it is passed over: it comes after the text, and would hand the focus back.
  const input = editor.getInputField();
  input.addEventListener('keydown', (event) => { if (event.key === 'Tab') region.tabIndex = -1; });
  for (const after of ['blur', 'keyup']) input.addEventListener(after, () => { region.tabIndex = 0; });
  keep(describePopups, [editor.getWrapperElement(), editor.getWrapperElement().parentElement], {});
}

// The list of completions and the box to search in come and go. The list has the keys while it is open, Tab too.
function describePopups() {
  for (const list of document.querySelectorAll('.CodeMirror-hints')) {
    setAttribute(list, 'aria-label', 'Completions');
    setAttribute(list, 'tabindex', '0');
  }
  document.querySelectorAll('.CodeMirror-search-field').forEach((input) => setAttribute(input, 'aria-label', 'Find'));
}

function runByKey(event, run) {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
  // The editor of the query runs the operation at its cursor.
  if (event.target.closest?.('.graphiql-query-editor .CodeMirror') && !event.repeat) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat) run();
}

// GraphiQL says that an item with two buttons in it is a tab, and that the button beside the items is one, too. A
// screen reader is told what there is instead: buttons, one of which is the current one.
function describeTabs() {
  const list = document.querySelector('.graphiql-tabs');
  const panel = document.getElementById('graphiql-session');
  const describe = () => {
    setAttribute(list, 'role', 'group');
    setAttribute(panel, 'role', 'group');
    for (const item of list.querySelectorAll('li')) {
      setAttribute(item, 'role', 'none');
      item.removeAttribute('aria-selected');
      const button = item.querySelector('.graphiql-tab-button');
      setAttribute(button, 'aria-current', String(item.classList.contains('graphiql-tab-active')));
      setAttribute(item.querySelector('.graphiql-tab-close'), 'aria-label', `Close ${button.textContent}`);
    }
  };
  return keep(describe, [list], { subtree: true, characterData: true, attributeFilter: ['class', 'role', 'aria-selected'] });
}

// The explorer's fields are texts that only a mouse could click, and its inputs have no names. An entry of the
// history is called "Set active" in place of what it is.
function describePlugins() {
  const pane = document.querySelector('.graphiql-plugin');
  const describe = () => {
    for (const choice of pane.querySelectorAll('.graphiql-explorer-root span[style*="cursor: pointer"]')) {
      setAttribute(choice, 'role', 'button');
      setAttribute(choice, 'tabindex', '0');
    }
    for (const input of pane.querySelectorAll('.graphiql-explorer-root :is(input, select)')) {
      const argument = input.closest('[data-arg-name]')?.dataset.argName;
      setAttribute(input, 'aria-label', argument ?? (input.type === 'text' ? 'Name' : 'What to add'));
    }
    pane.querySelectorAll('.graphiql-history-item-label').forEach((entry) => entry.removeAttribute('aria-label'));
  };
  const press = (event) => {
    if (!['Enter', ' '].includes(event.key) || !event.target.matches('span[role="button"]')) return;
    event.preventDefault();
    event.target.click();
  };
  pane.addEventListener('keydown', press);
  return keep(describe, [pane], { subtree: true });
}

// keep describes what is in some elements now and whenever that changes, until the function that it returns is called.
function keep(describe, elements, options) {
  describe();
  const observer = new MutationObserver(describe);
  for (const element of elements) observer.observe(element, { childList: true, ...options });
  return () => observer.disconnect();
}

// A value that is there already is no mutation, or the observer would never rest.
function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
