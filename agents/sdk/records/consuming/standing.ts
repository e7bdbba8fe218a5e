/** How a consumer stands: it begins once, and ends once, with an error or without. */
import { MeshError } from '../../../../common/core/errors.js';

export class Standing {
  readonly ready: Promise<void>;
  readonly ended: Promise<MeshError | undefined>;
  #begin: () => void = () => undefined;
  #refuse: (error: MeshError) => void = () => undefined;
  #end: (error: MeshError | undefined) => void = () => undefined;

  constructor() {
    this.ready = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = reject;
    });
    // Whoever does not wait for it learns of a refusal elsewhere.
    this.ready.catch(() => undefined);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(): void {
    this.#begin();
  }

  /** Idempotent: the first word counts. */
  end(error: MeshError | undefined): void {
    this.#refuse(error ?? new MeshError('CLOSED', 'the consumer was closed before it had begun'));
    this.#end(error);
  }
}
