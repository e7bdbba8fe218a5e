/**
 * Records of the error bus as an alerter judges them: with the group that main counts each in, whether that began with it,
 * and whether anybody wants to hear of it. How a group stands is asked of main's log once, and remembered; of a muted one it
 * is asked again each time, because a mute ends by itself.
 */
import { toMeshError } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { overflowGroup, unreadableGroup } from '../../common/journal/errors/error-group.js';
import type { Output } from '../../common/protocol/catalogue.js';
import { classified, type ErrorRule } from '../../common/protocol/errors/error-rule.js';
import { groupOf } from '../../common/protocol/errors/fingerprint.js';
import { type Severity, severities } from '../../common/protocol/errors/severity.js';
import { encode } from '../../common/protocol/frames/codec.js';
import { compile } from '../../common/protocol/schema.js';
import { Type } from '../../common/protocol/type.js';
import type { ConsumedRecord } from '../sdk/records/consuming/consumer.js';
import type { ErrorSeen, StandingSeen } from './alert-events.js';

/** What main's log says of one group; undefined when there is none of that name. */
export type AskGroup = (
  fingerprint: string,
) => Promise<Pick<Output<'log.error'>['group'], 'firstId' | 'status'> | undefined>;

interface Known {
  readonly firstId: number;
  readonly isMuted: boolean;
}

const StandingChange = Type.Object({
  fingerprint: Type.String(),
  to: Type.Enum(['open', 'muted', 'resolved', 'regressed', 'forgotten']),
  by: Type.String(),
  why: Type.String(),
  code: Type.String(),
  message: Type.String(),
  severity: Type.String(),
  component: Type.String(),
  agent: Type.String(),
  machine: Type.String(),
  lastId: Type.Number(),
});
const standingChange = compile<Omit<StandingSeen, 'id' | 'place' | 'severity'> & { readonly severity: string }>(
  StandingChange,
);

export class ErrorIntake {
  readonly #known = new Map<string, Known>();
  /** Why main's log could not be asked in this turn: each of many questions would wait for as long in vain. */
  #silence: { readonly reason: unknown } | undefined;

  /** @param rules what the fleet says of component and severity */
  constructor(
    private readonly rules: readonly ErrorRule[],
    private readonly ask: AskGroup,
  ) {}

  /** From here on main's log is asked again, though it was silent. */
  beginTurn(): void {
    this.#silence = undefined;
  }

  /** @throws what asking main throws */
  async error(record: ConsumedRecord): Promise<ErrorSeen> {
    const { id, machine, agent, tsMs } = record;
    const place = placeOf(record);
    const body = record.integrity === 'damaged' ? undefined : await record.body();
    const { fingerprint, report } = groupOf(encode(body), agent) ?? unreadableGroup;
    const { count = 1, firstMs = tsMs, lastMs = tsMs } = report;
    const { code, message } = report;
    const { severity, component } = classified({ ...report, agent }, this.rules);
    const words = { machine, agent, code, message, severity: severityOf(severity), component };
    return { id, place, ...words, count, firstMs, lastMs, ...(await this.#standing(fingerprint, id)) };
  }

  /** Undefined for a record that is none of the log's own. */
  async standing(record: ConsumedRecord): Promise<StandingSeen | undefined> {
    const body = await record.body();
    if (!standingChange.accepts(body)) return undefined;
    this.#known.delete(body.fingerprint);
    const { severity, component } = classified(body, this.rules);
    return { ...body, id: record.id, place: placeOf(record), severity: severityOf(severity), component };
  }

  async #standing(fingerprint: string, id: number): Promise<Pick<ErrorSeen, 'fingerprint' | 'isFirst' | 'isMuted'>> {
    const known = this.#known.get(fingerprint) ?? (await this.#askFor(fingerprint));
    // Main had no room for a group of its own.
    if (known === undefined) {
      if (fingerprint === overflowGroup.fingerprint) return { fingerprint, isFirst: false, isMuted: false };
      return this.#standing(overflowGroup.fingerprint, id);
    }
    if (known.isMuted) this.#known.delete(fingerprint);
    return { fingerprint, isFirst: known.firstId === id, isMuted: known.isMuted };
  }

  async #askFor(fingerprint: string): Promise<Known | undefined> {
    const group = await this.#asked(fingerprint);
    if (group === undefined) return undefined;
    const known = { firstId: group.firstId, isMuted: group.status === 'muted' };
    this.#known.set(fingerprint, known);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= limits.alertStandingsKept) break;
      this.#known.delete(oldest);
    }
    return known;
  }

  async #asked(fingerprint: string): ReturnType<AskGroup> {
    if (this.#silence !== undefined) throw this.#silence.reason;
    try {
      return await this.ask(fingerprint);
    } catch (reason) {
      this.#silence = { reason };
      throw reason;
    }
  }
}

const placeOf = ({ journalId, seq }: ConsumedRecord): string => `${journalId}/${seq}`;

/** A severity of a later version counts as an error. */
const severityOf = (text: string): Severity => severities.find((known) => known === text) ?? 'error';

/** Asks main's log through `request`. */
export const askGroupOf =
  (request: (fingerprint: string) => Promise<Output<'log.error'>>): AskGroup =>
  async (fingerprint) => {
    try {
      return (await request(fingerprint)).group;
    } catch (error) {
      if (toMeshError(error).code === 'NOT_FOUND') return undefined;
      throw error;
    }
  };
