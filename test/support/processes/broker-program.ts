/** The compiled broker as a real process: started as a node starts it, on ports that the system chooses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '../wait-for.js';

const program = fileURLToPath(new URL('../../../broker/main.js', import.meta.url));

export interface Endpoints {
  readonly broker: string;
  readonly publish: string;
  readonly subscribe: string;
  readonly registry?: string;
  readonly log?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** How its event loop can be made to stand still: see `block`. */
const BLOCKING = new URL('../../fixtures/block-on-signal.js', import.meta.url).href;

export interface BrokerProgramOptions {
  readonly lastWordsFile?: string;
  /** What `block` does, in milliseconds. */
  readonly blockMs?: number;
  /** More of its environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export class BrokerProgram {
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #ready: Promise<Endpoints>;
  #complaints = '';

  /** @param part becomes `MESH_BROKER`, as JSON unless it is a string already */
  constructor(part: unknown, { lastWordsFile, blockMs, env = {} }: BrokerProgramOptions = {}) {
    this.#child = spawn(process.execPath, [...(blockMs === undefined ? [] : ['--import', BLOCKING]), program], {
      env: {
        ...env,
        MESH_BROKER: typeof part === 'string' ? part : JSON.stringify(part),
        ...(lastWordsFile === undefined ? {} : { MESH_LAST_WORDS: lastWordsFile }),
        ...(blockMs === undefined ? {} : { BLOCK_MS: String(blockMs) }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.on('data', (chunk) => {
      this.#complaints += String(chunk);
    });
    this.exited = once(this.#child, 'exit').then(([code, signal]) => ({ code, signal }));
    this.#ready = this.#follow();
    this.#ready.catch(() => undefined);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Its log so far, a JSON object a line. */
  get log(): Record<string, unknown>[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** What it wrote beside its log. */
  get complaints(): string {
    return this.#complaints;
  }

  /** Where it listens; rejects when it ends before it says so. */
  ready(): Promise<Endpoints> {
    return this.#ready;
  }

  /** Its event loop stands still from when this resolves, for the `blockMs` that it was started with. */
  async block(): Promise<void> {
    const count = () => this.#lines.filter((line) => line.includes('"blocked"')).length;
    const before = count();
    this.#child.kill('SIGUSR2');
    await waitUntil('the broker to stand still', () => count() > before);
  }

  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.#child.kill(signal);
    return this.exited;
  }

  async #follow(): Promise<Endpoints> {
    const output = this.#child.stdout;
    if (output === null) throw new Error('the broker has no output');
    const lines = createInterface({ input: output });
    const endpoints = new Promise<Endpoints>((resolve) => {
      lines.on('line', (line) => {
        this.#lines.push(line);
        const { msg, endpoints: where } = JSON.parse(line);
        if (msg === 'the broker is ready') resolve(where);
      });
    });
    const ended = this.exited.then(({ code }) => Promise.reject(new Error(`the broker ended with ${code}`)));
    return Promise.race([endpoints, ended]);
  }
}
