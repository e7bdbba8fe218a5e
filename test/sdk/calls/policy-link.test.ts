/** How a process comes by its rules, over real sockets, from a node that says what the test wants. */
import { expect } from 'chai';
import { PolicyBoard } from '../../../agents/node/attachment/policy-board.js';
import { PolicyLink } from '../../../agents/sdk/calls/policies/policy-link.js';
import { limits } from '../../../common/core/limits.js';
import type { PolicySet } from '../../../common/protocol/call-policy.js';
import { MethodTable } from '../../../common/wire/answering/method-table.js';
import { RequestServer } from '../../../common/wire/answering/request-server.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { waitUntil } from '../../support/wait-for.js';

const frameBytesMax = limits.controlFrameBytesMax;
const some: PolicySet = { revision: 'a', rules: [{ match: { service: 'echo' }, retries: 1 }] };
const other: PolicySet = { revision: 'b', rules: [{ match: { service: 'echo' }, retries: 2 }] };

describe('the link to the rules for calls', () => {
  let board: PolicyBoard;
  let server: RequestServer;
  let client: RequestClient;
  let link: PolicyLink;
  const questions: (string | undefined)[] = [];

  /** @param knows false: a node of a release that has no rules. */
  async function open(knows = true): Promise<void> {
    const table = new MethodTable();
    const answer = board.handlers['node.policies'];
    if (knows && answer !== undefined)
      table.serve({
        'node.policies': (question, meta, request) => {
          questions.push(question.revision);
          return answer(question, meta, request);
        },
      });
    server = new RequestServer({
      endpoint: 'tcp://127.0.0.1:0',
      purpose: 'a node under test',
      frameBytesMax,
      handle: table.handle,
      onBug: (error) => console.error(error),
    });
    await server.open();
    client = new RequestClient({ endpoint: server.endpoint, name: 'test', peer: 'the node', frameBytesMax });
    link = new PolicyLink(client);
  }

  beforeEach(() => {
    questions.length = 0;
    board = new PolicyBoard(some);
  });
  afterEach(async () => {
    link.close();
    board.close();
    client.close();
    await server.close();
  });

  it('takes what an attachment brings, and what it does not bring is none', async () => {
    await open();
    link.take(some);
    expect(link.policies.policyOf('echo', 'say')).to.deep.equal({ retries: 1 });
    link.take();
    expect(link.policies.policyOf('echo', 'say')).to.equal(undefined);
    expect(questions).to.deep.equal([]);
  });

  it('asks when a beat says that there are others, and only then, and once at a time', async () => {
    await open();
    link.take(some);
    link.hear(undefined);
    link.hear('a');
    board.replace(other);
    link.hear('b');
    link.hear('b');
    await waitUntil('the new rules to be there', () => link.policies.revision === 'b');
    expect(link.policies.policyOf('echo', 'say')).to.deep.equal({ retries: 2 });
    expect(questions).to.deep.equal(['a']);
  });

  it('is asked for before the first call of a program, and follows', async () => {
    await open();
    await link.fetch();
    expect(link.policies.revision).to.equal('a');
    const following = link.follow();
    await waitUntil('the question to be open', () => questions.length === 2);
    board.replace(other);
    await waitUntil('the new rules to be there', () => link.policies.revision === 'b');
    link.close();
    await following;
  });

  it('does without rules at a node that knows none', async () => {
    await open(false);
    await link.fetch();
    await link.follow();
    expect(link.policies.revision).to.equal('');
  });
});
