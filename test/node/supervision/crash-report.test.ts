import { expect } from 'chai';
import { exitText } from '../../../agents/node/programs/exit.js';
import { crashReport, type Death } from '../../../agents/node/supervision/crash-report.js';

const death: Death = {
  instance: 'echo@pc2',
  pid: 4711,
  exit: { code: undefined, signal: 'SIGKILL' },
  lastWords: undefined,
  lastLogLines: ['one', 'two'],
  uptimeMs: 1234.5,
  restarts: 2,
  restartInMs: 199.7,
};

describe('the report of a process that died', () => {
  it('names the signal, the pid and the last lines of the log', () => {
    const report = crashReport(death);
    expect(report).to.deep.include({ code: 'AGENT_CRASHED', severity: 'critical', component: 'process' });
    expect(report.message).to.equal('echo@pc2 ended unexpectedly: killed by SIGKILL');
    expect(report.context).to.deep.include({
      signal: 'SIGKILL',
      pid: 4711,
      uptimeMs: 1235,
      restarts: 2,
      restartInMs: 200,
      lastLogLines: ['one', 'two'],
    });
  });

  it('names the release that died, where there is one', () => {
    const words = { code: 'E', message: 'm', severity: 'error', component: 'agent' } as const;
    const releases = [
      crashReport({ ...death, release: '1.4.2' }),
      crashReport({ ...death, release: '1.4.2', lastWords: { tsMs: 1, report: words } }),
      crashReport({ ...death, release: '1.4.2', lastWords: { tsMs: 1, report: { ...words, release: '1.4.3' } } }),
      crashReport({ ...death, release: '0.0.0' }),
      crashReport(death),
    ];
    expect(releases.map(({ release }) => release)).to.deep.equal(['1.4.2', '1.4.2', '1.4.3', undefined, undefined]);
  });

  it('is its last words where it left some, with how it ended beside them', () => {
    const words = {
      code: 'TypeError',
      message: 'x is not a function',
      severity: 'critical',
      component: 'agent',
      stack: 'TypeError: …',
    } as const;
    const report = crashReport({
      ...death,
      exit: { code: 1, signal: undefined },
      lastWords: { tsMs: 1, report: words },
    });
    expect(report).to.deep.include({ code: 'TypeError', message: 'x is not a function', stack: 'TypeError: …' });
    expect(report.context).to.deep.include({ exitCode: 1, exit: 'exit code 1' });
  });

  it('is a warning when the process ended by itself without a failure', () => {
    expect(crashReport({ ...death, exit: { code: 0, signal: undefined } }).severity).to.equal('warning');
  });

  it('says how a process ended in one phrase', () => {
    expect(exitText({ code: 3, signal: undefined })).to.equal('exit code 3');
    expect(exitText({ code: undefined, signal: 'SIGSEGV' })).to.equal('killed by SIGSEGV');
    expect(exitText({ code: undefined, signal: undefined })).to.equal('ended unseen');
    expect(exitText({ code: undefined, signal: 'SIGKILL', reason: 'not ready within 5 ms' })).to.equal(
      'not ready within 5 ms',
    );
  });
});
