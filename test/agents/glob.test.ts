import { expect } from 'chai';
import fc from 'fast-check';
import { parseGlob, pathMatches, segmentMatches } from '../../agents/log-watcher/glob.js';
import { expectError } from '../support/expect-error.js';

describe('one segment of a file pattern', () => {
  const rows: readonly (readonly [segment: string, name: string, matches: boolean])[] = [
    ['*.log', 'app.log', true],
    ['*.log', '.log', false],
    ['.*', '.log', true],
    ['*.log', 'app.log.1', false],
    ['*.log*', 'app.log.1', true],
    ['app-??.log', 'app-12.log', true],
    ['app-??.log', 'app-1.log', false],
    ['a*b*c', 'aXbXbc', true],
    ['a*b*c', 'aXbXb', false],
    ['*', 'anything', true],
    ['*', '.hidden', false],
    ['?', '', false],
    ['a.b', 'axb', false],
    ['**', 'x', true],
    ['app', 'app', true],
    ['app', 'apps', false],
  ];
  for (const [segment, name, matches] of rows) {
    it(`${segment} ${matches ? 'matches' : 'does not match'} "${name}"`, () => {
      expect(segmentMatches(segment, name)).to.equal(matches);
    });
  }

  it('matches what the same pattern as a regular expression matches', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 }).map((text) => `x${text}`);
    const pattern = fc
      .string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 8 })
      .map((text) => `x${text}`);
    fc.assert(
      fc.property(pattern, letters, (segment, name) => {
        const source = segment.replaceAll('.', '\\.').replaceAll('*', '.*').replaceAll('?', '.');
        expect(segmentMatches(segment, name)).to.equal(new RegExp(`^${source}$`).test(name));
      }),
    );
  });

  it('takes no time over a pattern of many stars that nearly matches', () => {
    expect(segmentMatches(`${'a*'.repeat(100)}b`, 'a'.repeat(250))).to.equal(false);
  });
});

describe('a file pattern', () => {
  const rows: readonly (readonly [pattern: string, path: string, matches: boolean])[] = [
    ['logs/*.log', 'logs/app.log', true],
    ['logs/*.log', 'logs/deep/app.log', false],
    ['logs/**/*.log', 'logs/app.log', true],
    ['logs/**/*.log', 'logs/a/b/app.log', true],
    ['logs/**/*.log', 'logs/.git/app.log', false],
    ['**/app.log', 'app.log', true],
    ['./logs//app.log', 'logs/app.log', true],
    ['/var/*/app.log', '/var/x/app.log', true],
    ['/var/*/app.log', 'var/x/app.log', false],
    ['logs/.app.log', 'logs/.app.log', true],
  ];
  for (const [pattern, path, matches] of rows) {
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${path}`, () => {
      expect(pathMatches(parseGlob(pattern), path)).to.equal(matches);
    });
  }

  for (const pattern of ['', '/', 'a/{b,c}', '[ab].log', 'a**/b', 'logs/**', '../x', 'a\0b']) {
    it(`is refused when it is ${JSON.stringify(pattern)}`, () => {
      expect(expectError('CONFIG_INVALID', () => parseGlob(pattern)).hint).to.match(/^(write|use) /);
    });
  }
});
