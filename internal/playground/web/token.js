// The token: in this browser tab's session storage and in one header, nowhere else.

const { demo } = document.body.dataset;
// Other gateways may live on this origin, below other paths: each has its own token.
const tokenKey = `jobsgateway:token:${location.pathname}`;
const box = document.getElementById('token');

// token returns what the box holds, "" for none.
export const token = () => box.value.trim();

export function setUpToken() {
  // An emptied box is remembered as empty, so that "no token" survives a reload of the demonstration too.
  box.value = sessionStorage.getItem(tokenKey) ?? (demo === undefined ? '' : 'demo');
  box.addEventListener('input', () => {
    // People copy the whole header: "Authorization: Bearer x" and "Bearer x" mean x.
    const bare = box.value.replace(/^\s*(authorization\s*:\s*)?bearer\s+/i, '');
    if (bare !== box.value) box.value = bare;
    sessionStorage.setItem(tokenKey, token());
  });
  const show = document.getElementById('token-show');
  show.addEventListener('click', () => {
    const shown = box.type === 'password';
    box.type = shown ? 'text' : 'password';
    show.textContent = shown ? 'Hide' : 'Show';
    show.setAttribute('aria-pressed', String(shown));
  });
}
