/** Why a task cannot be begun, whoever orders it. */
import type { Reason } from '../domain/reasons.ts';

export const notBegun = [
  'commandNotAllowed',
  'badId',
  'badTitle',
  'badRepository',
  'noCommit',
  'badBranch',
  'noBranch',
  'unfitRepository',
  'gitUnusable',
  'gitFailed',
  'agentMissing',
  'badAgent',
  'idTaken',
  'branchTaken',
  'refusedCreation',
] as const satisfies readonly Reason[];
