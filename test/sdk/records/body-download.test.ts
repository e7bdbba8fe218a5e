/** Large bodies on their way to a reader: what is opened for them, by how many readers at once, and what becomes of that. */
import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { BodyDownload } from '../../../agents/sdk/records/consuming/body-download.js';
import { encode } from '../../../common/protocol/frames/codec.js';
import { MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { expectRejection } from '../../support/expect-error.js';

const VALUE = { page: 1, pixels: 'x'.repeat(300_000) };
const bytes = encode(VALUE);
const hash = createHash('sha256').update(bytes).digest('hex');
const record = { machine: 'pc2', body: new Uint8Array(), ref: `${hash}/${bytes.byteLength}` };

describe('the bodies that a reader fetches', () => {
  let node: RequestServer;
  const clients: RequestClient[] = [];

  before(async () => {
    const table = new MethodTable().serve({
      'body.get': async ({ offset }) => ({ size: bytes.byteLength, bytes: bytes.subarray(offset) }),
    });
    node = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: 'a node',
      frameBytesMax: 4_000_000,
      handle: table.handle,
      onBug: (error) => {
        throw error;
      },
    });
    await node.open();
  });
  after(async () => {
    for (const client of clients) client.close();
    await node.close();
  });
  beforeEach(() => {
    for (const client of clients.splice(0)) client.close();
  });

  const connect = async (): Promise<RequestClient> => {
    await new Promise(setImmediate);
    const client = new RequestClient({
      endpoint: node.endpoint,
      name: 'reader',
      peer: 'pc2',
      frameBytesMax: 4_000_000,
    });
    clients.push(client);
    return client;
  };

  it('come over one connection to their machine, however many are fetched at once', async () => {
    const download = new BodyDownload(connect);
    const values = await Promise.all(Array.from({ length: 5 }, () => download.valueOf(record)));
    expect(values).to.deep.equal(new Array(5).fill(VALUE));
    expect(clients).to.have.length(1);
    download.close();
    await expectRejection('CLOSED', download.valueOf(record));
  });

  it('leave no connection behind that was being opened while the reader closed', async () => {
    const download = new BodyDownload(connect);
    const fetched = download.valueOf(record);
    download.close();
    await expectRejection('CLOSED', fetched);
    expect(clients).to.have.length(1);
    await expectRejection('CLOSED', clients[0]?.request('body.get', { hash, offset: 0 }) ?? Promise.resolve());
  });

  it('are asked for again where the machine could not be found before', async () => {
    let isKnown = false;
    const download = new BodyDownload(async () => (isKnown ? connect() : undefined));
    await expectRejection('UNREACHABLE', download.valueOf(record));
    isKnown = true;
    expect(await download.valueOf(record)).to.deep.equal(VALUE);
    download.close();
  });
});
