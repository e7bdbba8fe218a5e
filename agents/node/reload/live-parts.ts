/**
 * The parts of a configuration that a node takes over as it runs: the rules for calls, for streams and for errors. Each is
 * replaced whole where the next configuration has another revision of it.
 */
import type { FleetConfig } from '../../../common/config/fleet-config.js';
import { PolicyBoard } from '../attachment/policy-board.js';
import { ErrorBoard } from '../records/error-board.js';
import { StreamBoard } from '../records/stream-board.js';
import type { LivePart } from './reloader.js';

export class LiveParts {
  readonly policies: PolicyBoard;
  readonly streams: StreamBoard;
  readonly errors: ErrorBoard;

  constructor({ policies, streams, errors }: FleetConfig) {
    this.policies = new PolicyBoard(policies);
    this.streams = new StreamBoard(streams);
    this.errors = new ErrorBoard(errors);
  }

  /** Those of which `next` has other rules than the ones that hold. */
  changesTo({ policies, streams, errors }: FleetConfig): LivePart[] {
    const parts = [
      {
        field: 'policies',
        isNew: policies.revision !== this.policies.revision,
        take: () => this.policies.replace(policies),
      },
      {
        field: 'streams',
        isNew: streams.revision !== this.streams.revision,
        take: () => this.streams.replace(streams),
      },
      { field: 'errors', isNew: errors.revision !== this.errors.revision, take: () => this.errors.replace(errors) },
    ];
    return parts.filter(({ isNew }) => isNew);
  }

  /** Answers everybody who waits for other rules. Idempotent. */
  close(): void {
    this.policies.close();
    this.streams.close();
    this.errors.close();
  }
}
