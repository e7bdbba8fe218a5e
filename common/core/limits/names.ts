/** Bounds of names and other short text that comes from outside. */
import { KIB, MIB } from './units.js';

export const names = {
  nameLengthMax: 64,
  topicLengthMax: 255,
  topicTokensMax: 16,
  methodLengthMax: 128,
  /** An idempotency key: a UUID, a hash in hex, or a few words of the caller's own. A longer one is not heeded. */
  idempotencyKeyLengthMax: 128,
  /** A traceparent has 55 characters today; its later versions may append some. */
  traceLengthMax: 128,
  /** Distinct topics of one publisher: each needs a sequence counter. The next is refused with TOO_LARGE. */
  publisherTopicsMax: 10_000,
  /** (publisher, topic) pairs whose sequence a subscriber follows; the oldest is forgotten and counted. */
  subscriberTracksMax: 100_000,
  /** Topics whose last value a broker keeps, and their bytes: far more than states that people look at. At the limit the
   *  value that was not renewed longest makes room, and that is counted. */
  keptTopicsMax: 10_000,
  keptBytesMax: 64 * MIB,
  /** One kept value: several fit a frame of the broker's control socket. A larger one is refused with TOO_LARGE. */
  keptValueBytesMax: 256 * KIB,
  /** A publisher tells its broker at once what to keep, and then at most this often: of a topic that changes all the time
   *  only the newest value is told. */
  keepIntervalMs: 20,
  /** A late joiner asks for the kept values again after this: by then its subscription has reached every publisher, and what
   *  was published meanwhile is not missed. */
  lastValueSettleMs: 500,
  /** Subscription prefixes of one process: libzmq drops a burst of more than a thousand. */
  subscriptionsMax: 900,
} as const;
