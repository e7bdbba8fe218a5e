/** Which errors are the same error: what may vary without splitting a group, and what must not be merged. */
import { expect } from 'chai';
import fc from 'fast-check';
import { completeReport, type ErrorReport, type ErrorReportInput } from '../../common/protocol/errors/error-report.js';
import { explainFingerprint, fingerprintOf, groupOf } from '../../common/protocol/errors/fingerprint.js';
import { normalisedMessage } from '../../common/protocol/errors/normalised-message.js';
import { encode } from '../../common/protocol/frames/codec.js';

const report = (message: string, rest: Partial<ErrorReportInput> = {}): ErrorReport =>
  completeReport({ code: 'X', component: 'c', message, ...rest });
const printOf = (message: string, rest: Partial<ErrorReportInput> = {}, agent = 'a') =>
  fingerprintOf(report(message, rest), agent);
const frame = (name: string, file: string, line = 1, column = 1) => `    at ${name} (${file}:${line}:${column})`;
const stackOf = (...frames: string[]) => ['Error: m', ...frames].join('\n');
const takenOf = (stack: string, message = 'm') =>
  explainFingerprint(report(message, { stack }), 'a').frames.map(({ verdict, key }) => `${verdict}: ${key}`);

describe('the message of a group', () => {
  const rows: readonly [string, string][] = [
    ['cannot open /a/b.txt after 3 tries', 'cannot open <path> after <n> tries'],
    ['cannot open src/a/b.txt and C:\\a\\b.txt', 'cannot open <path> and <path>'],
    ['it took 12.5 ms, 1,000 in all, -3 left', 'it took <n> ms, <n> in all, <n> left'],
    ['connect ECONNREFUSED 127.0.0.1:7400', 'connect ECONNREFUSED <n>:<n>'],
    ['at 0xdeadBEEF in deadbeef01, commit 3f2a9c1', 'at <n> in <n>, commit <n>'],
    ['job 550e8400-e29b-41d4-a716-446655440000 failed', 'job <n> failed'],
    ['key 01ARZ3NDEKTSV4RRFFQ69G5FAV of job_8f3a2b1c is gone', 'key <n> of job_<n> is gone'],
    ['GET https://api.example.com:80/v1/users?id=7 failed', 'GET https://api.example.com:<n><path> failed'],
    ['2026-11-21T19:34:45.123Z is late', '<n>-<n>-<n>T<n>:<n>:<n>Z is late'],
    ['workers 1, 2, 3 of pool worker12 are gone', 'workers <n> of pool worker<n> are gone'],
    ['no "a" and no \'b c\' and no `d`', 'no <text> and no <text> and no <text>'],
    ["the agent's lease ended, the peer's did not", "the agent's lease ended, the peer's did not"],
    ['internationalization of TCP/IP is effaced', 'internationalization of TCP/IP is effaced'],
    ['', ''],
  ];
  for (const [message, normalised] of rows)
    it(`of "${message}" is "${normalised}"`, () => expect(normalisedMessage(message)).to.equal(normalised));

  it('looks at the beginning of a long one, and sees a quote that it cuts as a quote', () => {
    expect(normalisedMessage('x '.repeat(10_000))).to.have.length(1_000);
    expect(normalisedMessage(`bad input "${'x y '.repeat(1_000)}" at 1`)).to.equal('bad input <text>');
  });

  it('tells what each mark stands for', () => {
    const marks: string[] = [];
    normalisedMessage('"a" in /b/c took 3 ms', ({ mark, text }) => marks.push(`${mark} ${text}`));
    expect(marks).to.deep.equal(['<text> "a"', '<path> /b/c', '<n> 3']);
  });
});

describe('a fingerprint', () => {
  const hexId = fc.stringMatching(/^[0-9a-f]{8,40}$/);
  const base36Id = fc.stringMatching(/^[0-9A-Z]{26}$/).filter((id) => /\d/.test(id));
  const id = fc.oneof(fc.uuid(), hexId, base36Id);
  const number = fc.oneof(fc.integer(), fc.float({ noNaN: true, noDefaultInfinity: true }));
  const path = fc
    .array(fc.stringMatching(/^[\w.@-]{1,12}$/), { minLength: 2, maxLength: 6 })
    .map((segments) => `/${segments.join('/')}`);
  const quoted = fc.stringMatching(/^[^"]{0,300}$/).map((text) => `"${text}"`);
  const templates: readonly [string, (value: string) => string][] = [
    ['in the middle', (value) => `cannot take ${value} from here`],
    ['at the end', (value) => `no answer for ${value}`],
    ['at the beginning', (value) => `${value} is gone`],
    ['behind a sign', (value) => `refused (value=${value})`],
  ];
  const varying: readonly [string, fc.Arbitrary<string>][] = [
    ['numbers', number.map(String)],
    ['ids', id],
    ['paths', path],
    ['quoted text', quoted],
  ];
  for (const [what, values] of varying)
    for (const [where, text] of templates)
      it(`is the same whatever ${what} are ${where} of the message`, () =>
        fc.assert(
          fc.property(values, values, (one, other) => {
            expect(normalisedMessage(text(one))).to.equal(normalisedMessage(text(other)));
            expect(printOf(text(one))).to.equal(printOf(text(other)));
          }),
        ));

  it('differs by code, component, agent and text, and does not run them together', () => {
    const prints = [
      printOf('m'),
      printOf('m', { code: 'Y' }),
      printOf('m', { component: 'd' }),
      printOf('m', {}, 'b'),
      printOf('other'),
      printOf('m', { code: 'Xc', component: '' }),
      printOf('m', { fingerprint: 'm' }),
      printOf('m', { stack: stackOf(frame('run', '/a/b/c.js')) }),
    ];
    expect(new Set(prints).size).to.equal(prints.length);
    for (const print of prints) expect(print).to.match(/^[ems]2-[0-9a-f]{16}$/);
  });

  it('of different words is never the same', () => {
    const words = fc.array(fc.stringMatching(/^[g-z]{2,10}$/), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(words, words, (one, other) => {
        fc.pre(one.join(' ') !== other.join(' '));
        expect(printOf(one.join(' '))).to.not.equal(printOf(other.join(' ')));
      }),
    );
  });

  it('that is explicit counts alone', () => {
    const explicit = { fingerprint: 'billing: card declined' };
    const one = printOf('m', explicit);
    expect(one).to.match(/^e2-/);
    expect(printOf('n', { ...explicit, code: 'Y', stack: stackOf(frame('f', '/x/y/z.js')) }, 'b')).to.equal(one);
    expect(printOf('m', { fingerprint: 'billing: card expired' })).to.not.equal(one);
  });

  it('is only had of an error report, also of one that says more than is known here', () => {
    expect(groupOf(encode(report('m')), 'a')).to.deep.equal({ fingerprint: printOf('m'), report: report('m') });
    expect(groupOf(encode({ ...report('m'), ofALaterVersion: 1 }), 'a')?.fingerprint).to.equal(printOf('m'));
    for (const body of [encode(7), encode({ message: 'm' }), Buffer.from([0xc1]), Buffer.alloc(0)])
      expect(groupOf(body, 'a')).to.equal(undefined);
  });
});

describe('a fingerprint of a stack', () => {
  const where = [
    '/srv/app/agents/bill/pay.js',
    'file:///home/me/app/agents/bill/pay.js',
    'C:\\app\\agents\\bill\\pay.js',
  ];
  const call = fc.record({
    name: fc.stringMatching(/^[a-z]{3,10}$/),
    file: fc.stringMatching(/^[g-z]{3,10}$/).map((name) => `/srv/app/lib/${name}.js`),
  });
  const calls = fc.uniqueArray(call, { minLength: 1, maxLength: 6, selector: ({ name, file }) => `${file} ${name}` });
  const stackAt = (frames: readonly { name: string; file: string }[], shift: number, prefix = '') =>
    stackOf(...frames.map(({ name, file }, at) => frame(name, prefix + file, at + 1 + shift, shift + 3)));

  it('is the same when lines have moved, its program stands elsewhere, or the message is another', () =>
    fc.assert(
      fc.property(calls, fc.nat(10_000), fc.nat(10_000), (frames, one, other) => {
        const prints = [
          printOf('first', { stack: stackAt(frames, one) }),
          printOf('second', { stack: stackAt(frames, other) }, 'b'),
          printOf('third', { stack: stackAt(frames, other, '/opt/releases/1.4.2'), component: 'd' }),
        ];
        expect(new Set(prints)).to.have.length(1);
      }),
    ));

  it('differs when another function, another file or another code is in it', () =>
    fc.assert(
      fc.property(calls, calls, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other));
        expect(printOf('m', { stack: stackAt(one, 0) })).to.not.equal(printOf('m', { stack: stackAt(other, 0) }));
        expect(printOf('m', { stack: stackAt(one, 0), code: 'Y' })).to.not.equal(
          printOf('m', { stack: stackAt(one, 0) }),
        );
      }),
    ));

  it('is the same on every system, in every release folder, waited for or not', () => {
    const prints = where.map((file) => printOf('m', { stack: stackOf(frame('pay', file)) }));
    prints.push(
      printOf('m', { stack: stackOf(frame('async pay', '/srv/3f2a9c1/agents/bill/2026-11-21/pay.js')) }),
      printOf('m', { stack: stackOf(frame('pay [as run]', '/srv/v1.2.3-rc.1/agents/bill/pay.js?t=7')) }),
    );
    expect(new Set(prints)).to.have.length(1);
    const bundles = ['pay.3f2a91c0.js', 'pay.77aa12bc.js'].map((file) =>
      printOf('m', { stack: stackOf(frame('pay', `/srv/app/${file}`)) }),
    );
    expect(bundles[0]).to.equal(bundles[1]);
  });

  it('leaves out what is not of the program, and says why', () =>
    expect(
      takenOf(
        stackOf(
          frame('JSON.parse', '<anonymous>'),
          frame('query', '/srv/app/node_modules/pg/lib/client.js'),
          frame('Bill.pay', '/srv/app/agents/bill/pay.js', 12),
          frame('Bill.pay', '/srv/app/agents/bill/pay.js', 40),
          '    at /srv/app/agents/bill/main.js:3:1',
          '    at async Promise.all (index 0)',
          frame('ActionTable.run', '/opt/mesh/dist/bundles/agents.cjs'),
          frame('process.processTicksAndRejections', 'node:internal/process/task_queues'),
        ),
      ),
    ).to.deep.equal([
      'nowhere: <anonymous> JSON.parse',
      'library: pg/lib/client.js query',
      'taken: agents/bill/pay.js Bill.pay',
      'repeated: agents/bill/pay.js Bill.pay',
      'taken: agents/bill/main.js <unknown>',
      'nowhere: ',
      'mesh: dist/bundles/agents.cjs ActionTable.run',
      'runtime: node:internal/process/task_queues process.processTicksAndRejections',
    ]));

  it('counts so many frames, the innermost', () => {
    const frames = Array.from({ length: 9 }, (_, at) => frame(`f${'abcdefghi'[at]}`, '/a/b/c.js'));
    expect(takenOf(stackOf(...frames)).map((line) => line.split(':')[0])).to.deep.equal([
      ...Array.from({ length: 6 }, () => 'taken'),
      ...Array.from({ length: 3 }, () => 'further'),
    ]);
    expect(printOf('m', { stack: stackOf(...frames.slice(0, 6)) })).to.equal(
      printOf('m', { stack: stackOf(...frames) }),
    );
  });

  it('takes no place from a message that quotes a stack', () => {
    const message = `child failed:\n${frame('inner', '/other/place/x.js')}`;
    const stack = `Error: ${message}\n${frame('outer', '/a/b/c.js')}`;
    expect(takenOf(stack, message)).to.deep.equal(['taken: a/b/c.js outer']);
  });

  it('reads those of Python, whose innermost frame is the last', () =>
    expect(
      takenOf(
        [
          'Traceback (most recent call last):',
          '  File "/srv/app/jobs/run.py", line 3, in <module>',
          '    main()',
          '  File "/usr/lib/python3.12/json/decoder.py", line 355, in raw_decode',
          '  File "/srv/env/lib/python3.12/site-packages/requests/api.py", line 9, in get',
          '  File "/srv/app/jobs/load.py", line 40, in load',
          'ValueError: m',
        ].join('\n'),
      ),
    ).to.deep.equal([
      'taken: app/jobs/load.py load',
      'library: site-packages/requests/api.py get',
      'runtime: python<n>/json/decoder.py raw_decode',
      'taken: app/jobs/run.py <module>',
    ]));

  it('goes by the message when no frame is of the program', () => {
    const foreign = stackOf(frame('query', '/srv/app/node_modules/pg/lib/client.js'));
    expect(printOf('m', { stack: foreign }))
      .to.equal(printOf('m'))
      .and.to.match(/^m2-/);
    expect(printOf('m', { stack: 'no stack at all\nat' })).to.equal(printOf('m'));
  });

  it('costs a bounded time, whatever the stack is', () => {
    const hostile = [
      `at ${':1'.repeat(16_000)}`,
      `at ${' ('.repeat(400)}${':1'.repeat(90)}x`,
      `at ${'a '.repeat(400)}(`,
    ];
    for (const line of hostile) printOf('m', { stack: stackOf(...Array.from({ length: 30 }, () => line)) });
    fc.assert(fc.property(fc.string({ maxLength: 2_000 }), (stack) => printOf('m', { stack }).length === 19));
  });
});

describe('the explanation of a fingerprint', () => {
  it('names the parts in the order in which they count, the message with its marks, and every frame', () => {
    const stack = stackOf(frame('pay', '/srv/app/agents/bill/pay.js', 7), frame('run', 'node:internal/timers'));
    const explained = explainFingerprint(report('card 17 declined', { stack }), 'bill');
    expect(explained).to.deep.equal({
      fingerprint: fingerprintOf(report('card 17 declined', { stack }), 'bill'),
      kind: 'stack',
      version: 2,
      parts: [
        { name: 'code', value: 'X' },
        { name: 'frame', value: 'agents/bill/pay.js pay' },
      ],
      frames: [
        { text: 'at pay (/srv/app/agents/bill/pay.js:7:1)', verdict: 'taken', key: 'agents/bill/pay.js pay' },
        { text: 'at run (node:internal/timers:1:1)', verdict: 'runtime', key: 'node:internal/timers run' },
      ],
      message: 'card <n> declined',
      marks: [{ mark: '<n>', text: '17' }],
    });
  });

  it('is that of the fingerprint, for every kind', () => {
    for (const rest of [{}, { fingerprint: 'f' }, { stack: stackOf(frame('f', '/a/b/c.js')) }]) {
      const { fingerprint, kind, parts } = explainFingerprint(report('m', rest), 'a');
      expect(fingerprint)
        .to.equal(printOf('m', rest))
        .and.to.match(new RegExp(`^${kind[0]}2-`));
      expect(parts).to.not.have.length(0);
    }
  });
});
