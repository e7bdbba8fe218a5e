/** What a group is told when somebody joins it: what was not said stays as it is, and what cannot change is refused. Pure. */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { GroupJoin } from './group-requests.js';
import type { GroupRow } from './group-table.js';
import type { GroupSettings } from './group-types.js';

export function settingsOf(request: GroupJoin, known: GroupSettings | undefined): GroupSettings {
  const { ordered, ackWaitMs, deliveriesMax, backoff } = request;
  return {
    ordered: ordered ?? false,
    ackWaitMs: ackWaitMs ?? known?.ackWaitMs ?? limits.groupAckWaitMs,
    deliveriesMax: deliveriesMax ?? known?.deliveriesMax ?? limits.groupDeliveries,
    backoff:
      backoff === undefined
        ? (known?.backoff ?? { firstMs: limits.groupBackoffFirstMs, maxMs: limits.groupBackoffMaxMs, factor: 2 })
        : { ...backoff, factor: 2 },
  };
}

/** What a group reads, and in which order, is decided when it is made. @throws CONFLICT */
export function refuseOther(known: GroupRow, { stream, machine = '', agent = '', ordered = false }: GroupJoin): void {
  const differences = [
    known.stream === stream ? '' : `reads the stream ${known.stream}`,
    known.machine === machine && known.agent === agent ? '' : `reads what ${sourceText(known)} emits`,
    known.settings.ordered === ordered ? '' : known.settings.ordered ? 'is ordered' : 'is not ordered',
  ].filter((text) => text !== '');
  if (differences.length === 0) return;
  throw new MeshError('CONFLICT', `the consumer group ${known.group} ${differences.join(' and ')}`, {
    hint: `Join it as it is, use another name, or remove it with "mesh stream group rm ${known.group}".`,
  });
}

const sourceText = ({ machine, agent }: GroupRow): string =>
  machine === '' && agent === ''
    ? 'everybody'
    : `${agent === '' ? 'every agent' : agent} of ${machine === '' ? 'any machine' : machine}`;
