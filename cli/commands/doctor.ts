import { errorTable } from '../../common/core/errors.js';
import type { Command } from '../command/command.js';
import type { Finding } from '../doctor/examination.js';
import type { Colors } from '../terminal/output.js';
import { counted } from '../terminal/quantity.js';

export const command: Command = {
  details:
    'Asks every node, broker and agent how it fares. A problem is what does not work; a warning what was lost, or will not work for long. Exit code 7 when there is a problem, 0 when there are at most warnings.',
  examples: [
    { line: 'mesh doctor', explains: 'what is wrong anywhere, and what to do next' },
    { line: 'mesh doctor --machine main', explains: 'one machine' },
    { line: 'mesh doctor --json', explains: 'the findings, for a script; none is an empty list' },
  ],
  async run(context) {
    const { output } = context;
    const [{ examine }, { checks, diagnose }] = await Promise.all([
      import('../doctor/examine.js'),
      import('../doctor/diagnosis.js'),
    ]);
    const machines = await context.machinesAsked();
    const findings = diagnose(await examine(await context.access(), machines));
    const problemCount = findings.filter(({ severity }) => severity === 'problem').length;
    if (output.isHuman) {
      for (const finding of findings) output.text(findingText(finding, output.colors));
      const looked = `${counted(checks.length, 'check')} over ${counted(machines.length, 'machine')}`;
      const found = `${counted(problemCount, 'problem')}, ${counted(findings.length - problemCount, 'warning')}`;
      output.text(`${looked}: ${findings.length === 0 ? output.colors.green('all is well') : found}`);
    } else await output.list(findings, { columns: [], name: ({ subject }) => subject, empty: '' });
    return problemCount === 0 ? 0 : errorTable.DEGRADED.exitCode;
  },
};

function findingText({ severity, subject, what, next }: Finding, { red, yellow, bold }: Colors): string {
  const word = severity === 'problem' ? red('problem:') : yellow('warning:');
  return `${word} ${bold(subject)}: ${what}\n  next: ${next}`;
}
