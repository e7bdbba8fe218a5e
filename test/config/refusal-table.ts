/**
 * Tables of faulty fleets: each row changes one thing in a valid fleet and says, word for word, how it is refused.
 */
import { expect } from 'chai';
import { FleetFolder, issuesOf } from './fleet-folder.js';

export interface RefusalRow {
  readonly title: string;
  readonly change: (fleet: FleetFolder) => void;
  readonly env?: string;
  /** Who starts the agents; root when absent. */
  readonly uid?: number;
  /** CONFIG_INVALID when absent. */
  readonly code?: string;
  /** All lines of the message. */
  readonly says: readonly string[];
  /** A part of the hint. */
  readonly hint?: string;
}

/** One test per row. */
export function describeRefusals(title: string, rows: readonly RefusalRow[]): void {
  describe(title, () => {
    let fleet: FleetFolder;
    beforeEach(() => {
      fleet = new FleetFolder();
    });
    afterEach(() => fleet.close());

    for (const row of rows) {
      it(`is refused: ${row.title}`, () => {
        row.change(fleet);
        const error = fleet.refusal(row.env, row.uid);
        const { home } = fleet;
        expect(error.message.split('\n')).to.deep.equal(row.says.map((line) => line.replace('{home}', home)));
        expect(error.code).to.equal(row.code ?? 'CONFIG_INVALID');
        expect(error.hint).to.contain((row.hint ?? '').replace('{home}', home));
        expect(issuesOf(error)).to.have.length(row.says.length);
      });
    }
  });
}

export const agents = (...lines: string[]) => ['agents:', ...lines];
export const mesh =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/mesh.yaml', ...lines);
export const main =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/machines/main.yaml', ...lines);
export const ports =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('ports.json', ...lines);
export const overlay =
  (...lines: string[]) =>
  (fleet: FleetFolder) =>
    fleet.write('config/environments/staging.yaml', ...lines);

export const MAIN_PORTS =
  '"main": { "node": 7400, "registry": 7401, "log": 7402, "publish": 7403, "subscribe": 7404, "broker": 7405 }';
export const PC2_PORTS = '"pc2": { "node": 7400, "publish": 7403, "subscribe": 7404, "broker": 7405 }';
