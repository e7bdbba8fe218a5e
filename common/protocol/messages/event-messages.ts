/** What a broker answers about the last values of topics. */
import { limits } from '../../core/limits.js';
import { Count, closed, EventSeq, KeptBody, method, Nothing, Publisher, Topic } from '../message-parts.js';
import { Epoch, WallMs } from '../registry-entry.js';
import { Type } from '../type.js';

export const eventMessages = {
  'events.keep': method(
    'broker',
    'The last values of topics, for those who subscribe later; on its own machine, by their publisher. An older one changes nothing.',
    closed({
      publisher: Publisher,
      values: Type.Array(Type.Tuple([Topic, EventSeq, WallMs, KeptBody]), { maxItems: limits.recordBatchMax }),
    }),
    Nothing,
  ),
  'events.last': method(
    'broker',
    "The kept values of this machine's topics, or those that changed after a revision of this broker's epoch; `more` asks for the next page.",
    closed({ pattern: Topic, epoch: Type.Optional(Epoch), after: Type.Optional(Count) }),
    closed({
      epoch: Epoch,
      revision: Type.Integer({ minimum: 0, description: 'continue after this one' }),
      more: Type.Boolean(),
      values: Type.Array(Type.Tuple([Topic, Publisher, EventSeq, WallMs, KeptBody])),
    }),
  ),
} as const;
