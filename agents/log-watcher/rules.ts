/**
 * What becomes of a line: the first rule that matches decides. A rule with a severity makes an error of it, one with a
 * stream (or with neither) a record. Pure.
 */
import { MeshError, messageOf } from '../../common/core/errors.js';
import { limits } from '../../common/core/limits.js';
import { completeReport, ERRORS_STREAM } from '../../common/protocol/errors/error-report.js';
import type { NewRecord } from '../sdk/mesh.js';
import { LINE_BYTES_MAX, type Line } from './line-splitter.js';
import type { RuleConfig } from './watch-config.js';

export interface Rule extends RuleConfig {
  readonly expression: RegExp;
}

/** A rule sees no more of a line than this: the patterns are the operator's own, the lines are anybody's. */
const MATCHED_CHARACTERS_MAX = 4 * 1_024;
export const DEFAULT_STREAM = 'lines';

/** @throws CONFIG_INVALID naming the rule */
export function compileRules(configs: readonly RuleConfig[]): Rule[] {
  const names = new Set<string>();
  return configs.map((config) => {
    if (names.has(config.name)) {
      throw new MeshError('CONFIG_INVALID', `there are two rules named ${config.name}`, {
        hint: 'give each rule of log-watcher its own name',
      });
    }
    names.add(config.name);
    try {
      return { ...config, expression: new RegExp(config.pattern) };
    } catch (error) {
      throw new MeshError(
        'CONFIG_INVALID',
        `the pattern of rule ${config.name} is no expression: ${messageOf(error)}`,
        {
          hint: 'correct it; \\ before . ( [ { + * ? ^ $ | takes a character literally',
          cause: error,
        },
      );
    }
  });
}

/** The records that `line` of `file` is worth: none, one, or an error and a record. */
export function recordsOf(rules: readonly Rule[], file: string, line: Line): NewRecord[] {
  const seen = line.text.slice(0, MATCHED_CHARACTERS_MAX);
  const rule = rules.find(({ expression }) => expression.test(seen));
  if (rule === undefined) return [];
  const place = { file, rule: rule.name, offset: line.offset, ...(line.isCut ? { cutAtBytes: LINE_BYTES_MAX } : {}) };
  const records: NewRecord[] = [];
  if (rule.severity !== undefined) {
    const report = { code: 'LOG_MATCH', message: line.text, severity: rule.severity, component: 'log', context: place };
    records.push({ stream: ERRORS_STREAM, body: completeReport(report) });
  }
  if (rule.stream !== undefined || rule.severity === undefined) {
    records.push({ stream: rule.stream ?? DEFAULT_STREAM, body: { ...place, line: line.text } });
  }
  return records;
}

/** An upper estimate of what a record takes in a batch: text as UTF-8, names of fields, numbers. */
export const estimatedBytes = (file: string, line: Line): number =>
  2 * (Buffer.byteLength(line.text) + Buffer.byteLength(file) + limits.nameLengthMax + 256);
