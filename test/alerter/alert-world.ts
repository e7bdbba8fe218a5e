/** What the tests of the alerter's judgement say it hears. */
import type { ErrorSeen, StandingSeen, Trouble } from '../../agents/alerter/alert-events.js';
import type { Notice } from '../../agents/alerter/notice.js';
import { limits } from '../../common/core/limits.js';
import type { AlertCondition, AlertRule } from '../../common/protocol/alert-rule.js';

export const MINUTE = 60_000;

export const ruleOf = (when: AlertCondition, rest: Partial<AlertRule> = {}): AlertRule => ({
  name: 'rule',
  when,
  match: {},
  routes: ['log'],
  throttleMs: 15 * MINUTE,
  quietMs: limits.alertQuietMs,
  recovery: true,
  ...rest,
});

let lastId = 0;
export const nextRecordId = (): number => ++lastId;

/** One error of echo on pc2, at `atMs`. */
export const errorAt = (atMs: number, rest: Partial<ErrorSeen> = {}, id = nextRecordId()): ErrorSeen => ({
  id,
  place: `${'0'.repeat(20)}/${id}`,
  fingerprint: 'm2-a',
  machine: 'pc2',
  agent: 'echo',
  code: 'BROKEN',
  message: 'it broke',
  severity: 'error',
  component: 'agent',
  count: 1,
  firstMs: atMs,
  lastMs: atMs,
  isFirst: false,
  isMuted: false,
  ...rest,
});

export const standing = (to: StandingSeen['to'], rest: Partial<StandingSeen> = {}): StandingSeen => {
  const { id, place, fingerprint, machine, agent, code, message, severity, component } = errorAt(0);
  const seen = { id, place, fingerprint, machine, agent, code, message, severity, component };
  return { ...seen, to, by: 'anna', why: '', lastId: 0, ...rest };
};

export const gone = (sinceMs: number, machine = 'pc2'): Trouble => ({
  kind: 'machine-unreachable',
  subject: machine,
  machine,
  agent: '',
  title: `${machine} is out of reach`,
  sinceMs,
});

export const noticeFor = (rest: Partial<Notice> = {}): Notice => ({
  id: 'abc-1',
  rule: 'rule',
  state: 'firing',
  text: 'rule: BROKEN in echo@pc2: it broke',
  subject: 'm2-a',
  title: 'BROKEN in echo@pc2: it broke',
  machine: 'pc2',
  agent: 'echo',
  severity: 'error',
  count: 1,
  total: 1,
  subjects: 1,
  sinceMs: 1_000,
  atMs: 1_000,
  ...rest,
});
