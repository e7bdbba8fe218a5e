/**
 * A worker's end of the channel to the bench: it serves tasks by name, tells news, and ends with the bench. Figures that
 * two processes make together are taken on the machine's clock, which all of its processes read alike.
 */
import { messageOf } from '../../common/core/errors.js';

export type TaskMessage =
  | { readonly kind: 'task'; readonly id: number; readonly name: string; readonly argument: number }
  | { readonly kind: 'news'; readonly value: number };
export type WorkerMessage =
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string }
  | { readonly kind: 'news'; readonly value: number };

export type Tasks = Readonly<Record<string, (argument: number) => unknown>>;

/**
 * Every worker answers `ready` once it serves; one that listens does so first, so that others may then connect.
 * @param onNews a number that the bench passes on from another worker.
 */
export function serveTasks(ofWorker: Tasks, onNews: (value: number) => void = () => undefined): void {
  const tasks = { ready: () => undefined, ...ofWorker };
  process.on('message', (message: TaskMessage) => {
    if (message.kind === 'news') onNews(message.value);
    else void serve(tasks, message);
  });
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C reaches the whole group: the bench hears of it too and ends its workers in order.
  process.on('SIGINT', () => undefined);
}

async function serve(tasks: Tasks, { id, name, argument }: TaskMessage & { readonly kind: 'task' }): Promise<void> {
  try {
    const task = tasks[name];
    if (task === undefined) throw new Error(`there is no task ${name}`);
    send({ kind: 'answer', id, value: await task(argument) });
  } catch (error) {
    send({ kind: 'failure', id, message: messageOf(error) });
  }
}

export const tellNews = (value: number): void => send({ kind: 'news', value });

const send = (message: WorkerMessage): void => void process.send?.(message);

/** Milliseconds on the clock that all processes of this machine share. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What the bench gave on the command line, by position. */
export function argumentAt(position: number): string {
  const value = process.argv[2 + position];
  if (value === undefined) throw new Error(`argument ${position} is missing`);
  return value;
}

export const numberAt = (position: number): number => Number(argumentAt(position));
