/** Agents whose programs are on a search path, by the names that Signalbox knows them by, in its order. */
import { builtInAgents } from '../config/effective.ts';
import { findProgram } from '../host/find-program.ts';
import { agentClis } from '../integrations/agents/index.ts';

export const installedAgents = (searchPath: string): (typeof builtInAgents)[number][] =>
  builtInAgents.filter(name => findProgram(agentClis[name].program ?? name, searchPath).problem === null);
