/** The long forms say what they understand, and refuse the rest before they have begun. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { count, minutes, oneOf, seedOption, understand } from '../support/command-line.js';

const line = {
  command: 'npm run example',
  what: 'Does something.',
  options: { seed: seedOption, errors: count('how many', 7), minutes: minutes(5), only: oneOf('one part', ['a', 'b']) },
};

describe('the command line of a long form', () => {
  it('has its values, and draws a seed where none is given', () => {
    const understood = understand(line, ['--errors', '3', '--minutes', '0.5', '--only', 'b']);
    if (understood.kind !== 'values') throw new Error(understood.text);
    expect(understood.values).to.include({ errors: 3, minutes: 0.5, only: 'b' });
    expect(understood.values.seed).to.satisfy(Number.isSafeInteger);
    expect(understand(line, ['--seed', '9'])).to.deep.nested.include({ 'values.seed': 9, 'values.errors': 7 });
  });

  it('refuses what it does not understand, in one line that says what it does', () => {
    const refusals = [
      [['--errors', 'many'], 'error: --errors is a whole number from 1 on, not "many"'],
      [['--errors', '0'], 'error: --errors is a whole number from 1 on, not "0"'],
      [['--errors', '1.5'], 'error: --errors is a whole number from 1 on, not "1.5"'],
      [['--seed', ''], 'error: --seed is a whole number from 0 on, not ""'],
      [['--only', 'c'], 'error: --only is one of a, b, not "c"'],
      [['--sed', '1'], "error: Unknown option '--sed'"],
      [['proof'], "error: Unexpected argument 'proof'"],
    ] as const;
    for (const [argv, first] of refusals) {
      const understood = understand(line, argv);
      if (understood.kind !== 'refused') throw new Error(`${argv.join(' ')} was understood`);
      expect(understood.text.split('\n')).to.deep.equal([
        first,
        'usage: npm run example -- [--seed N] [--errors N] [--minutes N] [--only NAME]',
      ]);
    }
  });

  it('is answered by the program: help with 0, what is wrong with 2', async () => {
    const help = await run('simulate/run', ['--help']);
    expect(help).to.include({ code: 0, stderr: '' });
    expect(help.stdout).to.match(/^[A-Z].*\n\nusage: npm run simulate -- \[--only NAME\]/);
    const wrong = await run('simulate/run', ['--seed', 'x']);
    expect(wrong).to.include({ code: 2, stdout: '' });
    expect(wrong.stderr).to.match(/^error: --seed is a whole number from 0 on, not "x"\nusage: npm run simulate/);
  });
});

/** As its npm script does. */
function run(name: string, argv: readonly string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const program = fileURLToPath(new URL(`../${name}.js`, import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...argv], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}
