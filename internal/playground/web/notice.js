// Messages of the page itself: one line under the bar.

const element = (id) => document.getElementById(id);
let timer;

// report shows a fault. It stays until it is closed or tried again.
export function report(text, retry) {
  show(text, 'notice');
  element('notice-retry').hidden = !retry;
  element('notice-retry').onclick = () => {
    hide();
    retry();
  };
}

// tell shows news, which go by themselves.
export function tell(text) {
  show(text, 'notice news');
  timer = setTimeout(hide, 5000);
}

// remark shows what is so here and no fault. It stays until it is closed.
export const remark = (text) => show(text, 'notice news');

function show(text, className) {
  clearTimeout(timer);
  element('notice').className = className;
  element('notice-text').textContent = text;
  element('notice-retry').hidden = true;
  element('notice-close').onclick = hide;
  element('notice').hidden = false;
}

function hide() {
  element('notice').hidden = true;
}
