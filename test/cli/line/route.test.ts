import { expect } from 'chai';
import { routeOf } from '../../../cli/line/route.js';

describe('a route', () => {
  const paths = ['ps', 'registry ls', 'error tail', 'stream tail'];
  const valued = new Set(['--mesh', '-o']);
  const route = (...argv: string[]) => routeOf(argv, paths, valued);

  it('finds the command wherever the options for all commands stand', () => {
    expect(route('ps')).to.deep.equal({ kind: 'command', path: 'ps', rest: [] });
    expect(route('--mesh', 'ps', 'registry', '-o', 'json', 'ls', '-a')).to.deep.equal({
      kind: 'command',
      path: 'registry ls',
      rest: ['--mesh', 'ps', '-o', 'json', '-a'],
    });
    expect(route('--json')).to.deep.equal({ kind: 'root', path: '', rest: ['--json'] });
    expect(route('registry', '--help')).to.deep.equal({ kind: 'group', path: 'registry', rest: ['--help'] });
  });

  it('refuses other words with the nearest command', () => {
    expect(() => route('pss'))
      .to.throw('"mesh pss"')
      .with.nested.property('details.didYouMean', 'mesh ps');
    expect(() => route('registry', 'lss'))
      .to.throw()
      .with.nested.property('details.didYouMean', 'mesh registry ls');
    expect(() => route('tail'))
      .to.throw()
      .with.nested.property('details.didYouMean', 'mesh error tail');
    expect(() => route('zzzzzz'))
      .to.throw()
      .with.property('details', undefined);
  });
});
