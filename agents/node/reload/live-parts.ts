/** The parts of a configuration that a node takes over as it runs, where they are others than those that hold. */
import type { FleetConfig } from '../../../common/config/fleet-config.js';
import type { PolicyBoard } from '../policy-board.js';
import type { ErrorBoard } from '../records/error-board.js';
import type { StreamBoard } from '../records/stream-board.js';
import type { LivePart } from './reloader.js';

/** What of it holds now. */
export interface LiveBoards {
  readonly policies: PolicyBoard;
  readonly streams: StreamBoard;
  readonly errors: ErrorBoard;
}

export function liveParts(next: FleetConfig, { policies, streams, errors }: LiveBoards): LivePart[] {
  const parts = [
    {
      field: 'policies',
      isNew: next.policies.revision !== policies.revision,
      take: () => policies.replace(next.policies),
    },
    { field: 'streams', isNew: next.streams.revision !== streams.revision, take: () => streams.replace(next.streams) },
    { field: 'errors', isNew: next.errors.revision !== errors.revision, take: () => errors.replace(next.errors) },
  ];
  return parts.filter(({ isNew }) => isNew);
}
