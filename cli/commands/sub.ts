import { MeshError } from '../../common/core/errors.js';
import { assertPattern } from '../../common/protocol/topic.js';
import type { EventInfo } from '../../common/wire/events/subscription.js';
import type { Command } from '../command/command.js';
import { isProbe, missingBrokers } from '../fleet/event-path.js';
import { jsonText } from '../terminal/json-text.js';
import type { Colors } from '../terminal/output.js';
import { clockText, isoText } from '../terminal/quantity.js';

interface ShownEvent {
  readonly topic: string;
  readonly publisher: string;
  readonly seq: number;
  readonly ts: string;
  /** From before: it was not published just now. */
  readonly kept: boolean;
  readonly body: unknown;
}

const COUNT_MAX = 1_000_000_000;

export const command: Command = {
  details: 'From every broker, until it is interrupted. What was missed is counted and said on standard error.',
  operands: [{ syntax: '<pattern>', description: 'a topic; * stands for one token, a final > for the rest' }],
  options: [
    { flags: '-n, --count <count>', description: 'end after that many events' },
    { flags: '--last', description: 'begin with the last value of each topic that has one kept' },
  ],
  examples: [
    { line: `mesh sub 'host.*.metrics'`, explains: 'load and memory of every machine', follows: true },
    { line: `mesh sub 'host.>' -n 2 --json`, explains: 'two events, one JSON object each' },
  ],
  async run(context, args) {
    const pattern = args.operand(0);
    assertPattern(pattern);
    const count = args.count('count', { min: 1, max: COUNT_MAX }) ?? Number.POSITIVE_INFINITY;
    const access = await context.access();
    const mesh = await access.mesh();
    const machines = [...access.fleet.machines.values()];
    const missing = await missingBrokers(access, machines);
    if (missing.length === machines.length) {
      throw new MeshError('UNREACHABLE', missing.map(({ message }) => message).join('\n'), { hint: 'mesh status' });
    }
    const { output } = context;
    for (const { message } of missing) output.warn(`${message}; its events come when it is back`);
    await new Promise<void>((resolve) => {
      let seen = 0;
      const show = async (body: unknown, { topic, publisher, seq, tsMs, kept: isKept }: EventInfo) => {
        if (seen >= count || isProbe(topic)) return;
        seen++;
        const event: ShownEvent = {
          topic,
          publisher,
          seq,
          ts: isoText(tsMs),
          kept: isKept === true,
          body,
        };
        await output.item(
          event,
          (item) => eventText(item, output.colors),
          () => topic,
        );
        if (seen >= count) resolve();
      };
      const onGap = (missed: number, topic: string, publisher: string) =>
        output.warn(`missed ${missed} of ${publisher} on ${topic}`);
      mesh.subscribe(pattern, show, { onGap, last: args.flag('last') });
      context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  },
};

const eventText = ({ topic, publisher, ts, kept, body }: ShownEvent, { dim, cyan }: Colors): string =>
  `${dim(clockText(Date.parse(ts)))} ${cyan(topic)} ${dim(kept ? `${publisher} (kept)` : publisher)} ${jsonText(body)}`;
