/** How a client follows the registry, over real sockets, from a node that says what the test wants. */
import { expect } from 'chai';
import { RegistryClient } from '../../agents/sdk/registry-client.js';
import { limits } from '../../common/core/limits.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';
import { waitUntil } from '../support/wait-for.js';

const frameBytesMax = limits.controlFrameBytesMax;

describe('the registry as a client asks it', () => {
  it('does not ask a node at once again that answers at once and has nothing new', async () => {
    let questionCount = 0;
    const table = new MethodTable().serve({
      'registry.watch': () => {
        questionCount++;
        return { epoch: 1, revision: 7 };
      },
      'registry.find': () => ({ agents: [] }),
    });
    const server = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: 'a node under test',
      frameBytesMax,
      handle: table.handle,
      onBug: (error) => console.error(error),
    });
    await server.open();
    const client = new RequestClient({ endpoint: server.endpoint, name: 'test', peer: 'the node', frameBytesMax });
    const registry = new RegistryClient(client);
    const ending = new AbortController();
    const watching = (async () => {
      for await (const update of registry.watch(ending.signal)) expect.fail(`was told ${JSON.stringify(update)}`);
    })();
    try {
      await waitUntil('a question', () => questionCount > 0);
      // Time for as many more questions as there are of these.
      for (let i = 0; i < 20; i++) await registry.find({});
      expect(questionCount).to.equal(1);
    } finally {
      ending.abort();
      await watching;
      client.close();
      await server.close();
    }
  });
});
