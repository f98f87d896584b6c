/** What an agent prints, as somebody gets it who only has a connection: GET /agents/:id/logs. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type AnyStateMachine, setup } from 'xstate';
import type { AgentKind } from '../../src/domain/agent-spec.ts';
import { agentRunMachine } from '../../src/machines/agent-run.ts';
import { attemptId } from '../../src/machines/agent-run-context.ts';
import { agentRunTags } from '../../src/machines/standing.ts';
import { agentRunInput, exited } from '../model/cases.ts';
import { type ModelEvent, play } from '../model/paths.ts';
import { createPlayedJobs, type PlayedJobs } from '../support/jobs.ts';
import { kindOf } from '../support/runtime.ts';
import { type Heard, type Listening, listen } from './listener.ts';
import { openService } from './place.ts';
import { playedSite } from './played.ts';

const transcript = readFileSync(
  new URL('../fixtures/transcripts/claude/append-system-prompt.stdout.jsonl', import.meta.url),
);

const beginning: ModelEvent[] = [{ type: 'run.start' }, { type: 'agent.started', pid: 42 }];
const kept: ModelEvent = { type: 'xstate.done.actor.keep', output: { commit: null } };
const failure: ModelEvent[] = [exited(75), kept, { type: 'xstate.after.backoff.agentRun.backoff' }];

const playedBy = ({ logic }: PlayedJobs) =>
  Object.fromEntries(Object.keys(agentRunMachine.implementations.actors).map(name => [name, logic]));

/** A run at work, whose end the test says. */
async function startRun(kind: AgentKind) {
  const jobs = createPlayedJobs();
  const { system, site } = await playedSite({
    kinds: [kindOf(agentRunMachine as never, { actors: playedBy(jobs), tags: agentRunTags })],
  });
  const service = await openService(site);
  const id = 'ET-1.build.1';
  const agent = { ...agentRunInput.agent, kind };
  const policy = { ...agentRunInput.policy, silenceMs: null, noProgressMs: null, transientAttempts: 5 };
  const { actor: _, ...input } = agentRunInput;
  await system.runtime.create('agentRun', id, { ...input, agent, policy } as never);
  const happen = async (events: readonly ModelEvent[]) => {
    for (const event of events) await play(id, event, system, jobs);
  };
  const directoryOf = (number: number) => join(site.paths.runsDir, attemptId(id, number));
  let attempt = 0;
  // The program is started in a directory that is there.
  const begin = async () => {
    attempt += 1;
    mkdirSync(directoryOf(attempt));
    await happen(beginning);
  };
  return {
    service,
    path: `/agents/${id}/logs`,
    begin,
    /** The attempt fails, and the next one begins. */
    async next() {
      await happen(failure);
      await begin();
    },
    end: () => happen([exited(0)]),
    print: (number: number, text: string | Buffer, name: 'output' | 'error' = 'output') =>
      appendFileSync(join(directoryOf(number), `${name}.log`), text),
  };
}

const pieces = (heard: readonly Heard[]) => heard.filter(({ data, event }) => data !== null && event === 'message');
const textOf = ({ data }: Heard) => (JSON.parse(data!) as { text: string }).text;
const isOver = (heard: readonly Heard[]) => heard.some(({ event }) => event === 'end');

async function allOf(service: Listening, path: string, after?: string): Promise<Heard[]> {
  const listener = await listen(service, path, after === undefined ? {} : { 'last-event-id': after });
  await listener.until(isOver);
  return pieces(listener.heard());
}

/** What a run prints in two attempts and in a third that is at work: lines, none, and such as have no end. */
async function printedRun(kind: AgentKind) {
  const run = await startRun(kind);
  const output = kind === 'claude' ? transcript : Buffer.from('one\ntwo\r\n\nthree, which has no end');
  await run.begin();
  run.print(1, output);
  run.print(1, 'warning: first\nwarning: second', 'error');
  await run.next();
  run.print(2, 'Reconnecting…\n', 'error');
  run.print(2, output);
  await run.next();
  run.print(3, kind === 'claude' ? transcript : 'again\nand again\n');
  return run;
}

for (const kind of ['command', 'claude'] as const) {
  test(`the log of a ${kind} goes on at every position, without a gap or a double`, async () => {
    const run = await printedRun(kind);
    for (const query of ['', '?raw=1']) {
      const all = await allOf(run.service, `${run.path}${query}`);
      expect(all.length).toBeGreaterThan(query === '' ? 8 : 4);
      for (const [index, { id }] of all.entries()) {
        expect(await allOf(run.service, `${run.path}${query}`, id!)).toEqual(all.slice(index + 1));
      }
      const { body } = await run.service.ask(
        'GET',
        `${run.path}${query}${query === '' ? '?' : '&'}after=${all[1]!.id}`,
      );
      const rest = all.slice(2).map(textOf);
      expect(body).toBe(query === '' ? `${rest.join('\n')}\n` : rest.map(text => Buffer.from(text, 'base64')).join(''));
    }
  });

  test(`the log of a ${kind} that is followed until it ends is the one that is read then, and goes on everywhere`, async () => {
    const run = await startRun(kind);
    await run.begin();
    const listener = await listen(run.service, `${run.path}?follow=1`);
    const lines = (kind === 'claude' ? transcript.toString() : 'one\ntwo\nthree\nfour').split(/(?<=\n)/);
    let told = 0;
    for (const line of lines.slice(0, -1)) {
      run.print(1, line);
      run.print(1, `warning ${told}\n`, 'error');
      // Each is told before the next is printed, so that what is followed has many places.
      await listener.until(heard => pieces(heard).some(piece => textOf(piece) === `warning ${told}`));
      told += 1;
    }
    run.print(1, lines.at(-1)!);
    await run.next();
    run.print(2, 'the second attempt\n', 'error');
    run.print(2, 'no end', 'error');
    await run.end();
    await listener.until(isOver);
    const followed = pieces(listener.heard());
    const read = await allOf(run.service, run.path);
    expect(followed.map(textOf).sort()).toEqual(read.map(textOf).sort());
    expect(followed.at(-1)).toEqual(read.at(-1));
    for (const [index, { id }] of followed.entries()) {
      const rest = await allOf(run.service, `${run.path}?follow=1`, id!);
      expect([id, rest.map(textOf).sort()]).toEqual([
        id,
        followed
          .slice(index + 1)
          .map(textOf)
          .sort(),
      ]);
    }
  });
}

test('the attempts are told one after another, each to its end', async () => {
  const run = await printedRun('command');
  const { body, headers } = await run.service.ask('GET', run.path);
  expect(headers['content-type']).toBe('text/plain; charset=utf-8');
  const one = ['one', 'two', '', 'three, which has no end'];
  const warnings = ['warning: first', 'warning: second'];
  expect(body).toBe([...one, ...warnings, ...one, 'Reconnecting…', 'again', 'and again', ''].join('\n'));
});

test('half a line of a run at work is shown, and told again when it is a whole one', async () => {
  const run = await startRun('command');
  await run.begin();
  run.print(1, 'first\nContinue? [y');
  const now = await allOf(run.service, run.path);
  expect(now.map(textOf)).toEqual(['first', 'Continue? [y']);
  expect(now[1]!.id).toBe('1:6:0');
  run.print(1, '/n] yes\n');
  expect((await allOf(run.service, run.path, now[1]!.id!)).map(textOf)).toEqual(['Continue? [y/n] yes']);
  // Half an event of a structured stream says nothing yet.
  const structured = await startRun('claude');
  await structured.begin();
  structured.print(1, transcript.subarray(0, transcript.indexOf('\n') + 20));
  const { body } = await structured.service.ask('GET', structured.path);
  expect(body).not.toContain('{');
});

test('what was printed comes byte for byte where that is asked for, whatever it is', async () => {
  const run = await startRun('command');
  await run.begin();
  const odd = Buffer.concat([
    Buffer.from('\u001b[2J\u0000\u0007 bell\r\n'),
    Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x0a, 0xe2, 0x82]),
    Buffer.from('data: x\n\nid: 7\n\nevent: end\n\n\u2028é'),
  ]);
  run.print(1, odd);
  const all = await allOf(run.service, `${run.path}?raw=1`);
  expect(Buffer.concat(all.map(piece => Buffer.from(textOf(piece), 'base64')))).toEqual(odd);
  expect(
    await (await fetch(`${run.service.url}${run.path}?raw=1`, { headers: authorized(run.service) })).bytes(),
  ).toEqual(new Uint8Array(odd));
  // As lines it is text, and nothing of it is taken for what separates events.
  const lines = await allOf(run.service, run.path);
  expect(lines.map(textOf).join('\n')).toBe(odd.toString('utf8').replaceAll('\r\n', '\n'));
});

const authorized = ({ admin }: Listening) => ({ authorization: `Bearer ${admin}` });

test('a line of twenty megabytes comes as one, and what comes behind it too', async () => {
  const run = await startRun('command');
  await run.begin();
  const long = 'x'.repeat(20_000_000);
  run.print(1, `${long}\nshort\n`);
  const all = await allOf(run.service, run.path);
  expect(all.map(piece => textOf(piece).length)).toEqual([20_000_000, 5]);
  const answer = await fetch(`${run.service.url}${run.path}`, { headers: authorized(run.service) });
  expect((await answer.text()).length).toBe(20_000_007);
});

test('who does not follow gets what is there; who takes events gets events, and hears that it is over', async () => {
  const run = await startRun('command');
  await run.begin();
  run.print(1, 'one\n');
  expect((await run.service.ask('GET', run.path)).body).toBe('one\n');
  const once = await listen(run.service, run.path);
  expect(once.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  await once.over;
  expect(once.heard().at(-1)).toMatchObject({ event: 'end' });
  const followed = await listen(run.service, `${run.path}?follow=1`, { accept: '*/*' });
  expect(followed.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  await followed.until(heard => pieces(heard).length === 1);
  await run.service.server.close();
  await followed.over;
  expect(JSON.parse(followed.heard().at(-1)!.data!)).toMatchObject({ reason: 'stopped' });
});

test('a run that has printed nothing, and one that is followed before it has begun', async () => {
  const run = await startRun('command');
  expect((await run.service.ask('GET', run.path)).body).toBe('');
  const early = await listen(run.service, `${run.path}?follow=1`);
  await run.begin();
  run.print(1, 'here\n');
  await run.end();
  await early.until(isOver);
  expect(pieces(early.heard()).map(textOf)).toEqual(['here']);
});

/** A task as far as it has runs: one after another. */
function taskWithRuns(input: object): AnyStateMachine {
  const invoke = { id: 'build', src: 'agentRun', input };
  return setup({ types: {} as { events: { type: 'next' } }, actors: { agentRun: agentRunMachine } }).createMachine({
    id: 'task',
    initial: 'first',
    states: { first: { invoke, on: { next: 'second' } }, second: { invoke } },
  } as never) as never;
}

test('who names a task is told of its newest run, and goes on with the same run when there is a newer one', async () => {
  const jobs = createPlayedJobs();
  const { actor: _, ...input } = agentRunInput;
  const { system, site } = await playedSite({
    kinds: [
      kindOf(taskWithRuns({ ...input, agent: { ...input.agent, kind: 'command' } })),
      kindOf(agentRunMachine as never, { actors: playedBy(jobs), tags: agentRunTags }),
    ],
  });
  const service = await openService(site);
  for (const id of ['ET-1', 'ET-2']) await system.runtime.create('task', id, {});
  await system.settle();
  const [run] = (await system.runtime.actors({ parentId: 'ET-1', limit: 2 })).map(({ id }) => id) as [string];
  const directory = join(site.paths.runsDir, attemptId(run, 1));
  mkdirSync(directory);
  appendFileSync(join(directory, 'output.log'), 'one\ntwo\nthree\n');
  for (const event of beginning) await play(run, event, system, jobs);
  const all = await allOf(service, '/agents/ET-1/logs');
  expect(all.map(({ id }) => id)).toEqual([`${run}@1:4:0`, `${run}@1:8:0`, `${run}@1:14:0`]);
  await system.runtime.send('ET-1', { type: 'next' });
  await system.settle();
  expect(await allOf(service, '/agents/ET-1/logs')).toEqual([]);
  expect((await allOf(service, '/agents/ET-1/logs', all[0]!.id!)).map(textOf)).toEqual(['two', 'three']);
  const { json } = await service.ask('GET', `/agents/ET-2/logs?after=${all[0]!.id}`);
  expect(json).toMatchObject({ status: 404, reason: 'beyondLog' });
});

test('a position that is none, or beyond what was printed, is refused before anything is promised', async () => {
  const run = await printedRun('command');
  for (const [after, status, reason] of [
    ['abc', 400, 'badInput'],
    ['-1:0:0', 400, 'badInput'],
    ['1:2', 400, 'badInput'],
    ['1.5:0:0', 400, 'badInput'],
    ['1:0:0:0', 400, 'badInput'],
    ['9999999999:0:0', 400, 'badInput'],
    ['9:0:0', 404, 'beyondLog'],
    ['1:99999:0', 404, 'beyondLog'],
    ['3:0:1', 404, 'beyondLog'],
  ] as const) {
    const { status: got, json } = await run.service.ask('GET', `${run.path}?follow=1`, undefined, {
      'last-event-id': after,
    });
    expect([after, got, json.reason]).toEqual([after, status, reason]);
  }
  const { json } = await run.service.ask('GET', '/agents/nobody/logs?follow=1');
  expect(json).toMatchObject({ status: 404, reason: 'noRun' });
});
