/** What the log answers about its streams: how much it holds of each, and what the fleet says about it. */
import { limits } from '../common/core/limits.js';
import type { Log } from '../common/journal/log/log.js';
import type { StreamState } from '../common/journal/streams/stream-retention.js';
import type { Input, Output } from '../common/protocol/catalogue.js';
import { ruleFinder, type StreamRule } from '../common/protocol/stream-rule.js';

type StreamBody = Output<'log.streams'>['streams'][number];

/** @param rules what holds for streams now */
export async function answerStreams(
  log: Log,
  rules: readonly StreamRule[],
  { after = '', limit = limits.logReadDefault }: Input<'log.streams'>,
): Promise<Output<'log.streams'>> {
  const [states, groups] = await Promise.all([log.streams(after, limit), log.groups.sources()]);
  const ruleOf = ruleFinder(rules);
  const streams = states.map((state): StreamBody => {
    const rule = ruleOf(state.stream);
    const own = groups.filter(({ stream }) => stream === state.stream).map(({ group }) => group);
    return { ...bodyOf(state), ...(rule === undefined ? {} : { rule }), groups: own };
  });
  return { streams, more: states.length === limit };
}

const bodyOf = ({ stream, count, bytes, pruned, oldest, newest }: StreamState): Omit<StreamBody, 'groups'> => ({
  stream,
  count,
  bytes,
  pruned,
  ...(oldest === undefined ? {} : { oldest }),
  ...(newest === undefined ? {} : { newest }),
});
