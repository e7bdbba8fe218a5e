/** How a process ended, and that in words. */

/** How a process ended: its code, the signal that killed it, or why it could not even be started. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly reason?: string;
  /** What the system did to it, where that is known: it says more than the signal. */
  readonly cause?: string;
  /** The next step, where there is one to name. */
  readonly hint?: string;
}

/** `killed by SIGKILL`, `exit code 3`, `spawn ENOENT`, or that nobody saw it. */
export function exitText({ code, signal, reason, cause }: Exit): string {
  if (reason !== undefined) return reason;
  if (cause !== undefined) return cause;
  if (signal !== undefined) return `killed by ${signal}`;
  return code === undefined ? 'ended unseen' : `exit code ${code}`;
}
