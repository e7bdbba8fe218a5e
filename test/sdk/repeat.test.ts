import { expect } from 'chai';
import { repeat } from '../../agents/sdk/repeat.js';

describe('repeated work', () => {
  it('is done at once and again until it is to stop, and then ends without an error', async () => {
    const ending = new AbortController();
    let count = 0;
    await repeat(1, ending.signal, () => {
      if (++count === 3) ending.abort();
    });
    expect(count).to.equal(3);
  });

  it('is not done at all when it is to stop already', async () => {
    await repeat(1, AbortSignal.abort(), () => expect.fail('it ran'));
  });

  it('never overlaps with itself', async () => {
    const ending = new AbortController();
    let running = 0;
    let count = 0;
    await repeat(1, ending.signal, async () => {
      expect(++running).to.equal(1);
      await new Promise(setImmediate);
      running--;
      if (++count === 5) ending.abort();
    });
  });

  it('wakes up to stop, however long its interval is', async () => {
    const ending = new AbortController();
    const running = repeat(3_600_000, ending.signal, () => undefined);
    await new Promise(setImmediate);
    ending.abort();
    await running;
  });

  it('waits for what is left of the interval after the work was done', async () => {
    const ending = new AbortController();
    let nowMs = 0;
    const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
    let count = 0;
    await repeat(
      3_600_000,
      ending.signal,
      () => {
        nowMs += 3_600_001; // it took longer than the interval: the next follows at once
        if (++count === 3) ending.abort();
      },
      clock,
    );
    expect(count).to.equal(3);
  });

  it('ends with what the work throws', async () => {
    const failure = new Error('broken');
    const ended = await repeat(1, new AbortController().signal, () => {
      throw failure;
    }).catch((error: unknown) => error);
    expect(ended).to.equal(failure);
  });
});
