/** A fleet folder with logs, and a follower that can be stopped, killed and started again over what it stored. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LogFollower } from '../../agents/log-watcher/log-follower.js';
import { WatchConfig } from '../../agents/log-watcher/watch-config.js';
import { compile } from '../../common/protocol/schema.js';
import { FakeContext, FakeStore } from '../support/fakes/fake-context.js';
import { useTempFolder } from '../support/temp-folder.js';

export interface LineRecord {
  readonly file: string;
  readonly line: string;
  readonly rule: string;
  readonly offset: number;
  readonly cutAtBytes?: number;
}

const config = compile<WatchConfig>(WatchConfig);

export class WatchWorld {
  readonly store = new FakeStore();
  #running: { readonly follower: LogFollower; readonly context: FakeContext<WatchConfig> } | undefined;

  constructor(
    readonly home: string,
    private settings: Record<string, unknown> = {},
  ) {}

  path(name: string): string {
    const path = join(this.home, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(name: string, content: string | Buffer): void {
    writeFileSync(this.path(name), content);
  }

  append(name: string, content: string | Buffer): void {
    appendFileSync(this.path(name), content);
  }

  /** The running follower; started when there is none. */
  get running() {
    if (this.#running === undefined) {
      const raw = { files: ['logs/*.log'], rules: [{ name: 'all', pattern: '' }], ...this.settings };
      const context = new FakeContext({
        config: config.assert(structuredClone(raw), 'the configuration', 'CONFIG_INVALID'),
        home: this.home,
        agent: 'log-watcher',
        store: this.store,
      });
      this.#running = { follower: new LogFollower(context), context };
    }
    return this.#running;
  }

  /** Rounds until everything is read. */
  async poll(): Promise<void> {
    const { follower } = this.running;
    for (let isDone = false; !isDone; ) {
      const round = await follower.pollOnce();
      await round.told;
      isDone = round.isDone;
    }
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    await this.#running?.follower.stop();
    this.#running = undefined;
  }

  /** Ends it as SIGKILL does: nothing more is stored. */
  async kill(): Promise<void> {
    await this.#running?.follower.close();
    this.#running = undefined;
  }

  /** As another configuration would start it. */
  configure(settings: Record<string, unknown>): void {
    this.settings = settings;
  }

  records(stream = 'lines'): LineRecord[] {
    return this.store.bodiesOf(stream) as LineRecord[];
  }

  lines(stream = 'lines'): string[] {
    return this.records(stream).map(({ line }) => line);
  }
}

export function useWatchWorld(settings: Record<string, unknown> = {}): () => WatchWorld {
  const folder = useTempFolder();
  let world: WatchWorld | undefined;
  beforeEach(() => {
    world = new WatchWorld(folder.path, settings);
  });
  afterEach(() => world?.kill());
  return () => {
    if (world === undefined) throw new Error('asked outside of a test');
    return world;
  };
}

export const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);
export const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');
