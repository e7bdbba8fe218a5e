/**
 * The option sets of every socket, and the only place where one is made: what encryption will need, it will find here.
 *
 * libzmq's defaults are made for short programs on one network. Ours are for processes that live for months next to
 * peers that vanish: dead hosts are noticed by ZMTP heartbeats, half-open connections are dropped, a full pipe is an
 * error instead of a silent loss, and a process can always end.
 */
import { createRequire } from 'node:module';
import type { Dealer, Proxy as NativeProxy, Publisher, Router, Subscriber, XPublisher, XSubscriber } from 'zeromq';
import { limits } from '../core/limits.js';

// Required, not imported: to import a CommonJS package Node first starts its WebAssembly engine to find the names in it,
// which costs every process four megabytes and the start of it ten milliseconds.
const zmq = createRequire(import.meta.url)('zeromq') as typeof import('zeromq');

/** Sockets closed with messages left must not hold a process that wants to end. */
zmq.context.blocky = false;
zmq.context.maxSockets = zmq.context.maxSocketsLimit;

const everySocket = {
  /** What was handed over (a goodbye, the last reply) may take this long to leave after close(). */
  linger: 500,
  /** A peer without power, or a link without packets, is noticed within interval + timeout. */
  heartbeatInterval: 1_000,
  heartbeatTimeout: 3_000,
  heartbeatTimeToLive: 3_000,
  /** Connections that do not finish the handshake are closed: the default of 30 s invites idle raw connections. */
  handshakeInterval: 3_000,
};

/**
 * A socket that answers does not ask whether its peers are there. libzmq aborts the process when a heartbeat is due on a
 * connection that was reset after its peer had come back on another one and said something here (its `out_event` after an
 * input error). The heartbeats of who asks say how long their connection lives. Of who sends none, and of one that
 * is silent just then, the kernel finds out: after five seconds, at its next try, which is up to six after the first.
 */
const unasked = {
  heartbeatInterval: 0,
  tcpKeepalive: 1,
  tcpKeepaliveIdle: 3,
  tcpKeepaliveInterval: 1,
  tcpKeepaliveCount: 2,
  tcpMaxRetransmitTimeout: 5_000,
};

/** Requests and replies wait in our own bounded queues; libzmq only gets what the next round trips carry. */
const asking = {
  sendHighWaterMark: limits.requestHighWaterMark,
  receiveHighWaterMark: limits.requestHighWaterMark,
};
const sending = { sendHighWaterMark: limits.socketHighWaterMark };
const receiving = { receiveHighWaterMark: limits.socketHighWaterMark };

/** Reconnects are quick because the outage usually is, and spread because dozens of processes lose a peer together. */
const connecting = () => ({
  reconnectInterval: 100 + Math.floor(Math.random() * 100),
  reconnectMaxInterval: 1_000,
  connectTimeout: 2_000,
});

export const openRouter = (frameBytesMax: number): Router =>
  new zmq.Router({
    ...everySocket,
    ...asking,
    ...unasked,
    maxMessageSize: frameBytesMax,
    backlog: 1_024,
    /** An unknown or full peer is an error to handle, not a message to lose; and it never blocks the writer. */
    mandatory: true,
    sendTimeout: 0,
    /** A peer that reconnects under its old id gets the new connection; otherwise it is a silent zombie for ever. */
    handover: true,
  });

export const openDealer = (routingId: string, frameBytesMax: number): Dealer =>
  new zmq.Dealer({
    ...everySocket,
    ...asking,
    ...connecting(),
    routingId,
    maxMessageSize: frameBytesMax,
    /** Only to a completed connection: what waits for one waits in our own bounded queue, where it can time out. */
    immediate: true,
    sendTimeout: 0,
  });

export const openPublisher = (): Publisher =>
  new zmq.Publisher({
    ...everySocket,
    ...sending,
    ...connecting(),
    /** A burst that its own proxy cannot take at once is an error to handle: by default most of it would be dropped. */
    noDrop: true,
    sendTimeout: 0,
  });

/** @param highWaterMark frames that may wait to be read. */
export const openSubscriber = (frameBytesMax: number, highWaterMark: number = limits.socketHighWaterMark): Subscriber =>
  new zmq.Subscriber({
    ...everySocket,
    ...connecting(),
    receiveHighWaterMark: highWaterMark,
    maxMessageSize: frameBytesMax,
  });

/** The native proxy. Subscriptions travel through it upstream: bounded, a burst of them would be dropped silently. */
export const openProxy = (frameBytesMax: number, highWaterMark: number): NativeProxy<XSubscriber, XPublisher> =>
  new zmq.Proxy(
    new zmq.XSubscriber({
      ...everySocket,
      ...receiving,
      sendHighWaterMark: 0,
      maxMessageSize: frameBytesMax,
      backlog: 1_024,
    }),
    new zmq.XPublisher({
      ...everySocket,
      ...receiving,
      sendHighWaterMark: highWaterMark,
      maxMessageSize: frameBytesMax,
      backlog: 1_024,
    }),
  );
