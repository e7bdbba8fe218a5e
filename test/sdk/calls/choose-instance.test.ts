import { expect } from 'chai';
import { chooseInstance } from '../../../agents/sdk/calls/choose-instance.js';
import { MeshError } from '../../../common/core/errors.js';
import { parseCallTarget } from '../../../common/protocol/name.js';
import type { AgentState, AgentView } from '../../../common/protocol/registry-entry.js';

const view = (machine: string, state: AgentState, rest: Partial<AgentView> = {}): AgentView => ({
  agent: 'echo',
  machine,
  instance: `echo@${machine}`,
  epoch: 1,
  state,
  sinceMs: 0,
  pid: 1,
  version: '1.0.0',
  capabilities: [],
  actions: ['say'],
  control: `tcp://${machine}:1`,
  reachable: true,
  ageMs: 0,
  ...rest,
});

const choose = (target: string, instances: AgentView[], turn = 0) =>
  chooseInstance({
    target: parseCallTarget(target),
    instances,
    machine: 'main',
    turn,
    services: ['echo', 'host-monitor'],
  }).instance;

function refusal(work: () => unknown): MeshError {
  try {
    work();
  } catch (error) {
    if (error instanceof MeshError) return error;
  }
  throw new Error('it was not refused');
}

describe('the choice of an instance', () => {
  it('prefers the own machine among equals', () => {
    expect(choose('echo.say', [view('pc2', 'ready'), view('main', 'ready')])).to.equal('echo@main');
  });

  it('prefers ready to busy, wherever it is', () => {
    expect(choose('echo.say', [view('main', 'busy'), view('pc2', 'ready')])).to.equal('echo@pc2');
    expect(choose('echo.say', [view('main', 'busy'), view('pc2', 'starting')])).to.equal('echo@main');
  });

  it('takes a machine that is out of reach only when there is no other', () => {
    expect(choose('echo.say', [view('pc2', 'ready', { reachable: false }), view('main', 'busy')])).to.equal(
      'echo@main',
    );
    expect(choose('echo.say', [view('pc2', 'ready', { reachable: false })])).to.equal('echo@pc2');
  });

  it('takes turns among equals', () => {
    const equals = [view('pc2', 'ready'), view('pc3', 'ready')];
    expect([0, 1, 2, 3].map((turn) => choose('echo.say', equals, turn))).to.deep.equal([
      'echo@pc2',
      'echo@pc3',
      'echo@pc2',
      'echo@pc3',
    ]);
  });

  it('keeps to the machine that is named', () => {
    expect(choose('echo@pc2.say', [view('pc2', 'ready'), view('main', 'ready')])).to.equal('echo@pc2');
  });

  it('says which service comes near, which machines have it, and why none serves', () => {
    expect(refusal(() => choose('ecoh.say', []))).to.deep.include({
      code: 'NOT_FOUND',
      message: 'there is no agent "ecoh"',
      hint: 'did you mean echo?',
    });
    expect(refusal(() => choose('echo@pc3.say', [view('pc2', 'ready')]))).to.deep.include({
      code: 'NOT_FOUND',
      hint: 'it runs on pc2',
    });
    const down = refusal(() => choose('echo.say', [view('pc2', 'backoff'), view('main', 'starting')]));
    expect(down.code).to.equal('UNREACHABLE');
    expect(down.message).to.equal('no instance of "echo" serves: echo@pc2 is backoff, echo@main is starting');
  });

  it('says of a program that is only supervised that it takes no calls', () => {
    const error = refusal(() => choose('echo.say', [view('main', 'ready', { control: '' })]));
    expect(error.code).to.equal('UNKNOWN_METHOD');
    expect(error.message).to.equal('echo@main takes no calls: it is a program that is only supervised');
  });
});
