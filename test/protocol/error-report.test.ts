/** Error reports: whatever is thrown becomes one, and none is ever refused for what is in it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { MeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { completeReport, ErrorReport, reportOf } from '../../common/protocol/errors/error-report.js';
import { groupOf } from '../../common/protocol/errors/fingerprint.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { compile } from '../../common/protocol/schema.js';

const schema = compile<ErrorReport>(ErrorReport);

/** A report that can be stored: it fits its schema, its record, and a group. */
function expectSound(report: ErrorReport): void {
  schema.assert(report, 'the report');
  const body = encode(report);
  expect(body.length).to.be.lessThan(limits.recordBodyBytesMax);
  expect(groupOf(body, 'agent')).to.not.equal(undefined);
}

const cyclic: Record<string, unknown> = { name: 'loop' };
cyclic['self'] = cyclic;
const trap = {
  get value(): never {
    throw new Error('sprung');
  },
};

describe('an error report', () => {
  it('needs a message and has a default for the rest', () =>
    expect(completeReport({ message: 'm' })).to.deep.equal({
      code: 'REPORTED',
      message: 'm',
      severity: 'error',
      component: 'agent',
    }));

  it('is one whatever a program without types has put into its fields', () => {
    const thrown = {
      message: 'not found',
      code: 404,
      severity: 'fatal',
      stack: null,
      context: null,
      release: 7,
      firstMs: '1',
    };
    expect(completeReport(JSON.parse(JSON.stringify(thrown)))).to.deep.equal({
      ...{ code: '404', message: 'not found', severity: 'error', component: 'agent', release: '7' },
    });
    const fields = Object.fromEntries(Object.keys(ErrorReport.properties).map((name) => [name, fc.jsonValue()]));
    fc.assert(
      fc.property(fc.record(fields, { requiredKeys: [] }), (made) =>
        expectSound(completeReport(JSON.parse(JSON.stringify(made)))),
      ),
    );
  });

  it('is cut to its bounds and says so', () => {
    const long = 'x'.repeat(1_000_000);
    const report = completeReport({
      code: long,
      message: long,
      component: long,
      stack: long,
      context: { long, short: 1 },
    });
    expectSound(report);
    expect(report.message)
      .to.have.length(limits.errorTextMax)
      .and.match(/\[truncated\]$/);
    expect(report.context).to.deep.equal({ long: '[left out: 1000002 characters]', short: 1 });
  });

  it('may say which error it is, of which release, how often and when, within the same bounds', () => {
    const fold = { fingerprint: 'db down', release: '1.4.2', count: 17, firstMs: 1, lastMs: 2 };
    expect(completeReport({ message: 'm', ...fold })).to.include(fold);
    const odd = completeReport({
      message: 'm',
      fingerprint: 'f'.repeat(1_000),
      release: 'r'.repeat(1_000),
      count: 1e300,
      firstMs: Number.NaN,
      lastMs: -1,
    });
    expectSound(odd);
    expect(odd).to.include({ count: limits.errorCountMax }).and.to.not.have.any.keys('firstMs', 'lastMs');
    expect(completeReport({ message: 'm', count: 0.5 }).count).to.equal(1);
    expect(completeReport({ message: 'm', fingerprint: '', release: '' })).to.not.have.any.keys(
      'fingerprint',
      'release',
    );
  });

  it('keeps the first facts that fit and a bounded number of them', () => {
    const context = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`key${n}`, 'x'.repeat(1_000)]));
    const report = completeReport({ message: 'm', context });
    expectSound(report);
    expect(Object.keys(report.context ?? {})).to.have.length(limits.errorContextKeysMax);
    expect(report.context?.['key0']).to.equal('x'.repeat(1_000));
  });

  const contexts: readonly [string, Record<string, unknown>, unknown][] = [
    ['a cycle', { cyclic }, /not representable/],
    ['a bigint', { big: 2n ** 70n }, '1180591620717411303424'],
    ['a date', { at: new Date(0) }, '1970-01-01T00:00:00.000Z'],
    ['a function', { fn: () => 1 }, null],
    ['undefined', { gone: undefined }, null],
    ['a symbol', { symbol: Symbol('s') }, null],
    ['a getter that throws', trap, /sprung/],
    ['a value that throws when it is shown', { toJSON: 1, v: { toJSON: () => expect.fail('no') } }, 1],
    ['NaN', { nan: Number.NaN }, null],
    ['a key of 100,000 letters', { ['k'.repeat(100_000)]: 1 }, /left out/],
  ];
  for (const [title, context, first] of contexts) {
    it(`takes any context: ${title}`, () => {
      const report = completeReport({ message: 'm', context });
      expectSound(report);
      const [value] = Object.values(report.context ?? {});
      if (first instanceof RegExp) expect(value).to.match(first);
      else expect(value).to.equal(first);
    });
  }

  it('has __proto__ as a key like any other, and touches no prototype', () => {
    const report = completeReport({ message: 'm', context: JSON.parse('{"__proto__":{"polluted":1}}') });
    expect(Object.keys(report.context ?? {})).to.deep.equal(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined);
    expect(report.context?.['polluted']).to.equal(undefined);
  });

  it('is plain data whatever the context holds', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), (context) => {
        expectSound(completeReport({ message: 'm', context }));
      }),
    ));
});

describe('a thrown value', () => {
  const nameless = Object.assign(new Error('m'), { name: '' });
  const strange = Object.assign(new Error('x'), { message: { not: 'text' }, stack: 7, code: 42 });
  const rows: readonly [string, unknown, Partial<ErrorReport>][] = [
    ['an error', new TypeError('m'), { code: 'TypeError', message: 'm' }],
    ['a system error', Object.assign(new Error('m'), { code: 'ENOENT' }), { code: 'ENOENT' }],
    ['a string', 'm', { code: 'REPORTED', message: 'm' }],
    ['nothing', undefined, { message: 'undefined' }],
    ['a symbol', Symbol('s'), { message: 'Symbol(s)' }],
    ['an object without a prototype', Object.create(null), { code: 'REPORTED' }],
    ['an error without a name', nameless, { code: 'REPORTED' }],
    ['an error with odd fields', strange, { code: 'Error', message: '[object Object]' }],
  ];
  for (const [title, thrown, expected] of rows) {
    it(`becomes a report: ${title}`, () => {
      const report = reportOf(thrown);
      expectSound(report);
      expect(report).to.include(expected);
    });
  }

  it('brings the chain of its causes, beside the context of who reports', () => {
    const thrown = new Error('top', { cause: new TypeError('middle', { cause: 'bottom' }) });
    expect(reportOf(thrown, { context: { file: 'a' } }).context).to.deep.equal({
      causes: ['TypeError: middle', 'bottom'],
      file: 'a',
    });
  });

  it('brings the details of an error of ours, and what to do next', () => {
    const thrown = new MeshError('PORT_IN_USE', 'm', { hint: 'take another', details: { port: 1 } });
    expect(reportOf(thrown)).to.deep.include({ code: 'PORT_IN_USE', context: { port: 1, next: 'take another' } });
  });

  it('may be its own cause', () => {
    const thrown = new Error('m');
    thrown.cause = thrown;
    expectSound(reportOf(thrown));
  });

  it('takes severity and component from who reports', () =>
    expect(reportOf(new Error('m'), { severity: 'critical', component: 'disk' })).to.include({
      severity: 'critical',
      component: 'disk',
    }));
});
