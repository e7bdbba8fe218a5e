/** Bounds of what waits: for a peer, a subscriber, a handler. */
import { MIB } from './units.js';

export const queues = {
  /** Bytes waiting for one peer in our own queue. At the limit a request is refused with QUEUE_FULL, a reply is
   *  dropped and counted (the requester times out), an event is dropped and counted (the sequence shows the gap). */
  peerQueueBytesMax: 32 * MIB,
  /** Frames of events that libzmq may hold for one peer. At the limit the proxy drops for that subscriber, which its
   *  sequence numbers show. */
  socketHighWaterMark: 1_000,
  /** Frames of requests or replies that libzmq may hold for one peer, each up to the frame limit of its plane: small,
   *  because what waits beyond it waits in a queue that is bounded in bytes (`peerQueueBytesMax`). */
  requestHighWaterMark: 128,
  /** Requests in flight of one client; the next is refused with QUEUE_FULL. */
  pendingRequestsMax: 65_536,
  /** Long polls (watch, read) that one server holds open; the next is answered at once as if its wait were 0. */
  waitersMax: 4_096,
  /** Events that wait for a handler, where a subscription has a queue and does not say how many. */
  subscriptionQueueDefault: 1_024,
  /** The most that it may say. What happens at its bound is the subscription's policy. */
  subscriptionQueueMax: 100_000,
  /** Bytes of those events, about: large ones fill a queue sooner. */
  subscriptionQueueBytesMax: 32 * MIB,
  /** Subscriptions of one process that block: each has a socket of its own, so that it holds up nobody else. The next is
   *  refused with QUEUE_FULL. */
  blockingSubscriptionsMax: 32,
  /** Frames of events that libzmq holds for one of those: what it does not take, the proxy's high-water mark drops. */
  blockingHighWaterMark: 16,
  /** Subscriptions that one answer to mesh.health tells of, those in trouble first. */
  subscriptionsShown: 64,
  /** Messages a receive loop handles before it lets other work of the process run. */
  receiveBurstMax: 128,
  /** The same in time: a message may carry thousands of envelopes, and heartbeats must not wait behind them. */
  receiveBurstMs: 10,
} as const;
