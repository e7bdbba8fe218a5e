/**
 * Well when a program ends with exit code 0. It runs as the agent does (folder, user, variables), its output goes nowhere,
 * and when it takes too long its whole group is killed.
 */
import { type ProgramRun, runProgram } from '../programs/child-process.js';
import { exitText } from '../programs/exit.js';
import type { Check } from './probe.js';

export function execCheck(program: Omit<ProgramRun, 'logFile' | 'signal'>): Check {
  return async (signal) => {
    const exit = await runProgram({ ...program, logFile: '/dev/null', signal });
    if (exit.code !== 0) throw new Error(`${program.executable}: ${exitText(exit)}`);
  };
}
