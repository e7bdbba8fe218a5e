/**
 * A program that runs in the place of this one: it has this process's standard input and output themselves, its standard
 * error passes through here unchanged, the signals that this process gets reach it once, and its end is answered. One of
 * the importers of node:child_process here.
 *
 * In a terminal it stays in the process group of this one, so that it can read from the terminal and Ctrl-C reaches it
 * from there. Elsewhere it leads a group of its own: whoever signals this whole group would reach it twice otherwise.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { messageOf, systemCodeOf } from '../../common/core/errors.js';
import { RestOfOutput } from './rest-of-output.js';

export interface WrappedOptions {
  readonly program: string;
  readonly argv: readonly string[];
  /** Where its standard error goes on to. */
  readonly stderr: Writable;
  readonly isTerminal: boolean;
  /** The next chunk comes when this one was taken. */
  readonly onStderr: (chunk: Buffer) => Promise<void>;
}

export interface WrappedEnd {
  /** As a shell would have it: 128 and the number of the signal, 127 for what is not there, 126 for what cannot be run. */
  readonly exitCode: number;
  readonly signal: string | undefined;
  /** Why it could not be started. */
  readonly refusal: string | undefined;
  /** The signal that asked it to end, when it was asked. */
  readonly askedBy: string | undefined;
}

const ENDING = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;
/** Of these a terminal tells everybody in it. */
const BY_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];
const FORWARDED: readonly NodeJS.Signals[] = [...ENDING, 'SIGUSR1', 'SIGUSR2'];

/** Resolves when it has ended and its standard error was read. Never rejects. */
export async function runWrapped(options: WrappedOptions): Promise<WrappedEnd> {
  let askedBy: string | undefined;
  let child: ChildProcess | undefined;
  const forward = (signal: NodeJS.Signals) => {
    if (ENDING.some((ending) => ending === signal)) askedBy ??= signal;
    if (!options.isTerminal || !BY_TERMINAL.includes(signal)) child?.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  try {
    child = start(options);
    const { code, signal, error } = await endOf(child, options);
    if (error !== undefined) return { ...refusalOf(error, options.program), signal: undefined, askedBy };
    const byName: Readonly<Record<string, number>> = constants.signals;
    const exitCode = signal === null ? (code ?? 1) : 128 + (byName[signal] ?? 0);
    return { exitCode, signal: signal ?? undefined, refusal: undefined, askedBy };
  } catch (error) {
    return { ...refusalOf(error, options.program), signal: undefined, askedBy };
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
  }
}

const start = ({ program, argv, isTerminal }: WrappedOptions): ChildProcess =>
  spawn(program, [...argv], { stdio: ['inherit', 'inherit', 'pipe'], detached: !isTerminal });

interface RawEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: Error;
}

async function endOf(child: ChildProcess, options: WrappedOptions): Promise<RawEnd> {
  const rest = new RestOfOutput();
  const read = child.stderr === null ? Promise.resolve() : passOn(child.stderr, options, rest);
  const end = await new Promise<RawEnd>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: null, signal: null, error }));
  });
  // What it left running may hold the pipe for ever; a shell would not wait for it either.
  await Promise.race([read, rest.over()]);
  rest.close();
  child.stderr?.destroy();
  return end;
}

/** Resolves at the end of `from`. Where nobody reads any more it is read all the same: the program must not stand still. */
async function passOn(from: Readable, { stderr, onStderr }: WrappedOptions, rest: RestOfOutput): Promise<void> {
  let isRead = true;
  const onError = () => {
    isRead = false;
  };
  stderr.on('error', onError);
  try {
    for await (const chunk of from) {
      rest.came();
      if (isRead && !stderr.write(chunk)) await hasRoom(stderr);
      await onStderr(chunk);
      rest.taken();
    }
  } catch {
    // It was let go of: the program has ended, and something else holds the pipe.
  } finally {
    stderr.off('error', onError);
  }
}

/** Resolves when more can be written, or nothing any more. */
async function hasRoom(stream: Writable): Promise<void> {
  const listening = new AbortController();
  const { signal } = listening;
  // An error is one way of nothing any more.
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => undefined);
  listening.abort();
}

function refusalOf(error: unknown, program: string): Pick<WrappedEnd, 'exitCode' | 'refusal'> {
  const code = systemCodeOf(error);
  if (code === 'ENOENT') return { exitCode: 127, refusal: `there is no program "${program}"` };
  if (code === 'EACCES') return { exitCode: 126, refusal: `"${program}" cannot be executed` };
  return { exitCode: 126, refusal: `"${program}" could not be started: ${code ?? messageOf(error)}` };
}
