/** How a line of an agent's output is shown to a person, and several logs as one. */
import { expect } from 'chai';
import picocolors from 'picocolors';
import { entryText, type LogEntry, originOf } from '../../../cli/logs/log-entry.js';
import { mergedByTime } from '../../../cli/logs/log-merge.js';
import { clockText } from '../../../cli/terminal/quantity.js';

const plain = picocolors.createColors(false);
const time = '2026-01-31T12:00:00.120Z';
const clock = clockText(Date.parse(time));
const entry = (line: string, agent = 'echo', ts: string | null = null): LogEntry => ({
  machine: 'pc2',
  agent,
  ts,
  line,
});

describe('a line of a log on a terminal', () => {
  const shown = (line: string, originWidth = 0, isRaw = false) =>
    entryText(entry(line), { colors: plain, originWidth, isRaw });
  const json = (fields: object) => JSON.stringify({ level: 'warn', time, agent: 'echo', machine: 'pc2', ...fields });

  const cases: [line: string, text: string][] = [
    [json({ msg: 'slow' }), `${clock} WARN  slow`],
    [json({ msg: 'slow', tookMs: 12, rule: 'a b' }), `${clock} WARN  slow tookMs=12 rule=a b`],
    [json({ level: 50, time: Date.parse(time), msg: 'bad' }), `${clock} ERROR bad`],
    [json({ msg: 'bad', err: { stack: 'Error: x\n  at y' } }), `${clock} WARN  bad\n  Error: x\n    at y`],
    [json({ msg: 'bad', err: { message: 'x' } }), `${clock} WARN  bad\n  x`],
    [json({ time: 'noon', msg: 'when?' }), 'WARN  when?'],
    [json({ facts: { a: [1] } }), `${clock} WARN  facts={"a":[1]}`],
    ['{"some":"other json"}', '{"some":"other json"}'],
    ['{"level":"info","msg":"cut', '{"level":"info","msg":"cut'],
    ['[1]', '[1]'],
    ['plain words', 'plain words'],
    ['', ''],
  ];
  for (const [line, text] of cases) {
    it(`${line.slice(0, 70) || 'an empty one'} reads well`, () => expect(shown(line)).to.equal(text));
  }

  it('stays as it is when that is asked for', () =>
    expect(shown(json({ msg: 'slow' }), 0, true)).to.equal(json({ msg: 'slow' })));

  it('has its origin before it, on each of its lines', () =>
    expect(shown(json({ msg: 'bad', err: { message: 'x' } }), 10)).to.equal(
      `echo@pc2   | ${clock} WARN  bad\necho@pc2   |   x`,
    ));

  it('has an origin in a color that is always the same', () => {
    const colors = picocolors.createColors(true);
    const [one, two] = ['a', 'b'].map((line) => entryText(entry(line), { colors, originWidth: 8, isRaw: false }));
    expect(one?.slice(0, -1)).to.equal(two?.slice(0, -1));
    expect(one?.endsWith('echo@pc2\u001b[39m | a'), one).to.equal(true);
  });
});

describe('several logs as one', () => {
  async function* log(agent: string, ...times: (number | null | Error)[]): AsyncGenerator<LogEntry> {
    for (const [index, at] of times.entries()) {
      if (at instanceof Error) throw at;
      yield entry(`${agent}${index}`, agent, at === null ? null : new Date(at).toISOString());
    }
  }
  const merged = async (...logs: AsyncIterable<LogEntry>[]) => {
    const lines: string[] = [];
    const failures: unknown[] = [];
    for await (const { line } of mergedByTime(logs, (error) => failures.push(error))) lines.push(line);
    return { lines: lines.join(' '), failures };
  };

  it('are in the order of their times', async () =>
    expect((await merged(log('a', 1, 4, 5), log('b', 2, 3, 6))).lines).to.equal('a0 b0 b1 a1 a2 b2'));

  it('keep the order within each, whatever its times say', async () =>
    expect((await merged(log('a', 5, 1, 2), log('b', 3, 6))).lines).to.equal('b0 a0 a1 a2 b1'));

  it('have a line without a time behind the one before it', async () =>
    expect((await merged(log('a', 1, null, 9), log('b', 2))).lines).to.equal('a0 a1 b0 a2'));

  it('go on without the one that fails, and say why', async () => {
    const { lines, failures } = await merged(log('a', 1, new Error('away')), log('b', 2, 3), log('c', new Error('no')));
    expect(lines).to.equal('a0 b0 b1');
    expect(failures.map(String)).to.have.members(['Error: away', 'Error: no']);
  });

  it('are named by agent and machine', () => expect(originOf(entry(''))).to.equal('echo@pc2'));
});
