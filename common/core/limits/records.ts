/** Bounds of records on their way: from an emitter into the journal, and from there to main. */
import { KIB, MIB } from './units.js';

export const records = {
  /** Rules of streams; a stream that is met for the first time is held against all of them. */
  streamRulesMax: 256,
  /** Patterns of agents that may write one stream. */
  streamWritersMax: 256,
  /** Streams whose rule a process remembers; one more, and it forgets them all and looks them up again. */
  streamRulesRemembered: 10_000,
  /** Records that one step of a stream's retention deletes: bounds how long appends wait behind it. */
  streamPruneRowsMax: 2_000,
  /** A group without members may keep its stream over the bounds of its rule for so long before that is told: longer than a
   *  night in which a machine is down. */
  streamHeldMs: 86_400_000,
  recordBodyBytesMax: 256 * KIB,
  /** Records of one emit request, and of one batch to the log; also bounded by `recordBatchBytesMax`. */
  recordBatchMax: 1_000,
  recordBatchBytesMax: 1 * MIB,
  /** Records of a batch to the log that has to be read from the journal's file, which is so where a machine has much to deliver.
   *  A live record of another machine waits for the commits of such batches and for reads behind them: half as long each. Even
   *  so 50,000 records pass in a second, more than two processors store. */
  backlogBatchMax: 500,
  /** From one batch to main to the next, at least; so late may be what is emitted right behind another record. Each batch costs
   *  two commits and a dozen turns of threads: one for each record that is emitted alone would make the next one wait. Even so
   *  100,000 records or 100 MiB pass in a second. */
  forwardGatherMs: 10,
  /** Records of one agent that are in line for the journal, and their bytes. Beyond it an emit waits for room … */
  emitQueueMax: 20_000,
  emitQueueBytesMax: 64 * MIB,
  /** … so many emits, with as many bytes again, for so long: then they are refused with QUEUE_FULL, and stored nowhere. Longer
   *  than a disk stalls now and then, shorter than whoever waits would take for an end. */
  emitWaitersMax: 1_000,
  emitWaitMs: 10_000,
  /** Text by which a record is found, or known again: as long as any number of an order, and no place for a body. */
  recordKeyLengthMax: 128,
  /** How long a journal knows a record by its `dedupeKey`: whoever repeats does so after an outage, and the longest that
   *  nobody looks at is a weekend. */
  dedupeKeptMs: 3 * 86_400_000,
  /** And how many of them: about 40 MiB of the file. The oldest go first. */
  dedupeKeysKept: 100_000,
} as const;
