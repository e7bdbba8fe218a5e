import { expect } from 'chai';
import {
  fitsShard,
  hashOfHead,
  PATH_BYTES_MAX,
  type Position,
  packShard,
  SHARDS,
  shardOf,
  unpackShard,
} from '../../agents/log-watcher/position.js';
import { limits } from '../../common/core/limits.js';
import { decode, encode } from '../../common/protocol/frames/codec.js';
import { expectError } from '../support/expect-error.js';

const position = (key: string, file = 'logs/app.log'): Position => ({
  key,
  file,
  offset: 123_456_789_012,
  isSkipping: true,
  headLength: 1_024,
  headHash: hashOfHead(Buffer.from(key)),
});

describe('the positions of a shard', () => {
  it('survive a checkpoint unchanged', () => {
    const shard = {
      revision: 7,
      positions: [position('66:12'), position('18446744073709551615:18446744073709551615')],
    };
    expect(unpackShard(decode(encode(packShard(shard))), 'positions.1')).to.deep.equal(shard);
  });

  it('are refused when another program wrote the checkpoint', () => {
    for (const value of [7, [], { revision: 1 }, { revision: 1, files: [['66:12', 'f', -1, false, 0, '']] }]) {
      expectError('INVALID_INPUT', () => unpackShard(value, 'positions.1'));
    }
  });

  it('are as many as fit a checkpoint, with the longest paths too', () => {
    const positions: Position[] = [];
    const longest = 'p'.repeat(PATH_BYTES_MAX);
    while (fitsShard(positions, longest)) positions.push(position(`${'9'.repeat(20)}:${'9'.repeat(20)}`, longest));
    expect(positions.length).to.be.greaterThan(50);
    expect(encode(packShard({ revision: 2 ** 40, positions })).length).to.be.at.most(limits.checkpointBytesMax);
  });

  it('stay in their shard when a device is numbered anew', () => {
    expect(shardOf('66:1234567')).to.equal(shardOf('259:1234567'));
    const used = new Set(Array.from({ length: 1_000 }, (_, inode) => shardOf(`66:${inode}`)));
    expect(used.size).to.equal(SHARDS);
  });
});
