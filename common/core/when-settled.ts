/**
 * The end of what one event has led to: its callback is done, and so is every promise that it settled, and what those went
 * on to do. Nothing that came from outside meanwhile has been looked at.
 *
 * It is the moment to send what has gathered. `setImmediate` waits for the other sockets and files that have something as
 * well, and up to a whole turn of the loop where it is asked from one of its own callbacks; who does one thing at a time
 * waits for that each time, and gathers nothing by it.
 */
export function whenSettled(work: () => void): void {
  // Ticks come before the promises of a callback and after those of a promise: from there it is always after.
  queueMicrotask(() => process.nextTick(work));
}
