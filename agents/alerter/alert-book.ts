/**
 * Which of all that an alerter hears of is told, and when: a function of what happened, of the rules and of the time that it
 * is given. Every word of its memory is plain data, so that the next incarnation goes on where this one was killed.
 *
 * A1  Notices keep E1 to E3 of `alert-entry.ts` for each rule and each thing.
 * A2  A rule tells at most `limits.alertBurst` notices at once and one more every `limits.alertRefillMs`; what is beyond is
 *     told in one notice for all, or waits.
 * A3  A record that comes again changes nothing.
 * A4  Bounded: what has no room of its own is counted together with all else of its rule that has none.
 */

import { durationText } from '../../common/core/duration.js';
import { limits } from '../../common/core/limits.js';
import type { AlertRule } from '../../common/protocol/alert-rule.js';
import { type AlertEntry, clamp, dueOf, ended, happened, isSpent, newEntry, told } from './alert-entry.js';
import type { ErrorSeen, Sight, StandingSeen, Trouble, Unseen } from './alert-events.js';
import { isAtLeast, matchesAlert } from './alert-match.js';
import { digestOf, type Notice, type NoticeState, noticeOf, titleOf } from './notice.js';
import { added, sumOf, upToNow } from './rate-window.js';
import { newRuleStanding, type RuleStanding, refilled } from './rule-standing.js';

/** All that it remembers. */
export interface AlertMemory {
  readonly bornMs: number;
  noticeCount: number;
  readonly entries: AlertEntry[];
  readonly rules: RuleStanding[];
  /** The places of records that were heard, oldest first. One of an earlier release has ids, which say nothing here. */
  readonly ids: (string | number)[];
}

export const emptyMemory = (bornMs: number): AlertMemory => ({
  bornMs,
  noticeCount: 0,
  entries: [],
  rules: [],
  ids: [],
});

/** For all that had no room of its own. */
const REST = '';

export class AlertBook {
  readonly #bornMs: number;
  readonly #entries = new Map<string, AlertEntry>();
  readonly #standings: ReadonlyMap<string, RuleStanding>;
  readonly #places: Set<string>;
  #noticeCount: number;

  /** What the memory holds of rules that are no longer there is forgotten. */
  constructor(
    private readonly rules: readonly AlertRule[],
    memory: AlertMemory,
  ) {
    this.#bornMs = memory.bornMs;
    this.#noticeCount = memory.noticeCount;
    this.#places = new Set(memory.ids.filter((place) => typeof place === 'string'));
    const known = new Map(memory.rules.map((standing) => [standing.rule, standing]));
    this.#standings = new Map(rules.map(({ name }) => [name, known.get(name) ?? newRuleStanding(name)]));
    for (const entry of memory.entries) if (this.#standings.has(entry.rule)) this.#entries.set(keyOf(entry), entry);
  }

  get memory(): AlertMemory {
    return {
      bornMs: this.#bornMs,
      noticeCount: this.#noticeCount,
      entries: [...this.#entries.values()],
      rules: [...this.#standings.values()],
      ids: [...this.#places],
    };
  }

  /** @returns whether it was news */
  onError(seen: ErrorSeen, nowMs: number): boolean {
    if (!this.#isNew(seen.place)) return false;
    if (seen.isMuted) return true;
    for (const rule of this.rules) if (matchesAlert(rule.match, seen)) this.#judge(rule, seen, nowMs);
    return true;
  }

  /** @returns whether it was news */
  onStanding(seen: StandingSeen, nowMs: number): boolean {
    if (!this.#isNew(seen.place)) return false;
    if (seen.to === 'resolved' || seen.to === 'muted') this.#endGroup(seen);
    if (seen.to !== 'regressed') return true;
    for (const rule of this.rules) {
      if (rule.when.kind !== 'regression' || !matchesAlert(rule.match, seen)) continue;
      const entry = this.#describe(this.#entryFor(rule, seen.fingerprint), seen);
      if (!entry.holds) entry.fromId = seen.lastId;
      happened(entry, 1, nowMs);
    }
    return true;
  }

  onSight({ kinds, troubles, unseen }: Sight, nowMs: number): void {
    for (const rule of this.rules) {
      const { when, match } = rule;
      const kind = kinds.find((each) => each === when.kind);
      if (kind === undefined) continue;
      const forMs = when.kind === 'machine-unreachable' ? when.forMs : 0;
      const matching = troubles.filter(
        (trouble) =>
          trouble.kind === kind &&
          // Since when, nobody may know any more; what was told is not over for that.
          (nowMs - trouble.sinceMs >= forMs || this.#known(rule, trouble)?.holds === true) &&
          matchesAlert(match, trouble),
      );
      const unknown = unseen.filter((each) => each.kind === kind);
      this.#look(rule, matching, unknown, nowMs);
    }
  }

  /** What is to be told now; from then on it is told. */
  due(nowMs: number): Notice[] {
    for (const entry of this.#entries.values()) clamp(entry, nowMs);
    return this.rules.flatMap((rule) => this.#dueOf(rule, nowMs));
  }

  /** Each rule with all that it has in mind. */
  standings(): { rule: AlertRule; standing: RuleStanding; entries: AlertEntry[] }[] {
    return this.rules.flatMap((rule) => {
      const standing = this.#standings.get(rule.name);
      return standing === undefined ? [] : [{ rule, standing, entries: this.#entriesOf(rule) }];
    });
  }

  /** An id that no other notice has. */
  nextId(): string {
    this.#noticeCount++;
    return `${Math.trunc(this.#bornMs).toString(36)}-${this.#noticeCount}`;
  }

  #judge(rule: AlertRule, seen: ErrorSeen, nowMs: number): void {
    const { when } = rule;
    const known = this.#known(rule, { subject: seen.fingerprint });
    switch (when.kind) {
      case 'new-group':
        if (seen.isFirst || known?.holds === true) this.#count(rule, seen, seen.count, nowMs);
        return;
      case 'regression':
        if (known?.holds === true && seen.id > known.fromId) this.#count(rule, seen, seen.count, nowMs);
        return;
      case 'severity':
        if (isAtLeast(seen.severity, when.atLeast)) this.#count(rule, seen, seen.count, nowMs);
        return;
      case 'rate':
        return this.#countRate(rule, when, seen, nowMs);
      default:
        return;
    }
  }

  #count(rule: AlertRule, seen: ErrorSeen, count: number, nowMs: number): void {
    happened(this.#describe(this.#entryFor(rule, seen.fingerprint), seen), count, nowMs, Math.min(seen.firstMs, nowMs));
  }

  #countRate(rule: AlertRule, when: { count: number; windowMs: number }, seen: ErrorSeen, nowMs: number): void {
    const entry = this.#describe(this.#entryFor(rule, seen.fingerprint), seen);
    const { count, firstMs, lastMs } = seen;
    // The clock of another machine may be ahead: nothing has happened yet that is still to come.
    const known = upToNow(entry.window, when.windowMs, nowMs);
    entry.window = added(known, when.windowMs, count, Math.min(firstMs, nowMs), Math.min(lastMs, nowMs));
    const lately = sumOf(entry.window);
    if (lately >= when.count) happened(entry, entry.holds ? count : lately, nowMs, Math.min(firstMs, nowMs));
    else if (entry.holds) {
      entry.held += count;
      entry.total += count;
    } else entry.lastMs = nowMs;
  }

  #look(rule: AlertRule, troubles: readonly Trouble[], unseen: readonly Unseen[], nowMs: number): void {
    const seen = new Set<AlertEntry>();
    for (const trouble of troubles) {
      const entry = this.#entryFor(rule, trouble.subject);
      seen.add(entry);
      entry.lastMs = nowMs;
      if (entry.holds) continue;
      Object.assign(entry, { title: titleOf(trouble.title), machine: trouble.machine, agent: trouble.agent });
      happened(entry, 1, nowMs, trouble.sinceMs);
    }
    for (const entry of this.#entriesOf(rule)) {
      const isUnseen = unseen.some(({ machine, subject }) =>
        subject === undefined ? machine === entry.machine : subject === entry.subject,
      );
      if (entry.holds && !seen.has(entry) && !isUnseen)
        ended(entry, `after ${durationText(Math.max(0, nowMs - entry.sinceMs))}`);
    }
  }

  /** Somebody has taken care of it, or wants to hear no more of it. */
  #endGroup({ fingerprint, to, by }: StandingSeen): void {
    for (const entry of this.#entries.values()) {
      if (entry.subject !== fingerprint) continue;
      ended(entry, by === '' ? to : `${to} by ${by}`);
      if (to === 'muted' && !entry.isTold) entry.held = 0;
    }
  }

  #dueOf(rule: AlertRule, nowMs: number): Notice[] {
    const standing = this.#standings.get(rule.name);
    if (standing === undefined) return [];
    const due: Due[] = [];
    for (const entry of this.#entriesOf(rule)) {
      if (isOfErrors(rule) && entry.holds && nowMs - entry.lastMs >= rule.quietMs) {
        ended(entry, `quiet for ${durationText(rule.quietMs)}`);
      }
      if (!rule.recovery && !entry.holds) entry.isTold = false;
      const state = dueOf(entry, rule, nowMs);
      if (state !== undefined) due.push({ entry, state });
      else if (isSpent(entry, rule, nowMs)) this.#entries.delete(keyOf(entry));
    }
    return due.length === 0 ? [] : this.#tell(rule, standing, due, nowMs);
  }

  #tell(rule: AlertRule, standing: RuleStanding, due: readonly Due[], nowMs: number): Notice[] {
    let room = refilled(standing, nowMs);
    const head = (state: NoticeState) => ({ id: this.nextId(), rule: rule.name, state, atMs: nowMs });
    const notices: Notice[] = [];
    const singles = due.length <= room ? due : due.slice(0, Math.max(0, room - DIGESTS));
    for (const { entry, state } of singles) notices.push(noticeOf(head(state), told(entry, state, nowMs)));
    room -= singles.length;
    const rest = due.slice(singles.length);
    for (const isOver of [false, true]) {
      const several = rest.filter(({ state }) => (state === 'recovered') === isOver);
      if (several.length === 0 || room <= 0) continue;
      const [only] = several;
      const facts = several.map(({ entry, state }) => told(entry, state, nowMs));
      const [first] = facts;
      if (several.length === 1 && only !== undefined && first !== undefined)
        notices.push(noticeOf(head(only.state), first));
      else notices.push(digestOf(head(isOver ? 'recovered' : 'firing'), facts));
      room--;
    }
    standing.tokens -= notices.length;
    const last = notices.at(-1);
    if (last !== undefined) Object.assign(standing, { lastMs: nowMs, lastState: last.state, lastTitle: last.title });
    return notices;
  }

  #describe(entry: AlertEntry, seen: StandingSeen | ErrorSeen): AlertEntry {
    const { machine, agent, severity, code, message } = seen;
    const title = entry.subject === REST ? 'errors of further groups' : `${code} in ${agent}@${machine}: ${message}`;
    return Object.assign(entry, { title: titleOf(title), machine, agent, severity });
  }

  #known(rule: AlertRule, { subject }: Pick<AlertEntry, 'subject'>): AlertEntry | undefined {
    return this.#entries.get(keyOf({ rule: rule.name, subject }));
  }

  #entryFor(rule: AlertRule, subject: string): AlertEntry {
    const known = this.#known(rule, { subject });
    if (known !== undefined) return known;
    const hasRoom = this.#entries.size < limits.alertEntriesMax;
    const rest = hasRoom ? undefined : this.#entries.get(keyOf({ rule: rule.name, subject: REST }));
    const entry = rest ?? newEntry(rule.name, hasRoom ? subject : REST);
    this.#entries.set(keyOf(entry), entry);
    return entry;
  }

  #entriesOf({ name }: AlertRule): AlertEntry[] {
    return [...this.#entries.values()].filter(({ rule }) => rule === name);
  }

  #isNew(place: string): boolean {
    if (this.#places.has(place)) return false;
    this.#places.add(place);
    for (const oldest of this.#places) {
      if (this.#places.size <= limits.alertIdsKept) break;
      this.#places.delete(oldest);
    }
    return true;
  }
}

interface Due {
  readonly entry: AlertEntry;
  readonly state: NoticeState;
}

/** At most so many notices are about several things at once: one of what began, one of what is over. */
const DIGESTS = 2;

const keyOf = ({ rule, subject }: Pick<AlertEntry, 'rule' | 'subject'>): string => `${rule} ${subject}`;

/** They are over when they were silent for long enough; the others when they are no longer so. */
const isOfErrors = ({ when: { kind } }: AlertRule): boolean =>
  kind === 'new-group' || kind === 'regression' || kind === 'rate' || kind === 'severity';
