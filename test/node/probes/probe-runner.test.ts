import { expect } from 'chai';
import type { Check } from '../../../agents/node/probes/probe.js';
import { ProbeRunner, type ProbeRunnerOptions } from '../../../agents/node/probes/probe-runner.js';
import { waitUntil } from '../../support/wait-for.js';

const well = (): Promise<void> => Promise.resolve();
const ill = (): Promise<void> => Promise.reject(new Error('refused'));
const never = (): Promise<void> => new Promise(() => undefined);

describe('a probe that is asked again and again', () => {
  const runners: ProbeRunner[] = [];
  afterEach(() => {
    for (const runner of runners.splice(0)) runner.stop();
  });

  function start(check: Check, options: Partial<ProbeRunnerOptions> = {}) {
    const told: string[] = [];
    const spec = { intervalMs: 5, timeoutMs: 1_000, failures: 2 };
    const onVerdict = (verdict: string, why: string) => void told.push(why === '' ? verdict : `${verdict}: ${why}`);
    const runner = new ProbeRunner({ spec, check, pace: 'steady', onVerdict, ...options });
    runners.push(runner);
    runner.start();
    return { told, runner };
  }

  it('tells a verdict when it changes, and not before the failures that make one', async () => {
    const answers = [ill, well, ill, well, ill, ill, ill, well];
    let asked = 0;
    const { told } = start(() => (answers[asked++] ?? well)());
    await waitUntil('all answers to be asked for', () => asked > answers.length);
    expect(told).to.deep.equal(['green', 'red: refused', 'green']);
  });

  it('abandons a check that does not answer, and counts it as a failure', async () => {
    const { told } = start(never, { spec: { intervalMs: 5, timeoutMs: 20, failures: 1 } });
    await waitUntil('a verdict', () => told.length > 0);
    expect(told).to.deep.equal(['red: no answer within 20 ms']);
  });

  it('never asks twice at once, also when a check does not let go after its time', async () => {
    let open = 0;
    let most = 0;
    let rounds = 0;
    const { runner } = start(
      (signal) => {
        rounds++;
        most = Math.max(most, ++open);
        return new Promise((resolve) => {
          signal.addEventListener('abort', () =>
            setTimeout(() => {
              open--;
              resolve();
            }, 40),
          );
        });
      },
      { spec: { intervalMs: 5, timeoutMs: 10, failures: 1 } },
    );
    await waitUntil('a second round', () => rounds > 1);
    expect(most).to.equal(1);
    expect(runner.why).to.match(/no answer|does not end/);
  });

  it('asks at once and often at first where it is eager, and keeps to its interval where it is steady', async () => {
    let asked = 0;
    const count = () => {
      asked++;
      return ill();
    };
    const spec = { intervalMs: 60_000, timeoutMs: 1_000, failures: 1 };
    start(count, { pace: 'eager', spec });
    await waitUntil('three checks', () => asked >= 3);
    let steady = 0;
    start(
      () => {
        steady++;
        return well();
      },
      { spec },
    );
    await waitUntil('more checks of the eager one', () => asked >= 4);
    expect(steady).to.equal(0);
  });

  it('tells nothing after it was stopped, and lets go of what is under way', async () => {
    let isAborted = false;
    let isAsked = false;
    const { told, runner } = start((signal) => {
      isAsked = true;
      return new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(new Error('gone'));
        });
      });
    });
    await waitUntil('a check to be under way', () => isAsked);
    runner.stop();
    await waitUntil('it to be abandoned', () => isAborted);
    expect(told).to.deep.equal([]);
  });
});
