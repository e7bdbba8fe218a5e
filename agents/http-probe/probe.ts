/**
 * Asks one target once. Always an answer, never a throw: a target that fails is what a probe is for.
 *
 * The time is that until the first byte of the answer (http: its status line; tcp: the connection). No connection is
 * kept, no redirect followed, no body read beyond a bound, and the connection is closed as a client closes it.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type Clock, delay } from '../../common/core/clock.js';
import { systemCodeOf } from '../../common/core/errors.js';
import type { Target } from './probe-config.js';

export interface ProbeResult {
  readonly target: string;
  readonly ok: boolean;
  readonly latencyMs: number;
  readonly status?: number;
  readonly error?: string;
}

export interface ProbeOptions {
  readonly timeoutMs: number;
  /** Ends the probe early, as a failure. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** What is read of a body at most: enough for the connection to end in peace with any ordinary page. */
const BODY_BYTES_MAX = 64 * 1_024;
/** How long the other side may take to close its half. */
const GOODBYE_MS = 500;

export async function probe(target: Target, options: ProbeOptions): Promise<ProbeResult> {
  const startedMs = options.clock.monotonicMs();
  const elapsedMs = () => Math.round((options.clock.monotonicMs() - startedMs) * 100) / 100;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([timeout, options.signal]);
  try {
    if (target.kind === 'tcp') {
      await tcpConnection(target, signal);
      return { target: target.name, ok: true, latencyMs: elapsedMs() };
    }
    const status = await httpStatus(target.url, signal);
    const latencyMs = elapsedMs();
    const { expectStatus } = target;
    const ok = expectStatus === undefined ? status >= 200 && status < 400 : status === expectStatus;
    const error = expectStatus === undefined ? `status ${status}` : `status ${status} instead of ${expectStatus}`;
    return { target: target.name, ok, latencyMs, status, ...(ok ? {} : { error }) };
  } catch (thrown) {
    const error = timeout.aborted ? `no answer within ${options.timeoutMs} ms` : reasonOf(thrown);
    return { target: target.name, ok: false, latencyMs: elapsedMs(), error };
  }
}

function httpStatus(url: URL, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = { agent: false, signal, headers: { 'user-agent': 'agent-mesh-probe' } };
    const onResponse = (response: IncomingMessage) => {
      // From here on an error (the deadline, a cut) only ends the reading of a body that nobody wants.
      response.on('error', () => undefined);
      discard(response);
      resolve(response.statusCode ?? 0);
    };
    const request =
      url.protocol === 'https:' ? httpsRequest(url, options, onResponse) : httpRequest(url, options, onResponse);
    request.on('error', reject);
    request.end();
  });
}

function discard(response: IncomingMessage): void {
  let roomBytes = BODY_BYTES_MAX;
  response.on('data', (chunk: Buffer) => {
    roomBytes -= chunk.length;
    if (roomBytes < 0) response.destroy();
  });
}

function tcpConnection({ host, port }: { host: string; port: number }, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    const closed = new AbortController();
    socket.on('error', reject); // after the connection was made: a goodbye gone wrong, which changes nothing
    socket.on('close', () => closed.abort());
    socket.on('connect', () => {
      socket.resume(); // unread bytes would turn the goodbye into a reset
      socket.end();
      delay(GOODBYE_MS, closed.signal).then(
        () => socket.destroy(),
        () => undefined,
      );
      resolve();
    });
  });
}

/** Why a connection failed; of several addresses that failed, the first. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof AggregateError) return reasonOf(thrown.errors[0]);
  const code = systemCodeOf(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}
