/** Looking for records in main's log: the client of a thread of its own, which is started when it is first asked. */
import type { MeshError } from '../../core/errors.js';
import { WorkerClient } from '../sqlite/worker-client.js';
import type { FinderOperations } from './finder-worker.js';
import type { FindOptions, FoundPage } from './log-finder.js';

export class FinderClient {
  #client: Promise<WorkerClient<FinderOperations>> | undefined;

  /** @param file the log, open elsewhere */
  constructor(
    private readonly file: string,
    private readonly onDamage: ((error: MeshError) => void) | undefined,
  ) {}

  /** @throws JOURNAL_FAILED, JOURNAL_DAMAGED, QUEUE_FULL */
  async find(options: FindOptions): Promise<FoundPage> {
    this.#client ??= this.#open();
    return (await this.#client).call('find', options);
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    await client?.close();
  }

  async #open(): Promise<WorkerClient<FinderOperations>> {
    const client = new WorkerClient<FinderOperations>({
      entry: new URL('./finder-worker.js', import.meta.url),
      what: `the search in ${this.file}`,
      onFatal: () => this.#forget(),
      onDamage: this.onDamage,
    });
    try {
      await client.call('open', { file: this.file });
      return client;
    } catch (thrown) {
      this.#forget();
      await client.close().catch(() => undefined);
      throw thrown;
    }
  }

  /** The next one to ask starts another thread. */
  #forget(): void {
    this.#client = undefined;
  }
}
