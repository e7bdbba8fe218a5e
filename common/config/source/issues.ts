/**
 * What is wrong with a configuration, as values: readers and checks collect issues, so that one start names every
 * fault at once instead of one per attempt. Only the door of this folder throws, and it throws one error for all.
 */
import { MeshError } from '../../core/errors.js';
import { limits } from '../../core/limits.js';
import type { Origin } from './tree.js';

export interface Issue {
  /** Relative to the fleet folder. */
  readonly file: string;
  /** Absent when the file itself is missing or cannot be read. */
  readonly line?: number;
  /** Present for faults of the syntax, where the line alone does not show it. */
  readonly column?: number;
  readonly message: string;
  readonly hint?: string;
  /** INSECURE is a refusal of its own: nothing is written wrongly, but nobody has said that it is wanted. */
  readonly code?: 'INSECURE';
}

/** An issue at a line. */
export function issueAt(origin: Origin, message: string, hint?: string): Issue {
  return { file: origin.file, line: origin.line, message, ...(hint === undefined ? {} : { hint }) };
}

/** An issue with a whole file. */
export function issueWith(file: string, message: string, hint?: string): Issue {
  return { file, message, ...(hint === undefined ? {} : { hint }) };
}

/** `config/mesh.yaml:3: what`: the form that editors and terminals turn into a link. */
export function lineOf(issue: Issue): string {
  const place = [issue.file, issue.line, issue.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${issue.message}`;
}

/** One error for all issues (at least one), in the order of the files' lines. */
export function configError(home: string, issues: readonly Issue[]): MeshError {
  const listed = issues.slice(0, limits.configIssuesMax);
  const unlisted = issues.length - listed.length;
  const lines = listed.map(lineOf);
  if (unlisted > 0) lines.push(`… and ${unlisted} more`);
  const code = issues.length > 0 && issues.every((issue) => issue.code === 'INSECURE') ? 'INSECURE' : 'CONFIG_INVALID';
  const hints = new Set(issues.map(({ hint }) => hint));
  const onlyHint = hints.size === 1 ? issues[0]?.hint : undefined;
  return new MeshError(code, lines.join('\n'), {
    hint: onlyHint ?? 'correct these lines, then run `mesh config validate`',
    details: { home, issues: listed, issueCount: issues.length },
  });
}
