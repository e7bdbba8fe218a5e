import { expect } from 'chai';
import { keeperLoss } from '../../../agents/node/keeper/keeper-loss.js';

describe('the keeper of a node', () => {
  it('is missed when the node has another parent than the one that started it', () => {
    expect(keeperLoss({ MESH_KEEPER: '12' }, 1, 'pc2').join())
      .to.contain('process 12')
      .and.contain('mesh up pc2');
  });

  it('is not missed while it lives, nor where there never was one', () => {
    expect(keeperLoss({ MESH_KEEPER: '12' }, 12, 'pc2')).to.deep.equal([]);
    for (const env of [{}, { MESH_KEEPER: '' }]) expect(keeperLoss(env, 1, 'pc2')).to.deep.equal([]);
  });
});
