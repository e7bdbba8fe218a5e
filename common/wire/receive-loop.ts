/**
 * The one receive loop of a socket. A busy socket resolves its receives without ever waiting, so the loop hands the
 * event loop back after a burst: timers, other sockets and the process's own work must go on under load.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '../core/clock.js';
import { limits } from '../core/limits.js';

interface Receiving {
  readonly closed: boolean;
  receive(): Promise<Buffer[]>;
}

/**
 * Runs until the socket is closed. `onMessage` must not throw; when it does, that is a bug and the loop rejects. A promise
 * that it returns holds the loop up: nothing is read before it has resolved.
 */
export async function receiveLoop(
  socket: Receiving,
  onMessage: (parts: Buffer[]) => Promise<void> | undefined | void,
): Promise<void> {
  let burst = 0;
  let sinceMs = systemClock.monotonicMs();
  while (!socket.closed) {
    let parts: Buffer[];
    try {
      parts = await socket.receive();
    } catch (error) {
      if (socket.closed) return;
      throw error;
    }
    const held = onMessage(parts);
    if (held !== undefined) await held;
    if (++burst < limits.receiveBurstMax && systemClock.monotonicMs() - sinceMs < limits.receiveBurstMs) continue;
    await nextTurn();
    burst = 0;
    sinceMs = systemClock.monotonicMs();
  }
}
