import { expect } from 'chai';
import { cpuPercentBetween, parseCpuTimes, parseLoad1, parseMeminfo } from '../../agents/host-monitor/proc-text.js';

describe('what Linux says of itself', () => {
  it('tells busy time from idle time, and counts the time of guests once', () => {
    const text = 'cpu  100 20 30 800 40 5 5 0 60 10\ncpu0 1 2 3 4\nintr 5\n';
    expect(parseCpuTimes(text)).to.deep.equal({ busy: 160, total: 1_000 });
  });

  it('tells what memory can be had', () => {
    const text = 'MemTotal:       2048 kB\nMemFree:         100 kB\nMemAvailable:   1024 kB\n';
    expect(parseMeminfo(text)).to.deep.equal({ total: 2_097_152, available: 1_048_576 });
  });

  it('tells the load of the last minute', () => {
    expect(parseLoad1('0.42 0.30 0.20 1/234 5678\n')).to.equal(0.42);
  });

  it('is not believed when it is something else', () => {
    for (const text of ['', 'cpu', 'cpu a b c d\n', 'intr 1 2 3 4\n']) expect(parseCpuTimes(text)).to.equal(undefined);
    for (const text of ['', 'MemTotal: 5 kB\n', 'MemTotal: x kB\nMemAvailable: y kB\n'])
      expect(parseMeminfo(text)).to.equal(undefined);
    for (const text of ['', 'busy', '-1']) expect(parseLoad1(text)).to.equal(undefined);
  });

  it('becomes a percentage between two readings', () => {
    const at = (busy: number, total: number) => ({ busy, total });
    expect(cpuPercentBetween(at(0, 0), at(25, 100))).to.equal(25);
    expect(cpuPercentBetween(at(25, 100), at(75, 200))).to.equal(50);
    expect(cpuPercentBetween(at(25, 100), at(25, 100))).to.equal(0);
    expect(cpuPercentBetween(at(25, 100), at(20, 200)), 'a counter that went back').to.equal(0);
  });
});
