import { expect } from 'chai';
import { NodeSession } from '../../agents/sdk/node-session.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import type { Output } from '../../common/protocol/catalogue.js';
import { PROTOCOL_VERSION } from '../../common/protocol/frames/envelope.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { RequestClient } from '../../common/wire/asking/request-client.js';

const frameBytesMax = limits.controlFrameBytesMax;

const attachment = {
  protocol: PROTOCOL_VERSION,
  agent: 'late',
  epoch: 7,
  pid: process.pid,
  control: 'tcp://127.0.0.1:1',
  version: '1.0.0',
  capabilities: [],
  actions: [],
};

const welcome: Output<'node.attach'> = {
  mesh: 'test',
  machine: 'main',
  role: 'main',
  epoch: 1,
  protocol: PROTOCOL_VERSION,
  registry: '',
  log: '',
  brokers: [],
  config: {},
};

/** A node that knows an agent once that has attached, and never answers before `mute` is over. */
class Node {
  readonly heard: string[] = [];
  #attached = false;
  readonly #server: RequestServer;

  constructor(endpoint: string, isMute: boolean) {
    this.#server = new RequestServer({
      endpoint,
      purpose: 'a node under test',
      frameBytesMax,
      handle: new MethodTable().serve({
        'node.attach': () => {
          this.heard.push('attach');
          this.#attached = true;
          return welcome;
        },
        'node.ready': () => {
          this.heard.push('ready');
          if (isMute) return new Promise(() => undefined);
          if (!this.#attached) throw new MeshError('NOT_ATTACHED');
          return {};
        },
        'node.draining': () => ({}),
      }).handle,
      onBug: (error) => console.error(error),
    });
  }

  async open(): Promise<string> {
    await this.#server.open();
    return this.#server.endpoint;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

describe('the standing of an agent with its node', () => {
  it('outlives a node that dies between attach and ready: the next one is told from the beginning', async () => {
    const first = new Node('tcp://127.0.0.1:0', true);
    const endpoint = await first.open();
    const client = new RequestClient({ endpoint, name: 'late', peer: 'the node', frameBytesMax });
    const session = new NodeSession(client, attachment, (error) => console.error(error));
    const { signal } = new AbortController();
    await session.attach(signal);
    const ready = session.ready(signal);
    while (!first.heard.includes('ready')) await new Promise((resolve) => setImmediate(resolve));
    await first.close();
    const next = new Node(endpoint, false);
    await next.open();
    await ready;
    expect(next.heard).to.deep.equal(['ready', 'attach', 'ready']);
    session.close();
    client.close();
    await next.close();
  });

  it('ends with the agent, however long the node is away', async () => {
    const node = new Node('tcp://127.0.0.1:0', false);
    const endpoint = await node.open();
    await node.close();
    const client = new RequestClient({ endpoint, name: 'late', peer: 'the node', frameBytesMax });
    const session = new NodeSession(client, attachment, (error) => console.error(error));
    const ending = new AbortController();
    const ready = session.ready(ending.signal).then(
      () => 'ready',
      (error: MeshError) => error.code,
    );
    ending.abort(new MeshError('INTERRUPTED'));
    expect(await ready).to.equal('INTERRUPTED');
    client.close();
  });
});
