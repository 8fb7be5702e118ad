// Looks at live.jsx in Chromium.
import { look } from '../page/page.mjs';
import { insertNow, replaceNow } from '../world.mjs';

const id = await insertNow({ state: 'pending' });
await look('live.jsx', async (page) => {
  for (const state of ['pending', 'running', 'completed']) {
    if (state !== 'pending') await replaceNow(id, { state });
    for (const name of ['multipart', 'socket']) {
      const section = page.getByRole('region', { name });
      await section.getByRole('status').getByText(state).waitFor();
      await section.getByRole('listitem').getByText(state.toUpperCase()).waitFor();
    }
  }
});
