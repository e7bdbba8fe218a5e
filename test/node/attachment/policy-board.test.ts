import { expect } from 'chai';
import { PolicyBoard } from '../../../agents/node/attachment/policy-board.js';
import type { PolicySet } from '../../../common/protocol/call-policy.js';
import { fakeRequest } from '../../support/fakes/fake-request.js';

const none: PolicySet = { revision: '', rules: [] };
const some: PolicySet = { revision: 'a', rules: [{ match: { service: 'echo' }, retries: 1 }] };
const other: PolicySet = { revision: 'b', rules: [{ match: { service: 'echo' }, retries: 2 }] };

const asked = async (board: PolicyBoard, revision: string, waitMs = 0) =>
  board.handlers['node.policies']?.({ revision, waitMs }, {}, fakeRequest('node.policies', {}));

describe('the rules for calls of a machine', () => {
  it('come with an attachment, where there are some', () => {
    expect(new PolicyBoard(none).attached).to.deep.equal({});
    const places = { origins: [{ file: 'config/policies.yaml', line: 1, column: 1 }] };
    const board = new PolicyBoard({ ...some, ...places });
    expect(board.attached, 'and not where they stand').to.deep.equal({ policies: some });
  });

  it('are not spoken of by beats until they change, or may be unknown to somebody', () => {
    const board = new PolicyBoard(some);
    expect(board.beatAnswer).to.deep.equal({});
    board.replace({ ...some });
    expect(board.beatAnswer).to.deep.equal({});
    board.replace(other);
    expect(board.beatAnswer).to.deep.equal({ policies: 'b' });
    board.replace(none);
    expect(board.beatAnswer).to.deep.equal({ policies: '' });
    const heir = new PolicyBoard(some);
    heir.tellByBeats();
    expect(heir.beatAnswer).to.deep.equal({ policies: 'a' });
  });

  it('are told to whoever asks and has others', async () => {
    const board = new PolicyBoard(some);
    expect(await asked(board, '')).to.deep.equal(some);
    expect(await asked(board, 'a')).to.deep.equal({ revision: 'a' });
  });

  it('are told to a question that was left open when they change, and a question ends with the node', async () => {
    const board = new PolicyBoard(some);
    const open = asked(board, 'a', 30_000);
    board.replace(other);
    expect(await open).to.deep.equal(other);
    const last = asked(board, 'b', 30_000);
    board.close();
    expect(await last).to.deep.equal({ revision: 'b' });
  });
});
