/**
 * What the log answers about groups of errors, over the mesh's merged `Log`. A decision is answered after its commit, which
 * holds the record that tells of it.
 */
import { MeshError } from '../common/core/errors.js';
import { limits } from '../common/core/limits.js';
import type { ErrorGroup } from '../common/journal/errors/error-group.js';
import type { StandingRequest } from '../common/journal/errors/error-standing.js';
import type { Log } from '../common/journal/log/log.js';
import type { ErrorGroupBody, Output } from '../common/protocol/catalogue.js';
import { classified, type ErrorRule } from '../common/protocol/errors/error-rule.js';
import { severities } from '../common/protocol/errors/severity.js';
import { encode } from '../common/protocol/frames/codec.js';
import type { MethodHandlers } from '../common/wire/answering/method-table.js';
import { recordBodyOf } from './record-body.js';

export class ErrorMethods {
  /**
   * @param rules what the fleet says about its errors, as it holds now
   * @param onRecords a decision was stored as a record
   */
  constructor(
    private readonly log: Log,
    private readonly rules: () => readonly ErrorRule[],
    private readonly onRecords: () => void,
  ) {}

  readonly handlers: MethodHandlers = {
    'log.errors': async ({ limit = limits.logReadDefault, ...rest }) => ({
      groups: withinFrame(await this.log.errorGroups({ limit, rules: this.rules(), ...rest })),
    }),
    'log.error': async ({ fingerprint }) => {
      const { group, sources, occurrences } = await this.log.errorGroup(fingerprint, limits.errorOccurrencesShown);
      return {
        group: groupBodyOf(classified(group, this.rules())),
        sources: [...sources],
        occurrences: occurrences.map(recordBodyOf),
      };
    },
    'error.resolve': ({ fingerprint, by, why = '' }) => this.#decide(fingerprint, { kind: 'resolve', by, why }),
    'error.reopen': ({ fingerprint, by, why = '' }) => this.#decide(fingerprint, { kind: 'reopen', by, why }),
    'error.mute': ({ fingerprint, by, why = '', forMs, count }) => {
      if (forMs === undefined && count === undefined) {
        throw new MeshError('INVALID_INPUT', 'a mute needs an end', { hint: 'say forMs, count, or both' });
      }
      return this.#decide(fingerprint, { kind: 'mute', by, why, forMs, count });
    },
  };

  async #decide(prefix: string, request: StandingRequest): Promise<Output<'error.resolve'>> {
    const { group, hasChanged } = await this.log.changeError({ prefix, request });
    if (hasChanged) this.onRecords();
    return { group: groupBodyOf(classified(group, this.rules())), hasChanged };
  }
}

/** The log stores any text; what is no severity of ours (a later version's) counts as an error. */
const groupBodyOf = (group: ErrorGroup): ErrorGroupBody => ({
  ...group,
  severity: severities.find((severity) => severity === group.severity) ?? 'error',
});

/** The first groups whose texts fit an answer: a thousand of the longest messages would not. */
function withinFrame(groups: readonly ErrorGroup[]): ErrorGroupBody[] {
  const kept: ErrorGroupBody[] = [];
  let sizeBytes = 0;
  for (const group of groups) {
    sizeBytes += encode(group).length;
    if (sizeBytes > limits.logReadBytesMax) break;
    kept.push(groupBodyOf(group));
  }
  return kept;
}
