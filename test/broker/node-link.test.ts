/** What a broker has to tell on the error bus, and says once: a node that cannot take it at that moment does not miss it. */
import { expect } from 'chai';
import { NodeLink } from '../../broker/node-link.js';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { MethodTable } from '../../common/wire/answering/method-table.js';
import { RequestServer } from '../../common/wire/answering/request-server.js';
import { until } from '../support/wait-for.js';
import { ANY_PORT, silentLog } from './world.js';

describe('the link of a broker to its node', () => {
  it('repeats a report that the node cannot take now, and not one that it refuses', async () => {
    const asked: string[] = [];
    const told: string[] = [];
    const node = new RequestServer({
      endpoint: ANY_PORT,
      purpose: 'a node',
      frameBytesMax: limits.controlFrameBytesMax,
      handle: new MethodTable().serve({
        'error.report': ({ report: { code = '' } }) => {
          const isFirst = !asked.includes(code);
          asked.push(code);
          if (code === 'REFUSED') throw new MeshError('DENIED', 'nobody wants to hear that');
          if (isFirst) throw new MeshError('JOURNAL_FAILED', 'the disk is full');
          told.push(code);
          return { journalId: '0'.repeat(20), seq: 1 };
        },
      }).handle,
      onBug: (error) => {
        throw error;
      },
    });
    await node.open();
    const link = new NodeLink(node.endpoint, silentLog, () => undefined);
    link.report({ code: 'REFUSED', message: 'it is refused' });
    link.report({ code: 'GROUP_LOST_RECORDS', message: 'some were lost' });
    await until(() => told.length > 0);
    expect(told).to.deep.equal(['GROUP_LOST_RECORDS']);
    expect(asked).to.deep.equal(['REFUSED', 'GROUP_LOST_RECORDS', 'GROUP_LOST_RECORDS']);
    link.close();
    await node.close();
  });
});
