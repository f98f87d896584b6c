/** Orders recurring work at once, beside its times. */
import { z } from 'zod';
import { SignalboxError } from '../domain/errors.ts';
import { quote } from '../domain/names.ts';
import { nearest } from '../domain/nearest.ts';
import { routineId } from '../machines/addresses.ts';
import { sendOnce } from './once.ts';
import { operation } from './operation.ts';
import { routineView, viewOfRoutine } from './views/routine.ts';

export const routineRun = operation({
  name: 'routine.run',
  summary: 'order recurring work at once, beside its times',
  may: 'operator',
  changes: true,
  isKeyed: true,
  needs: 'commit',
  input: z.strictObject({ name: z.string().min(1).max(200).describe('the routine') }),
  output: routineView,
  args: ['name'],
  route: { method: 'POST', path: '/routines/:name/run', status: 202 },
  fails: ['noRoutine'],
  async run({ runtime }, { name }, who) {
    const id = routineId(name);
    if ((await runtime.actor(id)) === undefined) {
      const rows = await runtime.list({ kind: 'routine', limit: 1_000 });
      const known = rows.map(row => row.id.slice(routineId('').length));
      const hint = known.length === 0 ? 'none is configured' : `there are ${nearest(name, known).join(', ')}`;
      throw new SignalboxError('not_found', 'noRoutine', `There is no routine ${quote(name)}; ${hint}.`);
    }
    await sendOnce(runtime, id, { type: 'routine.run', by: who.name }, who);
    return viewOfRoutine(runtime, (await runtime.actor(id))!);
  },
});
