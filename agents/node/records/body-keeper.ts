/**
 * Removes the bodies of a machine that no record refers to any more, neither in its journal nor in main's log. A part of the
 * folder at a time, so that it never costs much at once. While main cannot be asked, nothing goes; nor does what is young: a
 * body is sent before the record that refers to it.
 */
import type { Clock } from '../../../common/core/clock.js';
import { limits } from '../../../common/core/limits.js';
import type { BodyFile } from '../../../common/journal/bodies/body-files.js';
import type { BodyStore } from '../../../common/journal/bodies/body-store.js';
import type { Journal } from '../../../common/journal/machine/journal.js';
import { instanceOf } from '../../../common/protocol/name.js';
import { RequestClient } from '../../../common/wire/asking/request-client.js';
import { NODE_AGENT } from './incident.js';

export interface BodyKeeperOptions {
  readonly store: BodyStore;
  /** Those of these references that records of the journal have. */
  readonly inJournal: (refs: readonly string[]) => Promise<readonly string[]>;
  /** The same of main's log. Rejects while that is out of reach. */
  readonly onMain: (refs: readonly string[]) => Promise<readonly string[]>;
  readonly clock: Clock;
}

export class BodyKeeper {
  /** The next part of the folder. */
  #shelf = 0;

  constructor(private readonly options: BodyKeeperOptions) {}

  /** One round over a part of the folder. @throws what keeps it from asking */
  async look(shelvesMax: number = SHELVES_PER_LOOK): Promise<void> {
    for (let count = 0; count < shelvesMax; count++) {
      const shelf = this.#shelf.toString(16).padStart(2, '0');
      await this.#lookAt(await this.options.store.files.list(shelf));
      this.#shelf = (this.#shelf + 1) % SHELF_COUNT;
    }
  }

  async #lookAt(files: readonly BodyFile[]): Promise<void> {
    for (let from = 0; from < files.length; from += limits.bodyRefsAsked)
      await this.#lookAtSome(files.slice(from, from + limits.bodyRefsAsked));
  }

  async #lookAtSome(files: readonly BodyFile[]): Promise<void> {
    const { store, inJournal, onMain, clock } = this.options;
    // Before anybody is asked: a clock that is set forward meanwhile makes nothing old that came meanwhile.
    const thanWallMs = clock.wallMs() - limits.bodyOrphanMs;
    const own = new Set(await inJournal(files.map(refOf)));
    const rest = files.filter((file) => !own.has(refOf(file)));
    if (rest.length === 0) return;
    // Main last: what has left the journal is there already.
    const held = new Set(await onMain(rest.map(refOf)));
    for (const file of rest) if (!held.has(refOf(file))) store.removeIfOlder(file, thanWallMs);
  }
}

/** The keeper of a node: it asks the node's own journal, and main's log over a connection for as long as it asks. */
export const bodyKeeperOf = (
  { bodies, journal }: { readonly bodies: BodyStore; readonly journal: Pick<Journal, 'heldRefs'> },
  machine: string,
  logEndpoint: string,
  clock: Clock,
): BodyKeeper =>
  new BodyKeeper({
    store: bodies,
    clock,
    inJournal: (refs) => journal.heldRefs(refs),
    onMain: async (refs) => {
      const log = new RequestClient({
        endpoint: logEndpoint,
        name: instanceOf(NODE_AGENT, machine),
        peer: 'the log on main',
        frameBytesMax: limits.logFrameBytesMax,
      });
      try {
        return (await log.request('log.refs', { machine, refs: [...refs] })).held;
      } finally {
        log.close();
      }
    },
  });

const refOf = ({ hash, size }: BodyFile): string => `${hash}/${size}`;

const SHELF_COUNT = 256;
/** All of them within some minutes. */
const SHELVES_PER_LOOK = 16;
